/**
 * What the run before this one left: for cron, schedules, retries and continue-as-new.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";
import { callRun } from "./current.ts";

/** Whether a run before this one completed and its result was handed on. */
export function hasLastCompletionResult(): boolean {
  return callRun("hasLastCompletionResult");
}

/** The result of the last run that completed, undefined where there is none; `typeHint` is its schema. */
export function getLastCompletionResult<T = unknown>(typeHint?: TypeHint<T>): T | undefined {
  return callRun("lastCompletionResult", typeHint) as T | undefined;
}

/** Why the run before this one failed, undefined where it did not. */
export function getLastFailure(): Error | undefined {
  return callRun("lastFailure");
}
