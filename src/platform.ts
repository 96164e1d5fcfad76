/**
 * What this package asks of the runtime it runs on. This file and those of `platform/` alone know `node:` modules, Deno
 * and Bun by name; everything else takes capabilities from here and works without them where it can.
 *
 * @module
 */

/** The Node modules in use; all three runtimes have them, browsers and edge runtimes none. */
export interface NodeModules {
  "node:async_hooks": typeof import("node:async_hooks");
  "node:crypto": typeof import("node:crypto");
  "node:fs": typeof import("node:fs");
  "node:http": typeof import("node:http");
  "node:http2": typeof import("node:http2");
  "node:module": typeof import("node:module");
  "node:net": typeof import("node:net");
  "node:os": typeof import("node:os");
  "node:path": typeof import("node:path");
  "node:stream": typeof import("node:stream");
  "node:timers": typeof import("node:timers");
  "node:tls": typeof import("node:tls");
  "node:url": typeof import("node:url");
  "node:util": typeof import("node:util");
  "node:vm": typeof import("node:vm");
  "node:worker_threads": typeof import("node:worker_threads");
  "node:zlib": typeof import("node:zlib");
}

interface ProcessLike {
  pid?: number;
  env?: Record<string, string | undefined>;
  argv?: string[];
  exitCode?: number | string | null;
  getBuiltinModule?: (name: string) => unknown;
  on?: (event: string, listener: (...args: never[]) => void) => void;
  off?: (event: string, listener: (...args: never[]) => void) => void;
}

interface StreamLike {
  on(event: "error", listener: () => void): void;
}

interface DenoLike {
  unrefTimer?(id: number): void;
}

const globals = globalThis as unknown as { process?: ProcessLike; Deno?: DenoLike; Bun?: object };

/** The runtime this code runs on; "web" is any other with web standards only. */
export const runtime: "bun" | "deno" | "node" | "web" = globals.Bun
  ? "bun"
  : globals.Deno
  ? "deno"
  : globals.process?.getBuiltinModule
  ? "node"
  : "web";

/** A Node module, or undefined where the runtime has none of that name. */
export function findNodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] | undefined {
  return globals.process?.getBuiltinModule?.(name) as NodeModules[K] | undefined;
}

/** A Node module; throws a plain one-line Error where the runtime has none of that name. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] {
  const found = findNodeModule(name);
  if (!found) throw new Error(`${name} is not available on this runtime; run on Bun, Deno or Node`);
  return found;
}

/** An environment variable, undefined where unset or where there is no environment. */
export function environmentVariable(name: string): string | undefined {
  return globals.process?.env?.[name];
}

/** This process as `pid@host`, the default identity of clients and workers. */
export function processIdentity(): string {
  const host = findNodeModule("node:os")?.hostname() ?? "unknown";
  return `${globals.process?.pid ?? 0}@${host}`;
}

/** Calls `listener` on a process event (a signal, `unhandledRejection`); returns how to stop listening. */
export function onProcessEvent(event: string, listener: (...args: never[]) => void): () => void {
  globals.process?.on?.(event, listener);
  return () => globals.process?.off?.(event, listener);
}

/** Writes one line to standard error, or to the console where there is no such stream. */
export function writeErrorLine(line: string): void {
  const stderr = (globals.process as { stderr?: { write(text: string): void } } | undefined)?.stderr;
  if (stderr) stderr.write(`${line}\n`);
  else console.error(line);
}

/** Writes one line to standard output. */
export function writeLine(line: string): void {
  const stdout = (globals.process as { stdout?: { write(text: string): void } } | undefined)?.stdout;
  if (stdout) stdout.write(`${line}\n`);
  else console.log(line);
}

/** Lets the program go on when nobody reads its output any more, as in `program | head`. */
export function ignoreBrokenPipes(): void {
  const { stdout, stderr } = (globals.process ?? {}) as Record<string, StreamLike | undefined>;
  for (const stream of [stdout, stderr]) stream?.on("error", () => {});
}

/** The arguments this program was started with, without the runtime and the program. */
export function commandLine(): string[] {
  return globals.process?.argv?.slice(2) ?? [];
}

/** What the process will end with once nothing keeps it alive. */
export function setExitCode(code: number): void {
  if (globals.process) globals.process.exitCode = code;
}

/** Lets the process end while this timer is set; has no effect where timers never hold a process. */
export function unrefTimer(timer: ReturnType<typeof setTimeout>): void {
  const held = timer as unknown as number | { unref?: () => void };
  if (typeof held === "number") globals.Deno?.unrefTimer?.(held);
  else held.unref?.();
}
