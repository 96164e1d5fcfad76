/**
 * Unhandled rejections in realms: they fail the task of their run and never reach the process.
 *
 * @module
 */
import { claimUnhandledRejections } from "../platform/rejections.ts";

/** Hears of the unhandled rejections of one realm. */
export type RejectionListener = (reason: unknown) => void;

/** By `Promise.prototype` of the realm. There is one process to listen to, so this is one for all hosts. */
const listeners: WeakMap<object, RejectionListener> = new WeakMap();
let hosts = 0;
let stop: (() => void) | undefined;

/** Starts to listen, for one host of realms; returns how to stop. */
export function watchRejections(): () => void {
  if (hosts++ === 0) stop = claimUnhandledRejections(claim);
  let isWatching = true;
  return () => {
    if (!isWatching) return;
    isWatching = false;
    if (--hosts === 0) stop?.();
  };
}

/** Takes the rejections of a realm, as long as the realm lives. */
export function takeRejections(promisePrototype: object, listener: RejectionListener): void {
  listeners.set(promisePrototype, listener);
}

function claim(reason: unknown, promise: object): boolean {
  for (let type = Object.getPrototypeOf(promise); type !== null; type = Object.getPrototypeOf(type)) {
    const listener = listeners.get(type);
    if (!listener) continue;
    listener(reason);
    return true;
  }
  return false;
}
