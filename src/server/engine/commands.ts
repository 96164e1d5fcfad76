/**
 * What a worker's commands do to a run.
 *
 * @module
 */

import type { Command } from "../../gen/temporal/api/command/v1/message_pb.ts";
import {
  ContinueAsNewInitiator,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
} from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import { create } from "@bufbuild/protobuf";
import { PayloadSchema, PayloadsSchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import { ActivityTaskScheduledEventAttributesSchema } from "../../gen/temporal/api/history/v1/message_pb.ts";
import { addActivity, cancelActivity } from "./activities.ts";
import { continueRun, nextCronDelay, repeatRun } from "./chain.ts";
import { closeRun } from "./close.ts";
import type { AttributesOf, CommandCase } from "./check_scope.ts";
import type { Engine } from "./engine.ts";
import { append } from "./events.ts";
import type { ActivityState, Execution } from "./execution.ts";
import { decideRetry } from "./retry.ts";
import { mergeFields, tagTypes } from "./search_attributes.ts";
import { toMs } from "./times.ts";
import { addTimer, dropTimer, findTimer } from "./timers.ts";

/** The task whose commands are applied. */
export interface ApplyScope {
  readonly engine: Engine;
  readonly run: Execution;
  /** Of the task's completed event. */
  readonly completedEventId: bigint;
  readonly identity: string;
  /** Activities that go to the worker with the answer. */
  readonly eagerActivities: ActivityState[];
  /** Something happened that the workflow must hear of at once. */
  needsTask: boolean;
}

type Apply<C extends CommandCase> = (scope: ApplyScope, attributes: AttributesOf<C>, command: Command) => void;

/** What each command does. */
export const COMMAND_EFFECTS: { [C in CommandCase]?: Apply<C> } = {
  scheduleActivityTaskCommandAttributes: scheduleActivity,
  requestCancelActivityTaskCommandAttributes: requestCancelActivity,
  startTimerCommandAttributes: startTimer,
  cancelTimerCommandAttributes: cancelTimer,
  recordMarkerCommandAttributes: recordMarker,
  completeWorkflowExecutionCommandAttributes: completeWorkflow,
  failWorkflowExecutionCommandAttributes: failWorkflow,
  cancelWorkflowExecutionCommandAttributes: cancelWorkflow,
  continueAsNewWorkflowExecutionCommandAttributes: continueAsNew,
  upsertWorkflowSearchAttributesCommandAttributes: upsertSearchAttributes,
  modifyWorkflowPropertiesCommandAttributes: modifyProperties,
  startChildWorkflowExecutionCommandAttributes: startChild,
  signalExternalWorkflowExecutionCommandAttributes: signalExternal,
  requestCancelExternalWorkflowExecutionCommandAttributes: cancelExternal,
};

function scheduleActivity(
  scope: ApplyScope,
  attributes: AttributesOf<"scheduleActivityTaskCommandAttributes">,
  { userMetadata }: Command,
): void {
  const { engine, run } = scope;
  const value = create(ActivityTaskScheduledEventAttributesSchema, {
    activityId: attributes.activityId,
    activityType: attributes.activityType,
    taskQueue: attributes.taskQueue,
    header: attributes.header,
    input: attributes.input,
    scheduleToCloseTimeout: attributes.scheduleToCloseTimeout,
    scheduleToStartTimeout: attributes.scheduleToStartTimeout,
    startToCloseTimeout: attributes.startToCloseTimeout,
    heartbeatTimeout: attributes.heartbeatTimeout,
    retryPolicy: attributes.retryPolicy,
    useWorkflowBuildId: attributes.useWorkflowBuildId,
    priority: attributes.priority,
    workflowTaskCompletedEventId: scope.completedEventId,
  });
  const event = append(engine, run, { case: "activityTaskScheduledEventAttributes", value }, { userMetadata });
  const activity = addActivity(engine, run, Number(event.eventId), value);
  if (attributes.requestEagerExecution) scope.eagerActivities.push(activity);
  else engine.later({ kind: "dispatchActivity", run, activity, attempt: 1 });
}

function requestCancelActivity(
  scope: ApplyScope,
  { scheduledEventId }: AttributesOf<"requestCancelActivityTaskCommandAttributes">,
  { userMetadata }: Command,
): void {
  const { engine, run } = scope;
  const event = append(engine, run, {
    case: "activityTaskCancelRequestedEventAttributes",
    value: { scheduledEventId, workflowTaskCompletedEventId: scope.completedEventId },
  }, { userMetadata });
  const activity = run.activities.get(Number(scheduledEventId));
  if (!activity) return;
  activity.isCancelRequested = true;
  activity.cancelRequestedEventId = Number(event.eventId);
  if (activity.phase === "started") return;
  cancelActivity(engine, run, activity, textPayloads("ACTIVITY_ID_NOT_STARTED"), scope.identity);
  scope.needsTask = true;
}

function startTimer(
  { engine, run, completedEventId }: ApplyScope,
  { timerId, startToFireTimeout }: AttributesOf<"startTimerCommandAttributes">,
  { userMetadata }: Command,
): void {
  const event = append(engine, run, {
    case: "timerStartedEventAttributes",
    value: { timerId, startToFireTimeout, workflowTaskCompletedEventId: completedEventId },
  }, { userMetadata });
  addTimer(engine, run, timerId, Number(event.eventId), toMs(startToFireTimeout));
}

function cancelTimer(
  { engine, run, completedEventId, identity }: ApplyScope,
  { timerId }: AttributesOf<"cancelTimerCommandAttributes">,
  { userMetadata }: Command,
): void {
  const startedEventId = BigInt(findTimer(run, timerId)!);
  dropTimer(engine, run, timerId);
  append(engine, run, {
    case: "timerCanceledEventAttributes",
    value: { timerId, startedEventId, workflowTaskCompletedEventId: completedEventId, identity },
  }, { userMetadata });
}

function recordMarker(
  { engine, run, completedEventId }: ApplyScope,
  { markerName, details, header, failure }: AttributesOf<"recordMarkerCommandAttributes">,
  { userMetadata }: Command,
): void {
  append(engine, run, {
    case: "markerRecordedEventAttributes",
    value: { markerName, details, header, failure, workflowTaskCompletedEventId: completedEventId },
  }, { userMetadata });
}

function completeWorkflow(
  { engine, run, completedEventId }: ApplyScope,
  { result }: AttributesOf<"completeWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const delayMs = nextCronDelay(engine, run);
  const newRunId = delayMs === undefined ? "" : crypto.randomUUID();
  closeRun(engine, run, {
    case: "workflowExecutionCompletedEventAttributes",
    value: { result, workflowTaskCompletedEventId: completedEventId, newExecutionRunId: newRunId },
  }, { userMetadata, continuedRunId: newRunId });
  if (delayMs === undefined) return;
  const initiator = ContinueAsNewInitiator.CRON_SCHEDULE;
  repeatRun(engine, run, newRunId, { initiator, delayMs, lastCompletionResult: result });
}

function failWorkflow(
  { engine, run, completedEventId }: ApplyScope,
  { failure }: AttributesOf<"failWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const { delayMs, state } = decideRetry({
    policy: run.start.retryPolicy,
    failure,
    attempt: run.start.attempt,
    now: engine.clock.now(),
    expiration: run.executionExpiration,
  });
  const cronDelayMs = delayMs === undefined ? nextCronDelay(engine, run) : undefined;
  const newRunId = delayMs === undefined && cronDelayMs === undefined ? "" : crypto.randomUUID();
  closeRun(engine, run, {
    case: "workflowExecutionFailedEventAttributes",
    value: {
      failure,
      retryState: state,
      workflowTaskCompletedEventId: completedEventId,
      newExecutionRunId: newRunId,
    },
  }, { userMetadata, continuedRunId: newRunId });
  if (delayMs !== undefined) {
    repeatRun(engine, run, newRunId, { initiator: ContinueAsNewInitiator.RETRY, delayMs, failure });
  } else if (cronDelayMs !== undefined) {
    const initiator = ContinueAsNewInitiator.CRON_SCHEDULE;
    const { lastCompletionResult } = run.start;
    repeatRun(engine, run, newRunId, { initiator, delayMs: cronDelayMs, failure, lastCompletionResult });
  }
}

