/**
 * Queries: asked of a worker directly while nothing is in flight, or carried by the run's workflow
 * task, so that an answer always reflects everything that was accepted before the query.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { ResourceExhaustedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { QueryRejectCondition, QueryResultType } from "../../gen/temporal/api/enums/v1/query_pb.ts";
import { WorkflowExecutionStatus } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { WorkflowQuery, WorkflowQueryResult } from "../../gen/temporal/api/query/v1/message_pb.ts";
import type {
  QueryWorkflowResponse,
  RespondQueryTaskCompletedRequest,
} from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { QueryWorkflowResponseSchema } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { ClockEntry } from "./clock.ts";
import type { Engine } from "./engine.ts";
import {
  deadlineExceeded,
  failedPrecondition,
  notFound,
  queryFailed,
  resourceExhausted,
  workflowNotReady,
} from "./errors.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Poll, Task, TaskQueue } from "./matching.ts";
import { answerQuery } from "./poll_response.ts";
import { encodeToken } from "./tokens.ts";
import type { Caller, Waiter } from "./wait.ts";
import { park, parkingTime } from "./wait.ts";

/** Queries that a worker holds right now, by the id in their task token. */
export class QueryTable {
  readonly #waiting = new Map<string, Waiter<QueryWorkflowResponse>>();

  /** Keeps a query until it is answered or removed. */
  add(id: string, waiter: Waiter<QueryWorkflowResponse>): void {
    this.#waiting.set(id, waiter);
  }

  /** Forgets a query. */
  remove(id: string): void {
    this.#waiting.delete(id);
  }

  /** Answers a query; throws NOT_FOUND if nobody waits for it. */
  answer(id: string, request: RespondQueryTaskCompletedRequest): void {
    const waiter = this.#waiting.get(id);
    if (!waiter) throw notFound("query task not found, or already expired");
    if (request.completedType === QueryResultType.ANSWERED) {
      waiter.settle(create(QueryWorkflowResponseSchema, { queryResult: request.queryResult }));
    } else {
      waiter.fail(queryFailed(request.errorMessage, request.failure));
    }
  }
}

/** What a query needs of its caller. */
export interface QueryOptions {
  query: WorkflowQuery;
  rejectCondition: QueryRejectCondition;
  caller: Caller;
}

const QUERY_TIME = 60_000;
const STICKY_TIME = 10_000;
/** A queue that nobody polled for so long has no workers. */
const IDLE_TIME = 20_000;
const FAILING_ATTEMPT = 3;

/** Asks a run. Throws FAILED_PRECONDITION, RESOURCE_EXHAUSTED, INVALID_ARGUMENT and DEADLINE_EXCEEDED. */
export async function queryRun(
  engine: Engine,
  table: QueryTable,
  run: Execution,
  options: QueryOptions,
): Promise<QueryWorkflowResponse> {
  if (isRejected(run, options.rejectCondition)) {
    return create(QueryWorkflowResponseSchema, { queryRejected: { status: run.status } });
  }
  checkReadiness(engine, run, options.caller);
  const isIdle = run.lastCompletedEventId > 0 && (!isRunning(run) || !run.workflowTask);
  if (isIdle) return await askDirectly(engine, table, run, options);
  const answer = await askWithTask(engine, run, options);
  return answer ? readAnswer(answer) : await askDirectly(engine, table, run, options);
}

/** Hands the answers on a completed task to their callers; the rest go to a worker directly if no task follows. */
export function settleQueries(
  engine: Engine,
  run: Execution,
  results: { [id: string]: WorkflowQueryResult },
  hasNextTask: boolean,
): void {
  if (run.queries.size === 0) return;
  const limit = engine.limits.blobSizeError;
  for (const query of [...run.queries.values()]) {
    const result = results[query.id];
    if (!result && hasNextTask) continue;
    const size = result?.answer?.payloads.reduce((sum, { data }) => sum + data.length, 0) ?? 0;
    if (size > limit) query.fail(tooLarge());
    else query.answer(result);
  }
}

function tooLarge(): ConnectError {
  return queryFailed("Blob data size exceeds limit.", undefined);
}

