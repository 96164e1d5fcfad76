/**
 * Workers' methods: polls, and what they answer.
 *
 * @module
 */

import type { HandlerContext } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import type { Payloads } from "../../../gen/temporal/api/common/v1/message_pb.ts";
import { TaskQueueKind } from "../../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { Failure } from "../../../gen/temporal/api/failure/v1/message_pb.ts";
import type {
  PollActivityTaskQueueRequest,
  PollActivityTaskQueueResponse,
  PollWorkflowTaskQueueRequest,
  PollWorkflowTaskQueueResponse,
} from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  PollActivityTaskQueueResponseSchema,
  PollWorkflowTaskQueueResponseSchema,
} from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { cancelActivity, completeActivity, failActivity, heartbeatActivity, startActivity } from "../activities.ts";
import type { ReportedActivity } from "../activity_tasks.ts";
import { findById, findByToken } from "../activity_tasks.ts";
import { respondCompleted, respondFailed } from "../complete_task.ts";
import type { Engine } from "../engine.ts";
import { failedPrecondition, invalidArgument } from "../errors.ts";
import { serverFailure } from "../failures.ts";
import { sizeOfPayloads } from "../limits.ts";
import type { TaskQueueType } from "../matching.ts";
import type { QueryTable } from "../queries.ts";
import { decodeTaskToken } from "../tokens.ts";
import { transact } from "../transaction.ts";
import { ensureTask } from "../workflow_task.ts";
import type { Methods } from "./shared.ts";
import { callerOf, checkLength, namespaceOf } from "./shared.ts";

/** The methods of workers. */
export function taskMethods(engine: Engine, queries: QueryTable): Methods {
  return {
    async pollWorkflowTaskQueue(request, context) {
      const answer = await poll(engine, request, context, "workflow");
      return (answer ?? create(PollWorkflowTaskQueueResponseSchema)) as PollWorkflowTaskQueueResponse;
    },
    async pollActivityTaskQueue(request, context) {
      const answer = await poll(engine, request, context, "activity");
      return (answer ?? create(PollActivityTaskQueueResponseSchema)) as PollActivityTaskQueueResponse;
    },
    respondWorkflowTaskCompleted(request) {
      checkLength(engine, request.identity, "Identity");
      return respondCompleted(engine, request);
    },
    respondWorkflowTaskFailed(request) {
      checkLength(engine, request.identity, "Identity");
      respondFailed(engine, request);
      return {};
    },
    respondQueryTaskCompleted(request) {
      queries.answer(decodeTaskToken(request.taskToken, "query").id, request);
      return {};
    },
    recordActivityTaskHeartbeat(request) {
      return heartbeat(engine, findByToken(engine, request.taskToken), request.details, request.identity);
    },
    recordActivityTaskHeartbeatById(request) {
      const found = findById(engine, namespaceOf(engine, request), request);
      return heartbeat(engine, found, request.details, request.identity);
    },
    respondActivityTaskCompleted(request) {
      complete(engine, findByToken(engine, request.taskToken), request);
      return {};
    },
    respondActivityTaskCompletedById(request) {
      complete(engine, findById(engine, namespaceOf(engine, request), request, true), request);
      return {};
    },
    respondActivityTaskFailed(request) {
      checkFailure(request.failure);
      return { failures: fail(engine, findByToken(engine, request.taskToken), request) };
    },
    respondActivityTaskFailedById(request) {
      checkFailure(request.failure);
      return { failures: fail(engine, findById(engine, namespaceOf(engine, request), request), request) };
    },
    respondActivityTaskCanceled(request) {
      cancel(engine, findByToken(engine, request.taskToken), request);
      return {};
    },
    respondActivityTaskCanceledById(request) {
      cancel(engine, findById(engine, namespaceOf(engine, request), request), request);
      return {};
    },
  };
}

/** Milliseconds. A poll needs time to carry a task back. */
const SHORTEST_POLL = 2000;

