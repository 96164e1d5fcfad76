/**
 * Fetching histories.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import { HistoryEventFilterType } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { longPoll } from "./context.ts";
import { WorkflowHistory } from "./history.ts";
import type { Page, Paged } from "./paging.ts";
import { createPaged } from "./paging.ts";
import { enumNumber } from "./proto.ts";
import { eventsOf, isOwnDeadline } from "./result.ts";

/** Which events to fetch. */
export interface HistoryOptions extends RpcOptions {
  /** "CLOSE_EVENT": only the event that closes the run; "ALL_EVENT" when unset. */
  eventFilterType?: "ALL_EVENT" | "CLOSE_EVENT";
  /** Whether to leave out runs that are only in the archive; false when unset. */
  skipArchival?: boolean;
}

/** A run, and which of its events. */
export interface HistoryInput extends HistoryOptions {
  id: string;
  runId?: string;
  pageSize?: number;
  nextPageToken?: Uint8Array;
  waitNewEvent?: boolean;
}

/** The events of a run, page by page. */
export function listEvents(context: ClientContext, input: HistoryInput): Paged<HistoryEvent> {
  checkPageSize("workflow.history", input.pageSize);
  return createPaged((token) => fetchEvents(context, input, token), { nextPageToken: input.nextPageToken });
}

/** All events of a run so far. */
export async function fetchHistory(context: ClientContext, input: HistoryInput): Promise<WorkflowHistory> {
  const events: HistoryEvent[] = [];
  for await (const event of listEvents(context, input)) events.push(event);
  return new WorkflowHistory(input.id, events);
}

/** Throws ValueError unless a page size is unset or a whole number of at least 1. */
export function checkPageSize(where: string, pageSize: number | undefined): void {
  if (pageSize === undefined || (Number.isInteger(pageSize) && pageSize >= 1)) return;
  throw new ValueError(`${where}: \`pageSize\` is ${pageSize}; give a whole number of at least 1`);
}

async function fetchEvents(
  context: ClientContext,
  input: HistoryInput,
  token: Uint8Array | undefined,
): Promise<Page<HistoryEvent>> {
  const request = {
    namespace: context.namespace,
    execution: { workflowId: input.id, runId: input.runId },
    maximumPageSize: input.pageSize,
    nextPageToken: token,
    waitNewEvent: input.waitNewEvent,
    historyEventFilterType: enumNumber(HistoryEventFilterType, input.eventFilterType, "eventFilterType") ??
      HistoryEventFilterType.ALL_EVENT,
    skipArchival: input.skipArchival,
  };
  const control = input.waitNewEvent ? longPoll : undefined;
  try {
    const response = await context.caller.call(
      WorkflowService.method.getWorkflowExecutionHistory,
      request,
      input,
      control,
    );
    return { items: eventsOf(response), nextPageToken: tokenOf(response) };
  } catch (error) {
    if (input.waitNewEvent && isOwnDeadline(context, error, input)) return fetchEvents(context, input, token);
    throw error;
  }
}

/** The token of the next page; an empty one: there is none. */
export function tokenOf(response: { nextPageToken: Uint8Array }): Uint8Array | undefined {
  return response.nextPageToken.length > 0 ? response.nextPageToken : undefined;
}
