/**
 * Reading history: pages, long polls, close events, backwards.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { HistoryEventFilterType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type {
  GetWorkflowExecutionHistoryRequest,
  GetWorkflowExecutionHistoryResponse,
  GetWorkflowExecutionHistoryReverseRequest,
  GetWorkflowExecutionHistoryReverseResponse,
} from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  GetWorkflowExecutionHistoryResponseSchema,
  GetWorkflowExecutionHistoryReverseResponseSchema,
} from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "./engine.ts";
import { invalidArgument } from "./errors.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { findRun } from "./lookup.ts";
import type { Namespace } from "./namespace.ts";
import { isSilent, sketchTask } from "./task_events.ts";
import { decodeToken, encodeToken } from "./tokens.ts";
import type { Caller } from "./wait.ts";
import { park, parkingTime } from "./wait.ts";

const BAD_TOKEN = "Invalid NextPageToken.";

/** How a page token continues: more of a closed read, of one that waits, or of a worker's task. */
const Mode = { PLAIN: 0, WAITING: 1, TASK: 2 } as const;

interface Position {
  runId: string;
  first: number;
  last: number;
  mode: number;
}

/** Answers GetWorkflowExecutionHistory. */
export async function readHistory(
  engine: Engine,
  namespace: Namespace,
  request: GetWorkflowExecutionHistoryRequest,
  caller: Caller,
): Promise<GetWorkflowExecutionHistoryResponse> {
  const token = request.nextPageToken.length > 0 ? decodePosition(request.nextPageToken) : undefined;
  const asked = request.execution?.runId ?? "";
  if (token && asked && asked !== token.runId) {
    throw invalidArgument("RunId in the request does not match the NextPageToken.");
  }
  const run = findRun(engine, namespace, request.execution?.workflowId ?? "", token?.runId ?? asked);
  if (request.historyEventFilterType === HistoryEventFilterType.CLOSE_EVENT) {
    return await readClose(engine, run, request.waitNewEvent, caller);
  }
  let position = token ?? start(run, request.waitNewEvent);
  if (position.mode === Mode.WAITING && position.first > position.last && request.waitNewEvent) {
    const { first } = position;
    await waitFor(engine, run, caller, () => run.nextEventId > first || !isRunning(run));
    position = { ...start(run, true), first };
  }
  const last = Math.min(position.first + pageSize(engine, request.maximumPageSize) - 1, position.last);
  const events = run.events.slice(position.first - 1, last);
  if (last < position.last) return answer(events, { ...position, first: last + 1 });
  if (position.mode === Mode.TASK) events.push(...taskSuffix(run, position.last));
  const goesOn = position.mode === Mode.WAITING;
  return answer(events, goesOn ? { ...position, first: position.last + 1 } : undefined);
}

/** Answers GetWorkflowExecutionHistoryReverse. */
export function readHistoryReverse(
  engine: Engine,
  namespace: Namespace,
  request: GetWorkflowExecutionHistoryReverseRequest,
): GetWorkflowExecutionHistoryReverseResponse {
  const token = request.nextPageToken.length > 0
    ? decodeToken(request.nextPageToken, "reverseHistory", BAD_TOKEN)
    : undefined;
  const runId = token ? token.runId : request.execution?.runId ?? "";
  const run = findRun(engine, namespace, request.execution?.workflowId ?? "", runId);
  const last = token ? token.last : run.nextEventId - 1;
  const first = Math.max(last - pageSize(engine, request.maximumPageSize) + 1, 1);
  return create(GetWorkflowExecutionHistoryReverseResponseSchema, {
    history: { events: run.events.slice(first - 1, last).reverse() },
    nextPageToken: first > 1 ? encodeToken("reverseHistory", { runId: run.runId, last: first - 1 }) : new Uint8Array(),
  });
}

/** The token by which a worker reads the rest of its task's history. */
export function encodeTaskPosition(runId: string, first: number, last: number): Uint8Array<ArrayBuffer> {
  return encodePosition({ runId, first, last, mode: Mode.TASK });
}

async function readClose(
  engine: Engine,
  run: Execution,
  waits: boolean,
  caller: Caller,
): Promise<GetWorkflowExecutionHistoryResponse> {
  if (waits && isRunning(run)) await waitFor(engine, run, caller, () => !isRunning(run));
  if (!isRunning(run)) return answer([run.events[run.closeEventId - 1]], undefined);
  return answer([], waits ? { ...start(run, true), first: run.nextEventId } : undefined);
}

function waitFor(engine: Engine, run: Execution, caller: Caller, isDone: () => boolean): Promise<void> {
  if (isDone()) return Promise.resolve();
  const waiter = park<void>({
    clock: engine.wall,
    timeoutMs: parkingTime(caller, engine.limits.historyLongPoll),
    signal: caller.signal,
    empty: () => {},
    onEnd: () => run.historyWaiters.delete(look),
  });
  function look(): void {
    if (isDone()) waiter.settle();
  }
  run.historyWaiters.add(look);
  return waiter.promise;
}

function start(run: Execution, waits: boolean): Position {
  const mode = waits && isRunning(run) ? Mode.WAITING : Mode.PLAIN;
  return { runId: run.runId, first: 1, last: run.nextEventId - 1, mode };
}

function taskSuffix(run: Execution, last: number): HistoryEvent[] {
  const task = run.workflowTask;
  return task && isSilent(task) && task.startedEventId > 0 && task.scheduledEventId === last + 1
    ? sketchTask(run, task)
    : [];
}

function answer(events: HistoryEvent[], next: Position | undefined): GetWorkflowExecutionHistoryResponse {
  return create(GetWorkflowExecutionHistoryResponseSchema, {
    history: { events },
    nextPageToken: next ? encodePosition(next) : new Uint8Array(),
  });
}

function pageSize(engine: Engine, asked: number): number {
  const most = engine.limits.historyPageSize;
  return asked > 0 ? Math.min(asked, most) : most;
}

function encodePosition(position: Position): Uint8Array<ArrayBuffer> {
  return encodeToken("history", position);
}

function decodePosition(bytes: Uint8Array): Position {
  return decodeToken(bytes, "history", BAD_TOKEN);
}
