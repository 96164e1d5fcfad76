/**
 * Workflows of a namespace: started, found, counted.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import type {
  SignalDefinition,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowRef,
  WorkflowResult,
} from "../common/definition.ts";
import { definitionName, findDefinition, readArgs } from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import type { ClientContext } from "./context.ts";
import type { ExecutionCount } from "./execution.ts";
import type { WorkflowHandle } from "./handle.ts";
import { createHandle } from "./handle.ts";
import { handlerName } from "./reference.ts";
import type { StartInput } from "./start.ts";
import { checkStartOptions, signalWithStart, startWorkflow } from "./start.ts";
import type { StartSignalOptions, WorkflowStartOptions } from "./start_options.ts";
import { startedHandle } from "./started.ts";
import type { StartUpdateOptions, UpdateHandle, UpdateInput, UpdateOptions, WorkflowUpdateHandle } from "./update.ts";
import { checkStage } from "./update.ts";
import type { ExecuteUpdateWithStart, StartUpdateWithStart, WithStart } from "./with_start.ts";
import { checkOperation, startUpdateWithStart } from "./with_start.ts";
import type { ListOptions, WorkflowExecutionList } from "./workflow_list.ts";
import { countWorkflows, listWorkflows } from "./workflow_list.ts";

/** Starts workflows and finds them again. */
export interface WorkflowClient {
  /**
   * Starts a workflow: a function, a class, a definition, or a name with the type as type parameter.
   *
   * Rejects with WorkflowAlreadyStartedError, and with ValueError before any call for a missing `id` or `taskQueue`.
   */
  start<W extends WorkflowRef = UntypedWorkflow>(
    workflow: W | string,
    options: WorkflowStartOptions<W>,
  ): Promise<WorkflowHandle<W>>;
  /** Starts a workflow and waits for its result; rejects as `start` and `result` do. */
  execute<W extends WorkflowRef = UntypedWorkflow>(
    workflow: W | string,
    options: WorkflowStartOptions<W>,
  ): Promise<WorkflowResult<W>>;
  /** Sends a signal, and starts the workflow first where it does not run. */
  signalWithStart<W extends WorkflowRef = UntypedWorkflow, A extends any[] = any[]>(
    workflow: W | string,
    options: WorkflowStartOptions<W> & StartSignalOptions<W, A>,
  ): Promise<WorkflowHandle<W>>;
  /** A handle on a workflow by its id; makes no call. */
  getHandle<W extends WorkflowRef = UntypedWorkflow>(
    id: string,
    options?: { runId?: string; firstExecutionRunId?: string; workflow?: W },
  ): WorkflowHandle<W>;
  /** The workflows that match a list filter, all when unset; no call is made before the first is asked for. */
  list(query?: string, options?: ListOptions): WorkflowExecutionList;
  /** How many workflows match a list filter. */
  count(query?: string, options?: RpcOptions): Promise<ExecutionCount>;
  /** Sends an update, starting the workflow where it does not run, and waits for the update's result. */
  executeUpdateWithStart: ExecuteUpdateWithStart;
  /** Sends an update, starting the workflow where it does not run, and waits for a stage of the update. */
  startUpdateWithStart: StartUpdateWithStart;
}

/** The workflows of one client. */
export function createWorkflowClient(context: ClientContext): WorkflowClient {
  return new Workflows(context) as WorkflowClient;
}

type Start = WorkflowStartOptions<UntypedWorkflow>;
type WithStartUpdate = UpdateOptions & WithStart<WorkflowRef> & { args?: unknown[] };

class Workflows {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  async start(workflow: WorkflowRef | string, options: Start): Promise<WorkflowHandle<any>> {
    const input = startInput("workflow.start", workflow, options);
    return startedHandle(this.#context, input, await startWorkflow(this.#context, input));
  }

  async execute(workflow: WorkflowRef | string, options: Start): Promise<any> {
    const input = startInput("workflow.execute", workflow, options);
    const handle = startedHandle(this.#context, input, await startWorkflow(this.#context, input));
    return await handle.result(input);
  }

  async signalWithStart(
    workflow: WorkflowRef | string,
    options: Start & { startSignal: SignalDefinition | string; startSignalArgs?: unknown[] },
  ): Promise<WorkflowHandle<any>> {
    const where = "workflow.signalWithStart";
    const input = {
      ...startInput(where, workflow, options),
      startSignal: handlerName(where, "signal", options.startSignal),
      startSignalArgs: readArgs(options.startSignalArgs, `${where}'s signal`),
    };
    const { runId } = await signalWithStart(this.#context, input);
    return createHandle(this.#context, { id: input.id, resultRunId: runId, resultType: input.resultType });
  }

  getHandle(
    id: string,
    options: { runId?: string; firstExecutionRunId?: string; workflow?: WorkflowRef } = {},
  ): WorkflowHandle<any> {
    if (typeof id !== "string" || id === "") {
      throw new ValueError("workflow.getHandle: missing `id`; give the workflow's id");
    }
    const { runId, firstExecutionRunId, workflow } = options;
    const resultType = findDefinition(workflow)?.result;
    return createHandle(this.#context, { id, runId, firstExecutionRunId, resultRunId: runId, resultType });
  }

  list(query?: string, options?: ListOptions): WorkflowExecutionList {
    return listWorkflows(this.#context, query, options);
  }

  count(query?: string, options?: RpcOptions): Promise<ExecutionCount> {
    return countWorkflows(this.#context, query, options);
  }

  async executeUpdateWithStart(update: UpdateDefinition | string, options: WithStartUpdate): Promise<any> {
    const handle = await this.#updateWithStart("workflow.executeUpdateWithStart", update, options, "COMPLETED");
    return await handle.result();
  }

  async startUpdateWithStart(
    update: UpdateDefinition | string,
    options: WithStartUpdate & StartUpdateOptions,
  ): Promise<WorkflowUpdateHandle<any>> {
    const where = "workflow.startUpdateWithStart";
    checkStage(where, options?.waitForStage);
    return await this.#updateWithStart(where, update, options, options.waitForStage);
  }

  #updateWithStart(
    where: string,
    update: UpdateDefinition | string,
    options: WithStartUpdate,
    waitForStage: UpdateInput["waitForStage"],
  ): Promise<UpdateHandle> {
    const { startWorkflowOperation: _, id, ...rest } = options ?? {};
    const input = {
      ...rest,
      update: handlerName(where, "update", update),
      args: readArgs(rest.args, where),
      updateId: id || crypto.randomUUID(),
      waitForStage,
      resultType: rest.resultType ?? findDefinition(update)?.result,
    };
    return startUpdateWithStart(this.#context, checkOperation(where, options), input);
  }
}

function startInput(where: string, workflow: WorkflowRef | string, options: Start): StartInput {
  checkStartOptions(where, options);
  const resultType = options.resultType ?? findDefinition(workflow)?.result;
  return { ...options, resultType, workflow: definitionName(workflow, `${where}: workflow`) };
}
