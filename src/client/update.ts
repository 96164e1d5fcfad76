/**
 * Updates: sent, awaited, found again by id.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ArgsOption,
  HandlerArgs,
  HandlerName,
  HandlerResult,
  OptionsRest,
  TypeHint,
  UpdateDefinition,
} from "../common/definition.ts";
import {
  RPCError,
  ValueError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import { UpdateWorkflowExecutionLifecycleStage as Stage } from "../gen/temporal/api/enums/v1/update_pb.ts";
import type { Outcome } from "../gen/temporal/api/update/v1/message_pb.ts";
import type {
  UpdateWorkflowExecutionRequestSchema,
  UpdateWorkflowExecutionResponse,
} from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { longPoll, mergeRpcOptions } from "./context.ts";
import { decodeFirst, isOwnDeadline } from "./result.ts";
import { encodeArgs, workflowContext } from "./start.ts";

/** Options of every update. */
export interface UpdateOptions extends RpcOptions {
  /** Makes the update idempotent: one id is executed once; a UUID when unset. */
  id?: string;
  /** The schema of the result. */
  resultType?: TypeHint;
}

/** How far an update must have come before `startUpdate` resolves. */
export type WorkflowUpdateStage = "ACCEPTED" | "COMPLETED";

/** Options of a started update. */
export type StartUpdateOptions = UpdateOptions & { waitForStage: WorkflowUpdateStage };

/** Sends an update and waits for its result. */
export interface ExecuteUpdate<W> {
  <R, A extends any[]>(
    update: UpdateDefinition<R, A>,
    ...options: OptionsRest<UpdateOptions & ArgsOption<A>>
  ): Promise<R>;
  <N extends HandlerName<W>>(
    update: N,
    ...options: OptionsRest<UpdateOptions & ArgsOption<HandlerArgs<W, N>>>
  ): Promise<HandlerResult<W, N>>;
}

/**
 * Sends an update and waits for a stage of it.
 *
 * The options are required; as a rest parameter they leave handles of typed workflows assignable to untyped ones.
 */
export interface StartUpdate<W> {
  <R, A extends any[]>(
    update: UpdateDefinition<R, A>,
    ...options: OptionsRest<StartUpdateOptions & ArgsOption<A>>
  ): Promise<WorkflowUpdateHandle<R>>;
  <N extends HandlerName<W>>(
    update: N,
    ...options: OptionsRest<StartUpdateOptions & ArgsOption<HandlerArgs<W, N>>>
  ): Promise<WorkflowUpdateHandle<HandlerResult<W, N>>>;
}

/** An update that has been sent. */
export interface WorkflowUpdateHandle<R = unknown> {
  readonly id: string;
  readonly workflowId: string;
  /** The run that has the update, once known. */
  readonly workflowRunId?: string;
  /**
   * The result, waited for where it is not known yet.
   *
   * Rejects with WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, NotFoundError.
   */
  result(options?: RpcOptions): Promise<R>;
}

/** An update as its parts. */
export interface UpdateInput extends RpcOptions {
  id: string;
  runId?: string;
  firstExecutionRunId?: string;
  update: string;
  args?: readonly unknown[];
  updateId: string;
  waitForStage: WorkflowUpdateStage;
  resultType?: TypeHint;
  /** What holds for later calls of the update's handle too, unlike the options of this call. */
  handleDefaults?: RpcOptions;
}

type UpdateInit = Exclude<MessageInitShape<typeof UpdateWorkflowExecutionRequestSchema>, { $typeName: string }>;

/** Sends an update until it is durable, then waits for the stage that is asked for. */
export async function startUpdate(context: ClientContext, input: UpdateInput): Promise<UpdateHandle> {
  const request = await updateRequest(context, input);
  for (;;) {
    const response = await sendUpdate(context, request, input);
    if (response && isDurable(response)) return await updateHandle(context, input, response);
  }
}

/** The handle of a durable update, at the stage that is asked for. */
export async function updateHandle(
  context: ClientContext,
  input: UpdateInput,
  response: UpdateWorkflowExecutionResponse,
): Promise<UpdateHandle> {
  const { id, updateId, resultType, handleDefaults } = input;
  const runId = response.updateRef?.workflowExecution?.runId || input.runId;
  const handle = new UpdateHandle(context, { ...handleDefaults, id, runId, updateId, resultType }, response.outcome);
  if (input.waitForStage === "COMPLETED") await handle.awaitOutcome(input);
  return handle;
}

