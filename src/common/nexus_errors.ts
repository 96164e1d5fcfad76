/**
 * The errors of Nexus handlers; part of `./nexus`, here because failures are decoded to them.
 *
 * @module
 */
import { TemporalError, type TemporalErrorCode } from "./temporal_error.ts";

/** What went wrong in a Nexus handler. */
export type HandlerErrorType =
  | "BAD_REQUEST"
  | "UNAUTHENTICATED"
  | "UNAUTHORIZED"
  | "NOT_FOUND"
  | "REQUEST_TIMEOUT"
  | "CONFLICT"
  | "RESOURCE_EXHAUSTED"
  | "INTERNAL"
  | "NOT_IMPLEMENTED"
  | "UNAVAILABLE"
  | "UPSTREAM_TIMEOUT";

/** The types that are not tried again unless the handler says otherwise; every other type is. */
const finalTypes = "BAD_REQUEST UNAUTHENTICATED UNAUTHORIZED NOT_FOUND CONFLICT NOT_IMPLEMENTED";

/** A Nexus request could not be handled. */
export class HandlerError extends TemporalError {
  static override readonly code: TemporalErrorCode = "HANDLER";
  static override readonly name: string = "HandlerError";
  declare readonly code: "HANDLER";
  readonly type: HandlerErrorType;
  /** Whether the server tries again. */
  readonly retryable: boolean;
  /** What the handler said over the type's own rule. */
  readonly retryableOverride?: boolean;

  /** Retryable according to its type unless `retryableOverride` is given. */
  constructor(
    type: HandlerErrorType,
    message?: string,
    options: { retryableOverride?: boolean; cause?: unknown } = {},
  ) {
    super(message, options);
    this.type = type;
    this.retryableOverride = options.retryableOverride;
    this.retryable = options.retryableOverride ?? !finalTypes.split(" ").includes(type);
  }
}

/** A Nexus operation ended without a result. */
export class OperationError extends TemporalError {
  static override readonly code: TemporalErrorCode = "OPERATION";
  static override readonly name: string = "OperationError";
  declare readonly code: "OPERATION";
  readonly state: "FAILED" | "CANCELED";

  /** Failed or cancelled. */
  constructor(state: "FAILED" | "CANCELED", message?: string, options?: { cause?: unknown }) {
    super(message, options);
    this.state = state;
  }
}
