/**
 * Errors of the server whose details say more than their status.
 *
 * @module
 */
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";
import { RPCError, WorkflowAlreadyStartedError } from "../common/errors.ts";
import { WorkflowExecutionAlreadyStartedFailureSchema } from "../gen/temporal/api/errordetails/v1/message_pb.ts";

/** The first detail of this type that an error carries. */
export function findDetail<D extends DescMessage>(error: RPCError, schema: D): MessageShape<D> | undefined {
  const detail = error.grpcStatus.details.find(({ typeUrl }) =>
    typeUrl.slice(typeUrl.lastIndexOf("/") + 1) === schema.typeName
  );
  return detail && fromBinary(schema, detail.value);
}

/** What a failed start rejects with: only an error that carries the detail says "already started". */
export function toStartError(error: unknown, start: { id: string; workflow: string }): unknown {
  if (!(error instanceof RPCError) || error.status !== "ALREADY_EXISTS") return error;
  const detail = findDetail(error, WorkflowExecutionAlreadyStartedFailureSchema);
  if (!detail) return error;
  return new WorkflowAlreadyStartedError(`workflow ${start.id} has already been started`, {
    workflowId: start.id,
    workflowType: start.workflow,
    runId: detail.runId || undefined,
    cause: error,
  });
}
