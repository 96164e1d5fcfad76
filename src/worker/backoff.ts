/**
 * Waits between polls that fail.
 *
 * @module
 */
import type { RPCStatusCode } from "../common/errors.ts";

const initialDelay = 200;
const throttledDelay = 1_000;
const maximumDelay = 10_000;
const jitter = 0.2;

/** Doubling delays: 200 ms to 10 s, or from 1 s where the server asks for fewer calls. */
export class Backoff {
  #failures = 0;

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Forgets the failures so far. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds to wait after one more failure of this status. */
  next(status?: RPCStatusCode): number {
    const base = status === "RESOURCE_EXHAUSTED" ? throttledDelay : initialDelay;
    const delay = Math.min(maximumDelay, base * 2 ** Math.min(this.#failures++, 16));
    return delay * (1 - jitter + 2 * jitter * Math.random());
  }
}

/** Resolves after `delay` milliseconds, or as soon as the signal aborts. */
export function waitFor(delay: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delay);
    signal.addEventListener("abort", finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
  });
}
