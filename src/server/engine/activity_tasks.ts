/**
 * Workers and activities: tasks out, results in.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { PollActivityTaskQueueResponse } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { PollActivityTaskQueueResponseSchema } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { startActivity } from "./activities.ts";
import type { Engine, Job } from "./engine.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { ActivityState, Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Poll } from "./matching.ts";
import type { Namespace } from "./namespace.ts";
import { mergePriority } from "./priorities.ts";
import { toTimestamp } from "./times.ts";
import { decodeTaskToken, encodeToken } from "./tokens.ts";
import { transact } from "./transaction.ts";

/** The job of a scheduled activity attempt: it goes to its queue. */
export function onDispatchActivity(engine: Engine, job: Extract<Job, { kind: "dispatchActivity" }>): void {
  const { run, activity, attempt } = job;
  const queue = engine.matching.queue(run.namespace.id, "activity", activity.attributes.taskQueue!.name);
  queue.offer({
    createdAt: engine.wall.now(),
    start(poll: Poll): PollActivityTaskQueueResponse | undefined {
      if (run.activities.get(activity.scheduledEventId) !== activity || !isRunning(run)) return undefined;
      if (activity.phase !== "scheduled" || activity.attempt !== attempt) return undefined;
      transact(engine, run, () => startActivity(engine, run, activity, poll.identity, crypto.randomUUID()));
      return answerActivity(run, activity);
    },
  });
}

/** Starts activities for the worker that scheduled them, so that it need not poll for them. */
export function startEagerActivities(
  engine: Engine,
  run: Execution,
  activities: ActivityState[],
  identity: string,
): PollActivityTaskQueueResponse[] {
  const answers: PollActivityTaskQueueResponse[] = [];
  for (const activity of activities) {
    if (!isRunning(run) || run.activities.get(activity.scheduledEventId) !== activity) continue;
    startActivity(engine, run, activity, identity, crypto.randomUUID());
    answers.push(answerActivity(run, activity));
  }
  return answers;
}

/** A run and its activity that a worker reports on. */
export interface ReportedActivity {
  run: Execution;
  activity: ActivityState;
}

/** The activity that a task token names; throws NOT_FOUND if that attempt is not running (any more). */
export function findByToken(engine: Engine, taskToken: Uint8Array): ReportedActivity {
  const token = decodeTaskToken(taskToken, "activityTask");
  const run = engine.store.find(engine.namespaces.getById(token.namespaceId), token.workflowId, token.runId);
  if (!run) throw notFound("workflow execution not found");
  if (!isRunning(run)) throw notFound("workflow execution already completed");
  const activity = run.activities.get(token.scheduledEventId);
  if (!activity || activity.phase !== "started" || activity.attempt !== token.attempt) throw activityGone();
  return { run, activity };
}

/** How callers name an activity without its token. */
export interface ActivityAddress {
  workflowId: string;
  runId: string;
  activityId: string;
}

/** The activity of that id; `mayBeIdle` also finds one that no worker has. Throws NOT_FOUND. */
export function findById(
  engine: Engine,
  namespace: Namespace,
  address: ActivityAddress,
  mayBeIdle = false,
): ReportedActivity {
  const { workflowId, runId, activityId } = address;
  if (!workflowId) throw invalidArgument("WorkflowId is not set on request.");
  if (!activityId) throw invalidArgument("activityID is not set on request.");
  const run = runId ? engine.store.find(namespace, workflowId, runId) : engine.store.findCurrent(namespace, workflowId);
  if (!run) throw notFound("workflow execution not found");
  if (!isRunning(run)) throw notFound("workflow execution already completed");
  const scheduledEventId = run.activityIds.get(activityId);
  if (scheduledEventId === undefined) {
    throw notFound(
      `cannot find pending activity with ActivityID ${activityId}, check workflow execution history for more details`,
    );
  }
  const activity = run.activities.get(scheduledEventId)!;
  if (!mayBeIdle && activity.phase !== "started") throw activityGone();
  return { run, activity };
}

function activityGone(): ReturnType<typeof notFound> {
  return notFound("invalid activityID or activity already timed out or invoking workflow is completed");
}

function answerActivity(run: Execution, activity: ActivityState): PollActivityTaskQueueResponse {
  const { attributes } = activity;
  return create(PollActivityTaskQueueResponseSchema, {
    taskToken: encodeToken("activityTask", {
      namespaceId: run.namespace.id,
      workflowId: run.workflowId,
      runId: run.runId,
      scheduledEventId: activity.scheduledEventId,
      activityId: activity.activityId,
      attempt: activity.attempt,
    }),
    workflowNamespace: run.namespace.name,
    workflowType: run.start.workflowType,
    workflowExecution: run.self,
    activityType: attributes.activityType,
    activityId: activity.activityId,
    header: attributes.header,
    input: attributes.input,
    heartbeatDetails: activity.heartbeatDetails,
    scheduledTime: toTimestamp(activity.scheduledTime),
    currentAttemptScheduledTime: toTimestamp(activity.attemptScheduledTime),
    startedTime: toTimestamp(activity.startedTime),
    attempt: activity.attempt,
    scheduleToCloseTimeout: attributes.scheduleToCloseTimeout,
    startToCloseTimeout: attributes.startToCloseTimeout,
    heartbeatTimeout: attributes.heartbeatTimeout,
    retryPolicy: attributes.retryPolicy,
    priority: mergePriority(run.start.priority, attributes.priority),
  });
}
