/**
 * Scopes as the facade asks for them: cancelled by signals and time-outs too.
 *
 * @module
 */
import { optionalMilliseconds, toMilliseconds } from "../../../common/duration.ts";
import type { ScopeOperations } from "../../bridge.ts";
import type { CancellationScopeOptions } from "../../options.ts";
import { type RunFlags, TypeScriptFlag } from "../flags.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Scope, Scopes } from "./scopes.ts";
import type { Timers } from "./timers.ts";
import type { Waits } from "./waits.ts";

/** The parts of a run that scopes need. */
export interface ScopeParts {
  readonly flags: RunFlags;
  readonly scopes: Scopes;
  readonly state: RunState;
  readonly timers: Timers;
  readonly values: Values;
  readonly waits: Waits;
}

/** A scope in the current one that `signal` cancels too. Throws ValueError for a bad time-out. */
export function openScope(
  { scopes, state, waits }: ScopeParts,
  { shielded = false, signal, timeout }: CancellationScopeOptions,
): Scope {
  state.assertWritable("CancellationScope");
  optionalMilliseconds(timeout, "timeout");
  const scope = scopes.open(shielded);
  const cancel = () => {
    if (state.mayWrite("aborting a scope")) scopes.cancelWith(scope, waits.toCancelledError(signal!));
  };
  if (signal?.aborted) cancel();
  else signal?.addEventListener("abort", cancel, { once: true });
  return scope;
}

/** Starts the timer that cancels a scope; tells how to stop it, and whether it fired. */
export function startScopeTimer(
  { flags, scopes, state, timers, values }: ScopeParts,
  scope: Scope,
  { timeout, timeoutSummary }: CancellationScopeOptions,
): ReturnType<ScopeOperations["startScopeTimer"]> {
  let hasFired = false;
  const fire = () => {
    hasFired = true;
    scopes.cancel(scope, "the scope timed out");
  };
  const id = timers.schedule(toMilliseconds(timeout!, "timeout"), fire, values.encodeText(timeoutSummary));
  const unlisten = scope.onCancel(() => timers.clear(id));
  return {
    hasFired: () => hasFired,
    stop: () => {
      unlisten();
      // Until 1.10 the official TypeScript SDK left the timer running.
      if (!flags.hasTypeScript(TypeScriptFlag.SHIELDED_FROM_PROPAGATION)) return;
      afterJobs(state, promiseJobs.scopeTimer, () => timers.clear(id));
    },
  };
}