function cancelWorkflow(
  { engine, run, completedEventId }: ApplyScope,
  { details }: AttributesOf<"cancelWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  closeRun(engine, run, {
    case: "workflowExecutionCanceledEventAttributes",
    value: { details, workflowTaskCompletedEventId: completedEventId },
  }, { userMetadata });
}

function continueAsNew(
  { engine, run, completedEventId }: ApplyScope,
  attributes: AttributesOf<"continueAsNewWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const newRunId = crypto.randomUUID();
  closeRun(engine, run, {
    case: "workflowExecutionContinuedAsNewEventAttributes",
    value: {
      newExecutionRunId: newRunId,
      workflowType: attributes.workflowType?.name ? attributes.workflowType : run.start.workflowType,
      taskQueue: { name: attributes.taskQueue?.name || run.taskQueue, kind: TaskQueueKind.NORMAL },
      input: attributes.input,
      workflowRunTimeout: attributes.workflowRunTimeout,
      workflowTaskTimeout: attributes.workflowTaskTimeout,
      workflowTaskCompletedEventId: completedEventId,
      backoffStartInterval: attributes.backoffStartInterval,
      initiator: attributes.initiator,
      failure: attributes.failure,
      lastCompletionResult: attributes.lastCompletionResult,
      header: attributes.header,
      memo: attributes.memo,
      searchAttributes: attributes.searchAttributes,
      inheritBuildId: attributes.inheritBuildId,
    },
  }, { userMetadata, continuedRunId: newRunId });
  continueRun(engine, run, newRunId, attributes);
}

function upsertSearchAttributes(
  { engine, run, completedEventId }: ApplyScope,
  { searchAttributes }: AttributesOf<"upsertWorkflowSearchAttributesCommandAttributes">,
  { userMetadata }: Command,
): void {
  const indexedFields = tagTypes(run.namespace, searchAttributes!.indexedFields)!;
  append(engine, run, {
    case: "upsertWorkflowSearchAttributesEventAttributes",
    value: { searchAttributes: { indexedFields }, workflowTaskCompletedEventId: completedEventId },
  }, { userMetadata });
  run.searchAttributes = mergeFields(run.searchAttributes, indexedFields);
}

