/**
 * Handles of workflows that this client has started.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import type { ClientContext } from "./context.ts";
import type { WorkflowHandle } from "./handle.ts";
import { createHandle } from "./handle.ts";
import type { StartInput } from "./start.ts";

/**
 * The handle of a started workflow: it follows the id, guarded by the chain that was started.
 *
 * Where an existing run was joined and the server does not name the chain, there is nothing to guard by.
 */
export function startedHandle(
  context: ClientContext,
  input: StartInput,
  response: { runId: string; firstExecutionRunId: string; started: boolean; eagerWorkflowTask?: object },
): WorkflowHandle<any> {
  const joined = input.idConflictPolicy === "USE_EXISTING" && !response.started;
  return createHandle(context, {
    id: input.id,
    resultRunId: response.runId,
    firstExecutionRunId: response.firstExecutionRunId || (joined ? undefined : response.runId),
    resultType: input.resultType,
    eagerlyStarted: input.requestEagerStart === true && response.eagerWorkflowTask !== undefined,
  });
}
