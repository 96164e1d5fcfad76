/**
 * A logger that writes lines of text, to standard error unless told otherwise.
 *
 * @module
 */
import { writeErrorLine } from "../platform.ts";
import { ValueError } from "./temporal_error.ts";
import type { LogAttributes, Logger } from "./logger.ts";

/** How much is logged: a level and all above it. */
export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR";

/** How a line looks. */
export type LogFormat = "COMPACT" | "PRETTY" | "JSON";

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Default: `"INFO"`. */
  level?: LogLevel;
  /** Default: `"PRETTY"`. */
  format?: LogFormat;
  /** Takes each line, without its line end; standard error by default. */
  write?: (line: string) => void;
}

type Formatter = (level: LogLevel, message: string, attributes: LogAttributes) => string;

const levels: readonly LogLevel[] = ["DEBUG", "INFO", "WARN", "ERROR"];

const formatters: Record<LogFormat, Formatter> = {
  COMPACT: (level, message, attributes) => `${level[0]} ${oneLine(message)}${pairs(attributes)}${stacks(attributes)}`,
  PRETTY: (level, message, attributes) =>
    `${new Date().toISOString()} ${level.padEnd(5)} ${message}${pairs(attributes)}${stacks(attributes)}`,
  JSON: (level, message, attributes) => {
    const head = { timestamp: new Date().toISOString(), level, message };
    return toText({ ...head, ...attributes }) ?? JSON.stringify({ ...head, ...mapToText(attributes) });
  },
};

/**
 * A logger that writes one line for each message, with the stack traces of errors below it unless the format is JSON.
 *
 * @throws {ValueError} an unknown level or format
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = "INFO", format = "PRETTY", write = writeErrorLine } = options;
  const lowest = levels.indexOf(level);
  if (lowest < 0) throw new ValueError(`level ${JSON.stringify(level)} is unknown; choose ${levels.join(", ")}`);
  const formatter = Object.hasOwn(formatters, format) ? formatters[format] : undefined;
  if (!formatter) {
    throw new ValueError(
      `format ${JSON.stringify(format)} is unknown; choose ${Object.keys(formatters).join(", ")}`,
    );
  }
  return {
    debug: logAt("DEBUG", lowest, formatter, write),
    info: logAt("INFO", lowest, formatter, write),
    warn: logAt("WARN", lowest, formatter, write),
    error: logAt("ERROR", lowest, formatter, write),
  };
}

function logAt(level: LogLevel, lowest: number, format: Formatter, write: (line: string) => void): Logger["info"] {
  if (levels.indexOf(level) < lowest) return () => {};
  return (message, attributes = {}) => write(format(level, message, attributes));
}

function oneLine(message: string): string {
  return message.replaceAll("\n", "\\n");
}

function pairs(attributes: LogAttributes): string {
  let text = "";
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${name}=${value instanceof Error ? oneLine(String(value)) : toWord(value)}`;
  }
  return text;
}

function stacks(attributes: LogAttributes): string {
  let text = "";
  for (const value of Object.values(attributes)) {
    if (value instanceof Error && value.stack) text += `\n${value.stack}`;
  }
  return text;
}

function toWord(value: unknown): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return toText(value) ?? String(value);
}

function mapToText(attributes: LogAttributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, toText(value) ?? String(value)]));
}

/** JSON, or undefined where there is none: a logger must not throw. */
function toText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, replaceValue);
  } catch {
    return undefined;
  }
}

function replaceValue(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return value;
}
