/**
 * Reads an activity task: what the activity may know about its attempt.
 *
 * @module
 */
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Info } from "../activity/context.ts";
import { ApplicationError } from "../common/errors.ts";
import type { ActivitySerializationContext } from "../converter/context.ts";
import { readPriority, readRetryPolicy } from "../core/policies.ts";
import { durationMilliseconds } from "../core/time.ts";
import type { PollActivityTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";

/** The facts of an attempt. Throws ApplicationError for a task that lacks one of its times. */
export function readInfo(
  task: PollActivityTaskQueueResponse,
  worker: { namespace: string; taskQueue: string },
  heartbeatDetails: unknown[],
): Info {
  const workflow = task.workflowExecution?.workflowId ? task.workflowExecution : undefined;
  const scheduledTime = readTime(task.scheduledTime, task, "scheduledTime");
  return {
    activityId: task.activityId,
    activityType: activityType(task),
    attempt: task.attempt,
    currentAttemptScheduledTime: task.currentAttemptScheduledTime
      ? timestampDate(task.currentAttemptScheduledTime)
      : scheduledTime,
    heartbeatDetails,
    heartbeatTimeout: durationMilliseconds(task.heartbeatTimeout),
    isLocal: false,
    namespace: worker.namespace,
    scheduleToCloseTimeout: durationMilliseconds(task.scheduleToCloseTimeout),
    scheduledTime,
    startToCloseTimeout: durationMilliseconds(task.startToCloseTimeout),
    startedTime: readTime(task.startedTime, task, "startedTime"),
    taskQueue: worker.taskQueue,
    taskToken: task.taskToken,
    workflowId: workflow?.workflowId,
    workflowNamespace: workflow ? task.workflowNamespace : undefined,
    workflowRunId: workflow?.runId,
    workflowType: workflow ? task.workflowType?.name : undefined,
    priority: readPriority(task.priority),
    retryPolicy: readRetryPolicy(task.retryPolicy),
    activityRunId: task.activityRunId || undefined,
    inWorkflow: workflow !== undefined,
  };
}

/** What converters and codecs are told about the values of this activity. */
export function serializationContext(
  task: PollActivityTaskQueueResponse,
  worker: { namespace: string; taskQueue: string },
): ActivitySerializationContext {
  const workflow = task.workflowExecution?.workflowId ? task.workflowExecution : undefined;
  return {
    kind: "activity",
    namespace: worker.namespace,
    activityId: task.activityId,
    activityType: activityType(task),
    activityTaskQueue: worker.taskQueue,
    workflowId: workflow?.workflowId,
    workflowType: workflow ? task.workflowType?.name : undefined,
    isLocal: false,
  };
}

/** The type of the activity that a task asks for. */
export function activityType(task: PollActivityTaskQueueResponse): string {
  return task.activityType?.name ?? "";
}

function readTime(time: Timestamp | undefined, task: PollActivityTaskQueueResponse, what: string): Date {
  if (time) return timestampDate(time);
  throw new ApplicationError(`activity task of ${activityType(task)} (${task.activityId}) has no ${what}`);
}
