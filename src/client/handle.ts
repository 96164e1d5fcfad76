/**
 * Handles: what can be asked of one workflow.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import type {
  HandlerArgs,
  HandlerName,
  HandlerResult,
  QueryDefinition,
  SignalDefinition,
  TypeHint,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowResult,
} from "../common/definition.ts";
import { findDefinition, readArgs } from "../common/definition.ts";
import type { QueryRejectCondition, RpcOptions } from "../common/options.ts";
import type { ClientContext } from "./context.ts";
import { mergeRpcOptions } from "./context.ts";
import type { WorkflowExecutionDescription } from "./execution.ts";
import type { HistoryEvent, WorkflowHistory } from "./history.ts";
import type { HistoryOptions } from "./history_calls.ts";
import { fetchHistory, listEvents } from "./history_calls.ts";
import type { Paged } from "./paging.ts";
import { handlerName } from "./reference.ts";
import { awaitResult } from "./result.ts";
import { cancelWorkflow, describeWorkflow, queryWorkflow, signalWorkflow, terminateWorkflow } from "./run_calls.ts";
import type { RunInput } from "./run_calls.ts";
import type {
  ExecuteUpdate,
  StartUpdate,
  StartUpdateOptions,
  UpdateInput,
  UpdateOptions,
  WorkflowUpdateHandle,
} from "./update.ts";
import { checkStage, startUpdate, UpdateHandle } from "./update.ts";

/** One workflow, or one run of it. */
export interface WorkflowHandle<W = UntypedWorkflow> {
  readonly id: string;
  /** The run that every call is about; unset: the newest of the id. */
  readonly runId?: string;
  /** Guards cancel, terminate and updates against a later, unrelated workflow of the same id. */
  readonly firstExecutionRunId?: string;
  /** The run from which `result` sets out. */
  readonly resultRunId?: string;
  /** Whether the first task went to a worker without a poll. */
  readonly eagerlyStarted: boolean;
  /**
   * Waits for the end of the workflow and gives its result.
   *
   * Rejects with WorkflowFailureError; with WorkflowContinuedAsNewError where runs are not followed.
   */
  result(
    options?: RpcOptions & {
      /** Whether to go on with the runs that follow by continue-as-new, retry and cron; true when unset. */
      followRuns?: boolean;
      resultType?: TypeHint<WorkflowResult<W>>;
    },
  ): Promise<WorkflowResult<W>>;
  /** Sends a signal; resolves when the server has it. */
  signal<A extends any[]>(signal: SignalDefinition<A>, ...args: A): Promise<void>;
  signal<N extends HandlerName<W>>(signal: N, ...args: HandlerArgs<W, N>): Promise<void>;
  /** Asks a query; rejects with WorkflowQueryFailedError, WorkflowQueryRejectedError. */
  query<R, A extends any[]>(query: QueryDefinition<R, A>, ...args: A): Promise<R>;
  query<N extends HandlerName<W>>(query: N, ...args: HandlerArgs<W, N>): Promise<HandlerResult<W, N>>;
  /** The same run with options for signal and query, and defaults for the other calls. */
  with(options: RpcOptions & { rejectCondition?: QueryRejectCondition }): WorkflowHandle<W>;
  /** Asks the workflow to cancel itself. */
  cancel(reason?: string, options?: RpcOptions): Promise<void>;
  /** Ends the workflow at once; it cannot clean up. */
  terminate(reason?: string, options?: RpcOptions & { details?: unknown[] }): Promise<void>;
  /** All that the server tells of the run. */
  describe(options?: RpcOptions): Promise<WorkflowExecutionDescription>;
  /** The events of the run; with `waitNewEvent` also those to come, until it closes. */
  history(
    options?: HistoryOptions & { pageSize?: number; nextPageToken?: Uint8Array; waitNewEvent?: boolean },
  ): Paged<HistoryEvent>;
  /** All events so far. */
  fetchHistory(options?: HistoryOptions): Promise<WorkflowHistory>;
  /** Sends an update and waits for its result; rejects with WorkflowUpdateFailedError. */
  executeUpdate: ExecuteUpdate<W>;
  /** Sends an update and waits until it is accepted or completed. */
  startUpdate: StartUpdate<W>;
  /** An update that was sent before; makes no call. */
  getUpdateHandle<R = unknown>(
    id: string,
    options?: { workflowRunId?: string; update?: UpdateDefinition<R> },
  ): WorkflowUpdateHandle<R>;
}

/** What identifies the run of a handle. */
export interface HandleTarget {
  readonly id: string;
  readonly runId?: string;
  readonly firstExecutionRunId?: string;
  readonly resultRunId?: string;
  readonly resultType?: TypeHint;
  readonly eagerlyStarted?: boolean;
}

type HandleDefaults = RpcOptions & { rejectCondition?: QueryRejectCondition };

/** A handle on one workflow; makes no call. */
export function createHandle<W>(context: ClientContext, target: HandleTarget): WorkflowHandle<W> {
  return new Handle(context, target, undefined) as WorkflowHandle<any>;
}

