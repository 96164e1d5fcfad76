/**
 * Checks of commands that close a run or change what it says of itself.
 *
 * @module
 */

import { WorkflowTaskFailedCause as Cause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { AttributesOf, CheckScope, CommandFault } from "./check_scope.ts";
import { checkPolicy } from "./check_scope.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { sizeOfFields, sizeOfPayloads } from "./limits.ts";
import { chooseTaskTimeout } from "./runs.ts";
import { findAttributeFault, findAttributeSizeFault, mergeFields } from "./search_attributes.ts";
import { findDurationFault, shorter, toDuration, toMs } from "./times.ts";

/** Checks the command. */
export function checkClose(scope: CheckScope): CommandFault | undefined {
  return scope.bufferedEvents > 0 ? { cause: Cause.UNHANDLED_COMMAND } : undefined;
}

/** Checks the command. */
export function checkComplete(
  scope: CheckScope,
  attributes: AttributesOf<"completeWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const fault = checkClose(scope);
  if (fault || sizeOfPayloads(attributes.result) <= scope.engine.limits.blobSizeError) return fault;
  return {
    cause: Cause.BAD_SCHEDULE_ACTIVITY_ATTRIBUTES,
    message: "CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.",
    isTerminal: true,
  };
}

/** Checks the command. */
export function checkFail(
  scope: CheckScope,
  attributes: AttributesOf<"failWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const fault = checkClose(scope);
  if (fault || attributes.failure) return fault;
  return {
    cause: Cause.BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES,
    message: "Failure is not set on FailWorkflowExecutionCommand.",
  };
}

/** Checks the command. */
export function checkContinueAsNew(
  scope: CheckScope,
  attributes: AttributesOf<"continueAsNewWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const unhandled = checkClose(scope);
  if (unhandled) return unhandled;
  const { run, engine } = scope;
  const fault = (message: string): CommandFault => ({ cause: Cause.BAD_CONTINUE_AS_NEW_ATTRIBUTES, message });
  const type = attributes.workflowType?.name || run.start.workflowType!.name;
  const where = `WorkflowType=${type} TaskQueue=${attributes.taskQueue?.name || run.taskQueue}`;
  if (type.length > engine.limits.idLength) {
    return fault(
      "WorkflowType on ContinueAsNewWorkflowExecutionCommand exceeds length limit. " +
        `WorkflowType=${type} Length=${type.length} Limit=${engine.limits.idLength}`,
    );
  }
  for (
    const [name, duration] of [
      ["WorkflowRunTimeout", attributes.workflowRunTimeout],
      ["WorkflowTaskTimeout", attributes.workflowTaskTimeout],
      ["BackoffStartInterval", attributes.backoffStartInterval],
    ] as const
  ) {
    const durationFault = findDurationFault(duration);
    if (durationFault) {
      return fault(`Invalid ${name} on ContinueAsNewWorkflowExecutionCommand: ${durationFault}. ${where}`);
    }
  }
  const policyFault = checkPolicy(attributes);
  if (policyFault) {
    return fault(`invalid WorkflowRetryPolicy on ContinueAsNewWorkflowExecutionCommand: ${policyFault} ${where}`);
  }
  completeContinueAsNew(engine, run, attributes);
  const attributesFault = findAttributeFault(
    run.namespace,
    attributes.searchAttributes?.indexedFields,
    engine.limits,
  );
  if (attributesFault) return { cause: Cause.BAD_SEARCH_ATTRIBUTES, message: attributesFault };
  if (sizeOfPayloads(attributes.input) > engine.limits.blobSizeError) {
    return {
      ...fault("ContinueAsNewWorkflowExecutionCommandAttributes. Input exceeds size limit."),
      isTerminal: true,
    };
  }
  return undefined;
}

function completeContinueAsNew(
  engine: Engine,
  run: Execution,
  attributes: AttributesOf<"continueAsNewWorkflowExecutionCommandAttributes">,
): void {
  const { start } = run;
  const askedRun = toMs(attributes.workflowRunTimeout) || toMs(start.workflowRunTimeout);
  const runTimeout = shorter(askedRun, toMs(start.workflowExecutionTimeout));
  const askedTask = toMs(attributes.workflowTaskTimeout) || run.taskTimeoutMs;
  attributes.workflowRunTimeout = toDuration(runTimeout);
  attributes.workflowTaskTimeout = toDuration(chooseTaskTimeout(engine, askedTask, runTimeout));
}

/** Checks the command. */
export function checkUpsert(
  scope: CheckScope,
  attributes: AttributesOf<"upsertWorkflowSearchAttributesCommandAttributes">,
): CommandFault | undefined {
  const cause = Cause.BAD_SEARCH_ATTRIBUTES;
  const { run, engine } = scope;
  const command = "UpsertWorkflowSearchAttributesCommand";
  if (!attributes.searchAttributes) return { cause, message: `SearchAttributes is not set on ${command}.` };
  const fields = attributes.searchAttributes.indexedFields;
  if (Object.keys(fields).length === 0) return { cause, message: `IndexedFields is not set on ${command}.` };
  const message = findAttributeFault(run.namespace, fields, engine.limits);
  if (message) return { cause, message };
  const sizeFault = findAttributeSizeFault(mergeFields(run.searchAttributes, fields), engine.limits);
  return sizeFault ? { cause, message: sizeFault, isTerminal: true } : undefined;
}

/** Checks the command. */
export function checkModify(
  scope: CheckScope,
  attributes: AttributesOf<"modifyWorkflowPropertiesCommandAttributes">,
): CommandFault | undefined {
  const cause = Cause.BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES;
  const command = "ModifyWorkflowPropertiesCommand";
  if (!attributes.upsertedMemo) return { cause, message: `UpsertedMemo is not set on ${command}.` };
  const { fields } = attributes.upsertedMemo;
  if (Object.keys(fields).length === 0) return { cause, message: `UpsertedMemo.Fields is not set on ${command}.` };
  const { blobSizeError, memoSizeError } = scope.engine.limits;
  if (sizeOfFields(fields) > blobSizeError) {
    return { cause, message: "ModifyWorkflowPropertiesCommandAttributes exceeds size limit.", isTerminal: true };
  }
  if (sizeOfFields(mergeFields(scope.run.memo, fields)) <= memoSizeError) return undefined;
  return { cause, message: "ModifyWorkflowPropertiesCommandAttributes. Memo exceeds size limit.", isTerminal: true };
}
