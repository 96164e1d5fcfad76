/**
 * The main function of a run, made ready: the workflow is found, its arguments are decoded, its object is constructed.
 *
 * @module
 */
import { ValueError } from "../../../common/errors.ts";
import type { Initialize } from "../../activation.ts";
import type { UserFunction } from "../../bridge.ts";
import { findWorkflowFaults } from "../../definition_checks.ts";
import type { RunParts } from "../parts.ts";
import { isPromise } from "../values.ts";
import { findDynamicConfig, findHandlers, findRunnable, type WorkflowListing } from "./registry.ts";

/** A function to call, once. */
export interface MainFunction {
  fn: UserFunction;
  self: unknown;
  args: unknown[];
}

/** Makes the main function of the workflow that is listed there; throws what the user's code throws. */
export function prepareMain(run: RunParts, listing: WorkflowListing, start: Initialize): MainFunction {
  const { state, values, policy } = run;
  const module = state.realm.modules[listing.module] as Record<string, unknown>;
  const runnable = findRunnable(module[listing.exportName])!;
  const { options } = runnable;
  policy.apply(options);
  const args = runnable.dynamic
    ? [values.decodeRaw(start.args)]
    : values.decodeArguments(start.args, runnable.schemas, `workflow ${start.workflowType}`);
  if (runnable.kind === "function") {
    decide(run, options.dynamicConfig, undefined);
    return { fn: runnable.target, self: undefined, args };
  }
  const instance = new runnable.target(...args);
  state.instance = instance;
  setHandlers(run, instance);
  decide(run, findDynamicConfig(instance), instance);
  return { fn: instance.run, self: instance, args };
}

/** Those that the constructor has set itself stay. */
function setHandlers({ handlers }: RunParts, instance: object): void {
  for (const { kind, name, entry } of findHandlers(instance)) {
    if (!handlers.get(kind, name)) handlers.set(kind, name, entry);
  }
}

/** Asks the user's code what the definition leaves open; whatever is wrong with the answer fails the task. */
function decide({ state, policy, ending }: RunParts, dynamicConfig: (() => object) | undefined, self: unknown): void {
  if (!dynamicConfig) return;
  try {
    const config = state.runReadOnly("dynamicConfig", () => Reflect.apply(dynamicConfig, self, []) as object);
    const faults = isPromise(config)
      ? ["it returned a promise; make it synchronous"]
      : findWorkflowFaults(config ?? {});
    if (faults.length > 0) throw new ValueError(`dynamicConfig: ${faults.join("; ")}`);
    policy.apply(config ?? {});
  } catch (error) {
    ending.failTask(error);
  }
}
