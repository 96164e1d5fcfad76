/** `queueMicrotask`. @module */

/** The globals of this part. What a callback throws is an unhandled rejection of the run. */
export function create(): { queueMicrotask: unknown } {
  return {
    queueMicrotask(callback: unknown): void {
      if (typeof callback !== "function") throw new TypeError("queueMicrotask: the callback is not a function");
      Promise.resolve().then(() => void callback());
    },
  };
}
