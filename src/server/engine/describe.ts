/**
 * What a run looks like from outside.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { EventType } from "../../gen/temporal/api/enums/v1/event_type_pb.ts";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import { PendingActivityState, PendingWorkflowTaskState } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type {
  PendingActivityInfoSchema,
  WorkflowExecutionExtendedInfoSchema,
  WorkflowExecutionInfoSchema,
} from "../../gen/temporal/api/workflow/v1/message_pb.ts";
import type { DescribeWorkflowExecutionResponseSchema } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "./engine.ts";
import { measureHistory } from "./events.ts";
import type { ActivityState, Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { computeInterval } from "./retry.ts";
import { toDuration, toMs, toTimestamp } from "./times.ts";

/** A run as lists show it. */
export type RunSummary = Extract<MessageInitShape<typeof WorkflowExecutionInfoSchema>, { $typeName?: never }>;

/** Go's zero time, by which the server says that a run does not expire. */
const NEVER = Date.parse("0001-01-01T00:00:00Z");

/** Answers DescribeWorkflowExecution. */
export function describeRun(
  engine: Engine,
  run: Execution,
): MessageInitShape<typeof DescribeWorkflowExecutionResponseSchema> {
  const task = run.workflowTask;
  return {
    executionConfig: {
      taskQueue: { name: run.taskQueue, kind: TaskQueueKind.NORMAL },
      workflowExecutionTimeout: run.start.workflowExecutionTimeout,
      workflowRunTimeout: run.start.workflowRunTimeout,
      defaultWorkflowTaskTimeout: toDuration(run.taskTimeoutMs),
      userMetadata: run.userMetadata,
    },
    workflowExecutionInfo: {
      ...summarizeRun(run),
      firstRunId: run.firstRunId,
      autoResetPoints: { points: run.resetPoints },
      historyLength: BigInt(run.nextEventId - 1),
      historySizeBytes: BigInt(measureHistory(run)),
    },
    workflowExtendedInfo: extendedInfo(run),
    pendingActivities: [...run.activities.values()].map((activity) => describeActivity(engine, activity)),
    pendingChildren: [...run.children.values()].map(({ attributes, runId, initiatedEventId }) => ({
      workflowId: runId ? attributes.workflowId : "",
      runId: runId ?? "",
      workflowTypeName: attributes.workflowType?.name,
      initiatedId: BigInt(initiatedEventId),
      parentClosePolicy: attributes.parentClosePolicy,
    })),
    pendingWorkflowTask: task && {
      state: task.startedEventId > 0 ? PendingWorkflowTaskState.STARTED : PendingWorkflowTaskState.SCHEDULED,
      scheduledTime: toTimestamp(task.scheduledTime),
      originalScheduledTime: toTimestamp(task.originalScheduledTime),
      startedTime: task.startedEventId > 0 ? toTimestamp(task.startedTime) : undefined,
      attempt: task.attempt,
    },
  };
}

/** A run as lists show it. */
export function summarizeRun(run: Execution): RunSummary {
  const isClosed = !isRunning(run);
  return {
    execution: run.self,
    type: run.start.workflowType,
    startTime: toTimestamp(run.startTime),
    executionTime: toTimestamp(run.executionTime),
    closeTime: isClosed ? toTimestamp(run.closeTime) : undefined,
    executionDuration: isClosed ? toDuration(run.closeTime - run.executionTime) : undefined,
    status: run.status,
    historyLength: isClosed ? BigInt(run.nextEventId - 1) : 0n,
    historySizeBytes: isClosed ? BigInt(measureHistory(run)) : 0n,
    stateTransitionCount: BigInt(run.stateTransitions),
    parentNamespaceId: run.parent?.namespace.id,
    parentExecution: run.parent && { workflowId: run.parent.workflowId, runId: run.parent.runId },
    rootExecution: run.root,
    memo: { fields: run.memo },
    searchAttributes: { indexedFields: run.searchAttributes },
    taskQueue: run.taskQueue,
    priority: run.start.priority,
  };
}

