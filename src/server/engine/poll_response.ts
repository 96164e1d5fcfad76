/**
 * What a worker is told with a workflow task.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { WorkflowQuery } from "../../gen/temporal/api/query/v1/message_pb.ts";
import type { PollWorkflowTaskQueueResponse } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { PollWorkflowTaskQueueResponseSchema } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "./engine.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { encodeTaskPosition } from "./history.ts";
import { isSilent, sketchTask } from "./task_events.ts";
import { toTimestamp } from "./times.ts";
import { encodeToken } from "./tokens.ts";
import { sendUpdates } from "./updates.ts";

/** What a started task's answer depends on beside the task. */
export interface AnswerOptions {
  /** The worker has the run in its cache: it gets the new events only. */
  isSticky: boolean;
  /** The task continues one that the worker still works on: updates it has already are left out. */
  isHeartbeat?: boolean;
  backlog?: number;
}

/** The answer for a task that was just started; undefined for a speculative task with no update to carry. */
export function answerTask(
  engine: Engine,
  run: Execution,
  task: WorkflowTaskState,
  options: AnswerOptions,
): PollWorkflowTaskQueueResponse | undefined {
  const messages = sendUpdates(run, task.startedEventId, !options.isHeartbeat);
  if (task.isSpeculative && messages.length === 0) return undefined;
  const suffix = isSilent(task) ? sketchTask(run, task) : [];
  const first = options.isSticky ? run.lastStartedEventId + 1 : 1;
  return create(PollWorkflowTaskQueueResponseSchema, {
    taskToken: encodeToken("workflowTask", {
      namespaceId: run.namespace.id,
      workflowId: run.workflowId,
      runId: run.runId,
      scheduledEventId: task.scheduledEventId,
      startedEventId: task.startedEventId,
      attempt: task.attempt,
      startedTime: task.startedTime,
    }),
    workflowExecution: run.self,
    workflowType: run.start.workflowType,
    previousStartedEventId: BigInt(run.lastStartedEventId),
    startedEventId: BigInt(task.startedEventId),
    attempt: task.attempt,
    backlogCountHint: BigInt(options.backlog ?? 0),
    ...firstPage(engine, run, first, suffix),
    workflowExecutionTaskQueue: { name: run.taskQueue, kind: TaskQueueKind.NORMAL },
    scheduledTime: toTimestamp(task.scheduledTime),
    startedTime: toTimestamp(task.startedTime),
    queries: listQueries(run),
    messages,
  });
}

/** The answer for a query that goes to a worker by itself. */
export function answerQuery(
  engine: Engine,
  run: Execution,
  token: Uint8Array<ArrayBuffer>,
  query: WorkflowQuery,
  isSticky: boolean,
): PollWorkflowTaskQueueResponse {
  return create(PollWorkflowTaskQueueResponseSchema, {
    taskToken: token,
    workflowExecution: run.self,
    workflowType: run.start.workflowType,
    previousStartedEventId: BigInt(run.lastStartedEventId),
    attempt: 1,
    query,
    ...(isSticky ? { history: { events: [] } } : firstPage(engine, run, 1, [])),
    workflowExecutionTaskQueue: { name: run.taskQueue, kind: TaskQueueKind.NORMAL },
  });
}

function firstPage(
  engine: Engine,
  run: Execution,
  first: number,
  suffix: HistoryEvent[],
): { history: { events: HistoryEvent[] }; nextPageToken?: Uint8Array<ArrayBuffer> } {
  const last = run.nextEventId - 1;
  const size = engine.limits.historyPageSize;
  if (last - first + 1 <= size) {
    const events = first === 1 ? run.events.slice() : run.events.slice(first - 1);
    events.push(...suffix);
    return { history: { events } };
  }
  // The rest, and the task's own unwritten events, are read with this token.
  return {
    history: { events: run.events.slice(first - 1, first - 1 + size) },
    nextPageToken: encodeTaskPosition(run.runId, first + size, last),
  };
}

function listQueries(run: Execution): { [id: string]: WorkflowQuery } | undefined {
  if (run.queries.size === 0) return undefined;
  const queries: { [id: string]: WorkflowQuery } = {};
  for (const { id, query } of run.queries.values()) queries[id] = query;
  return queries;
}
