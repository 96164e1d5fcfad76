/**
 * The one place where a run changes.
 *
 * A change runs to its end without interruption, throws only before it touched anything, and is then
 * stored as a whole; the jobs it left are done after that.
 *
 * @module
 */

import type { Engine } from "./engine.ts";
import { flushBuffer } from "./events.ts";
import type { Execution } from "./execution.ts";
import { hasStartedTask, isRunning } from "./execution.ts";
import { settleSpeculative } from "./task_events.ts";

/** Runs `change` on `run`, stores the outcome, then does what the change left to do. */
export function transact<T>(engine: Engine, run: Execution, change: () => T): T {
  const eventsBefore = run.events.length;
  const result = enter(engine, change);
  // A stored speculative task is an ordinary one; its events come before any that are buffered.
  if (isRunning(run)) settleSpeculative(engine, run);
  if (!hasStartedTask(run)) flushBuffer(engine, run);
  run.stateTransitions++;
  engine.store.save(run);
  if (run.events.length !== eventsBefore && run.historyWaiters.size > 0) {
    for (const wake of [...run.historyWaiters]) wake();
  }
  engine.drain();
  return result;
}

/** Runs a change that is not stored, as those of speculative tasks and queries are. */
export function adjust<T>(engine: Engine, change: () => T): T {
  const result = enter(engine, change);
  engine.drain();
  return result;
}

function enter<T>(engine: Engine, change: () => T): T {
  engine.changes++;
  try {
    return change();
  } finally {
    engine.changes--;
  }
}