/** Whether the server has stored the update, so that it need not be sent again. */
export function isDurable(response: UpdateWorkflowExecutionResponse): boolean {
  return response.stage >= Stage.ACCEPTED || response.outcome !== undefined;
}

/** The request of an update. */
export async function updateRequest(context: ClientContext, input: UpdateInput): Promise<UpdateInit> {
  const args = await encodeArgs(context.dataConverter, input.args, workflowContext(context, input.id));
  return {
    namespace: context.namespace,
    workflowExecution: { workflowId: input.id, runId: input.runId },
    firstExecutionRunId: input.firstExecutionRunId,
    waitPolicy: { lifecycleStage: Stage[input.waitForStage] },
    request: {
      meta: { updateId: input.updateId, identity: context.identity },
      input: { name: input.update, args },
    },
  };
}

/** Throws ValueError unless the stage is one that can be waited for. */
export function checkStage(where: string, stage: WorkflowUpdateStage | undefined): void {
  if (stage === "ACCEPTED" || stage === "COMPLETED") return;
  const found = stage === undefined ? "missing `waitForStage`" : `\`waitForStage\` is ${JSON.stringify(stage)}`;
  throw new ValueError(`${where}: ${found}; give "ACCEPTED" or "COMPLETED"`);
}

/** What a failed call about an update rejects with. */
export function toUpdateError(error: unknown): unknown {
  if (!(error instanceof RPCError) || (error.status !== "CANCELLED" && error.status !== "DEADLINE_EXCEEDED")) {
    return error;
  }
  const what = error.status === "CANCELLED" ? "was cancelled" : "took too long";
  return new WorkflowUpdateRPCTimeoutOrCancelledError(`waiting for the update ${what}: ${error.message}`, {
    cause: error,
  });
}

async function sendUpdate(
  context: ClientContext,
  request: UpdateInit,
  input: UpdateInput,
): Promise<UpdateWorkflowExecutionResponse | undefined> {
  try {
    return await context.caller.call(WorkflowService.method.updateWorkflowExecution, request, input, longPoll);
  } catch (error) {
    if (isOwnDeadline(context, error, input)) return undefined;
    throw toUpdateError(error);
  }
}

/** What an {@link UpdateHandle} needs to know of its update; its options are the defaults of `result()`. */
export type UpdateReference = RpcOptions & Pick<UpdateInput, "id" | "runId" | "updateId" | "resultType">;

/** A handle over one update id. */
export class UpdateHandle implements WorkflowUpdateHandle<any> {
  readonly id: string;
  readonly workflowId: string;
  readonly workflowRunId?: string;
  readonly #context: ClientContext;
  readonly #reference: UpdateReference;
  #outcome: Outcome | undefined;

  constructor(context: ClientContext, reference: UpdateReference, outcome?: Outcome) {
    this.id = reference.updateId;
    this.workflowId = reference.id;
    this.workflowRunId = reference.runId;
    this.#context = context;
    this.#reference = reference;
    this.#outcome = outcome;
  }

  async result(options?: RpcOptions): Promise<any> {
    const { value, case: kind } = (await this.awaitOutcome(options)).value;
    const serialization = workflowContext(this.#context, this.workflowId);
    if (kind === "failure") {
      const cause = await this.#context.dataConverter.decodeFailure(value, serialization);
      throw new WorkflowUpdateFailedError("Workflow update failed", { cause });
    }
    return await decodeFirst(this.#context, value?.payloads ?? [], serialization, this.#reference.resultType);
  }

  /** Polls until the update has ended; a known outcome needs no call. */
  async awaitOutcome(options?: RpcOptions): Promise<Outcome> {
    const rpc = mergeRpcOptions(this.#reference, options);
    while (!this.#outcome) this.#outcome = await this.#poll(rpc);
    return this.#outcome;
  }

  async #poll(rpc: RpcOptions): Promise<Outcome | undefined> {
    const { namespace, identity, caller } = this.#context;
    const request = {
      namespace,
      updateRef: { workflowExecution: { workflowId: this.workflowId, runId: this.workflowRunId }, updateId: this.id },
      identity,
      waitPolicy: { lifecycleStage: Stage.COMPLETED },
    };
    try {
      return (await caller.call(WorkflowService.method.pollWorkflowExecutionUpdate, request, rpc, longPoll)).outcome;
    } catch (error) {
      if (isOwnDeadline(this.#context, error, rpc)) return undefined;
      throw toUpdateError(error);
    }
  }
}
