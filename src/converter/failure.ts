/**
 * Errors to failures and back, synchronously and without protobuf: this is what workflows use.
 *
 * @module
 */
import { splitMilliseconds } from "../common/duration.ts";
import {
  ActivityError,
  type AnyTemporalError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  HandlerError,
  type HandlerErrorType,
  NexusOperationError,
  type RetryState,
  ServerError,
  TemporalError,
  TerminatedError,
  TimeoutError,
  type TimeoutType,
} from "../common/errors.ts";
import { type Failure, failureSource } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import type { SerializationContext } from "./context.ts";
import { fromPayloads, type PayloadConverter, toPayloads } from "./payload.ts";

/** Turns what was thrown into a failure and back. */
export interface FailureConverter {
  toFailure(error: unknown, payloadConverter: PayloadConverter, context?: SerializationContext): Failure;
  fromFailure(failure: Failure, payloadConverter: PayloadConverter, context?: SerializationContext): Error;
}

/** Options of {@link DefaultFailureConverter}. */
export interface DefaultFailureConverterOptions {
  /** Whether messages and stack traces travel as a payload, so that a codec can encrypt them; default false. */
  encodeCommonAttributes?: boolean;
}

/** The names of enum numbers, at their places. */
const timeoutTypes = ["", "START_TO_CLOSE", "SCHEDULE_TO_START", "SCHEDULE_TO_CLOSE", "HEARTBEAT"];
const retryStates = [
  "",
  "IN_PROGRESS",
  "NON_RETRYABLE_FAILURE",
  "TIMEOUT",
  "MAXIMUM_ATTEMPTS_REACHED",
  "RETRY_POLICY_NOT_SET",
  "INTERNAL_SERVER_ERROR",
  "CANCEL_REQUESTED",
];

const advice = "a value that is no Error was thrown; throw an Error, so that there is a stack trace";

/** Keeps message, kind, details, stack trace and cause; an error made from a failure is sent again unchanged. */
export class DefaultFailureConverter implements FailureConverter {
  /** Whether messages and stack traces travel as a payload. */
  readonly encodeCommonAttributes: boolean;

  /** Attributes travel in the open by default. */
  constructor(options: DefaultFailureConverterOptions = {}) {
    this.encodeCommonAttributes = options.encodeCommonAttributes ?? false;
  }

  /** An Error that is not of this package becomes an application failure with its name as type. */
  toFailure(error: unknown, payloadConverter: PayloadConverter, context?: SerializationContext): Failure {
    const known = new Set<unknown>();
    return this.#toFailure(error, (values) => toPayloads(payloadConverter, values, context), known);
  }

  /** Each failure of the chain becomes an error of its kind. */
  fromFailure(failure: Failure, payloadConverter: PayloadConverter, context?: SerializationContext): Error {
    const decode: Decode = (payloads) => fromPayloads(payloadConverter, payloads, undefined, context);
    const cause = failure.cause && this.fromFailure(failure.cause, payloadConverter, context);
    const { message, stackTrace } = readAttributes(failure, decode);
    const error = makeError(failure.failureInfo, message, cause, decode);
    const frames = withoutHeader(stackTrace);
    const stack = `${error.name}: ${message}${frames ? `\n${frames}` : ""}`;
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
    Object.defineProperty(error, "failure", { value: failure, writable: true, configurable: true });
    return error;
  }

  #toFailure(error: unknown, encode: Encode, known: Set<unknown>): Failure {
    const original = findFailure(error);
    if (original) return original;
    known.add(error);
    const failure = isError(error) ? describeError(error, encode) : describeValue(error);
    if (this.encodeCommonAttributes) hideAttributes(failure, encode);
    const cause = isError(error) ? error.cause : undefined;
    if (cause !== undefined && cause !== null && !known.has(cause)) {
      failure.cause = this.#toFailure(cause, encode, known);
    }
    return failure;
  }
}

type Encode = (values: unknown[]) => Payload[];
type Decode = (payloads: Payload[]) => unknown[];
type FailureInfo = NonNullable<Failure["failureInfo"]>;

function findFailure(error: unknown): Failure | undefined {
  return error instanceof TemporalError ? (error as { failure?: Failure }).failure : undefined;
}

/** Also true for errors of another realm. */
function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.prototype.toString.call(value);
  return kind === "[object Error]" || kind === "[object DOMException]";
}