function modifyProperties(
  { engine, run, completedEventId }: ApplyScope,
  { upsertedMemo }: AttributesOf<"modifyWorkflowPropertiesCommandAttributes">,
  { userMetadata }: Command,
): void {
  append(engine, run, {
    case: "workflowPropertiesModifiedEventAttributes",
    value: { upsertedMemo, workflowTaskCompletedEventId: completedEventId },
  }, { userMetadata });
  run.memo = mergeFields(run.memo, upsertedMemo!.fields);
}

function startChild(
  { engine, run, completedEventId }: ApplyScope,
  attributes: AttributesOf<"startChildWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const event = append(engine, run, {
    case: "startChildWorkflowExecutionInitiatedEventAttributes",
    value: {
      namespace: attributes.namespace,
      namespaceId: engine.namespaces.find(attributes.namespace)?.id ?? "",
      workflowId: attributes.workflowId,
      workflowType: attributes.workflowType,
      taskQueue: attributes.taskQueue,
      input: attributes.input,
      workflowExecutionTimeout: attributes.workflowExecutionTimeout,
      workflowRunTimeout: attributes.workflowRunTimeout,
      workflowTaskTimeout: attributes.workflowTaskTimeout,
      parentClosePolicy: attributes.parentClosePolicy || ParentClosePolicy.TERMINATE,
      workflowIdReusePolicy: attributes.workflowIdReusePolicy || WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      retryPolicy: attributes.retryPolicy,
      cronSchedule: attributes.cronSchedule,
      header: attributes.header,
      memo: attributes.memo,
      searchAttributes: attributes.searchAttributes,
      priority: attributes.priority,
      inheritBuildId: attributes.inheritBuildId,
      workflowTaskCompletedEventId: completedEventId,
    },
  }, { userMetadata });
  const initiatedEventId = Number(event.eventId);
  if (event.attributes.case !== "startChildWorkflowExecutionInitiatedEventAttributes") return;
  run.children.set(initiatedEventId, {
    initiatedEventId,
    attributes: event.attributes.value,
    runId: undefined,
    startedEventId: 0,
    requestId: crypto.randomUUID(),
  });
  engine.later({ kind: "startChild", run, initiatedEventId });
}

function signalExternal(
  { engine, run, completedEventId }: ApplyScope,
  attributes: AttributesOf<"signalExternalWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const event = append(engine, run, {
    case: "signalExternalWorkflowExecutionInitiatedEventAttributes",
    value: {
      namespace: attributes.namespace,
      namespaceId: namespaceIdOf(engine, run, attributes.namespace),
      workflowExecution: attributes.execution,
      signalName: attributes.signalName,
      input: attributes.input,
      control: attributes.control,
      childWorkflowOnly: attributes.childWorkflowOnly,
      header: attributes.header,
      workflowTaskCompletedEventId: completedEventId,
    },
  }, { userMetadata });
  const initiatedEventId = Number(event.eventId);
  if (event.attributes.case !== "signalExternalWorkflowExecutionInitiatedEventAttributes") return;
  run.externalSignals.set(initiatedEventId, {
    initiatedEventId,
    attributes: event.attributes.value,
    requestId: crypto.randomUUID(),
  });
  engine.later({ kind: "signalExternal", run, initiatedEventId });
}

function cancelExternal(
  { engine, run, completedEventId }: ApplyScope,
  attributes: AttributesOf<"requestCancelExternalWorkflowExecutionCommandAttributes">,
  { userMetadata }: Command,
): void {
  const event = append(engine, run, {
    case: "requestCancelExternalWorkflowExecutionInitiatedEventAttributes",
    value: {
      namespace: attributes.namespace,
      namespaceId: namespaceIdOf(engine, run, attributes.namespace),
      workflowExecution: { workflowId: attributes.workflowId, runId: attributes.runId },
      control: attributes.control,
      childWorkflowOnly: attributes.childWorkflowOnly,
      reason: attributes.reason,
      workflowTaskCompletedEventId: completedEventId,
    },
  }, { userMetadata });
  const initiatedEventId = Number(event.eventId);
  if (event.attributes.case !== "requestCancelExternalWorkflowExecutionInitiatedEventAttributes") return;
  run.externalCancels.set(initiatedEventId, {
    initiatedEventId,
    attributes: event.attributes.value,
    requestId: crypto.randomUUID(),
  });
  engine.later({ kind: "cancelExternal", run, initiatedEventId });
}

function namespaceIdOf(engine: Engine, run: Execution, name: string): string {
  return name ? engine.namespaces.find(name)?.id ?? "" : run.namespace.id;
}

function textPayloads(text: string): Payloads {
  const encoder = new TextEncoder();
  const payload = create(PayloadSchema, {
    metadata: { encoding: encoder.encode("json/plain") },
    data: encoder.encode(JSON.stringify(text)),
  });
  return create(PayloadsSchema, { payloads: [payload] });
}
