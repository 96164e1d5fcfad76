/**
 * Whether a worker's commands are allowed. Everything is checked before anything is applied, since
 * one bad command fails the whole task.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Command } from "../../gen/temporal/api/command/v1/message_pb.ts";
import { RetryPolicySchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Priority } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { WorkflowTaskFailedCause as Cause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { TaskQueue } from "../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import { TaskQueueSchema } from "../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { sizeOfFields, sizeOfPayloads } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import { completePolicy, findPolicyFault } from "./retry.ts";
import { chooseTaskTimeout } from "./runs.ts";
import { findAttributeFault, findAttributeSizeFault, mergeFields } from "./search_attributes.ts";
import { findDurationFault, shorter, toDuration, toMs } from "./times.ts";
import { findTimer } from "./timers.ts";

/** Why a workflow task fails on a command. */
export interface CommandFault {
  cause: Cause;
  /** Undefined: the cause says it all. */
  message?: string;
  /** The fault does not go away with another attempt: the workflow is terminated. */
  isTerminal?: boolean;
}

/** The run as it would be after the commands checked so far. */
export interface CheckScope {
  readonly engine: Engine;
  readonly run: Execution;
  readonly addedTimers: Set<string>;
  readonly droppedTimers: Set<string>;
  readonly addedActivities: Set<string>;
  readonly droppedActivities: Set<number>;
  readonly cancelledActivities: Set<number>;
  readonly addedChildren: Set<string>;
  /** Events came in while the worker decided. */
  bufferedEvents: number;
  addedCancels: number;
  addedSignals: number;
}

/** A scope with nothing checked yet. */
export function createCheckScope(engine: Engine, run: Execution): CheckScope {
  return {
    engine,
    run,
    addedTimers: new Set(),
    droppedTimers: new Set(),
    addedActivities: new Set(),
    droppedActivities: new Set(),
    cancelledActivities: new Set(),
    addedChildren: new Set(),
    bufferedEvents: run.buffered.length,
    addedCancels: 0,
    addedSignals: 0,
  };
}

type CommandAttributes = Exclude<Command["attributes"], { case: undefined }>;
/** The oneof case of a command's attributes. */
export type CommandCase = CommandAttributes["case"];
/** The attributes of one kind of command. */
export type AttributesOf<C extends CommandCase> = Extract<CommandAttributes, { case: C }>["value"];

type Check<C extends CommandCase> = (scope: CheckScope, attributes: AttributesOf<C>) => CommandFault | undefined;

/** How each command is checked; defaults are filled in on the way. */
export const COMMAND_CHECKS: { [C in CommandCase]?: Check<C> } = {
  scheduleActivityTaskCommandAttributes: checkScheduleActivity,
  requestCancelActivityTaskCommandAttributes: checkCancelActivity,
  startTimerCommandAttributes: checkStartTimer,
  cancelTimerCommandAttributes: checkCancelTimer,
  recordMarkerCommandAttributes: checkMarker,
  completeWorkflowExecutionCommandAttributes: checkComplete,
  failWorkflowExecutionCommandAttributes: checkFail,
  cancelWorkflowExecutionCommandAttributes: (scope) => checkClose(scope),
  continueAsNewWorkflowExecutionCommandAttributes: checkContinueAsNew,
  upsertWorkflowSearchAttributesCommandAttributes: checkUpsert,
  modifyWorkflowPropertiesCommandAttributes: checkModify,
  startChildWorkflowExecutionCommandAttributes: checkStartChild,
  signalExternalWorkflowExecutionCommandAttributes: checkSignalExternal,
  requestCancelExternalWorkflowExecutionCommandAttributes: checkCancelExternal,
};

