/**
 * Threads of this process.
 *
 * @module
 */
import { nodeModule, runtime } from "../platform.ts";

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