function isRejected(run: Execution, condition: QueryRejectCondition): boolean {
  if (condition === QueryRejectCondition.NOT_OPEN) return !isRunning(run);
  if (condition !== QueryRejectCondition.NOT_COMPLETED_CLEANLY) return false;
  return !isRunning(run) && run.status !== WorkflowExecutionStatus.COMPLETED;
}

function checkReadiness(engine: Engine, run: Execution, caller: Caller): void {
  if (!isRunning(run) && run.lastCompletedEventId === 0) {
    throw workflowNotReady("Workflow execution closed before WorkflowTaskStarted event");
  }
  const patience = caller.timeoutMs ?? 0;
  if (!run.hasFirstTask && engine.clock.now() + patience < run.executionTime) {
    throw workflowNotReady("Workflow task is not scheduled yet.");
  }
  if (run.workflowTaskAttempt >= FAILING_ATTEMPT) {
    throw workflowNotReady("Unable to query workflow due to Workflow Task in failed state.");
  }
}

async function askWithTask(
  engine: Engine,
  run: Execution,
  { query, caller }: QueryOptions,
): Promise<WorkflowQueryResult | undefined> {
  if (run.queries.size >= engine.limits.bufferedQueries) {
    throw resourceExhausted(
      "consistent query buffer is full, this may be caused by too many queries and workflow not able to process " +
        "query fast enough",
      ResourceExhaustedCause.BUSY_WORKFLOW,
    );
  }
  const id = crypto.randomUUID();
  const waiter = park<WorkflowQueryResult | undefined | "expired">({
    clock: engine.wall,
    timeoutMs: parkingTime(caller, QUERY_TIME),
    signal: caller.signal,
    empty: () => "expired",
    onEnd: () => run.queries.delete(id),
  });
  run.queries.set(id, {
    id,
    query,
    answer: (result) => waiter.settle(result),
    fail: (error) => waiter.fail(error),
  });
  const result = await waiter.promise;
  if (result === "expired") throw timedOut();
  return result;
}

function readAnswer(result: WorkflowQueryResult): QueryWorkflowResponse {
  if (result.resultType === QueryResultType.ANSWERED) {
    return create(QueryWorkflowResponseSchema, { queryResult: result.answer });
  }
  throw queryFailed(result.errorMessage, result.failure);
}

async function askDirectly(
  engine: Engine,
  table: QueryTable,
  run: Execution,
  { query, caller }: QueryOptions,
): Promise<QueryWorkflowResponse> {
  const id = crypto.randomUUID();
  const normal = engine.matching.queue(run.namespace.id, "workflow", run.taskQueue);
  const sticky = run.sticky && engine.matching.queue(run.namespace.id, "workflow", run.sticky.name);
  const tasks: [TaskQueue, Task][] = [];
  let fallback: ClockEntry | undefined;
  const waiter = park<QueryWorkflowResponse | undefined>({
    clock: engine.wall,
    timeoutMs: parkingTime(caller, QUERY_TIME),
    signal: caller.signal,
    empty: () => undefined,
    onEnd: () => {
      table.remove(id);
      engine.wall.cancel(fallback);
      for (const [queue, task] of tasks) queue.withdraw(task);
    },
  });
  table.add(id, waiter as Waiter<QueryWorkflowResponse>);
  const token = encodeToken("query", { id });
  const offer = (queue: TaskQueue, isSticky: boolean): void => {
    const task: Task = {
      createdAt: engine.wall.now(),
      start: (_poll: Poll) => waiter.isOpen ? answerQuery(engine, run, token, query, isSticky) : undefined,
    };
    tasks.push([queue, task]);
    queue.offer(task);
  };
  if (sticky?.isPolled) {
    offer(sticky, true);
    // Its worker may just have died: then another answers, from the whole history.
    const patience = run.sticky!.scheduleToStartMs || STICKY_TIME;
    fallback = engine.wall.schedule(engine.wall.now() + patience, () => {
      const [[queue, task]] = tasks;
      if (queue.withdraw(task)) offer(normal, false);
    });
  } else {
    offer(normal, false);
  }
  const answer = await waiter.promise;
  if (answer) return answer;
  if (normal.idleTime <= IDLE_TIME) throw timedOut();
  throw failedPrecondition("no poller seen for task queue recently, worker may be down");
}

function timedOut(): ConnectError {
  return deadlineExceeded("query timed out before a worker could process it");
}
