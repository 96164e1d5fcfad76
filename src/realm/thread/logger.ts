/**
 * Logs of a workflow thread, written by its worker.
 *
 * @module
 */
import type { LogAttributes, Logger } from "../../common/logger.ts";
import type { LogLevel } from "../../workflow/bridge.ts";
import type { FromThread } from "./messages.ts";

/** Passes log lines on at once: those before a workflow blocks tell why. */
export class ThreadLogger implements Logger {
  readonly #post: (message: FromThread) => void;

  /** Passes them to `post`. */
  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  debug(message: string, attributes?: LogAttributes): void {
    this.#write("debug", message, attributes);
  }

  info(message: string, attributes?: LogAttributes): void {
    this.#write("info", message, attributes);
  }

  warn(message: string, attributes?: LogAttributes): void {
    this.#write("warn", message, attributes);
  }

  error(message: string, attributes?: LogAttributes): void {
    this.#write("error", message, attributes);
  }

  #write(level: LogLevel, message: string, attributes: LogAttributes | undefined): void {
    try {
      this.#post({ kind: "logged", level, message, attributes });
    } catch {
      const copies = attributes && toCloneable(attributes, []) as LogAttributes;
      this.#post({ kind: "logged", level, message, attributes: copies });
    }
  }
}

/** Data that can be passed on, as far as it can be: what cannot is told as text, or without its methods. */
function toCloneable(value: unknown, parents: readonly unknown[]): unknown {
  if (typeof value === "function" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (parents.includes(value)) return "[Circular]";
  const within = [...parents, value];
  if (Array.isArray(value)) return value.map((item) => toCloneable(item, within));
  try {
    return structuredClone(value);
  } catch {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCloneable(member, within)]));
  }
}
