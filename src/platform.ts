/**
 * What this package asks of the runtime it runs on. The one file that knows `node:` modules, Deno
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
  listenerCount?: (event: string) => number;
}

interface StreamLike {
  on(event: "error", listener: () => void): void;
}

interface DenoLike {
  unrefTimer?(id: number): void;
  readonly internal?: symbol;
  readonly [internal: symbol]: { core?: { runMicrotasks?(): void } } | undefined;
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

/**
 * Lets `claim` take unhandled rejections that are its own, by returning true: nobody else hears of those, and they do not
 * end the process. Others go on as if this were not there. Returns how to stop.
 */
export function claimUnhandledRejections(claim: (reason: unknown, promise: object) => boolean): () => void {
  if (runtime === "deno") return claimByEvent(claim);
  return runtime === "node" ? claimByEmit(claim) : claimByListener(claim);
}

interface RejectionEvent {
  reason: unknown;
  promise: object;
  preventDefault(): void;
  stopImmediatePropagation(): void;
}

function claimByEvent(claim: (reason: unknown, promise: object) => boolean): () => void {
  const listener = (event: RejectionEvent) => {
    if (!claim(event.reason, event.promise)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const target = globalThis as unknown as Record<
    "addEventListener" | "removeEventListener",
    (...args: unknown[]) => void
  >;
  target.addEventListener("unhandledrejection", listener);
  return () => target.removeEventListener("unhandledrejection", listener);
}

/** A listener would not do: those of users often end the process. */
function claimByEmit(claim: (reason: unknown, promise: object) => boolean): () => void {
  const process = globals.process as { emit: (event: string, ...args: unknown[]) => boolean };
  const { emit } = process;
  let isActive = true;
  const claiming = function (this: unknown, event: string, ...args: unknown[]): boolean {
    if (isActive && event === "unhandledRejection" && claim(args[0], args[1] as object)) return true;
    return emit.call(this, event, ...args);
  };
  process.emit = claiming;
  return () => {
    isActive = false;
    if (process.emit === claiming) process.emit = emit;
  };
}

/** Bun has nothing but listeners, and having one keeps it from ending the process: where nobody else listens, end it. */
function claimByListener(claim: (reason: unknown, promise: object) => boolean): () => void {
  return onProcessEvent("unhandledRejection", (reason: unknown, promise: object) => {
    if (claim(reason, promise) || (globals.process?.listenerCount?.("unhandledRejection") ?? 0) > 1) return;
    setTimeout(() => {
      throw reason;
    });
  });
}

/** A thread of this process. */
export interface Thread {
  /** Sends a message; `transfer` moves ports. */
  post(message: unknown, transfer?: MessagePort[]): void;
  /** Whether the process goes on for the sake of this thread; not at first. */
  hold(isHeld: boolean): void;
  /** Ends it, whatever it does; nobody hears of it then. */
  end(): void;
}

/** Hears of a thread. */
export interface ThreadListener {
  message(message: unknown): void;
  /** It has come to its end by itself, by an error for example. */
  ended(reason: string): void;
}

/** The thread that this code runs on, for those that {@link startThread} started. */
export interface ThreadScope {
  post(message: unknown): void;
  listen(listener: (message: unknown) => void): void;
}

interface WebWorkerLike extends Thread {
  postMessage(message: unknown, transfer?: MessagePort[]): void;
  addEventListener(event: string, listener: (event: MessageEvent & ErrorEvent) => void): void;
  terminate(): void;
  ref?(): void;
  unref?(): void;
}

type WebWorkerClass = new (url: URL, options: { type: "module" }) => WebWorkerLike;

const { Worker: WebWorker } = globalThis as unknown as { Worker?: WebWorkerClass };

/** Runs a module on a thread of its own, undefined where the runtime has no threads. */
export function startThread(module: URL, listener: ThreadListener): Thread | undefined {
  // Where there are both, messages of web workers are faster.
  if (runtime === "node") return startNodeThread(module, listener);
  return WebWorker && startWebThread(new WebWorker(module, { type: "module" }), listener);
}

/** This thread as {@link startThread} started it. */
export function threadScope(): ThreadScope {
  const port = runtime === "node" ? nodeModule("node:worker_threads").parentPort : undefined;
  if (port) return { post: (message) => port.postMessage(message), listen: (listener) => port.on("message", listener) };
  const scope = globalThis as unknown as WebWorkerLike;
  return {
    post: (message) => scope.postMessage(message),
    listen: (listener) => scope.addEventListener("message", ({ data }) => listener(data)),
  };
}

/** Takes a message that lies in a port, without waiting for one. */
export function takeMessage(port: MessagePort): unknown {
  const { receiveMessageOnPort } = nodeModule("node:worker_threads");
  return receiveMessageOnPort(port as never)?.message;
}

function startNodeThread(module: URL, listener: ThreadListener): Thread {
  const { Worker } = nodeModule("node:worker_threads");
  // Hooks that the process was started with are for the code of its user.
  const worker = new Worker(module, { execArgv: [] });
  let reason = "it ended by itself";
  worker.on("message", (message) => listener.message(message));
  worker.on("error", (error: Error) => reason = error?.message ?? String(error));
  worker.on("exit", () => listener.ended(reason));
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as never),
    hold: (isHeld) => isHeld ? worker.ref() : worker.unref(),
    end: () => {
      worker.removeAllListeners("exit");
      void worker.terminate();
    },
  };
}

function startWebThread(worker: WebWorkerLike, listener: ThreadListener): Thread {
  let hasEnded = false;
  const end = (reason?: string) => {
    if (hasEnded) return;
    hasEnded = true;
    hold(worker, false);
    worker.terminate();
    if (reason !== undefined) listener.ended(reason);
  };
  worker.addEventListener("message", ({ data }) => hasEnded || listener.message(data));
  worker.addEventListener("close", () => end("it ended by itself"));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    end(event.message);
  });
  hold(worker, false);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer ?? []),
    hold: (isHeld) => hasEnded || hold(worker, isHeld),
    end: () => end(),
  };
}

/** Deno has only a method without a name for it, which its own modules use. */
function hold(worker: WebWorkerLike, isHeld: boolean): void {
  if (worker.ref) return isHeld ? worker.ref() : worker.unref?.();
  const type = WebWorker!.prototype as unknown as Record<symbol, (this: WebWorkerLike, isHeld: boolean) => void>;
  const key = Object.getOwnPropertySymbols(type).find((symbol) =>
    !symbol.description && typeof type[symbol] === "function"
  );
  if (key) type[key].call(worker, isHeld);
}

/** Runs work and the promise jobs that come of it; throws when that takes more than so many milliseconds. */
export type LimitedRunner = (work: () => void, limit: number) => void;

/**
 * Makes what runs work and its promise jobs within a limit of milliseconds. Undefined where that is not needed, because
 * threads can be ended whatever they do: Deno's go on until their code pauses.
 */
export function createLimitedRunner(): LimitedRunner | undefined {
  const { Deno } = globals;
  const runJobs = Deno?.internal && Deno[Deno.internal]?.core?.runMicrotasks;
  if (!runJobs) return undefined;
  const vm = nodeModule("node:vm");
  const context = vm.createContext({}) as { work?: () => void };
  const script = new vm.Script("work()");
  return (work, timeout) => {
    context.work = () => {
      work();
      runJobs();
    };
    script.runInContext(context, { timeout });
  };
}