function describeError(error: Error, encode: Encode): Failure {
  return {
    message: String(error.message ?? ""),
    source: failureSource,
    stackTrace: readStack(error),
    failureInfo: error instanceof TemporalError
      ? describeKind(error as AnyTemporalError, encode)
      : applicationInfo(nameError(error)),
  };
}

function describeValue(value: unknown): Failure {
  return {
    message: `${toText(value)} (${advice})`,
    source: failureSource,
    stackTrace: "",
    failureInfo: applicationInfo(""),
  };
}

function describeKind(error: AnyTemporalError, encode: Encode): FailureInfo {
  switch (error.code) {
    case "APPLICATION":
      return {
        case: "applicationFailureInfo",
        value: {
          type: error.type ?? nameSubclass(error),
          nonRetryable: error.nonRetryable,
          details: toList(error.details, encode),
          nextRetryDelay: error.nextRetryDelay === undefined ? undefined : splitMilliseconds(error.nextRetryDelay),
          category: error.category === "BENIGN" ? 1 : 0,
        },
      };
    case "CANCELLED":
      return { case: "canceledFailureInfo", value: { details: toList(error.details, encode), identity: "" } };
    case "TERMINATED":
      return { case: "terminatedFailureInfo", value: { identity: "" } };
    case "SERVER":
      return { case: "serverFailureInfo", value: { nonRetryable: error.nonRetryable } };
    case "TIMEOUT":
      return {
        case: "timeoutFailureInfo",
        value: {
          timeoutType: toNumber(timeoutTypes, error.type),
          lastHeartbeatDetails: toList(error.lastHeartbeatDetails, encode),
        },
      };
    case "ACTIVITY":
      return {
        case: "activityFailureInfo",
        value: {
          scheduledEventId: BigInt(error.scheduledEventId),
          startedEventId: BigInt(error.startedEventId),
          identity: error.identity,
          activityType: { name: error.activityType },
          activityId: error.activityId,
          retryState: toNumber(retryStates, error.retryState),
        },
      };
    case "CHILD_WORKFLOW":
      return {
        case: "childWorkflowExecutionFailureInfo",
        value: {
          namespace: error.namespace,
          workflowExecution: { workflowId: error.workflowId, runId: error.runId },
          workflowType: { name: error.workflowType },
          initiatedEventId: BigInt(error.initiatedEventId),
          startedEventId: BigInt(error.startedEventId),
          retryState: toNumber(retryStates, error.retryState),
        },
      };
    case "NEXUS_OPERATION":
      return {
        case: "nexusOperationExecutionFailureInfo",
        value: {
          scheduledEventId: BigInt(error.scheduledEventId),
          endpoint: error.endpoint,
          service: error.service,
          operation: error.operation,
          operationId: "",
          operationToken: error.operationToken,
        },
      };
    case "HANDLER": {
      const { type, retryableOverride } = error;
      const retryBehavior = retryableOverride === undefined ? 0 : retryableOverride ? 1 : 2;
      return { case: "nexusHandlerFailureInfo", value: { type, retryBehavior } };
    }
    default:
      // A bare FailureError is what a failure of no known kind is decoded to.
      return (error as TemporalError).code === "FAILURE" ? { case: undefined } : applicationInfo(nameError(error));
  }
}

function applicationInfo(type: string): FailureInfo {
  return { case: "applicationFailureInfo", value: { type, nonRetryable: false, category: 0 } };
}

