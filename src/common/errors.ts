/**
 * All error classes, and the union of them for `switch (error.code)`.
 *
 * @module
 */
import {
  ActivityAlreadyStartedError,
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  ServerError,
  TerminatedError,
  TimeoutError,
  WorkflowAlreadyStartedError,
} from "./failure_errors.ts";
import { HandlerError, OperationError } from "./nexus_errors.ts";
import type { ActivityCancellationDetails, WorkflowExecutionStatus } from "./options.ts";
import { IllegalStateError, TemporalError, type TemporalErrorCode, ValueError } from "./temporal_error.ts";

export { isCancelledException } from "./failure_errors.ts";
export type {
  ActivityErrorOptions,
  ApplicationErrorOptions,
  ChildWorkflowErrorOptions,
  NexusOperationErrorOptions,
  RetryState,
  TimeoutType,
} from "./failure_errors.ts";
export type { HandlerErrorType } from "./nexus_errors.ts";
export type { TemporalErrorCode } from "./temporal_error.ts";
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  HandlerError,
  IllegalStateError,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  OperationError,
  ServerError,
  TemporalError,
  TerminatedError,
  TimeoutError,
  ValueError,
  WorkflowAlreadyStartedError,
};

/** A workflow did not end well; the cause says how. */
export class WorkflowFailureError extends TemporalError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_FAILURE";
  static override readonly name: string = "WorkflowFailureError";
  declare readonly code: "WORKFLOW_FAILURE";
  declare readonly cause: Error;

  /** Needs its cause. */
  constructor(message: string, options: { cause: Error }) {
    super(message, options);
  }
}

/** A standalone activity did not end well; the cause says how. */
export class ActivityFailureError extends TemporalError {
  static override readonly code: TemporalErrorCode = "ACTIVITY_FAILURE";
  static override readonly name: string = "ActivityFailureError";
  declare readonly code: "ACTIVITY_FAILURE";
  declare readonly cause: Error;

  /** Needs its cause. */
  constructor(message: string, options: { cause: Error }) {
    super(message, options);
  }
}

/** A standalone Nexus operation did not end well; the cause says how. */
export class NexusOperationFailureError extends TemporalError {
  static override readonly code: TemporalErrorCode = "NEXUS_OPERATION_FAILURE";
  static override readonly name: string = "NexusOperationFailureError";
  declare readonly code: "NEXUS_OPERATION_FAILURE";
  declare readonly cause: Error;

  /** Needs its cause. */
  constructor(message: string, options: { cause: Error }) {
    super(message, options);
  }
}

/** An update was rejected or failed; the cause says why. */
export class WorkflowUpdateFailedError extends TemporalError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_UPDATE_FAILED";
  static override readonly name: string = "WorkflowUpdateFailedError";
  declare readonly code: "WORKFLOW_UPDATE_FAILED";
  declare readonly cause: Error;

  /** Needs its cause. */
  constructor(message: string, options: { cause: Error }) {
    super(message, options);
  }
}

/** The run that was asked for its result continued as new. */
export class WorkflowContinuedAsNewError extends TemporalError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_CONTINUED_AS_NEW";
  static override readonly name: string = "WorkflowContinuedAsNewError";
  declare readonly code: "WORKFLOW_CONTINUED_AS_NEW";
  readonly newExecutionRunId: string;

  /** Needs the id of the next run. */
  constructor(message: string, options: { newExecutionRunId: string; cause?: unknown }) {
    super(message, options);
    this.newExecutionRunId = options.newExecutionRunId;
  }
}

/** The query's handler failed, or there is none. */
export class WorkflowQueryFailedError extends TemporalError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_QUERY_FAILED";
  static override readonly name: string = "WorkflowQueryFailedError";
  declare readonly code: "WORKFLOW_QUERY_FAILED";
}

