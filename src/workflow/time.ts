/**
 * Time and waiting.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { encodeText } from "./conversion.ts";
import { currentRun } from "./current.ts";
import { makeWait } from "./waits.ts";

/** Options of {@link sleep}. */
export interface SleepOptions {
  /** One line for the UI. */
  summary?: string;
  /** Cancels the wait, besides the scope it is made in. */
  signal?: AbortSignal;
}

/**
 * Waits, durably: the workflow may move to another worker meanwhile. At least 1 ms.
 *
 * Rejects with CancelledError when cancelled, with ValueError for a negative duration or none.
 */
export function sleep(duration: Duration, options: SleepOptions = {}): Promise<void> {
  return makeWait(options.signal, (settler) => {
    const milliseconds = toMilliseconds(duration, "duration");
    return currentRun("sleep").timers.sleep(milliseconds, encodeText(options.summary), settler);
  });
}

/** Options of {@link waitCondition}. */
export interface WaitConditionOptions {
  /** Gives up after this time; a timer even when 0. */
  timeout?: Duration;
  /** One line for the UI, beside the timer. */
  timeoutSummary?: string;
  /** Cancels the wait, besides the scope it is made in. */
  signal?: AbortSignal;
}

/**
 * Waits until `condition` is true; false when `timeout` was over first. The condition is evaluated at once and after
 * everything that happens to the workflow; it should only read.
 *
 * Rejects with CancelledError when cancelled, and with what the condition throws.
 */
export function waitCondition(condition: () => boolean, options: WaitConditionOptions = {}): Promise<boolean> {
  return makeWait(options.signal, (settler) => {
    const { timeout, timeoutSummary } = options;
    const timer = timeout === undefined
      ? undefined
      : { duration: toMilliseconds(timeout, "timeout"), summary: encodeText(timeoutSummary) };
    return currentRun("waitCondition").conditions.wait(condition, timer, settler);
  });
}

/** Workflow time: that of the task in progress, the same in replay. */
export function now(): Date {
  return new Date(time());
}

/** Workflow time in milliseconds since the epoch. */
export function time(): number {
  return currentRun("time").state.activation.time;
}

/** Workflow time in nanoseconds since the epoch. */
export function timeNs(): bigint {
  const milliseconds = time();
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}
