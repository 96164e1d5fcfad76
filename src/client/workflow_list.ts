/**
 * Finding and counting workflows.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import { searchAttributesFromPayloads } from "../common/search.ts";
import type { Payload } from "../common/payload.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import type { ExecutionCount, WorkflowExecution } from "./execution.ts";
import { ExecutionView } from "./execution.ts";
import type { WorkflowHistory } from "./history.ts";
import type { HistoryOptions } from "./history_calls.ts";
import { checkPageSize, fetchHistory, tokenOf } from "./history_calls.ts";
import type { Page, Paged } from "./paging.ts";
import { createPaged, mapOrdered } from "./paging.ts";

/** How much of a list to read, and how. */
export interface ListOptions extends RpcOptions {
  /** Items in all; no limit when unset. */
  limit?: number;
  /** Items a page; 1000 when unset. */
  pageSize?: number;
  /** Where to begin: the token of a page read before. */
  nextPageToken?: Uint8Array;
}

/** The workflows that a query finds. */
export interface WorkflowExecutionList extends Paged<WorkflowExecution> {
  /** Their histories, in list order, fetched with at most `concurrency` (5 when unset) at once. */
  mapHistories(options?: HistoryOptions & { concurrency?: number }): AsyncIterable<WorkflowHistory>;
}

/** The workflows that match; no call is made before the first is asked for. */
export function listWorkflows(
  context: ClientContext,
  query: string | undefined,
  options: ListOptions = {},
): WorkflowExecutionList {
  const { pageSize = 1000, limit } = options;
  checkPageSize("workflow.list", pageSize);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) {
    throw new ValueError(`workflow.list: \`limit\` is ${limit}; give a whole number`);
  }
  // No page reaches beyond the limit: its token would pass over what was not shown.
  const list = createPaged(
    (nextPageToken, most) =>
      fetchExecutions(context, { query, pageSize: Math.min(pageSize, most), nextPageToken }, options),
    options,
  );
  return { ...list, mapHistories: (histories) => mapHistories(context, list, histories) };
}

/** How many workflows match. */
export async function countWorkflows(
  context: ClientContext,
  query: string | undefined,
  options?: RpcOptions,
): Promise<ExecutionCount> {
  const request = { namespace: context.namespace, query };
  const response = await context.caller.call(WorkflowService.method.countWorkflowExecutions, request, options);
  const groups = response.groups.map(({ count, groupValues }) => ({
    count: Number(count),
    groupValues: groupValues.map(decodeGroupValue),
  }));
  return { count: Number(response.count), groups };
}

function decodeGroupValue(payload: Payload): ExecutionCount["groups"][number]["groupValues"][number] {
  return searchAttributesFromPayloads({ value: payload }).toObject().value;
}

async function fetchExecutions(
  context: ClientContext,
  page: { query?: string; pageSize: number; nextPageToken?: Uint8Array },
  options: RpcOptions,
): Promise<Page<WorkflowExecution>> {
  const request = { namespace: context.namespace, ...page };
  const response = await context.caller.call(WorkflowService.method.listWorkflowExecutions, request, options);
  return {
    items: response.executions.map((info) => new ExecutionView(context, info)),
    nextPageToken: tokenOf(response),
  };
}

function mapHistories(
  context: ClientContext,
  list: AsyncIterable<WorkflowExecution>,
  { concurrency = 5, ...options }: HistoryOptions & { concurrency?: number } = {},
): AsyncIterable<WorkflowHistory> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new ValueError(`mapHistories: \`concurrency\` is ${concurrency}; give a whole number of at least 1`);
  }
  return mapOrdered(list, concurrency, ({ id, runId }) => fetchHistory(context, { ...options, id, runId }));
}