/** The query was not asked, because of where the workflow stands. */
export class WorkflowQueryRejectedError extends TemporalError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_QUERY_REJECTED";
  static override readonly name: string = "WorkflowQueryRejectedError";
  declare readonly code: "WORKFLOW_QUERY_REJECTED";
  readonly status?: WorkflowExecutionStatus;

  /** Has the status for which it was rejected. */
  constructor(message: string, options: { status?: WorkflowExecutionStatus; cause?: unknown } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** A schedule of that id exists. */
export class ScheduleAlreadyRunningError extends TemporalError {
  static override readonly code: TemporalErrorCode = "SCHEDULE_ALREADY_RUNNING";
  static override readonly name: string = "ScheduleAlreadyRunningError";
  declare readonly code: "SCHEDULE_ALREADY_RUNNING";
}

/** An activity that is completed from outside was asked to stop. */
export class AsyncActivityCancelledError extends TemporalError {
  static override readonly code: TemporalErrorCode = "ASYNC_ACTIVITY_CANCELLED";
  static override readonly name: string = "AsyncActivityCancelledError";
  declare readonly code: "ASYNC_ACTIVITY_CANCELLED";
  readonly details: ActivityCancellationDetails;

  /** Needs to know why. */
  constructor(message: string, options: { details: ActivityCancellationDetails; cause?: unknown }) {
    super(message, options);
    this.details = options.details;
  }
}

/** The gRPC status codes. */
export type RPCStatusCode =
  | "OK"
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** A gRPC status as plain data; details are packed messages. */
export interface GrpcStatus {
  code: number;
  message: string;
  details: { typeUrl: string; value: Uint8Array }[];
}

/** What an {@link RPCError} says of its call. */
export interface RPCErrorOptions {
  status: RPCStatusCode;
  /** The `grpc-status-details-bin` of the answer. */
  rawGrpcStatus?: Uint8Array;
  /** The same, decoded. */
  grpcStatus?: GrpcStatus;
  cause?: unknown;
}

/** The server refused a call, or could not be reached. */
export class RPCError extends TemporalError {
  static override readonly code: TemporalErrorCode = "RPC";
  static override readonly name: string = "RPCError";
  declare readonly code: "RPC" | "NOT_FOUND";
  readonly status: RPCStatusCode;
  /** Empty where the answer had no details. */
  readonly rawGrpcStatus: Uint8Array;
  /** Without details where the answer had none. */
  readonly grpcStatus: GrpcStatus;

  /** An error with the status of the call. */
  constructor(message: string, options: RPCErrorOptions) {
    super(message, options);
    this.status = options.status;
    this.rawGrpcStatus = options.rawGrpcStatus ?? new Uint8Array();
    this.grpcStatus = options.grpcStatus ?? { code: statusNumber(options.status), message, details: [] };
  }
}

const statusCodes =
  "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED " +
  "FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED";

function statusNumber(status: RPCStatusCode): number {
  return statusCodes.split(" ").indexOf(status);
}

/** What a {@link NotFoundError} did not find. */
export type NotFoundResource =
  | "NAMESPACE"
  | "WORKFLOW"
  | "ACTIVITY"
  | "SCHEDULE"
  | "NEXUS_OPERATION"
  | "DEPLOYMENT"
  | "UPDATE";

/** What the call is about does not exist, or has closed. */
export class NotFoundError extends RPCError {
  static override readonly code: TemporalErrorCode = "NOT_FOUND";
  static override readonly name: string = "NotFoundError";
  declare readonly code: "NOT_FOUND";
  readonly resource: NotFoundResource;

  /** The status is `NOT_FOUND` by default. */
  constructor(message: string, options: Partial<RPCErrorOptions> & { resource: NotFoundResource }) {
    super(message, { status: "NOT_FOUND", ...options });
    this.resource = options.resource;
  }
}

/** A call took too long or was aborted by its caller. */
export class RPCTimeoutOrCancelledError extends TemporalError {
  static override readonly code: TemporalErrorCode = "RPC_TIMEOUT_OR_CANCELLED";
  static override readonly name: string = "RPCTimeoutOrCancelledError";
  declare readonly code: "RPC_TIMEOUT_OR_CANCELLED" | "WORKFLOW_UPDATE_RPC_TIMEOUT_OR_CANCELLED";
}

/** Waiting for an update took too long or was aborted; the update itself goes on. */
export class WorkflowUpdateRPCTimeoutOrCancelledError extends RPCTimeoutOrCancelledError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_UPDATE_RPC_TIMEOUT_OR_CANCELLED";
  static override readonly name: string = "WorkflowUpdateRPCTimeoutOrCancelledError";
  declare readonly code: "WORKFLOW_UPDATE_RPC_TIMEOUT_OR_CANCELLED";
}

/** Where workflow code and history part. */
export interface NondeterminismErrorOptions {
  eventId?: number;
  /** What the history has. */
  expected?: string;
  /** What the code did. */
  found?: string;
  /** Where in the code, as `file:line:column`. */
  source?: string;
  /** Both sides, one below the other. */
  diff?: string;
  cause?: unknown;
}

