/**
 * Promise jobs between what happens to a run and the code that waits for it. The official TypeScript SDK composes its
 * calls of promises, races and scopes; where two things end in one task, the order in which code goes on and asks for
 * commands depends on how many jobs each takes, so that its histories replay here only with the same numbers. They were
 * measured with its version 1.24.0.
 *
 * @module
 */
import type { RunState } from "../state.ts";

/** Promise jobs before a promise of the caller settles, where it does not settle at once. */
export const promiseJobs = {
  /** A condition that holds when the wait begins. */
  conditionAtOnce: 2,
  /** One that comes to hold later. */
  conditionLater: 1,
  /** Any wait for a condition with a time-out. */
  conditionTimed: 5,
  /** What that wait takes before it cancels its timer. */
  conditionTimer: 4,
  /** A wait in a scope that was cancelled before. */
  cancelledBefore: 1,
  /** The same for a condition, without and with a time-out. */
  conditionCancelledBefore: 2,
  timedConditionCancelledBefore: 7,
  /** The cancellation of a condition, counted from that of other waits in its scope. */
  conditionCancelled: 1,
  /** The same with a time-out, and what it takes before it cancels its timer. */
  timedConditionCancelled: 6,
  timedConditionCancelledTimer: 1,
  /** The end of a child workflow of which start and end are awaited in one. */
  childExecuted: 2,
  /** The same where it did not start. */
  childNotStarted: 3,
  /** The same in a scope that was cancelled before. */
  childCancelledBefore: 4,
  /** What a scope with a time-out takes before it cancels its timer. */
  scopeTimer: 1,
} as const;

/** Works after a number of promise jobs, at least one. */
export function afterJobs({ realm }: RunState, jobs: number, work: () => void): void {
  const resolved = realm.intrinsics.Promise.resolve();
  const next = (left: number) => void resolved.then(() => left > 1 ? next(left - 1) : work());
  next(jobs);
}