class Handle {
  readonly id: string;
  readonly runId?: string;
  readonly firstExecutionRunId?: string;
  readonly resultRunId?: string;
  readonly eagerlyStarted: boolean;
  readonly #context: ClientContext;
  readonly #target: HandleTarget;
  readonly #defaults: HandleDefaults | undefined;

  constructor(context: ClientContext, target: HandleTarget, defaults: HandleDefaults | undefined) {
    this.id = target.id;
    this.runId = target.runId;
    this.firstExecutionRunId = target.firstExecutionRunId;
    this.resultRunId = target.resultRunId;
    this.eagerlyStarted = target.eagerlyStarted ?? false;
    this.#context = context;
    this.#target = target;
    this.#defaults = defaults;
  }

  with(options: HandleDefaults): Handle {
    const rejectCondition = options.rejectCondition ?? this.#defaults?.rejectCondition;
    return new Handle(this.#context, this.#target, { ...mergeRpcOptions(this.#defaults, options), rejectCondition });
  }

  result(options?: RpcOptions & { followRuns?: boolean; resultType?: TypeHint }): Promise<any> {
    return awaitResult(this.#context, {
      ...mergeRpcOptions(this.#defaults, options),
      id: this.id,
      runId: this.resultRunId ?? this.runId,
      resultType: options?.resultType ?? this.#target.resultType,
    });
  }

  async signal(signal: SignalDefinition | string, ...args: unknown[]): Promise<void> {
    const signalName = handlerName("workflow.signal", "signal", signal);
    await signalWorkflow(this.#context, { ...this.#run(), signalName, args });
  }

  async query(query: QueryDefinition | string, ...args: unknown[]): Promise<any> {
    const rejectCondition = this.#defaults?.rejectCondition ?? this.#context.rejectCondition;
    const name = handlerName("workflow.query", "query", query);
    return await queryWorkflow(this.#context, {
      ...this.#run(),
      query: name,
      args,
      rejectCondition,
      resultType: findDefinition(query)?.result,
    });
  }

  cancel(reason?: string, options?: RpcOptions): Promise<void> {
    return cancelWorkflow(this.#context, { ...this.#chain(options), reason });
  }

  terminate(reason?: string, options?: RpcOptions & { details?: unknown[] }): Promise<void> {
    return terminateWorkflow(this.#context, { ...this.#chain(options), reason, details: options?.details });
  }

  describe(options?: RpcOptions): Promise<WorkflowExecutionDescription> {
    return describeWorkflow(this.#context, this.#run(options));
  }

  history(
    options?: HistoryOptions & { pageSize?: number; nextPageToken?: Uint8Array; waitNewEvent?: boolean },
  ): Paged<HistoryEvent> {
    return listEvents(this.#context, this.#run(options));
  }

  fetchHistory(options?: HistoryOptions): Promise<WorkflowHistory> {
    return fetchHistory(this.#context, this.#run(options));
  }

  async executeUpdate(update: UpdateDefinition | string, options?: UpdateOptions & { args?: unknown[] }): Promise<any> {
    const input = this.#updateInput("workflow.executeUpdate", update, options, "COMPLETED");
    return await (await startUpdate(this.#context, input)).result();
  }

  async startUpdate(
    update: UpdateDefinition | string,
    options: StartUpdateOptions & { args?: unknown[] },
  ): Promise<WorkflowUpdateHandle<any>> {
    checkStage("workflow.startUpdate", options?.waitForStage);
    return await startUpdate(
      this.#context,
      this.#updateInput("workflow.startUpdate", update, options, options.waitForStage),
    );
  }

  getUpdateHandle(
    id: string,
    options?: { workflowRunId?: string; update?: UpdateDefinition },
  ): WorkflowUpdateHandle<any> {
    return new UpdateHandle(this.#context, {
      ...this.#defaults,
      id: this.id,
      runId: options?.workflowRunId ?? this.runId,
      updateId: id,
      resultType: findDefinition(options?.update)?.result,
    });
  }

  #run<T extends RpcOptions>(options?: T): T & { id: string; runId?: string } {
    return { ...mergeRpcOptions(this.#defaults, options), id: this.id, runId: this.runId };
  }

  #chain(options?: RpcOptions): RunInput {
    return { ...this.#run(options), firstExecutionRunId: this.firstExecutionRunId };
  }

  #updateInput(
    where: string,
    update: UpdateDefinition | string,
    options: (UpdateOptions & { args?: unknown[] }) | undefined,
    waitForStage: UpdateInput["waitForStage"],
  ): UpdateInput {
    return {
      ...this.#chain(options),
      update: handlerName(where, "update", update),
      args: readArgs(options?.args, where),
      updateId: options?.id || crypto.randomUUID(),
      waitForStage,
      resultType: options?.resultType ?? findDefinition(update)?.result,
      handleDefaults: this.#defaults,
    };
  }
}
