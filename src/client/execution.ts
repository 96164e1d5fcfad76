/**
 * Workflow executions as the server describes, lists and counts them.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import type { TypeHint } from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { Memo, RpcOptions, WorkflowExecutionStatus } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { SearchAttributeValue, TypedSearchAttributes } from "../common/search.ts";
import { searchAttributesFromPayloads } from "../common/search.ts";
import { decodeRecord } from "../converter/data.ts";
import { TaskQueueKind, TaskQueueType } from "../gen/temporal/api/enums/v1/task_queue_pb.ts";
import { WorkflowExecutionStatus as StatusNumber } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import { WorkflowExecutionInfoSchema } from "../gen/temporal/api/workflow/v1/message_pb.ts";
import type { WorkflowExecutionInfo } from "../gen/temporal/api/workflow/v1/message_pb.ts";
import type { DescribeWorkflowExecutionResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { enumNames, toDate } from "./proto.ts";
import { decodeFirst } from "./result.ts";
import { workflowContext } from "./start.ts";

/** A memo that is decoded when it is asked for. */
export interface MemoReader {
  /** All of the memo. */
  memo(): Promise<Memo>;
  /** One value of it, or `default`; rejects with ValueError where there is neither. */
  memoValue<T = unknown>(key: string, options?: { default?: T; typeHint?: TypeHint<T> }): Promise<T>;
}

/** A run of a workflow as `list` and `describe` show it. */
export interface WorkflowExecution extends MemoReader {
  readonly id: string;
  readonly runId: string;
  readonly namespace: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  /** Undefined: a status newer than this SDK; see `rawInfo`. */
  readonly status?: WorkflowExecutionStatus;
  /** Events in the history; in lists only once closed. */
  readonly historyLength: number;
  readonly startTime: Date;
  /** When the first task was due: later than `startTime` with a start delay, a cron schedule or a retry. */
  readonly executionTime?: Date;
  readonly closeTime?: Date;
  readonly parentId?: string;
  readonly parentRunId?: string;
  readonly rootId?: string;
  readonly rootRunId?: string;
  readonly searchAttributes: TypedSearchAttributes;
  readonly rawInfo: WorkflowExecutionInfo;
}

/** All that the server tells of one run. */
export interface WorkflowExecutionDescription extends WorkflowExecution {
  /** The one-line summary given at its start. */
  staticSummary(): Promise<string | undefined>;
  /** The details given at its start. */
  staticDetails(): Promise<string | undefined>;
  /** Who polls its task queue for workflow tasks; nobody means that the workflow waits for a worker. */
  pollers(options?: RpcOptions): Promise<TaskQueuePoller[]>;
  readonly rawDescription: DescribeWorkflowExecutionResponse;
}

/** A worker that polls a task queue. */
export interface TaskQueuePoller {
  readonly identity: string;
  readonly lastAccessTime?: Date;
}

/** How many executions match, grouped where the query has GROUP BY. */
export interface ExecutionCount {
  readonly count: number;
  readonly groups: readonly { readonly count: number; readonly groupValues: readonly SearchAttributeValue[] }[];
}

const statusNames = enumNames<WorkflowExecutionStatus>(StatusNumber);

/** A status by its number; undefined where unspecified or unknown. */
export function statusName(status: number): WorkflowExecutionStatus | undefined {
  return statusNames.get(status);
}

/** An execution over the server's answer. */
export class ExecutionView implements WorkflowExecution {
  readonly id: string;
  readonly runId: string;
  readonly namespace: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly status?: WorkflowExecutionStatus;
  readonly historyLength: number;
  readonly startTime: Date;
  readonly executionTime?: Date;
  readonly closeTime?: Date;
  readonly parentId?: string;
  readonly parentRunId?: string;
  readonly rootId?: string;
  readonly rootRunId?: string;
  readonly rawInfo: WorkflowExecutionInfo;
  readonly #context: ClientContext;
  #searchAttributes?: TypedSearchAttributes;

  constructor(context: ClientContext, info: WorkflowExecutionInfo) {
    this.id = info.execution?.workflowId ?? "";
    this.runId = info.execution?.runId ?? "";
    this.namespace = context.namespace;
    this.workflowType = info.type?.name ?? "";
    this.taskQueue = info.taskQueue;
    this.status = statusName(info.status);
    this.historyLength = Number(info.historyLength);
    this.startTime = toDate(info.startTime) ?? new Date(0);
    this.executionTime = toDate(info.executionTime);
    this.closeTime = toDate(info.closeTime);
    this.parentId = info.parentExecution?.workflowId || undefined;
    this.parentRunId = info.parentExecution?.runId || undefined;
    this.rootId = info.rootExecution?.workflowId || undefined;
    this.rootRunId = info.rootExecution?.runId || undefined;
    this.rawInfo = info;
    this.#context = context;
  }

  get searchAttributes(): TypedSearchAttributes {
    return this.#searchAttributes ??= searchAttributesFromPayloads(this.rawInfo.searchAttributes?.indexedFields ?? {});
  }

  async memo(): Promise<Memo> {
    const { dataConverter } = this.#context;
    return await decodeRecord(dataConverter, this.rawInfo.memo?.fields ?? {}, workflowContext(this.#context, this.id));
  }

  async memoValue<T>(key: string, options: { default?: T; typeHint?: TypeHint<T> } = {}): Promise<T> {
    const fields = this.rawInfo.memo?.fields ?? {};
    if (Object.hasOwn(fields, key)) return await this.#decode(fields[key], options.typeHint) as T;
    if ("default" in options) return options.default as T;
    const known = Object.keys(fields).join(", ") || "none";
    throw new ValueError(
      `the memo of workflow ${this.id} has no key ${JSON.stringify(key)} (its keys: ${known}); give a default`,
    );
  }

  #decode(payload: Payload, typeHint?: TypeHint): Promise<unknown> {
    return decodeFirst(this.#context, [payload], workflowContext(this.#context, this.id), typeHint);
  }
}

/** A description over the server's answer. */
export class DescriptionView extends ExecutionView implements WorkflowExecutionDescription {
  readonly rawDescription: DescribeWorkflowExecutionResponse;
  readonly #context: ClientContext;

  constructor(context: ClientContext, response: DescribeWorkflowExecutionResponse) {
    super(context, response.workflowExecutionInfo ?? create(WorkflowExecutionInfoSchema));
    this.rawDescription = response;
    this.#context = context;
  }

  staticSummary(): Promise<string | undefined> {
    return this.#text(this.rawDescription.executionConfig?.userMetadata?.summary);
  }

  staticDetails(): Promise<string | undefined> {
    return this.#text(this.rawDescription.executionConfig?.userMetadata?.details);
  }

  async pollers(options: RpcOptions = {}): Promise<TaskQueuePoller[]> {
    const { caller, namespace } = this.#context;
    const taskQueue = { name: this.taskQueue, kind: TaskQueueKind.NORMAL };
    const request = { namespace, taskQueue, taskQueueType: TaskQueueType.WORKFLOW };
    const { pollers } = await caller.call(WorkflowService.method.describeTaskQueue, request, options);
    return pollers.map(({ identity, lastAccessTime }) => ({ identity, lastAccessTime: toDate(lastAccessTime) }));
  }

  async #text(payload: Payload | undefined): Promise<string | undefined> {
    if (!payload) return undefined;
    return await decodeFirst(this.#context, [payload], workflowContext(this.#context, this.id)) as string;
  }
}
