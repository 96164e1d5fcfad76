/**
 * The errors that travel: what workflows, activities, child workflows and Nexus operations fail with.
 *
 * @module
 */
import { type Duration, optionalMilliseconds } from "./duration.ts";
import type { Failure } from "./failure.ts";
import { TemporalError, type TemporalErrorCode } from "./temporal_error.ts";

/** Why something is not tried again. */
export type RetryState =
  | "IN_PROGRESS"
  | "NON_RETRYABLE_FAILURE"
  | "TIMEOUT"
  | "MAXIMUM_ATTEMPTS_REACHED"
  | "RETRY_POLICY_NOT_SET"
  | "INTERNAL_SERVER_ERROR"
  | "CANCEL_REQUESTED";

/** Which time-out elapsed. */
export type TimeoutType = "START_TO_CLOSE" | "SCHEDULE_TO_START" | "SCHEDULE_TO_CLOSE" | "HEARTBEAT";

/** An error that stands for a failure: it crosses processes and SDKs. */
export class FailureError extends TemporalError {
  static override readonly code: TemporalErrorCode = "FAILURE";
  static override readonly name: string = "FailureError";
  /** The failure it was made from, if any; sent again unchanged when the error is thrown on. */
  declare failure?: Failure;
}

/** Options of {@link ApplicationError}. */
export interface ApplicationErrorOptions {
  /** What retry policies and callers know this kind of error by. */
  type?: string;
  details?: unknown[];
  /** Whether it ends all retries; default false. */
  nonRetryable?: boolean;
  /** Wait before the next attempt, over that of the retry policy. */
  nextRetryDelay?: Duration;
  /** `"BENIGN"` is logged quietly and counts in no failure metric. */
  category?: "BENIGN";
  cause?: unknown;
}

/** An error of the application: fails a workflow for good, an activity until its retries end. */
export class ApplicationError extends FailureError {
  static override readonly code: TemporalErrorCode = "APPLICATION";
  static override readonly name: string = "ApplicationError";
  declare readonly code: "APPLICATION";
  readonly type?: string;
  readonly details: unknown[];
  readonly nonRetryable: boolean;
  /** In milliseconds. */
  readonly nextRetryDelay?: number;
  readonly category?: "BENIGN";

  /** Throws ValueError where `nextRetryDelay` is no duration. */
  constructor(message: string, options: ApplicationErrorOptions = {}) {
    super(message, options);
    this.type = options.type;
    this.details = options.details ?? [];
    this.nonRetryable = options.nonRetryable ?? false;
    this.nextRetryDelay = optionalMilliseconds(options.nextRetryDelay, "nextRetryDelay");
    this.category = options.category;
  }
}

/** What is waited for was cancelled. */
export class CancelledError extends FailureError {
  static override readonly code: TemporalErrorCode = "CANCELLED";
  static override readonly name: string = "CancelledError";
  declare readonly code: "CANCELLED";
  readonly details: unknown[];

  /** The message is "Cancelled" by default. */
  constructor(message: string = "Cancelled", options: { details?: unknown[]; cause?: unknown } = {}) {
    super(message, options);
    this.details = options.details ?? [];
  }
}

/** A workflow or an activity was terminated. */
export class TerminatedError extends FailureError {
  static override readonly code: TemporalErrorCode = "TERMINATED";
  static override readonly name: string = "TerminatedError";
  declare readonly code: "TERMINATED";
  readonly details: unknown[];

  /** Details are those given to terminate. */
  constructor(message?: string, options: { details?: unknown[]; cause?: unknown } = {}) {
    super(message, options);
    this.details = options.details ?? [];
  }
}

/** The server failed. */
export class ServerError extends FailureError {
  static override readonly code: TemporalErrorCode = "SERVER";
  static override readonly name: string = "ServerError";
  declare readonly code: "SERVER";
  readonly nonRetryable: boolean;

  /** Retryable by default. */
  constructor(message?: string, options: { nonRetryable?: boolean; cause?: unknown } = {}) {
    super(message, options);
    this.nonRetryable = options.nonRetryable ?? false;
  }
}

/** A time-out elapsed. */
export class TimeoutError extends FailureError {
  static override readonly code: TemporalErrorCode = "TIMEOUT";
  static override readonly name: string = "TimeoutError";
  declare readonly code: "TIMEOUT";
  readonly type?: TimeoutType;
  readonly lastHeartbeatDetails: unknown[];

  /** Without heartbeat details by default. */
  constructor(
    message: string,
    options: { type?: TimeoutType; lastHeartbeatDetails?: unknown[]; cause?: unknown } = {},
  ) {
    super(message, options);
    this.type = options.type;
    this.lastHeartbeatDetails = options.lastHeartbeatDetails ?? [];
  }
}

/** What an {@link ActivityError} says of its activity. */
export interface ActivityErrorOptions {
  scheduledEventId: number;
  startedEventId: number;
  identity: string;
  activityType: string;
  activityId: string;
  retryState?: RetryState;
  cause?: unknown;
}

/** An activity failed; the cause says how. */
export class ActivityError extends FailureError {
  static override readonly code: TemporalErrorCode = "ACTIVITY";
  static override readonly name: string = "ActivityError";
  declare readonly code: "ACTIVITY";
  readonly scheduledEventId: number;
  /** 0 where it never started, or the history does not say. */
  readonly startedEventId: number;
  /** The worker's identity, "" where none took it. */
  readonly identity: string;
  readonly activityType: string;
  readonly activityId: string;
  readonly retryState?: RetryState;

