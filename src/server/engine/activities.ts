/**
 * The life of activities: scheduled, taken, retried, closed. No event tells of attempts: the started
 * event is written together with the one that closes the activity.
 *
 * @module
 */

import type { Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { RetryState, TimeoutType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ActivityTaskScheduledEventAttributes } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { Engine, Job } from "./engine.ts";
import type { EventAttributes } from "./events.ts";
import { append } from "./events.ts";
import type { ActivityState, Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { activityTimeoutFailure, keepFailure } from "./failures.ts";
import { decideRetry } from "./retry.ts";
import { toMs } from "./times.ts";
import { transact } from "./transaction.ts";
import { ensureTask } from "./workflow_task.ts";

/** Adds a pending activity for its scheduled event. */
export function addActivity(
  engine: Engine,
  run: Execution,
  scheduledEventId: number,
  attributes: ActivityTaskScheduledEventAttributes,
): ActivityState {
  const now = engine.clock.now();
  const activity: ActivityState = {
    scheduledEventId,
    activityId: attributes.activityId,
    attributes,
    scheduledTime: now,
    attemptScheduledTime: now,
    phase: "scheduled",
    attempt: 1,
    startedTime: 0,
    requestId: "",
    identity: "",
    lastIdentity: "",
    lastHeartbeatTime: 0,
    lastAttemptCompleteTime: 0,
    heartbeatDetails: undefined,
    lastFailure: undefined,
    isCancelRequested: false,
    cancelRequestedEventId: 0,
    timer: undefined,
  };
  run.activities.set(scheduledEventId, activity);
  run.activityIds.set(activity.activityId, scheduledEventId);
  armTimeout(engine, run, activity);
  return activity;
}

/** Records that a worker took the activity. */
export function startActivity(
  engine: Engine,
  run: Execution,
  activity: ActivityState,
  identity: string,
  requestId: string,
): void {
  activity.phase = "started";
  activity.startedTime = engine.clock.now();
  activity.identity = identity;
  activity.requestId = requestId;
  activity.lastHeartbeatTime = 0;
  armTimeout(engine, run, activity);
}

/** Records a heartbeat. */
export function heartbeatActivity(engine: Engine, activity: ActivityState, details: Payloads | undefined): void {
  // The timer is not moved: when it fires it looks at this time.
  activity.lastHeartbeatTime = engine.clock.now();
  activity.heartbeatDetails = details;
}

/** Records the activity's result. */
export function completeActivity(
  engine: Engine,
  run: Execution,
  activity: ActivityState,
  result: Payloads | undefined,
  identity: string,
): void {
  closeActivity(engine, run, activity, {
    case: "activityTaskCompletedEventAttributes",
    value: { scheduledEventId: BigInt(activity.scheduledEventId), result, identity },
  });
}

/** Tries again after a failure, or records the failure where there is no further attempt; true if recorded. */
export function failActivity(
  engine: Engine,
  run: Execution,
  activity: ActivityState,
  failure: Failure | undefined,
  identity: string,
): boolean {
  activity.lastAttemptCompleteTime = engine.clock.now();
  const retryState = retryActivity(engine, run, activity, failure);
  if (retryState === RetryState.IN_PROGRESS) return false;
  closeActivity(engine, run, activity, {
    case: "activityTaskFailedEventAttributes",
    value: { scheduledEventId: BigInt(activity.scheduledEventId), failure, retryState, identity },
  });
  return true;
}

/** Records that the activity was cancelled. */
export function cancelActivity(
  engine: Engine,
  run: Execution,
  activity: ActivityState,
  details: Payloads | undefined,
  identity: string,
): void {
  closeActivity(engine, run, activity, {
    case: "activityTaskCanceledEventAttributes",
    value: {
      scheduledEventId: BigInt(activity.scheduledEventId),
      latestCancelRequestedEventId: BigInt(activity.cancelRequestedEventId),
      details,
      identity,
    },
  });
}

/** The job of an activity's timer: whatever deadline passed, if one did. */
export function onActivityTimeout(engine: Engine, job: Extract<Job, { kind: "activityTimeout" }>): void {
  const { run, activity } = job;
  if (run.activities.get(activity.scheduledEventId) !== activity || !isRunning(run)) return;
  const deadline = findDeadline(activity);
  if (!deadline) return;
  if (deadline.due > engine.clock.now()) {
    armTimeout(engine, run, activity);
    return;
  }
  transact(engine, run, () => timeOutActivity(engine, run, activity, deadline.type));
}

/** The job of a retry whose time has come. */
export function onActivityRetry(engine: Engine, job: Extract<Job, { kind: "activityRetry" }>): void {
  const { run, activity, attempt } = job;
  if (run.activities.get(activity.scheduledEventId) !== activity || !isRunning(run)) return;
  if (activity.phase !== "backoff" || activity.attempt !== attempt) return;
  activity.phase = "scheduled";
  armTimeout(engine, run, activity);
  engine.later({ kind: "dispatchActivity", run, activity, attempt });
  engine.drain();
}

/** Takes the activity out of the run with no event, as a closing run does. */
export function dropActivity(engine: Engine, run: Execution, activity: ActivityState): void {
  engine.clock.cancel(activity.timer);
  run.activities.delete(activity.scheduledEventId);
  run.activityIds.delete(activity.activityId);
}

function timeOutActivity(engine: Engine, run: Execution, activity: ActivityState, type: TimeoutType): void {
  const retryState = retryActivity(engine, run, activity, activityTimeoutFailure(type, undefined, undefined));
  if (retryState === RetryState.IN_PROGRESS) return;
  // No time is left for another attempt: that is the overall deadline's doing.
  const cause = retryState === RetryState.TIMEOUT ? TimeoutType.SCHEDULE_TO_CLOSE : type;
  closeActivity(engine, run, activity, {
    case: "activityTaskTimedOutEventAttributes",
    value: {
      scheduledEventId: BigInt(activity.scheduledEventId),
      failure: activityTimeoutFailure(cause, activity.heartbeatDetails, activity.lastFailure),
      retryState,
    },
  });
  ensureTask(engine, run);
}

function retryActivity(
  engine: Engine,
  run: Execution,
  activity: ActivityState,
  failure: Failure | undefined,
): RetryState {
  if (activity.isCancelRequested) return RetryState.CANCEL_REQUESTED;
  const now = engine.clock.now();
  const { delayMs, state } = decideRetry({
    policy: activity.attributes.retryPolicy,
    failure,
    attempt: activity.attempt,
    now,
    expiration: expirationOf(activity),
    isDelayFree: true,
  });
  if (delayMs === undefined) return state;
  activity.attempt++;
  activity.phase = "backoff";
  activity.attemptScheduledTime = now + delayMs;
  activity.startedTime = 0;
  activity.requestId = "";
  activity.lastIdentity = activity.identity;
  activity.lastFailure = keepFailure(failure);
  engine.clock.cancel(activity.timer);
  activity.timer = engine.at(activity.attemptScheduledTime, {
    kind: "activityRetry",
    run,
    activity,
    attempt: activity.attempt,
  });
  return state;
}

function closeActivity(engine: Engine, run: Execution, activity: ActivityState, attributes: EventAttributes): void {
  if (activity.phase === "started") writeStarted(engine, run, activity);
  append(engine, run, attributes);
  dropActivity(engine, run, activity);
}

function writeStarted(engine: Engine, run: Execution, activity: ActivityState): void {
  append(engine, run, {
    case: "activityTaskStartedEventAttributes",
    value: {
      scheduledEventId: BigInt(activity.scheduledEventId),
      identity: activity.identity,
      requestId: activity.requestId,
      attempt: activity.attempt,
      lastFailure: activity.lastFailure,
    },
  }, { time: activity.startedTime });
}

function expirationOf(activity: ActivityState): number {
  const limit = toMs(activity.attributes.scheduleToCloseTimeout);
  return limit > 0 ? activity.scheduledTime + limit : 0;
}

interface Deadline {
  due: number;
  type: TimeoutType;
}

function armTimeout(engine: Engine, run: Execution, activity: ActivityState): void {
  engine.clock.cancel(activity.timer);
  const deadline = findDeadline(activity);
  activity.timer = deadline && engine.at(deadline.due, { kind: "activityTimeout", run, activity });
}

function findDeadline(activity: ActivityState): Deadline | undefined {
  const { attributes, phase } = activity;
  let first: Deadline | undefined;
  function consider(from: number, limitMs: number, type: TimeoutType): void {
    if (limitMs > 0 && (!first || from + limitMs < first.due)) first = { due: from + limitMs, type };
  }
  consider(activity.scheduledTime, toMs(attributes.scheduleToCloseTimeout), TimeoutType.SCHEDULE_TO_CLOSE);
  if (phase === "started") {
    consider(activity.startedTime, toMs(attributes.startToCloseTimeout), TimeoutType.START_TO_CLOSE);
    const lastSign = Math.max(activity.lastHeartbeatTime, activity.startedTime);
    consider(lastSign, toMs(attributes.heartbeatTimeout), TimeoutType.HEARTBEAT);
  } else {
    consider(activity.attemptScheduledTime, toMs(attributes.scheduleToStartTimeout), TimeoutType.SCHEDULE_TO_START);
  }
  return first;
}
