/**
 * Lists and counts of workflows.
 *
 * @module
 */

import type { SearchAttributeIndexedValueType } from "../../common/search.ts";
import { IndexedValueType } from "../../gen/temporal/api/enums/v1/common_pb.ts";
import { WorkflowExecutionStatus } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { Filter, FilterRecord, FilterValue } from "../filter.ts";
import { parseFilter } from "../filter.ts";
import type { Engine } from "./engine.ts";
import { invalidArgument } from "./errors.ts";
import { measureHistory } from "./events.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Namespace } from "./namespace.ts";
import { searchAttributeType } from "./namespace.ts";
import { decodeSearchValue } from "./search_attributes.ts";
import { decodeToken, encodeToken } from "./tokens.ts";

/** One page of a list. */
export interface RunPage {
  runs: Execution[];
  nextPageToken: Uint8Array<ArrayBuffer>;
}

/** A page request. */
export interface PageRequest {
  pageSize: number;
  nextPageToken: Uint8Array;
}

const STATUS_NAMES = new Map<number, string>(
  Object.entries(WorkflowExecutionStatus).map(([name, value]) => [
    value,
    name.split("_").map((word) => word[0] + word.slice(1).toLowerCase()).join(""),
  ]),
);

const TYPE_NAMES = new Map<number, SearchAttributeIndexedValueType>(
  Object.entries(IndexedValueType).map(([name, value]) => [value, name as SearchAttributeIndexedValueType]),
);

/** The filter a query is; throws INVALID_ARGUMENT with its position for a bad one. */
export function compileQuery(namespace: Namespace, query: string): Filter {
  const attributes: Record<string, SearchAttributeIndexedValueType> = {};
  for (const [name, type] of namespace.searchAttributes) attributes[name] = TYPE_NAMES.get(type)!;
  try {
    return parseFilter(query, { attributes });
  } catch (error) {
    throw invalidArgument(`invalid query: ${error instanceof Error ? error.message : error}`);
  }
}

/** The runs that match, open ones first, then the last closed; each group newest first. */
export function listRuns(
  engine: Engine,
  namespace: Namespace,
  accepts: (run: Execution) => boolean,
  page: PageRequest,
): RunPage {
  const size = page.pageSize > 0
    ? Math.min(page.pageSize, engine.limits.visibilityPageSize)
    : engine.limits.visibilityPageSize;
  const after = page.nextPageToken.length > 0 ? readToken(page.nextPageToken) : undefined;
  const runs: Execution[] = [];
  for (const run of allRuns(engine, namespace)) {
    if (after && !isBehind(run, after)) continue;
    if (!accepts(run)) continue;
    if (runs.length === size) return { runs, nextPageToken: writeToken(runs[size - 1]) };
    runs.push(run);
  }
  return { runs, nextPageToken: new Uint8Array() };
}

/** Whether a run matches a filter. */
export function createMatcher(filter: Filter): (run: Execution) => boolean {
  let current: Execution | undefined;
  // One record for all runs: only the attributes that the filter reads are ever computed.
  const record = new Proxy({} as FilterRecord, {
    get: (_, name) => current && readAttribute(current, String(name)),
    has: () => true,
  });
  return (run) => {
    current = run;
    return filter.matches(record);
  };
}

/** How many runs match. */
export function countRuns(engine: Engine, namespace: Namespace, accepts: (run: Execution) => boolean): number {
  let count = 0;
  for (const run of allRuns(engine, namespace)) if (accepts(run)) count++;
  return count;
}

/** How many runs match, by an attribute's value. */
export function countGroups(
  engine: Engine,
  namespace: Namespace,
  accepts: (run: Execution) => boolean,
  attribute: string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const run of allRuns(engine, namespace)) {
    if (!accepts(run)) continue;
    const value = String(readAttribute(run, attribute) ?? "");
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** One search attribute of a run, the system's or its own. */
export function readAttribute(run: Execution, name: string): FilterValue {
  const read = SYSTEM_READERS[name];
  if (read) return read(run);
  const payload = run.searchAttributes[name];
  const type = payload && searchAttributeType(run.namespace, name);
  return type === undefined ? undefined : decodeSearchValue(payload, type);
}

const SYSTEM_READERS: Record<string, (run: Execution) => FilterValue> = {
  WorkflowId: (run) => run.workflowId,
  RunId: (run) => run.runId,
  WorkflowType: (run) => run.start.workflowType?.name,
  TaskQueue: (run) => run.taskQueue,
  ExecutionStatus: (run) => STATUS_NAMES.get(run.status),
  StartTime: (run) => new Date(run.startTime),
  ExecutionTime: (run) => new Date(run.executionTime),
  CloseTime: (run) => isRunning(run) ? undefined : new Date(run.closeTime),
  // In nanoseconds, as the server indexes it.
  ExecutionDuration: (run) => isRunning(run) ? undefined : (run.closeTime - run.executionTime) * 1e6,
  HistoryLength: (run) => isRunning(run) ? undefined : run.nextEventId - 1,
  HistorySizeBytes: (run) => isRunning(run) ? undefined : measureHistory(run),
  StateTransitionCount: (run) => isRunning(run) ? undefined : run.stateTransitions,
  ParentWorkflowId: (run) => run.parent?.workflowId,
  ParentRunId: (run) => run.parent?.runId,
  RootWorkflowId: (run) => run.root.workflowId,
  RootRunId: (run) => run.root.runId,
};

function* allRuns(engine: Engine, namespace: Namespace): Generator<Execution> {
  yield* engine.store.listOpen(namespace);
  yield* engine.store.listClosed(namespace);
}

interface Position {
  isOpen: boolean;
  order: number;
}

function positionOf(run: Execution): Position {
  const isOpen = isRunning(run);
  return { isOpen, order: isOpen ? run.startOrder : run.closeOrder };
}

function isBehind(run: Execution, after: Position): boolean {
  const position = positionOf(run);
  return position.isOpen === after.isOpen ? position.order < after.order : after.isOpen;
}

function writeToken(run: Execution): Uint8Array<ArrayBuffer> {
  return encodeToken("list", positionOf(run));
}

function readToken(bytes: Uint8Array): Position {
  return decodeToken(bytes, "list", "invalid NextPageToken.");
}
