/**
 * Timers of workflows.
 *
 * @module
 */

import type { Engine, Job } from "./engine.ts";
import { append } from "./events.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { transact } from "./transaction.ts";
import { ensureTask } from "./workflow_task.ts";

/** Adds a pending timer for its started event. */
export function addTimer(
  engine: Engine,
  run: Execution,
  timerId: string,
  startedEventId: number,
  delayMs: number,
): void {
  const due = engine.clock.now() + delayMs;
  const entry = engine.at(due, { kind: "timerFired", run, timerId, startedEventId });
  run.timers.set(timerId, { timerId, startedEventId, due, entry });
}

/** The started event of a timer that is pending, or that fired while the task was out; undefined if neither. */
export function findTimer(run: Execution, timerId: string): number | undefined {
  const pending = run.timers.get(timerId);
  if (pending) return pending.startedEventId;
  const fired = findBufferedFire(run, timerId);
  const attributes = fired && run.buffered[fired.index].attributes;
  return attributes?.case === "timerFiredEventAttributes" ? Number(attributes.value.startedEventId) : undefined;
}

/** Takes a timer away, and its firing if that is still in the buffer. */
export function dropTimer(engine: Engine, run: Execution, timerId: string): void {
  engine.clock.cancel(run.timers.get(timerId)?.entry);
  run.timers.delete(timerId);
  const fired = findBufferedFire(run, timerId);
  if (fired) run.buffered.splice(fired.index, 1);
}

/** The job of a timer: it fires. */
export function onTimerFired(engine: Engine, job: Extract<Job, { kind: "timerFired" }>): void {
  const { run, timerId, startedEventId } = job;
  if (run.timers.get(timerId)?.startedEventId !== startedEventId || !isRunning(run)) return;
  transact(engine, run, () => {
    run.timers.delete(timerId);
    append(engine, run, {
      case: "timerFiredEventAttributes",
      value: { timerId, startedEventId: BigInt(startedEventId) },
    });
    ensureTask(engine, run);
  });
}

function findBufferedFire(run: Execution, timerId: string): { index: number } | undefined {
  const index = run.buffered.findIndex(({ attributes }) =>
    attributes.case === "timerFiredEventAttributes" && attributes.value.timerId === timerId
  );
  return index < 0 ? undefined : { index };
}
