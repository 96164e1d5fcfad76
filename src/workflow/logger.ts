/**
 * The logger of workflow code: silent in replay, every line with the ids of its run.
 *
 * @module
 */
import type { LogAttributes, Logger } from "../common/logger.ts";
import type { LogLevel } from "./bridge.ts";
import { callRun } from "./current.ts";

/** Logs to the worker's logger; not in replay, except from queries and validators. */
export const logger: Logger = {
  debug: (message, attributes) => write("debug", message, attributes),
  info: (message, attributes) => write("info", message, attributes),
  warn: (message, attributes) => write("warn", message, attributes),
  error: (message, attributes) => write("error", message, attributes),
};

function write(level: LogLevel, message: string, attributes: LogAttributes | undefined): void {
  callRun("log", level, message, attributes);
}