function checkScheduleActivity(
  scope: CheckScope,
  attributes: AttributesOf<"scheduleActivityTaskCommandAttributes">,
): CommandFault | undefined {
  const { run, engine } = scope;
  const { activityId } = attributes;
  const type = attributes.activityType?.name ?? "";
  const where = `ActivityId=${activityId} ActivityType=${type}`;
  const fault = (message: string): CommandFault => ({ cause: Cause.BAD_SCHEDULE_ACTIVITY_ATTRIBUTES, message });
  const queueFault = completeQueue(scope, attributes, "");
  if (queueFault) return fault(`invalid TaskQueue on ScheduleActivityTaskCommand: ${queueFault}. ${where}`);
  if (!activityId) return fault(`ActivityId is not set on ScheduleActivityTaskCommand. ActivityType=${type}`);
  if (!type) return fault(`ActivityType is not set on ScheduleActivityTaskCommand. ActivityID=${activityId}`);
  attributes.retryPolicy ??= create(RetryPolicySchema, {});
  completePolicy(attributes.retryPolicy);
  const policyFault = findPolicyFault(attributes.retryPolicy);
  if (policyFault) {
    return fault(`invalid ActivityRetryPolicy on SechduleActivityTaskCommand: ${policyFault} ${where}`);
  }
  for (const [name, value] of [["ActivityId", activityId], ["ActivityType", type]]) {
    const limit = engine.limits.idLength;
    if (value.length <= limit) continue;
    return fault(
      `${name} on ScheduleActivityTaskCommand exceeds length limit. ${where} Length=${value.length} Limit=${limit}`,
    );
  }
  const timeoutFault = completeActivityTimeouts(run, attributes, where);
  if (timeoutFault) return fault(timeoutFault);
  const priorityFault = findPriorityFault(attributes.priority);
  if (priorityFault) return fault(priorityFault);
  if (sizeOfPayloads(attributes.input) > engine.limits.blobSizeError) {
    return { ...fault("ScheduleActivityTaskCommandAttributes.Input exceeds size limit."), isTerminal: true };
  }
  const pending = run.activities.size + scope.addedActivities.size - scope.droppedActivities.size;
  if (pending >= engine.limits.pendingActivities) {
    return countFault(
      Cause.PENDING_ACTIVITIES_LIMIT_EXCEEDED,
      "pending activities",
      pending,
      engine.limits.pendingActivities,
    );
  }
  const known = run.activityIds.get(activityId);
  if ((known !== undefined && !scope.droppedActivities.has(known)) || scope.addedActivities.has(activityId)) {
    return {
      cause: Cause.SCHEDULE_ACTIVITY_DUPLICATE_ID,
      message: `invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: ${activityId}`,
    };
  }
  scope.addedActivities.add(activityId);
  return undefined;
}

function completeActivityTimeouts(
  run: Execution,
  attributes: AttributesOf<"scheduleActivityTaskCommandAttributes">,
  where: string,
): string | undefined {
  const names = ["ScheduleToClose", "ScheduleToStart", "StartToClose", "Heartbeat"] as const;
  const given = [
    attributes.scheduleToCloseTimeout,
    attributes.scheduleToStartTimeout,
    attributes.startToCloseTimeout,
    attributes.heartbeatTimeout,
  ];
  for (const [index, duration] of given.entries()) {
    const fault = findDurationFault(duration);
    if (fault) return `Invalid ${names[index]}Timeout for ScheduleActivityTaskCommand: ${fault}. ${where}`;
  }
  let [toClose, toStart, startToClose, heartbeat] = given.map(toMs);
  const runTimeout = toMs(run.start.workflowRunTimeout);
  if (toClose > 0) {
    toStart = toStart > 0 ? Math.min(toStart, toClose) : toClose;
    startToClose = startToClose > 0 ? Math.min(startToClose, toClose) : toClose;
  } else if (startToClose > 0) {
    toClose = runTimeout;
    if (toStart <= 0) toStart = runTimeout;
  } else {
    return `A valid StartToClose or ScheduleToCloseTimeout is not set on ScheduleActivityTaskCommand. ${where}`;
  }
  if (runTimeout > 0) {
    [toClose, toStart, startToClose, heartbeat] = [toClose, toStart, startToClose, heartbeat]
      .map((timeout) => Math.min(timeout, runTimeout));
  }
  attributes.scheduleToCloseTimeout = keepOr(attributes.scheduleToCloseTimeout, toClose);
  attributes.scheduleToStartTimeout = keepOr(attributes.scheduleToStartTimeout, toStart);
  attributes.startToCloseTimeout = keepOr(attributes.startToCloseTimeout, startToClose);
  attributes.heartbeatTimeout = keepOr(attributes.heartbeatTimeout, Math.min(heartbeat, startToClose));
  return undefined;
}

function keepOr(given: Duration | undefined, ms: number): Duration {
  return given && toMs(given) === ms ? given : toDuration(ms);
}

function checkCancelActivity(
  scope: CheckScope,
  attributes: AttributesOf<"requestCancelActivityTaskCommandAttributes">,
): CommandFault | undefined {
  const cause = Cause.BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES;
  const id = Number(attributes.scheduledEventId);
  if (id <= 0) return { cause, message: "ScheduledEventId is not set on RequestCancelActivityTaskCommand." };
  const activity = scope.run.activities.get(id);
  const isDuplicate = activity?.isCancelRequested || scope.cancelledActivities.has(id);
  if (isDuplicate || (!activity && !hasBufferedEnd(scope.run, id))) {
    return {
      cause,
      message:
        `invalid history builder state for action: add-activitytask-cancel-requested-event, ScheduledEventID: ${id}`,
    };
  }
  scope.cancelledActivities.add(id);
  if (activity && activity.phase !== "started") {
    scope.droppedActivities.add(id);
    scope.bufferedEvents++;
  }
  return undefined;
}

function hasBufferedEnd(run: Execution, scheduledEventId: number): boolean {
  return run.buffered.some(({ attributes }) => {
    switch (attributes.case) {
      case "activityTaskCompletedEventAttributes":
      case "activityTaskFailedEventAttributes":
      case "activityTaskTimedOutEventAttributes":
      case "activityTaskCanceledEventAttributes":
        return Number(attributes.value.scheduledEventId) === scheduledEventId;
      default:
        return false;
    }
  });
}

