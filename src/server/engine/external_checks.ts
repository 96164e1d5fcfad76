/**
 * Checks of commands about other workflows.
 *
 * @module
 */

import { WorkflowTaskFailedCause as Cause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { AttributesOf, CheckScope, CommandFault } from "./check_scope.ts";
import { checkPolicy, completeQueue, countFault } from "./check_scope.ts";
import { sizeOfFields, sizeOfPayloads } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import { chooseTaskTimeout } from "./runs.ts";
import { findAttributeFault } from "./search_attributes.ts";
import { findDurationFault, shorter, toDuration, toMs } from "./times.ts";

/** Checks the command. */
export function checkStartChild(
  scope: CheckScope,
  attributes: AttributesOf<"startChildWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const { run, engine } = scope;
  attributes.namespace ||= run.namespace.name;
  const { workflowId, namespace } = attributes;
  const type = attributes.workflowType?.name ?? "";
  const command = "StartChildWorkflowExecutionCommand";
  const where = `WorkflowId=${workflowId} WorkflowType=${type} Namespace=${namespace}`;
  const fault = (message: string): CommandFault => ({ cause: Cause.BAD_START_CHILD_EXECUTION_ATTRIBUTES, message });
  if (!workflowId) {
    return fault(`Required field WorkflowId is not set on ${command}. WorkflowType=${type} Namespace=${namespace}`);
  }
  if (!type) {
    return fault(
      `Required field WorkflowType is not set on ${command}. WorkflowId=${workflowId} Namespace=${namespace}`,
    );
  }
  for (const [name, value] of [["Namespace", namespace], ["WorkflowId", workflowId], ["WorkflowType", type]]) {
    const limit = engine.limits.idLength;
    if (value.length > limit) {
      return fault(`${name} on ${command} exceeds length limit. ${where} Length=${value.length} Limit=${limit}`);
    }
  }
  for (
    const [name, duration] of [
      ["WorkflowExecutionTimeout", attributes.workflowExecutionTimeout],
      ["WorkflowRunTimeout", attributes.workflowRunTimeout],
      ["WorkflowTaskTimeout", attributes.workflowTaskTimeout],
    ] as const
  ) {
    const durationFault = findDurationFault(duration);
    if (durationFault) return fault(`Invalid ${name} on ${command}: ${durationFault}. ${where}`);
  }
  const policyFault = checkPolicy(attributes);
  if (policyFault) return fault(`invalid WorkflowRetryPolicy on ${command}: ${policyFault} ${where}`);
  const target: Namespace | undefined = engine.namespaces.find(namespace);
  const fields = attributes.searchAttributes?.indexedFields;
  const attributesFault = target && findAttributeFault(target, fields, engine.limits);
  if (attributesFault) return { cause: Cause.BAD_SEARCH_ATTRIBUTES, message: attributesFault };
  const queueFault = completeQueue(scope, attributes, run.taskQueue);
  if (queueFault) return fault(`invalid TaskQueue on ${command}: ${queueFault}. ${where}`);
  const runTimeout = shorter(toMs(attributes.workflowRunTimeout), toMs(attributes.workflowExecutionTimeout));
  attributes.workflowRunTimeout = toDuration(runTimeout);
  attributes.workflowTaskTimeout = toDuration(
    chooseTaskTimeout(engine, toMs(attributes.workflowTaskTimeout), runTimeout),
  );
  if (sizeOfPayloads(attributes.input) > engine.limits.blobSizeError) {
    return { ...fault("StartChildWorkflowExecutionCommandAttributes. Input exceeds size limit."), isTerminal: true };
  }
  if (sizeOfFields(attributes.memo?.fields) > engine.limits.memoSizeError) {
    return { ...fault("StartChildWorkflowExecutionCommandAttributes.Memo exceeds size limit."), isTerminal: true };
  }
  const pending = run.children.size + scope.addedChildren.size;
  if (pending >= engine.limits.pendingChildren) {
    return countFault(
      Cause.PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED,
      "pending child workflow executions",
      pending,
      engine.limits.pendingChildren,
    );
  }
  scope.addedChildren.add(workflowId);
  return undefined;
}

/** Checks the command. */
export function checkSignalExternal(
  scope: CheckScope,
  attributes: AttributesOf<"signalExternalWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const { run, engine } = scope;
  const command = "SignalExternalWorkflowExecutionCommand";
  const fault = (message: string): CommandFault => ({ cause: Cause.BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES, message });
  const { execution, signalName, namespace } = attributes;
  if (!execution) return fault(`Execution is not set on ${command}.`);
  const where = `Namespace=${namespace} RunId=${execution.runId} SignalName=${signalName}`;
  if (!execution.workflowId) return fault(`WorkflowId is not set on ${command}. ${where}`);
  if (!signalName) {
    return fault(
      `SignalName is not set on ${command}. WorkflowId=${execution.workflowId} ` +
        `Namespace=${namespace} RunId=${execution.runId}`,
    );
  }
  const pending = run.externalSignals.size + scope.addedSignals;
  if (pending >= engine.limits.pendingSignals) {
    return countFault(
      Cause.PENDING_SIGNALS_LIMIT_EXCEEDED,
      "pending signals to external workflows",
      pending,
      engine.limits.pendingSignals,
    );
  }
  if (sizeOfPayloads(attributes.input) > engine.limits.blobSizeError) {
    return {
      ...fault("SignalExternalWorkflowExecutionCommandAttributes.Input exceeds size limit."),
      isTerminal: true,
    };
  }
  scope.addedSignals++;
  return undefined;
}

/** Checks the command. */
export function checkCancelExternal(
  scope: CheckScope,
  attributes: AttributesOf<"requestCancelExternalWorkflowExecutionCommandAttributes">,
): CommandFault | undefined {
  const { run, engine } = scope;
  const { workflowId, runId, namespace } = attributes;
  const command = "RequestCancelExternalWorkflowExecutionCommand";
  const cause = Cause.BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES;
  if (!workflowId) {
    return { cause, message: `WorkflowId is not set on ${command}. Namespace=${namespace} RunId=${runId}` };
  }
  if (scope.addedChildren.has(workflowId)) {
    return {
      cause,
      message: "Start and RequestCancel for child workflow is not allowed in same workflow task. " +
        `WorkflowId=${workflowId} RunId=${runId} Namespace=${namespace}`,
    };
  }
  const pending = run.externalCancels.size + scope.addedCancels;
  if (pending >= engine.limits.pendingCancels) {
    return countFault(
      Cause.PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED,
      "pending requests to cancel external workflows",
      pending,
      engine.limits.pendingCancels,
    );
  }
  scope.addedCancels++;
  return undefined;
}
