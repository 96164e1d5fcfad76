/**
 * Failed calls as the errors users see: RPCError and NotFoundError, with one line that says what to do.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type GrpcStatus,
  NotFoundError,
  type NotFoundResource,
  RPCError,
  type RPCErrorOptions,
  type RPCStatusCode,
} from "../common/errors.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";
import { NamespaceNotFoundFailureSchema } from "../gen/temporal/api/errordetails/v1/message_pb.ts";
import { detailsTrailer } from "./status.ts";

/** What is known of a call that failed. */
export interface RpcErrorContext {
  /** The server, as {@link Connection.address} has it. */
  address?: string;
  /** The method, for example `StartWorkflowExecution`. */
  operation?: string;
  namespace?: string;
  /** What a NOT_FOUND is about; by default the operation tells. */
  resource?: NotFoundResource;
}

const statusNames: Record<Code, RPCStatusCode> = {
  [Code.Canceled]: "CANCELLED",
  [Code.Unknown]: "UNKNOWN",
  [Code.InvalidArgument]: "INVALID_ARGUMENT",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
  [Code.NotFound]: "NOT_FOUND",
  [Code.AlreadyExists]: "ALREADY_EXISTS",
  [Code.PermissionDenied]: "PERMISSION_DENIED",
  [Code.ResourceExhausted]: "RESOURCE_EXHAUSTED",
  [Code.FailedPrecondition]: "FAILED_PRECONDITION",
  [Code.Aborted]: "ABORTED",
  [Code.OutOfRange]: "OUT_OF_RANGE",
  [Code.Unimplemented]: "UNIMPLEMENTED",
  [Code.Internal]: "INTERNAL",
  [Code.Unavailable]: "UNAVAILABLE",
  [Code.DataLoss]: "DATA_LOSS",
  [Code.Unauthenticated]: "UNAUTHENTICATED",
};

/** First match wins: `PollWorkflowExecutionUpdate` is about an update, `SignalWorkflowExecution` about a workflow. */
const resources: [operation: RegExp, NotFoundResource][] = [
  [/Update$/, "UPDATE"],
  [/Namespace/, "NAMESPACE"],
  [/Schedule/, "SCHEDULE"],
  [/NexusOperation/, "NEXUS_OPERATION"],
  [/Deployment/, "DEPLOYMENT"],
  [/Activity/, "ACTIVITY"],
  [/Workflow/, "WORKFLOW"],
];

interface Advice {
  code: Code;
  pattern?: RegExp;
  explain(raw: string, context: RpcErrorContext): string;
}

const advices: Advice[] = [
  {
    code: Code.Unauthenticated,
    explain: (raw, context) => `${server(context)} did not accept the credentials (${trim(raw)}); check apiKey`,
  },
  {
    code: Code.PermissionDenied,
    explain: (raw, context) =>
      `${server(context)} does not allow ${call(context)} (${trim(raw)}); check apiKey, its rights and the namespace`,
  },
  {
    code: Code.ResourceExhausted,
    pattern: /larger than max/,
    explain: (raw, context) =>
      `the request of ${call(context)} is over the limit of ${server(context)} (${
        trim(raw)
      }); pass less data, or a reference to it`,
  },
  {
    code: Code.InvalidArgument,
    pattern: /exceeds (?:size )?limit|too large|size limit/i,
    explain: (raw, context) =>
      `a payload of ${call(context)} is over the limit of ${server(context)} (${
        trim(raw)
      }); pass less data, or a reference to it`,
  },
];

/**
 * The error of a failed call; an RPCError stays what it is.
 *
 * @throws what is no failure of a call (a ValueError, a bug), unchanged
 */
export function toRpcError(error: unknown, context: RpcErrorContext = {}): RPCError {
  if (error instanceof RPCError) return error;
  if (!(error instanceof ConnectError)) throw error;
  const options = readStatus(error);
  if (error.code !== Code.NotFound) return new RPCError(formatMessage(error, context), options);
  const missing = findMissingNamespace(error, context);
  if (missing !== undefined) {
    const message = `namespace ${JSON.stringify(missing)} does not exist on ${server(context)}; ` +
      `create it (temporal operator namespace create ${missing}) or pass another namespace`;
    return new NotFoundError(message, { ...options, resource: "NAMESPACE" });
  }
  const resource = context.resource ?? resources.find(([operation]) => operation.test(context.operation ?? ""))?.[1];
  const message = error.rawMessage || `${call(context)} found nothing on ${server(context)}`;
  return resource ? new NotFoundError(message, { ...options, resource }) : new RPCError(message, options);
}

function findMissingNamespace(error: ConnectError, context: RpcErrorContext): string | undefined {
  const [detail] = error.findDetails(NamespaceNotFoundFailureSchema);
  if (detail) return detail.namespace || context.namespace || "";
  return /^Namespace (\S+) (?:is|was) not found/i.exec(error.rawMessage)?.[1];
}

function formatMessage(error: ConnectError, context: RpcErrorContext): string {
  const raw = error.rawMessage || statusNames[error.code];
  // Only what the server said needs explaining: the transport's own errors say it all.
  if (!error.isWireError) return raw;
  const advice = advices.find(({ code, pattern }) => code === error.code && (pattern?.test(raw) ?? true));
  return advice ? advice.explain(raw, context) : raw;
}

function readStatus(error: ConnectError): RPCErrorOptions {
  const details = error.details.flatMap((detail) =>
    "type" in detail ? [{ typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value }] : []
  );
  const grpcStatus: GrpcStatus = { code: error.code, message: error.rawMessage, details };
  return {
    status: statusNames[error.code],
    grpcStatus,
    rawGrpcStatus: readRawStatus(error, grpcStatus),
    cause: error.cause ?? error,
  };
}

function readRawStatus(error: ConnectError, status: GrpcStatus): Uint8Array | undefined {
  if (status.details.length === 0) return undefined;
  const raw = error.metadata.get(detailsTrailer);
  return raw === null ? toBinary(StatusSchema, create(StatusSchema, status)) : base64Decode(raw);
}

function server({ address }: RpcErrorContext): string {
  return address ?? "the server";
}

function call({ operation }: RpcErrorContext): string {
  return operation ?? "the call";
}

function trim(raw: string): string {
  return raw.replace(/[.\s]+$/, "");
}
