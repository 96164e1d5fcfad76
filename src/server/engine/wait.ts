/**
 * Parked calls: a long poll that waits for something, at most until its time is up or its caller left.
 *
 * @module
 */

import type { Clock, ClockEntry } from "./clock.ts";

/** The caller of a parked call. */
export interface Caller {
  /** Aborted once the caller left. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller gives up, undefined if it did not say. */
  readonly timeoutMs: number | undefined;
}

/** One parked call. */
export interface Waiter<T> {
  /** Resolves with what settled it. */
  readonly promise: Promise<T>;
  /** Ends the wait; false if it was over already. */
  settle(value: T): boolean;
  /** Ends the wait with an error; false if it was over already. */
  fail(error: unknown): boolean;
  /** False once settled, timed out or left. */
  readonly isOpen: boolean;
}

/** What `park` needs to know. */
export interface ParkOptions<T> {
  clock: Clock;
  /** Milliseconds the call waits at most. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** The value of a wait whose time is up or whose caller left. */
  empty: () => T;
  /** Called once when the wait ends, however it ends. */
  onEnd?: () => void;
}

/** How long a call may park: `limitMs`, and always a bit less than its caller waits. */
export function parkingTime(caller: Caller, limitMs: number): number {
  if (caller.timeoutMs === undefined) return limitMs;
  const margin = Math.min(1000, caller.timeoutMs / 10);
  return Math.max(Math.min(limitMs, caller.timeoutMs - margin), 0);
}

/** Parks a call until it is settled, its time is up or its caller left. */
export function park<T>(options: ParkOptions<T>): Waiter<T> {
  const { clock, signal, empty, onEnd } = options;
  let isOpen = true;
  let entry: ClockEntry | undefined = undefined;
  let resolve: (value: T) => void;
  let reject: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  function end(): boolean {
    if (!isOpen) return false;
    isOpen = false;
    clock.cancel(entry);
    signal?.removeEventListener("abort", leave);
    onEnd?.();
    return true;
  }
  function leave(): void {
    if (end()) resolve(empty());
  }
  signal?.addEventListener("abort", leave, { once: true });
  entry = clock.schedule(clock.now() + options.timeoutMs, leave, true);
  return {
    promise,
    settle(value) {
      if (!end()) return false;
      resolve(value);
      return true;
    },
    fail(error) {
      if (!end()) return false;
      reject(error);
      return true;
    },
    get isOpen() {
      return isOpen && !signal?.aborted;
    },
  };
}