/** Workflow code did not do what its history says. */
export class NondeterminismError extends TemporalError {
  static override readonly code: TemporalErrorCode = "NONDETERMINISM";
  static override readonly name: string = "NondeterminismError";
  declare readonly code: "NONDETERMINISM" | "RESTRICTED_WORKFLOW_ACCESS";
  readonly eventId?: number;
  readonly expected?: string;
  readonly found?: string;
  readonly source?: string;
  /** The events before, what the history has (`-`) and what the code did instead (`+`, and where); some lines. */
  declare readonly diff?: string;

  /** Says as much as is known. */
  constructor(message: string, options: NondeterminismErrorOptions = {}) {
    super(message, options);
    this.eventId = options.eventId;
    this.expected = options.expected;
    this.found = options.found;
    this.source = options.source;
    if (options.diff) showDiff(this, options.diff);
  }
}

/** In place of the stack, which is the engine's: so the diff shows, once, where errors are printed. */
function showDiff(error: NondeterminismError, diff: string): void {
  Object.defineProperty(error, "diff", { value: diff, enumerable: false });
  const place = error.source ? ` (${error.source})` : "";
  const stack = `${error.name}: ${error.message}\n    at event ${error.eventId}${place}\n${diff}`;
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
}

/** Workflow code used an API that would not be deterministic. */
export class RestrictedWorkflowAccessError extends NondeterminismError {
  static override readonly code: TemporalErrorCode = "RESTRICTED_WORKFLOW_ACCESS";
  static override readonly name: string = "RestrictedWorkflowAccessError";
  declare readonly code: "RESTRICTED_WORKFLOW_ACCESS";
  /** The API, for example `fetch` or `node:fs`. */
  readonly qualifiedName: string;
  /** What to use instead. */
  readonly replacement?: string;

  /** Needs the name of the API. */
  constructor(
    message: string,
    options: NondeterminismErrorOptions & { qualifiedName: string; replacement?: string },
  ) {
    super(message, options);
    this.qualifiedName = options.qualifiedName;
    this.replacement = options.replacement;
  }
}

/** A query or a validator tried to change the workflow. */
export class ReadOnlyContextError extends TemporalError {
  static override readonly code: TemporalErrorCode = "READ_ONLY_CONTEXT";
  static override readonly name: string = "ReadOnlyContextError";
  declare readonly code: "READ_ONLY_CONTEXT";
}

/** Ends a run so that it continues as new; not an error. */
export class ContinueAsNewError extends TemporalError {
  static override readonly code: TemporalErrorCode = "CONTINUE_AS_NEW";
  static override readonly name: string = "ContinueAsNewError";
  declare readonly code: "CONTINUE_AS_NEW";
}

/** Ends an activity function whose activity is completed from outside; not an error. */
export class CompleteAsyncError extends TemporalError {
  static override readonly code: TemporalErrorCode = "COMPLETE_ASYNC";
  static override readonly name: string = "CompleteAsyncError";
  declare readonly code: "COMPLETE_ASYNC";
}

/** A worker shut down with activities still running after its grace period. */
export class GracefulShutdownPeriodExpiredError extends TemporalError {
  static override readonly code: TemporalErrorCode = "GRACEFUL_SHUTDOWN_PERIOD_EXPIRED";
  static override readonly name: string = "GracefulShutdownPeriodExpiredError";
  declare readonly code: "GRACEFUL_SHUTDOWN_PERIOD_EXPIRED";
}

/** Every error of this package: `switch (error.code)` narrows it. */
export type AnyTemporalError =
  | ActivityAlreadyStartedError
  | ActivityError
  | ActivityFailureError
  | ApplicationError
  | AsyncActivityCancelledError
  | CancelledError
  | ChildWorkflowError
  | CompleteAsyncError
  | ContinueAsNewError
  | GracefulShutdownPeriodExpiredError
  | HandlerError
  | IllegalStateError
  | NexusOperationAlreadyStartedError
  | NexusOperationError
  | NexusOperationFailureError
  | NondeterminismError
  | NotFoundError
  | OperationError
  | RPCError
  | RPCTimeoutOrCancelledError
  | ReadOnlyContextError
  | RestrictedWorkflowAccessError
  | ScheduleAlreadyRunningError
  | ServerError
  | TerminatedError
  | TimeoutError
  | ValueError
  | WorkflowAlreadyStartedError
  | WorkflowContinuedAsNewError
  | WorkflowFailureError
  | WorkflowQueryFailedError
  | WorkflowQueryRejectedError
  | WorkflowUpdateFailedError
  | WorkflowUpdateRPCTimeoutOrCancelledError;
