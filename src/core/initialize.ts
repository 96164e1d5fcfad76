/**
 * From the event that started a run to the job that starts its code.
 *
 * @module
 */
import type { WorkflowExecutionStartedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Initialize } from "../workflow/activation.ts";
import type { RunOptions } from "./context.ts";
import { readPriority, readRetryPolicy } from "./policies.ts";
import { randomSeedOf } from "./random_seed.ts";
import { durationMilliseconds } from "./time.ts";

/** The job for WORKFLOW_EXECUTION_STARTED; `startTime` is the time of the event, in milliseconds. */
export function initializeJob(
  attributes: WorkflowExecutionStartedEventAttributes,
  options: RunOptions,
  startTime: number,
): Initialize {
  return {
    kind: "initialize",
    workflowId: options.workflowId,
    workflowType: attributes.workflowType?.name || options.workflowType,
    namespace: options.namespace,
    taskQueue: attributes.taskQueue?.name || options.taskQueue,
    args: attributes.input?.payloads ?? [],
    headers: attributes.header?.fields ?? {},
    randomSeed: randomSeedOf(attributes.originalExecutionRunId),
    attempt: attributes.attempt,
    cronSchedule: attributes.cronSchedule || undefined,
    priority: readPriority(attributes.priority),
    retryPolicy: readRetryPolicy(attributes.retryPolicy),
    executionTimeout: durationMilliseconds(attributes.workflowExecutionTimeout),
    runTimeout: durationMilliseconds(attributes.workflowRunTimeout),
    taskTimeout: durationMilliseconds(attributes.workflowTaskTimeout) ?? 0,
    memo: attributes.memo?.fields ?? {},
    searchAttributes: attributes.searchAttributes?.indexedFields ?? {},
    workflowStartTime: startTime,
    lastCompletionResult: attributes.lastCompletionResult?.payloads,
    lastFailure: attributes.continuedFailure,
    ...readRelations(attributes),
  };
}

function readRelations(
  attributes: WorkflowExecutionStartedEventAttributes,
): Pick<Initialize, "firstExecutionRunId" | "continuedRunId" | "parent" | "root"> {
  const { parentWorkflowExecution: parent, rootWorkflowExecution: root } = attributes;
  return {
    firstExecutionRunId: attributes.firstExecutionRunId,
    continuedRunId: attributes.continuedExecutionRunId || undefined,
    parent: parent && {
      namespace: attributes.parentWorkflowNamespace,
      workflowId: parent.workflowId,
      runId: parent.runId,
    },
    root: root && { workflowId: root.workflowId, runId: root.runId },
  };
}
