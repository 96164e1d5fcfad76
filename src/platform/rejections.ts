/**
 * Unhandled rejections of the process.
 *
 * @module
 */
import { onProcessEvent, runtime } from "../platform.ts";

interface ProcessLike {
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
}

const globals = globalThis as unknown as { process?: ProcessLike };

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
  const process = globals.process as ProcessLike;
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
    if (claim(reason, promise) || (globals.process?.listenerCount("unhandledRejection") ?? 0) > 1) return;
    setTimeout(() => {
      throw reason;
    });
  });
}
