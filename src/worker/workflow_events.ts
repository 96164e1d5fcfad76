/**
 * Chooses the events that a workflow task brings new to a run, and fetches what is missing.
 *
 * @module
 */
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { fetchHistory, fetchPages } from "./history.ts";
import type { TaskService } from "./service.ts";

/** Whether a task carries only a query of the old kind. */
export function isQueryTask(task: PollWorkflowTaskQueueResponse): boolean {
  return task.query !== undefined;
}

/**
 * The events that follow on `lastStarted`, the last started event that the run has applied.
 * Undefined when the task does not follow on it: the run must be loaded anew.
 */
export async function findNewEvents(
  service: TaskService,
  task: PollWorkflowTaskQueueResponse,
  lastStarted: number,
): Promise<HistoryEvent[] | undefined> {
  const previousStarted = Number(task.previousStartedEventId);
  if (isQueryTask(task) && previousStarted <= lastStarted) return [];
  if (previousStarted !== lastStarted) return undefined;
  const events = (await readAll(service, task)).filter(({ eventId }) => eventId > lastStarted);
  return Number(events[0]?.eventId) === lastStarted + 1 ? events : undefined;
}

/** The whole history up to a task. Throws when it ends before the task's own events. */
export async function findAllEvents(
  service: TaskService,
  task: PollWorkflowTaskQueueResponse,
): Promise<HistoryEvent[]> {
  const own = task.history?.events ?? [];
  const events = own[0]?.eventId === 1n
    ? await readAll(service, task)
    : await fetchHistory(service, task.workflowExecution!, own);
  const last = events.at(-1)?.eventId ?? 0n;
  if (last < task.startedEventId || events.length === 0) {
    throw new Error(`the history ends at event ${last}, before event ${task.startedEventId} that started this task`);
  }
  return events;
}

async function readAll(service: TaskService, task: PollWorkflowTaskQueueResponse): Promise<HistoryEvent[]> {
  const own = task.history?.events ?? [];
  if (task.nextPageToken.length === 0) return own;
  return [...own, ...await fetchPages(service, task.workflowExecution!, task.nextPageToken)];
}