async function poll(
  engine: Engine,
  request: PollWorkflowTaskQueueRequest | PollActivityTaskQueueRequest,
  context: HandlerContext,
  type: TaskQueueType,
): Promise<unknown> {
  const namespace = namespaceOf(engine, request);
  const caller = callerOf(context);
  if (caller.timeoutMs !== undefined && caller.timeoutMs < SHORTEST_POLL) {
    throw failedPrecondition("Context timeout is too short.");
  }
  checkLength(engine, request.identity, "Identity");
  const name = request.taskQueue?.name;
  if (!request.taskQueue) throw invalidArgument("taskQueue is not set");
  if (!name) throw invalidArgument("missing task queue name");
  checkLength(engine, name, "taskQueue");
  const queue = engine.matching.queue(namespace.id, type, name);
  return await queue.poll({
    caller,
    identity: request.identity,
    queue,
    isSticky: request.taskQueue.kind === TaskQueueKind.STICKY,
    capabilities: request.workerVersionCapabilities,
    metadata: "taskQueueMetadata" in request ? request.taskQueueMetadata : undefined,
  });
}

function heartbeat(
  engine: Engine,
  { run, activity }: ReportedActivity,
  details: Payloads | undefined,
  identity: string,
): { cancelRequested: boolean } {
  if (sizeOfPayloads(details) > engine.limits.blobSizeError) {
    const failure = serverFailure("HEARTBEAT_EXCEEDS_LIMIT", true);
    transact(engine, run, () => {
      if (failActivity(engine, run, activity, failure, identity)) ensureTask(engine, run);
    });
    return { cancelRequested: true };
  }
  transact(engine, run, () => {
    if (identity) activity.lastIdentity = identity;
    heartbeatActivity(engine, activity, details);
  });
  return { cancelRequested: activity.isCancelRequested };
}

function complete(
  engine: Engine,
  { run, activity }: ReportedActivity,
  request: { result?: Payloads; identity: string },
): void {
  checkLength(engine, request.identity, "Identity");
  transact(engine, run, () => {
    if (sizeOfPayloads(request.result) > engine.limits.blobSizeError) {
      const failure = serverFailure("COMPLETE_RESULT_EXCEEDS_LIMIT", true);
      if (failActivity(engine, run, activity, failure, request.identity)) ensureTask(engine, run);
      return;
    }
    // An activity that no worker has may be completed by its id: the started event is made up.
    if (activity.phase !== "started") startActivity(engine, run, activity, request.identity, "");
    completeActivity(engine, run, activity, request.result, request.identity);
    ensureTask(engine, run);
  });
}

function checkFailure(failure: Failure | undefined): void {
  if (failure && failure.failureInfo.case !== "applicationFailureInfo") {
    throw invalidArgument("Failure must have ApplicationFailureInfo.");
  }
}

function fail(
  engine: Engine,
  { run, activity }: ReportedActivity,
  request: { failure?: Failure; identity: string; lastHeartbeatDetails?: Payloads },
): Failure[] {
  checkLength(engine, request.identity, "Identity");
  const { failure } = request;
  const failures: Failure[] = [];
  let details = request.lastHeartbeatDetails;
  if (details && sizeOfPayloads(details) > engine.limits.blobSizeError) {
    failures.push(serverFailure("HEARTBEAT_EXCEEDS_LIMIT", true));
    details = undefined;
  }
  transact(engine, run, () => {
    if (details) heartbeatActivity(engine, activity, details);
    if (failActivity(engine, run, activity, failure, request.identity)) ensureTask(engine, run);
  });
  return failures;
}

function cancel(
  engine: Engine,
  { run, activity }: ReportedActivity,
  request: { details?: Payloads; identity: string },
): void {
  checkLength(engine, request.identity, "Identity");
  if (!activity.isCancelRequested) {
    throw invalidArgument("unable to mark activity as canceled without activity being request canceled first");
  }
  transact(engine, run, () => {
    cancelActivity(engine, run, activity, request.details, request.identity);
    ensureTask(engine, run);
  });
}
