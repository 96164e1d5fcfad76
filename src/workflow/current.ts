/**
 * The one place where workflow code finds its run: a name that the bundle's wrapper binds, one binding for each realm.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";
import type { CallRun } from "./bridge.ts";

declare const __anywhen_run: CallRun | undefined;

/** Asks the run of this realm. Throws IllegalStateError outside workflows. */
export const callRun: CallRun = (operation, ...args) => {
  if (inRealm()) return __anywhen_run!(operation, ...args);
  throw new IllegalStateError(`${operation} was called outside a workflow; call it in code that a worker runs as one`);
};

/** Whether this is the realm of a run. */
export function inRealm(): boolean {
  return typeof __anywhen_run !== "undefined";
}
