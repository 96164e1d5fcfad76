/**
 * The one place where workflow code finds its run: a name that the bundle's wrapper binds, one binding for each realm.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";
import type { RunBridge } from "./bridge.ts";

declare const __anywhen_run: RunBridge | undefined;

/** The run of this realm, undefined outside workflows. */
export function findRun(): RunBridge | undefined {
  return typeof __anywhen_run === "undefined" ? undefined : __anywhen_run;
}

/** The run of this realm. Throws IllegalStateError, naming `what` was called, outside workflows. */
export function currentRun(what: string): RunBridge {
  const run = findRun();
  if (run) return run;
  throw new IllegalStateError(`${what} was called outside a workflow; call it in code that a worker runs as a workflow`);
}
