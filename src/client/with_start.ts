/**
 * Update-with-start: an update, and the workflow that takes it where it does not run yet, in one call.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import { Code, ConnectError } from "@connectrpc/connect";
import type {
  ArgsOption,
  HandlerArgs,
  HandlerName,
  HandlerResult,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowRef,
} from "../common/definition.ts";
import { definitionName, findDefinition } from "../common/definition.ts";
import { IllegalStateError, RPCError, ValueError } from "../common/errors.ts";
import type { WorkflowIDConflictPolicy } from "../common/options.ts";
import type { MultiOperationExecutionFailure_OperationStatus } from "../gen/temporal/api/errordetails/v1/message_pb.ts";
import { MultiOperationExecutionFailureSchema } from "../gen/temporal/api/errordetails/v1/message_pb.ts";
import type {
  ExecuteMultiOperationResponse,
  StartWorkflowExecutionResponse,
  UpdateWorkflowExecutionResponse,
} from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { toRpcError } from "../transport/rpc_error.ts";
import type { ClientContext } from "./context.ts";
import { longPoll } from "./context.ts";
import type { WorkflowHandle } from "./handle.ts";
import { isOwnDeadline } from "./result.ts";
import { findDetail, toStartError } from "./rpc_details.ts";
import type { StartInput } from "./start.ts";
import { checkStartOptions, startRequest } from "./start.ts";
import type { WorkflowStartOptions } from "./start_options.ts";
import { startedHandle } from "./started.ts";
import type { StartUpdateOptions, UpdateHandle, UpdateInput, UpdateOptions, WorkflowUpdateHandle } from "./update.ts";
import { isDurable, toUpdateError, updateHandle, updateRequest } from "./update.ts";

/** The start part of an update-with-start. */
export type WithStart<W extends WorkflowRef> = { startWorkflowOperation: WithStartWorkflowOperation<W> };

/** Starts the workflow where needed, sends the update and waits for its result. */
export interface ExecuteUpdateWithStart {
  <W extends WorkflowRef, R, A extends any[]>(
    update: UpdateDefinition<R, A>,
    options: UpdateOptions & WithStart<W> & ArgsOption<A>,
  ): Promise<R>;
  <W extends WorkflowRef, N extends HandlerName<W>>(
    update: N,
    options: UpdateOptions & WithStart<W> & ArgsOption<HandlerArgs<W, N>>,
  ): Promise<HandlerResult<W, N>>;
}

/** Starts the workflow where needed, sends the update and waits for a stage of it. */
export interface StartUpdateWithStart {
  <W extends WorkflowRef, R, A extends any[]>(
    update: UpdateDefinition<R, A>,
    options: StartUpdateOptions & WithStart<W> & ArgsOption<A>,
  ): Promise<WorkflowUpdateHandle<R>>;
  <W extends WorkflowRef, N extends HandlerName<W>>(
    update: N,
    options: StartUpdateOptions & WithStart<W> & ArgsOption<HandlerArgs<W, N>>,
  ): Promise<WorkflowUpdateHandle<HandlerResult<W, N>>>;
}

/** What an operation is asked for when it is used. */
interface Taken {
  input: StartInput;
  resolve(handle: WorkflowHandle<any>): void;
  reject(error: unknown): void;
}

let takeOperation: (operation: WithStartWorkflowOperation<any>) => Taken;

/** A start that goes with one update; may be used once. */
export class WithStartWorkflowOperation<W extends WorkflowRef = UntypedWorkflow> {
  readonly #input: StartInput;
  readonly #handle: PromiseWithResolvers<WorkflowHandle<W>> = Promise.withResolvers();
  #isUsed = false;

  static {
    takeOperation = (operation) => operation.#take();
  }