  /** An error about one activity. */
  constructor(message: string, options: ActivityErrorOptions) {
    super(message, options);
    this.scheduledEventId = options.scheduledEventId;
    this.startedEventId = options.startedEventId;
    this.identity = options.identity;
    this.activityType = options.activityType;
    this.activityId = options.activityId;
    this.retryState = options.retryState;
  }
}

/** What a {@link ChildWorkflowError} says of its workflow. */
export interface ChildWorkflowErrorOptions {
  namespace: string;
  workflowId: string;
  runId: string;
  workflowType: string;
  initiatedEventId: number;
  startedEventId: number;
  retryState?: RetryState;
  cause?: unknown;
}

/** A child workflow failed; the cause says how. */
export class ChildWorkflowError extends FailureError {
  static override readonly code: TemporalErrorCode = "CHILD_WORKFLOW";
  static override readonly name: string = "ChildWorkflowError";
  declare readonly code: "CHILD_WORKFLOW";
  readonly namespace: string;
  readonly workflowId: string;
  /** "" where it never started. */
  readonly runId: string;
  readonly workflowType: string;
  readonly initiatedEventId: number;
  /** 0 where it never started. */
  readonly startedEventId: number;
  readonly retryState?: RetryState;

  /** An error about one child workflow. */
  constructor(message: string, options: ChildWorkflowErrorOptions) {
    super(message, options);
    this.namespace = options.namespace;
    this.workflowId = options.workflowId;
    this.runId = options.runId;
    this.workflowType = options.workflowType;
    this.initiatedEventId = options.initiatedEventId;
    this.startedEventId = options.startedEventId;
    this.retryState = options.retryState;
  }
}

/** What a {@link NexusOperationError} says of its operation. */
export interface NexusOperationErrorOptions {
  scheduledEventId: number;
  endpoint: string;
  service: string;
  operation: string;
  operationToken: string;
  cause?: unknown;
}

/** A Nexus operation failed; the cause says how. */
export class NexusOperationError extends FailureError {
  static override readonly code: TemporalErrorCode = "NEXUS_OPERATION";
  static override readonly name: string = "NexusOperationError";
  declare readonly code: "NEXUS_OPERATION";
  readonly scheduledEventId: number;
  readonly endpoint: string;
  readonly service: string;
  readonly operation: string;
  /** "" where it completed synchronously. */
  readonly operationToken: string;

  /** An error about one Nexus operation. */
  constructor(message: string, options: NexusOperationErrorOptions) {
    super(message, options);
    this.scheduledEventId = options.scheduledEventId;
    this.endpoint = options.endpoint;
    this.service = options.service;
    this.operation = options.operation;
    this.operationToken = options.operationToken;
  }
}

/** A workflow of that id runs already, or has run and the id may not be used again. */
export class WorkflowAlreadyStartedError extends FailureError {
  static override readonly code: TemporalErrorCode = "WORKFLOW_ALREADY_STARTED";
  static override readonly name: string = "WorkflowAlreadyStartedError";
  declare readonly code: "WORKFLOW_ALREADY_STARTED";
  readonly workflowId: string;
  readonly workflowType: string;
  /** Of the run that has the id, where the server tells. */
  readonly runId?: string;

  /** An error about one workflow id. */
  constructor(
    message: string,
    options: { workflowId: string; workflowType: string; runId?: string; cause?: unknown },
  ) {
    super(message, options);
    this.workflowId = options.workflowId;
    this.workflowType = options.workflowType;
    this.runId = options.runId;
  }
}

/** A standalone activity of that id runs already, or has run and the id may not be used again. */
export class ActivityAlreadyStartedError extends FailureError {
  static override readonly code: TemporalErrorCode = "ACTIVITY_ALREADY_STARTED";
  static override readonly name: string = "ActivityAlreadyStartedError";
  declare readonly code: "ACTIVITY_ALREADY_STARTED";
  readonly activityId: string;
  readonly activityType: string;
  /** Of the run that has the id, where the server tells. */
  readonly runId?: string;

  /** An error about one activity id. */
  constructor(
    message: string,
    options: { activityId: string; activityType: string; runId?: string; cause?: unknown },
  ) {
    super(message, options);
    this.activityId = options.activityId;
    this.activityType = options.activityType;
    this.runId = options.runId;
  }
}

/** A standalone Nexus operation of that id runs already, or has run and the id may not be used again. */
export class NexusOperationAlreadyStartedError extends FailureError {
  static override readonly code: TemporalErrorCode = "NEXUS_OPERATION_ALREADY_STARTED";
  static override readonly name: string = "NexusOperationAlreadyStartedError";
  declare readonly code: "NEXUS_OPERATION_ALREADY_STARTED";
  readonly operationId: string;
  /** Of the run that has the id, where the server tells. */
  readonly runId?: string;

  /** An error about one operation id. */
  constructor(message: string, options: { operationId: string; runId?: string; cause?: unknown }) {
    super(message, options);
    this.operationId = options.operationId;
    this.runId = options.runId;
  }
}

/** Whether an error means cancellation: a CancelledError, or an error of an activity, child or operation caused by one. */
export function isCancelledException(error: unknown): boolean {
  if (error instanceof CancelledError) return true;
  const isWrapper = error instanceof ActivityError || error instanceof ChildWorkflowError ||
    error instanceof NexusOperationError;
  return isWrapper && (error as Error).cause instanceof CancelledError;
}
