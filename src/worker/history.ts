/**
 * Gets the events that a workflow task needs and did not bring.
 *
 * @module
 */
import type { WorkflowExecution } from "../gen/temporal/api/common/v1/message_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { TaskService } from "./service.ts";

/** Every page from `nextPageToken` on; a page may be empty and still not be the last. */
export async function fetchPages(
  service: TaskService,
  execution: WorkflowExecution,
  nextPageToken: Uint8Array,
): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let token = nextPageToken;
  do {
    const page = await service.historyPage(execution, token);
    events.push(...page.events);
    token = page.nextPageToken;
  } while (token.length > 0);
  return events;
}

/** The whole history of a run, with those of `newer` that the server has not written down yet. */
export async function fetchHistory(
  service: TaskService,
  execution: WorkflowExecution,
  newer: readonly HistoryEvent[],
): Promise<HistoryEvent[]> {
  const events = await fetchPages(service, execution, new Uint8Array());
  const last = events.at(-1)?.eventId ?? 0n;
  return [...events, ...newer.filter(({ eventId }) => eventId > last)];
}
