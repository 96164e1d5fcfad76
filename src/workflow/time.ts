/**
 * Time and waiting.
 *
 * @module
 */
import type { Duration } from "../common/duration.ts";
import { callRun } from "./current.ts";
import type { SleepOptions, WaitConditionOptions } from "./options.ts";

/**
 * Waits, durably: the workflow may move to another worker meanwhile. At least 1 ms.
 *
 * Rejects with CancelledError when cancelled, with ValueError for a negative duration or none.
 */
export function sleep(duration: Duration, options?: SleepOptions): Promise<void> {
  return callRun("sleep", duration, options);
}

/**
 * Waits until `condition` is true; false when `timeout` was over first. The condition is evaluated at once and after
 * everything that happens to the workflow; it should only read.
 *
 * Rejects with CancelledError when cancelled, and with what the condition throws.
 */
export function waitCondition(condition: () => boolean, options?: WaitConditionOptions): Promise<boolean> {
  return callRun("waitCondition", condition, options);
}

/** Workflow time: that of the task in progress, the same in replay. */
export function now(): Date {
  return new Date(time());
}

/** Workflow time in milliseconds since the epoch. */
export function time(): number {
  return callRun("time");
}

/** Workflow time in nanoseconds since the epoch, right to about 0.2 microseconds. */
export function timeNs(): bigint {
  const milliseconds = time();
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}
