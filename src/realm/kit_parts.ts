/**
 * Which part of the kit makes which global.
 *
 * @module
 */

/** The files of the kit. */
export const kitParts: readonly string[] = [
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