function checkStartTimer(
  scope: CheckScope,
  attributes: AttributesOf<"startTimerCommandAttributes">,
): CommandFault | undefined {
  const { timerId } = attributes;
  const fault = checkId(scope, timerId, "TimerId", "StartTimerCommand");
  const cause = Cause.BAD_START_TIMER_ATTRIBUTES;
  if (fault) return { cause, message: fault };
  const durationFault = findDurationFault(attributes.startToFireTimeout);
  if (durationFault) {
    return {
      cause,
      message: `An invalid StartToFireTimeout is set on StartTimerCommand: ${durationFault}. TimerId=${timerId}`,
    };
  }
  const isPending = scope.run.timers.has(timerId) && !scope.droppedTimers.has(timerId);
  if (isPending || scope.addedTimers.has(timerId)) {
    return {
      cause: Cause.START_TIMER_DUPLICATE_ID,
      message: `invalid history builder state for action: add-timer-started-event, TimerID: ${timerId}`,
    };
  }
  scope.addedTimers.add(timerId);
  return undefined;
}

function checkCancelTimer(
  scope: CheckScope,
  attributes: AttributesOf<"cancelTimerCommandAttributes">,
): CommandFault | undefined {
  const { timerId } = attributes;
  const cause = Cause.BAD_CANCEL_TIMER_ATTRIBUTES;
  const fault = checkId(scope, timerId, "TimerId", "CancelTimerCommand");
  if (fault) return { cause, message: fault };
  if (scope.addedTimers.delete(timerId)) return undefined;
  if (scope.droppedTimers.has(timerId) || findTimer(scope.run, timerId) === undefined) {
    return {
      cause,
      message: `invalid history builder state for action: add-timer-canceled-event, TimerID: ${timerId}`,
    };
  }
  scope.droppedTimers.add(timerId);
  // It fired while the worker decided: that event goes with the timer.
  if (!scope.run.timers.has(timerId)) scope.bufferedEvents--;
  return undefined;
}

function checkMarker(
  scope: CheckScope,
  attributes: AttributesOf<"recordMarkerCommandAttributes">,
): CommandFault | undefined {
  const cause = Cause.BAD_RECORD_MARKER_ATTRIBUTES;
  const fault = checkId(scope, attributes.markerName, "MarkerName", "RecordMarkerCommand");
  if (fault) return { cause, message: fault };
  let size = 0;
  for (const [key, payloads] of Object.entries(attributes.details)) size += key.length + sizeOfPayloads(payloads);
  if (size <= scope.engine.limits.blobSizeError) return undefined;
  return { cause, message: "RecordMarkerCommandAttributes.Details exceeds size limit.", isTerminal: true };
}

function checkClose(scope: CheckScope): CommandFault | undefined {
  return scope.bufferedEvents > 0 ? { cause: Cause.UNHANDLED_COMMAND } : undefined;
}

function checkComplete(
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

function checkFail(
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

function checkContinueAsNew(
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

function checkUpsert(
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

function checkModify(
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

function checkStartChild(
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
    return fault(`Required field WorkflowType is not set on ${command}. WorkflowId=${workflowId} Namespace=${namespace}`);
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

function checkSignalExternal(
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

function checkCancelExternal(
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

function checkId(scope: CheckScope, value: string, name: string, command: string): string | undefined {
  if (!value) return `${name} is not set on ${command}.`;
  const limit = scope.engine.limits.idLength;
  if (value.length <= limit) return undefined;
  return `${name} on ${command} exceeds length limit. ${name}=${value} Length=${value.length} Limit=${limit}`;
}

function checkPolicy(
  attributes: { retryPolicy?: NonNullable<AttributesOf<"scheduleActivityTaskCommandAttributes">["retryPolicy"]> },
): string | undefined {
  if (!attributes.retryPolicy) return undefined;
  completePolicy(attributes.retryPolicy);
  return findPolicyFault(attributes.retryPolicy);
}

function completeQueue(
  scope: CheckScope,
  attributes: { taskQueue?: TaskQueue },
  defaultName: string,
): string | undefined {
  if (!attributes.taskQueue && !defaultName) return "taskQueue is not set";
  attributes.taskQueue ??= create(TaskQueueSchema, {});
  const queue = attributes.taskQueue;
  queue.kind ||= TaskQueueKind.NORMAL;
  queue.name ||= defaultName;
  if (!queue.name) return "missing task queue name";
  if (queue.name.length > scope.engine.limits.idLength) return "taskQueue length exceeds limit";
  return undefined;
}

function findPriorityFault(priority: Priority | undefined): string | undefined {
  if (!priority) return undefined;
  if (priority.priorityKey < 0) return "priority key can't be negative";
  if (priority.fairnessKey.length > 64) return "fairness key length exceeds limit";
  return priority.fairnessWeight < 0 ? "fairness weight can't be negative" : undefined;
}

function countFault(cause: Cause, what: string, count: number, limit: number): CommandFault {
  return { cause, message: `the number of ${what}, ${count}, has reached the per-workflow limit of ${limit}` };
}
