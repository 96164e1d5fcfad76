/**
 * Checks of commands about activities, timers and markers.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { RetryPolicySchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { WorkflowTaskFailedCause as Cause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { AttributesOf, CheckScope, CommandFault } from "./check_scope.ts";
import { checkId, completeQueue, countFault, findPriorityFault } from "./check_scope.ts";
import type { Execution } from "./execution.ts";
import { sizeOfPayloads } from "./limits.ts";
import { completePolicy, findPolicyFault } from "./retry.ts";
import { findDurationFault, toDuration, toMs } from "./times.ts";
import { findTimer } from "./timers.ts";

/** Checks the command. */
export function checkScheduleActivity(
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

/** Checks the command. */
export function checkCancelActivity(
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

/** Checks the command. */
export function checkStartTimer(
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

/** Checks the command. */
export function checkCancelTimer(
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

/** Checks the command. */
export function checkMarker(
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