  /** Throws ValueError where id, task queue or conflict policy are missing. */
  constructor(workflow: W | string, options: WorkflowStartOptions<W> & { idConflictPolicy: WorkflowIDConflictPolicy }) {
    const where = "WithStartWorkflowOperation";
    const start = options as WorkflowStartOptions<UntypedWorkflow>;
    checkStartOptions(where, start);
    if (!start.idConflictPolicy) {
      throw new ValueError(
        `${where}: missing \`idConflictPolicy\`; give "USE_EXISTING", "FAIL" or "TERMINATE_EXISTING"`,
      );
    }
    const resultType = start.resultType ?? findDefinition(workflow)?.result;
    this.#input = { ...start, resultType, workflow: definitionName(workflow, "workflow") };
    this.#handle.promise.catch(() => {}); // nobody has to ask for the handle
  }

  /** The workflow's handle as soon as the start part has succeeded; rejects as the call does where it failed. */
  workflowHandle(): Promise<WorkflowHandle<W>> {
    return this.#handle.promise;
  }

  #take(): Taken {
    if (this.#isUsed) {
      throw new IllegalStateError("this WithStartWorkflowOperation has been used; make one for each update");
    }
    this.#isUsed = true;
    return { input: this.#input, resolve: this.#handle.resolve, reject: this.#handle.reject };
  }
}

/** Throws ValueError unless the options carry an operation. */
export function checkOperation(
  where: string,
  options: Partial<WithStart<WorkflowRef>> | undefined,
): WithStartWorkflowOperation<any> {
  const operation = options?.startWorkflowOperation;
  if (operation instanceof WithStartWorkflowOperation) return operation;
  throw new ValueError(`${where}: missing \`startWorkflowOperation\`; give a WithStartWorkflowOperation`);
}

/** Sends start and update until the update is durable, then waits for the stage that is asked for. */
export async function startUpdateWithStart(
  context: ClientContext,
  operation: WithStartWorkflowOperation<any>,
  update: Omit<UpdateInput, "id">,
): Promise<UpdateHandle> {
  const { input, resolve, reject } = takeOperation(operation);
  const target = { ...update, id: input.id };
  try {
    const { start, update: response } = await sendUntilDurable(context, input, target);
    resolve(startedHandle(context, input, start));
    return await updateHandle(context, target, response);
  } catch (error) {
    reject(error);
    throw error;
  }
}

interface Parts {
  start: StartWorkflowExecutionResponse;
  update: UpdateWorkflowExecutionResponse;
}

async function sendUntilDurable(context: ClientContext, input: StartInput, update: UpdateInput): Promise<Parts> {
  const { requestEagerExecution: _, ...start } = await startRequest(context, input);
  const request = {
    namespace: context.namespace,
    operations: [
      { operation: { case: "startWorkflow" as const, value: start } },
      { operation: { case: "updateWorkflow" as const, value: await updateRequest(context, update) } },
    ],
  };
  for (;;) {
    try {
      const response = await context.caller.call(
        WorkflowService.method.executeMultiOperation,
        request,
        update,
        longPoll,
      );
      const parts = readParts(response);
      if (isDurable(parts.update)) return parts;
    } catch (error) {
      if (!isOwnDeadline(context, error, update)) throw toUpdateError(toStartError(toInnerError(error), input));
    }
  }
}

function readParts(response: ExecuteMultiOperationResponse): Parts {
  const [first, second] = response.responses.map(({ response }) => response);
  if (first?.case !== "startWorkflow" || second?.case !== "updateWorkflow") {
    throw new RPCError("the server answered an update-with-start without its two parts", { status: "INTERNAL" });
  }
  return { start: first.value, update: second.value };
}

/** The first part that failed by itself, not because the other did; the whole error where there is none. */
function toInnerError(error: unknown): unknown {
  if (!(error instanceof RPCError)) return error;
  const statuses = findDetail(error, MultiOperationExecutionFailureSchema)?.statuses ?? [];
  const inner = statuses.find(({ code }) => code !== 0 && code !== Code.Aborted);
  const about = { operation: "ExecuteMultiOperation", resource: "WORKFLOW" } as const;
  return inner ? toRpcError(toConnectError(inner, error), about) : error;
}

function toConnectError(status: MultiOperationExecutionFailure_OperationStatus, cause: RPCError): ConnectError {
  const error = new ConnectError(status.message, status.code, undefined, undefined, cause);
  error.isWireError = true;
  error.details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return error;
}
