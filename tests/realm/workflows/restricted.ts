// deno-lint-ignore-file require-await -- workflows are async
import { readFile } from "node:fs/promises";
import * as os from "node:os";
import { Client } from "@anywhen/temporal/client";

type Uses = Record<string, () => unknown>;

// deno-lint-ignore no-explicit-any -- whatever a runtime may have
const scope = globalThis as unknown as Record<string, any>;

const uses: Uses = {
  fetch: () => fetch("https://example.com"),
  "process.env.HOME": () => process.env.HOME,
  "process.cwd": () => process.cwd(),
  "Deno.readFile": () => scope.Deno.readFile("x"),
  "Bun.file": () => scope.Bun.file("x"),
  "performance.now": () => performance.now(),
  WeakRef: () => new WeakRef({}),
  FinalizationRegistry: () => new FinalizationRegistry(() => {}),
  setInterval: () => setInterval(() => {}, 1),
  setImmediate: () => scope.setImmediate(() => {}),
  require: () => scope.require("fs"),
  XMLHttpRequest: () => new XMLHttpRequest(),
  WebSocket: () => new WebSocket("ws://x"),
  Worker: () => new Worker("x"),
  SharedArrayBuffer: () => new SharedArrayBuffer(1),
  "Atomics.wait": () => Atomics.wait(new Int32Array(1), 0, 0),
  "crypto.subtle": () => crypto.subtle,
  "node:fs/promises readFile": () => readFile("x"),
  "node:os cpus": () => os.cpus(),
  "@anywhen/temporal/client Client.connect": () => Client.connect("x"),
};

export async function use(name: string): Promise<void> {
  uses[name]();
}

export async function names(): Promise<string[]> {
  return Object.keys(uses);
}

/** Looking is not using. */
export async function look(): Promise<unknown> {
  return {
    types: [
      typeof fetch,
      typeof process,
      typeof Deno,
      typeof WeakRef,
      typeof performance,
      typeof Client,
      typeof os.cpus,
    ],
    isNode: process.versions?.node,
    mode: process.env.NODE_ENV,
    kind: Object.prototype.toString.call(process),
    main: import.meta.main,
    url: import.meta.url.endsWith("/restricted.ts") && import.meta.url.startsWith("file:///"),
  };
}

declare const Deno: unknown;
