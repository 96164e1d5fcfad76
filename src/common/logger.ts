/**
 * What this package asks of a logger.
 *
 * @module
 */

/** What is logged beside a message. */
export type LogAttributes = Record<string, unknown>;

/** Takes log lines; `createLogger` makes one, and your own fits with four functions. */
export interface Logger {
  debug(message: string, attributes?: LogAttributes): void;
  info(message: string, attributes?: LogAttributes): void;
  warn(message: string, attributes?: LogAttributes): void;
  error(message: string, attributes?: LogAttributes): void;
}