function extendedInfo(run: Execution): MessageInitShape<typeof WorkflowExecutionExtendedInfoSchema> {
  const requestIdInfos: { [id: string]: { eventType: EventType; eventId: bigint } } = {
    [run.startRequestId]: { eventType: EventType.WORKFLOW_EXECUTION_STARTED, eventId: 1n },
  };
  for (const [id, eventId] of run.attachedRequestIds) {
    requestIdInfos[id] = { eventType: EventType.WORKFLOW_EXECUTION_OPTIONS_UPDATED, eventId: BigInt(eventId) };
  }
  return {
    executionExpirationTime: run.executionExpiration > 0 ? toTimestamp(run.executionExpiration) : undefined,
    runExpirationTime: toTimestamp(run.runExpiration > 0 ? run.runExpiration : NEVER),
    cancelRequested: run.isCancelRequested,
    originalStartTime: run.events[0].eventTime,
    lastResetTime: run.originalRunId !== run.runId ? toTimestamp(run.startTime) : undefined,
    resetRunId: run.resetRunId,
    requestIdInfos,
  };
}

function describeActivity(
  engine: Engine,
  activity: ActivityState,
): MessageInitShape<typeof PendingActivityInfoSchema> {
  const { attributes } = activity;
  const policy = attributes.retryPolicy;
  const expiration = toMs(attributes.scheduleToCloseTimeout);
  const isWaiting = activity.phase === "backoff" && activity.attemptScheduledTime > engine.clock.now();
  return {
    activityId: activity.activityId,
    activityType: attributes.activityType,
    state: stateOf(activity),
    heartbeatDetails: activity.heartbeatDetails,
    lastHeartbeatTime: optionalTime(activity.lastHeartbeatTime),
    lastStartedTime: optionalTime(activity.startedTime),
    attempt: activity.attempt,
    maximumAttempts: policy?.maximumAttempts,
    scheduledTime: toTimestamp(activity.attemptScheduledTime),
    expirationTime: expiration > 0 ? toTimestamp(activity.scheduledTime + expiration) : undefined,
    lastFailure: activity.lastFailure,
    lastWorkerIdentity: activity.identity || activity.lastIdentity,
    lastAttemptCompleteTime: optionalTime(activity.lastAttemptCompleteTime),
    nextAttemptScheduleTime: isWaiting ? toTimestamp(activity.attemptScheduledTime) : undefined,
    currentRetryInterval: retryInterval(activity, isWaiting),
    priority: attributes.priority,
    activityOptions: {
      taskQueue: { name: attributes.taskQueue?.name, normalName: attributes.taskQueue?.name },
      scheduleToCloseTimeout: attributes.scheduleToCloseTimeout,
      scheduleToStartTimeout: attributes.scheduleToStartTimeout,
      startToCloseTimeout: attributes.startToCloseTimeout,
      heartbeatTimeout: attributes.heartbeatTimeout,
      retryPolicy: policy && { ...policy, nonRetryableErrorTypes: [] },
    },
  };
}

function stateOf(activity: ActivityState): PendingActivityState {
  if (activity.isCancelRequested) return PendingActivityState.CANCEL_REQUESTED;
  return activity.phase === "started" ? PendingActivityState.STARTED : PendingActivityState.SCHEDULED;
}

function retryInterval(activity: ActivityState, isWaiting: boolean): ReturnType<typeof toDuration> | undefined {
  const policy = activity.attributes.retryPolicy;
  if (!policy || stateOf(activity) !== PendingActivityState.SCHEDULED) return undefined;
  return toDuration(
    isWaiting
      ? activity.attemptScheduledTime - activity.lastAttemptCompleteTime
      : computeInterval(policy, activity.attempt),
  );
}

function optionalTime(ms: number): ReturnType<typeof toTimestamp> | undefined {
  return ms > 0 ? toTimestamp(ms) : undefined;
}
