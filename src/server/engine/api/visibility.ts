/**
 * Describing, listing and counting workflows.
 *
 * @module
 */

import { IndexedValueType } from "../../../gen/temporal/api/enums/v1/common_pb.ts";
import type { StartTimeFilter } from "../../../gen/temporal/api/filter/v1/message_pb.ts";
import { describeRun, summarizeRun } from "../describe.ts";
import type { Engine } from "../engine.ts";
import { invalidArgument } from "../errors.ts";
import type { Execution } from "../execution.ts";
import { isRunning } from "../execution.ts";
import { findRun } from "../lookup.ts";
import { SYSTEM_SEARCH_ATTRIBUTES } from "../namespace.ts";
import { encodeSearchValue } from "../search_attributes.ts";
import { fromTimestamp } from "../times.ts";
import { compileQuery, countGroups, countRuns, createMatcher, listRuns } from "../visibility.ts";
import type { Methods } from "./shared.ts";
import { checkExecution, namespaceOf } from "./shared.ts";

/** The methods that describe, list and count. */
export function visibilityMethods(engine: Engine): Methods {
  return {
    describeWorkflowExecution(request) {
      const { workflowId, runId } = checkExecution(request.execution);
      return describeRun(engine, findRun(engine, namespaceOf(engine, request), workflowId, runId));
    },
    listWorkflowExecutions(request) {
      const namespace = namespaceOf(engine, request);
      const filter = compileQuery(namespace, request.query);
      if (filter.groupBy) throw invalidArgument("invalid query: operation is not supported: 'group by' clause");
      if (filter.orderBy.length > 0) {
        throw invalidArgument("invalid query: operation is not supported: 'order by' clause");
      }
      const { runs, nextPageToken } = listRuns(engine, namespace, createMatcher(filter), request);
      return { executions: runs.map(summarizeRun), nextPageToken };
    },
    scanWorkflowExecutions(request) {
      const namespace = namespaceOf(engine, request);
      const filter = compileQuery(namespace, request.query);
      const { runs, nextPageToken } = listRuns(engine, namespace, createMatcher(filter), request);
      return { executions: runs.map(summarizeRun), nextPageToken };
    },
    countWorkflowExecutions(request) {
      const namespace = namespaceOf(engine, request);
      const filter = compileQuery(namespace, request.query);
      const accepts = createMatcher(filter);
      if (!filter.groupBy) return { count: BigInt(countRuns(engine, namespace, accepts)) };
      if (filter.groupBy !== "ExecutionStatus") {
        throw invalidArgument(
          "invalid query: operation is not supported: 'group by' clause is only supported for ExecutionStatus search attribute",
        );
      }
      const groups = [...countGroups(engine, namespace, accepts, filter.groupBy)];
      return {
        count: BigInt(groups.reduce((sum, [, count]) => sum + count, 0)),
        groups: groups.map(([value, count]) => ({
          groupValues: [encodeSearchValue(value, IndexedValueType.KEYWORD)],
          count: BigInt(count),
        })),
      };
    },
    listOpenWorkflowExecutions(request) {
      const namespace = namespaceOf(engine, request);
      const accepts = (run: Execution): boolean =>
        isRunning(run) && isStartedWithin(run, request.startTimeFilter) && isNamed(run, request.filters);
      const page = { pageSize: request.maximumPageSize, nextPageToken: request.nextPageToken };
      const { runs, nextPageToken } = listRuns(engine, namespace, accepts, page);
      return { executions: runs.map(summarizeRun), nextPageToken };
    },
    listClosedWorkflowExecutions(request) {
      const namespace = namespaceOf(engine, request);
      const accepts = (run: Execution): boolean =>
        !isRunning(run) && isStartedWithin(run, request.startTimeFilter) && isNamed(run, request.filters);
      const page = { pageSize: request.maximumPageSize, nextPageToken: request.nextPageToken };
      const { runs, nextPageToken } = listRuns(engine, namespace, accepts, page);
      return { executions: runs.map(summarizeRun), nextPageToken };
    },
    getSearchAttributes() {
      const keys = { ...SYSTEM_SEARCH_ATTRIBUTES };
      for (const namespace of engine.namespaces.list()) {
        Object.assign(keys, Object.fromEntries(namespace.searchAttributes));
      }
      return { keys };
    },
  };
}

type NameFilter =
  | { case: "executionFilter"; value: { workflowId: string; runId: string } }
  | { case: "typeFilter"; value: { name: string } }
  | { case: "statusFilter"; value: { status: number } }
  | { case: undefined; value?: undefined };

function isNamed(run: Execution, filter: NameFilter): boolean {
  switch (filter.case) {
    case "executionFilter":
      return run.workflowId === filter.value.workflowId && (!filter.value.runId || run.runId === filter.value.runId);
    case "typeFilter":
      return run.start.workflowType?.name === filter.value.name;
    case "statusFilter":
      return run.status === filter.value.status;
    default:
      return true;
  }
}

function isStartedWithin(run: Execution, filter: StartTimeFilter | undefined): boolean {
  const earliest = fromTimestamp(filter?.earliestTime) ?? -Infinity;
  const latest = fromTimestamp(filter?.latestTime) || Infinity;
  return run.startTime >= earliest && run.startTime <= latest;
}