function makeError(info: Failure["failureInfo"], message: string, cause: Error | undefined, decode: Decode): Error {
  // deno-lint-ignore no-explicit-any -- the case says which fields there are
  const value = info?.value as Record<string, any>;
  switch (info?.case) {
    case "applicationFailureInfo":
      return new ApplicationError(message, {
        type: value.type || undefined,
        nonRetryable: value.nonRetryable,
        details: fromList(value.details, decode),
        nextRetryDelay: fromProtoDuration(value.nextRetryDelay),
        category: value.category === 1 ? "BENIGN" : undefined,
        cause,
      });
    case "canceledFailureInfo":
      return new CancelledError(message, { details: fromList(value.details, decode), cause });
    case "terminatedFailureInfo":
      return new TerminatedError(message, { cause });
    case "serverFailureInfo":
      return new ServerError(message, { nonRetryable: value.nonRetryable, cause });
    case "timeoutFailureInfo":
      return new TimeoutError(message, {
        type: timeoutTypes[value.timeoutType] as TimeoutType || undefined,
        lastHeartbeatDetails: fromList(value.lastHeartbeatDetails, decode),
        cause,
      });
    case "resetWorkflowFailureInfo":
      return new ApplicationError(message, {
        type: "ResetWorkflow",
        details: fromList(value.lastHeartbeatDetails, decode),
        cause,
      });
    case "activityFailureInfo":
      return new ActivityError(message, {
        scheduledEventId: Number(value.scheduledEventId ?? 0),
        startedEventId: Number(value.startedEventId ?? 0),
        identity: value.identity ?? "",
        activityType: value.activityType?.name ?? "",
        activityId: value.activityId ?? "",
        retryState: retryStates[value.retryState] as RetryState || undefined,
        cause,
      });
    case "childWorkflowExecutionFailureInfo":
      return new ChildWorkflowError(message, {
        namespace: value.namespace ?? "",
        workflowId: value.workflowExecution?.workflowId ?? "",
        runId: value.workflowExecution?.runId ?? "",
        workflowType: value.workflowType?.name ?? "",
        initiatedEventId: Number(value.initiatedEventId ?? 0),
        startedEventId: Number(value.startedEventId ?? 0),
        retryState: retryStates[value.retryState] as RetryState || undefined,
        cause,
      });
    case "nexusOperationExecutionFailureInfo":
      return new NexusOperationError(message, {
        scheduledEventId: Number(value.scheduledEventId ?? 0),
        endpoint: value.endpoint ?? "",
        service: value.service ?? "",
        operation: value.operation ?? "",
        operationToken: value.operationToken || value.operationId || "",
        cause,
      });
    case "nexusHandlerFailureInfo": {
      const override = value.retryBehavior === 1 ? true : value.retryBehavior === 2 ? false : undefined;
      return new HandlerError(value.type as HandlerErrorType, message, { retryableOverride: override, cause });
    }
    default:
      return new FailureError(message, { cause });
  }
}

/** Message and stack trace go into a payload, under the names that all SDKs use. */
function hideAttributes(failure: Failure, encode: Encode): void {
  [failure.encodedAttributes] = encode([{ message: failure.message, stack_trace: failure.stackTrace }]);
  failure.message = "Encoded failure";
  failure.stackTrace = "";
}

function readAttributes(failure: Failure, decode: Decode): { message: string; stackTrace: string } {
  const { message, stackTrace, encodedAttributes } = failure;
  if (!encodedAttributes) return { message, stackTrace };
  let hidden: { message?: unknown; stack_trace?: unknown } | null;
  try {
    [hidden] = decode([encodedAttributes]) as [typeof hidden];
  } catch {
    // Without the codec that wrote it, the failure still says where it came from.
    return { message, stackTrace };
  }
  if (typeof hidden?.message !== "string" || typeof hidden.stack_trace !== "string") return { message, stackTrace };
  return { message: hidden.message, stackTrace: hidden.stack_trace };
}

/** The frames of a stack trace of any SDK; some of JavaScript begin with a line for the error itself. */
function withoutHeader(stackTrace: string): string {
  return stackTrace.replace(/^\S[^\n]*\n(?=[ \t]+at )/, "");
}

/** The frames of a stack, without the "Name: message" that some engines put before them. */
function readStack(error: Error): string {
  const stack = typeof error.stack === "string" ? error.stack : "";
  const start = error.message ? stack.indexOf(error.message) : -1;
  const isHeader = start >= 0 && !stack.slice(0, start).includes("\n");
  const rest = isHeader ? stack.slice(start + error.message.length) : stack;
  const frames = /^[ \t]+at /m.exec(rest);
  if (frames) return rest.slice(frames.index);
  return rest.includes("@") ? rest.trimStart() : "";
}

/** The name of a class of the user, "" for our own of any realm. */
function nameSubclass(error: ApplicationError): string {
  return error.name === ApplicationError.name ? "" : error.name;
}

function nameError(error: Error): string {
  if (error.name && error.name !== "Error") return String(error.name);
  return error.constructor?.name || "Error";
}

function toText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function toNumber(names: string[], name: string | undefined): number {
  return Math.max(names.indexOf(name ?? ""), 0);
}

function toList(values: unknown[], encode: Encode): { payloads: Payload[] } | undefined {
  return values.length > 0 ? { payloads: encode(values) } : undefined;
}

function fromList(list: { payloads: Payload[] } | undefined, decode: Decode): unknown[] {
  return list ? decode(list.payloads) : [];
}

function fromProtoDuration(duration: { seconds: bigint; nanos: number } | undefined): number | undefined {
  return duration && Math.max(Number(duration.seconds) * 1000 + duration.nanos / 1e6, 0);
}
