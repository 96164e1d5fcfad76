/**
 * Continue-as-new.
 *
 * @module
 */
import type { ArgsOption, OptionsRest, UntypedWorkflow, WorkflowArgs, WorkflowRef } from "../common/definition.ts";
import { callRun } from "./current.ts";
import type { ContinueAsNewOptions } from "./options.ts";

/**
 * Ends this run and goes on as a new one with an empty history. Throws ContinueAsNewError: code that catches everything
 * must throw it on.
 */
export function continueAsNew<W extends WorkflowRef = UntypedWorkflow>(
  ...options: OptionsRest<ArgsOption<WorkflowArgs<W>> & ContinueAsNewOptions<W>>
): never {
  return callRun("continueAsNew", options[0]);
}
