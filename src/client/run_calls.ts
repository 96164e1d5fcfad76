/**
 * The calls about one run: signal, query, cancel, terminate, describe.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";
import { RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError } from "../common/errors.ts";
import type { QueryRejectCondition, RpcOptions } from "../common/options.ts";
import type { SerializationContext } from "../converter/context.ts";
import { QueryRejectCondition as RejectConditionNumber } from "../gen/temporal/api/enums/v1/query_pb.ts";
import { QueryFailedFailureSchema } from "../gen/temporal/api/errordetails/v1/message_pb.ts";
import type { QueryWorkflowResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { DescriptionView, statusName } from "./execution.ts";
import type { WorkflowExecutionDescription } from "./execution.ts";
import { enumNumber } from "./proto.ts";
import { decodeFirst } from "./result.ts";
import { findDetail } from "./rpc_details.ts";
import { encodeArgs, workflowContext } from "./start.ts";

/** Which run a call is about, and the options of the call. */
export interface RunInput extends RpcOptions {
  id: string;
  /** Unset: the newest run of the id. */
  runId?: string;
  /** Set: only a run of the chain that began with this one. */
  firstExecutionRunId?: string;
}

/** Sends a signal. */
export async function signalWorkflow(
  context: ClientContext,
  input: RunInput & { signalName: string; args: readonly unknown[] },
): Promise<void> {
  const request = {
    namespace: context.namespace,
    workflowExecution: { workflowId: input.id, runId: input.runId },
    signalName: input.signalName,
    input: await encodeArgs(context.dataConverter, input.args, workflowContext(context, input.id)),
    identity: context.identity,
    requestId: crypto.randomUUID(),
  };
  await context.caller.call(WorkflowService.method.signalWorkflowExecution, request, input);
}

/** Asks a query; no payload in the answer: undefined. */
export async function queryWorkflow(
  context: ClientContext,
  input: RunInput & {
    query: string;
    args: readonly unknown[];
    rejectCondition?: QueryRejectCondition;
    resultType?: TypeHint;
  },
): Promise<unknown> {
  const serialization = workflowContext(context, input.id);
  const request = {
    namespace: context.namespace,
    execution: { workflowId: input.id, runId: input.runId },
    query: { queryType: input.query, queryArgs: await encodeArgs(context.dataConverter, input.args, serialization) },
    queryRejectCondition: enumNumber(RejectConditionNumber, input.rejectCondition, "rejectCondition"),
  };
  let response: QueryWorkflowResponse;
  try {
    response = await context.caller.call(WorkflowService.method.queryWorkflow, request, input);
  } catch (error) {
    throw await toQueryError(context, error, serialization);
  }
  if (response.queryRejected) {
    const status = statusName(response.queryRejected.status);
    throw new WorkflowQueryRejectedError(`query ${input.query} was rejected, workflow status: ${status ?? "unknown"}`, {
      status,
    });
  }
  return await decodeFirst(context, response.queryResult?.payloads ?? [], serialization, input.resultType);
}

/** Asks a workflow to cancel itself. */
export async function cancelWorkflow(context: ClientContext, input: RunInput & { reason?: string }): Promise<void> {
  const request = {
    namespace: context.namespace,
    workflowExecution: { workflowId: input.id, runId: input.runId },
    identity: context.identity,
    requestId: crypto.randomUUID(),
    firstExecutionRunId: input.firstExecutionRunId,
    reason: input.reason,
  };
  await context.caller.call(WorkflowService.method.requestCancelWorkflowExecution, request, input);
}

/** Ends a workflow at once. */
export async function terminateWorkflow(
  context: ClientContext,
  input: RunInput & { reason?: string; details?: readonly unknown[] },
): Promise<void> {
  const request = {
    namespace: context.namespace,
    workflowExecution: { workflowId: input.id, runId: input.runId },
    reason: input.reason,
    details: await encodeArgs(context.dataConverter, input.details, workflowContext(context, input.id)),
    identity: context.identity,
    firstExecutionRunId: input.firstExecutionRunId,
  };
  await context.caller.call(WorkflowService.method.terminateWorkflowExecution, request, input);
}

/** Asks the server for all that it knows of a run. */
export async function describeWorkflow(context: ClientContext, input: RunInput): Promise<WorkflowExecutionDescription> {
  const request = {
    namespace: context.namespace,
    execution: { workflowId: input.id, runId: input.runId },
  };
  const response = await context.caller.call(WorkflowService.method.describeWorkflowExecution, request, input);
  return new DescriptionView(context, response);
}

/** The server answers a failed query with INVALID_ARGUMENT, newer ones with the handler's failure in the details. */
async function toQueryError(
  context: ClientContext,
  error: unknown,
  serialization: SerializationContext,
): Promise<unknown> {
  if (!(error instanceof RPCError) || error.status !== "INVALID_ARGUMENT") return error;
  const failure = findDetail(error, QueryFailedFailureSchema)?.failure;
  const cause = failure ? await context.dataConverter.decodeFailure(failure, serialization) : error;
  return new WorkflowQueryFailedError(error.message, { cause });
}
