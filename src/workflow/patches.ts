/**
 * Patches: changes of workflow code while runs of the old code are alive.
 *
 * @module
 */
import { callRun } from "./current.ts";

/**
 * Whether this run goes by the new code: true in runs that first come here on a worker with the patch, false in runs that
 * passed before. The answer is recorded in the history; once no run without it is left, replace the call by
 * {@link deprecatePatch}.
 *
 * ```ts
 * if (workflow.patched("charge-first")) await charge(order);
 * await ship(order);
 * if (!workflow.patched("charge-first")) await charge(order);
 * ```
 *
 * Throws IllegalStateError while modules load, ReadOnlyContextError in queries and validators, ValueError for an empty id.
 */
export function patched(id: string): boolean {
  return callRun("patched", id, false);
}

/**
 * Says that only the new code is left, while runs that recorded the patch are alive: they, and runs that the call marks,
 * replay with it and once it is removed. Throws as {@link patched} does.
 */
export function deprecatePatch(id: string): void {
  callRun("patched", id, true);
}
