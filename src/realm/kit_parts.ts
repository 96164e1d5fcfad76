/**
 * Which part of the kit makes which global.
 *
 * @module
 */

/** The files of the kit. */
export const kitParts: readonly string[] = [
  "async_hooks",
  "base64",
  "clone",
  "console",
  "crypto",
  "date",
  "errors",
  "events",
  "exception",
  "failures",
  "headers",
  "intl",
  "math",
  "plain",
  "restricted",
  "search",
  "stub",
  "tasks",
  "temporal",
  "text",
  "timers",
  "url",
];

/** The deterministic globals, by the part that makes them. */
export const partOfGlobal: Readonly<Record<string, string>> = {
  AbortController: "events",
  AbortSignal: "events",
  atob: "base64",
  btoa: "base64",
  clearTimeout: "timers",
  console: "console",
  crypto: "crypto",
  Date: "date",
  DOMException: "exception",
  Event: "events",
  EventTarget: "events",
  Headers: "headers",
  Intl: "intl",
  Math: "math",
  queueMicrotask: "tasks",
  setTimeout: "timers",
  structuredClone: "clone",
  Temporal: "temporal",
  TextDecoder: "text",
  TextEncoder: "text",
  URL: "url",
  URLSearchParams: "url",
};

/** Modules of runtimes that workflow code may use, by the part that makes their exports. */
export const partOfModule: Readonly<Record<string, string>> = {
  "async_hooks": "async_hooks",
  "node:async_hooks": "async_hooks",
};
