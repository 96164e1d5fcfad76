/**
 * `anywhen server start-dev`: the embedded server as a command.
 *
 * @module
 */
import { createLogger, type LogFormat, type LogLevel } from "../common/console_logger.ts";
import type { SearchAttributeIndexedValueType } from "../common/search.ts";
import { version } from "../common/version.ts";
import { runtime } from "../platform.ts";
import { DevServer } from "../server/dev_server.ts";
import { type Command, defineCommand, type Terminal } from "./command.ts";
import { defineFlags, findIdleFlags, UsageError, type Values } from "./flags.ts";

const flags = defineFlags({
  "db-filename": { type: "string", short: "f", help: "keeps everything in this SQLite file; in memory without" },
  "namespace": { type: "list", short: "n", help: 'a namespace beside "default"' },
  "port": { type: "number", short: "p", default: 7233, help: "the port, 0 for a free one" },
  "ip": { type: "string", default: "localhost", help: "the address to listen at" },
  "search-attribute": { type: "list", help: "a custom search attribute, Name=Type" },
  "dynamic-config-value": { type: "list", help: "a setting of the official server, key=value" },
  "log-level": { type: "string", default: "warn", help: "debug, info, warn, error or never" },
  "log-format": { type: "string", default: "text", help: "text, json or pretty" },
  "time-skipping": { type: "boolean", help: "skips time while clients wait" },
  "http-port": { type: "number", help: "without effect: HTTP is served at --port", isIdle: true },
  "metrics-port": { type: "number", help: "without effect", isIdle: true },
  "headless": { type: "boolean", help: "without effect: there is no web page", isIdle: true },
  "ui-ip": { type: "string", help: "without effect", isIdle: true },
  "ui-port": { type: "number", help: "without effect", isIdle: true },
  "ui-public-path": { type: "string", help: "without effect", isIdle: true },
  "ui-asset-path": { type: "string", help: "without effect", isIdle: true },
  "ui-codec-endpoint": { type: "string", help: "without effect", isIdle: true },
  "sqlite-pragma": { type: "list", help: "without effect", isIdle: true },
});

const ATTRIBUTE_TYPES: Readonly<Record<string, SearchAttributeIndexedValueType>> = {
  bool: "BOOL",
  datetime: "DATETIME",
  double: "DOUBLE",
  int: "INT",
  keyword: "KEYWORD",
  keywordlist: "KEYWORD_LIST",
  text: "TEXT",
};

const LOG_LEVELS: Readonly<Record<string, LogLevel | undefined>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
  never: undefined,
};

const LOG_FORMATS: Readonly<Record<string, LogFormat>> = { text: "COMPACT", json: "JSON", pretty: "PRETTY" };

/** Starts the embedded server on a port and serves until Ctrl-C. */
export const startDev: Command = defineCommand(flags, serve);

async function serve(values: Values<typeof flags>, terminal: Terminal, args: readonly string[]): Promise<void> {
  const started = performance.now();
  const namespaces = [...new Set(["default", ...values.namespace])];
  const server = await DevServer.start({
    port: values.port,
    ip: values.ip === "localhost" ? "127.0.0.1" : values.ip,
    dbFile: values["db-filename"],
    namespaces,
    searchAttributes: readAttributes(values["search-attribute"]),
    timeSkipping: values["time-skipping"],
    dynamicConfig: readSettings(values["dynamic-config-value"]),
    telemetry: { logger: readLogger(values, terminal) },
  });
  const idle = findIdleFlags(flags, args);
  terminal.print(`anywhen ${version}: Temporal server for development, on ${runtime}`);
  terminal.print(`Address:    ${server.address} (gRPC, gRPC-web, Connect)`);
  terminal.print(`Namespaces: ${namespaces.join(", ")}`);
  terminal.print("Storage:    memory");
  if (idle.length > 0) terminal.print(`No effect:  ${idle.join(", ")}`);
  terminal.print(`Ready in ${Math.round(performance.now() - started)} ms; Ctrl-C ends it`);
  await terminal.interrupted();
  await server.shutdown();
  terminal.print("Server stopped");
}

function readAttributes(definitions: string[]): Record<string, SearchAttributeIndexedValueType> {
  return Object.fromEntries(definitions.map((definition) => {
    const [name, typeName] = readPair("--search-attribute", "Name=Type", definition);
    const type = ATTRIBUTE_TYPES[typeName.toLowerCase()];
    if (type) return [name, type];
    throw new UsageError(
      `--search-attribute ${name} has the unknown type ${JSON.stringify(typeName)}; ` +
        "use Text, Keyword, Int, Double, Bool, Datetime or KeywordList",
    );
  }));
}

function readSettings(settings: string[]): Record<string, unknown> {
  return Object.fromEntries(settings.map((setting) => {
    const [key, text] = readPair("--dynamic-config-value", "key=value", setting);
    try {
      return [key, JSON.parse(text)];
    } catch {
      throw new UsageError(`--dynamic-config-value ${key} takes JSON (strings in quotes), not ${text}`);
    }
  }));
}

function readPair(flag: string, form: string, text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0 || at === text.length - 1) {
    throw new UsageError(`${flag} takes ${form}, not ${JSON.stringify(text)}`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

function readLogger(values: Values<typeof flags>, terminal: Terminal): ReturnType<typeof createLogger> {
  const level = pick(LOG_LEVELS, values["log-level"], "--log-level");
  const format = pick(LOG_FORMATS, values["log-format"], "--log-format");
  return createLogger({ level: level ?? "ERROR", format, write: level ? (line) => terminal.warn(line) : () => {} });
}

function pick<T>(table: Readonly<Record<string, T>>, key: string, flag: string): T {
  if (Object.hasOwn(table, key)) return table[key];
  throw new UsageError(`${flag} takes ${Object.keys(table).join(", ")}, not ${JSON.stringify(key)}`);
}
