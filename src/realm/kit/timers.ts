/** `setTimeout` and `clearTimeout` as durable timers. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): Record<"setTimeout" | "clearTimeout", unknown> {
  return {
    setTimeout(callback: unknown, delay: unknown = 0, ...args: unknown[]): number {
      if (typeof callback !== "function") throw new TypeError("setTimeout: the callback is not a function");
      const milliseconds = Math.max(1, Number(delay) || 0);
      return host.setTimer(milliseconds, () => void callback(...args));
    },
    clearTimeout(id: unknown): void {
      if (id !== undefined && id !== null) host.clearTimer(Number(id));
    },
  };
}
