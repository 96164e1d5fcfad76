/**
 * Calls of activities.
 *
 * @module
 */
import {
  type ActivityArgs,
  type ActivityRef,
  type ActivityResult,
  type ArgsOption,
  definitionName,
  findDefinition,
  readArgs,
  type TypeHint,
  type UntypedActivity,
} from "../common/definition.ts";
import { optionalMilliseconds } from "../common/duration.ts";
import { CancelledError, ValueError } from "../common/errors.ts";
import { type NewActivityOptions, type RetryPolicy, validateRetryPolicy, type VersioningIntent } from "../common/options.ts";
import type { Duration } from "../common/duration.ts";
import type { SerializationContext } from "../converter/context.ts";
import type { ActivityResolution } from "./activation.ts";
import type { ActivityRequest, Cancel } from "./bridge.ts";
import { decodeFailure, decodeResult, encodeText, encodeValues } from "./conversion.ts";
import { currentRun } from "./current.ts";
import { makeWait, toCancelledError } from "./waits.ts";

/** When a cancelled activity rejects: at once, when it has ended, or at once and without telling it. */
export type ActivityCancellationType = "TRY_CANCEL" | "WAIT_CANCELLATION_COMPLETED" | "ABANDON";

/** Options of a call. */
export interface CallOptions {
  /** Default: `"TRY_CANCEL"`. */
  cancellationType?: ActivityCancellationType;
  /** Default: the number of the call. */
  activityId?: string;
  /** Schema of the result. */
  resultType?: TypeHint;
  /** Cancels the call, besides the scope it is made in. */
  signal?: AbortSignal;
}

/** Options of an activity; one of `startToCloseTimeout` and `scheduleToCloseTimeout` is needed. */
export interface ActivityOptions extends NewActivityOptions, CallOptions {
  /** Default: the workflow's. */
  taskQueue?: string;
  versioningIntent?: VersioningIntent;
  /** Whether the activity may not be run by this worker at once; default false. */
  disableEagerExecution?: boolean;
}

/** An activity that was started. */
export interface ActivityHandle<R> {
  activityId: string;
  /** Its result; rejects with ActivityError. */
  result(): Promise<R>;
  /** Cancels it, the first time. */
  cancel(reason?: string): void;
}

/** The activities of a module, record or class as functions. */
export type ActivityProxy<T> = {
  [K in keyof T as T[K] extends ActivityRef ? K : never]: (...args: ActivityArgs<T[K]>) => Promise<ActivityResult<T[K]>>;
};

type CallArguments = ActivityOptions & { args?: unknown[] };

const optionsKey: unique symbol = Symbol.for("@anywhen/temporal/ActivityOptions") as never;

interface ProxiedActivity {
  [optionsKey]?: ActivityOptions;
}

/**
 * Activities as functions: `const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: "10s" })`.
 *
 * Throws ValueError for options that no call could be made with.
 */
export function proxyActivities<T extends object>(options: ActivityOptions): ActivityProxy<T> {
  checkTimeouts("proxyActivities", options);
  return new Proxy({}, {
    get(target: Record<PropertyKey, unknown>, name) {
      if (typeof name === "symbol" || name === "then") return undefined;
      return target[name] ??= proxyActivity(name, options);
    },
  }) as ActivityProxy<T>;
}

/** Runs an activity and waits for its result. Rejects with ActivityError, CancelledError, or ValueError for bad options. */
export function executeActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: ActivityOptions & ArgsOption<ActivityArgs<T>>,
): Promise<ActivityResult<T>> {
  return makeWait(options.signal, (settler) => {
    const { name, merged, hint } = readCall(activity, options);
    return schedule(name, merged, hint, settler.resolve as (value: unknown) => void, settler.reject).cancel;
  });
}

/** Starts an activity. Throws ValueError for bad options. */
export function startActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: ActivityOptions & ArgsOption<ActivityArgs<T>>,
): ActivityHandle<ActivityResult<T>> {
  const { name, merged, hint } = readCall(activity, options);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { signal } = options;
  const { activityId, cancel } = schedule(name, merged, hint, resolve, reject);
  const abort = () => cancel(toCancelledError(signal!));
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort);
  promise.catch(() => {}).then(() => signal?.removeEventListener("abort", abort));
  return {
    activityId,
    result: () => promise as Promise<ActivityResult<T>>,
    cancel: (reason) => cancel(new CancelledError(reason)),
  };
}

// Local activities will be calls of the same shape, with a request of their own.

function proxyActivity(name: string, options: ActivityOptions): unknown {
  const call = (...args: unknown[]) => executeActivity<UntypedActivity>(name, { ...options, args });
  return Object.defineProperties(call, { name: { value: name }, [optionsKey]: { value: options } });
}

function readCall(activity: ActivityRef | string, options: CallArguments) {
  const name = definitionName(activity, "activity");
  const proxied = typeof activity === "function" ? (activity as ProxiedActivity)[optionsKey] : undefined;
  const merged = { ...proxied, ...options };
  return { name, merged, hint: merged.resultType ?? findDefinition(activity)?.result };
}

function schedule(
  name: string,
  options: CallArguments,
  hint: TypeHint | undefined,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): { activityId: string; cancel: Cancel } {
  const run = currentRun(`activity ${name}`);
  run.state.assertWritable(`activity ${name}`);
  const context = makeContext(name, options);
  const request = makeRequest(name, options, context);
  const settle = (resolution: ActivityResolution) => {
    try {
      if (resolution.status === "completed") resolve(decodeResult(resolution.result, hint, context));
      else reject(decodeFailure(resolution.failure, context));
    } catch (error) {
      reject(error);
    }
  };
  return run.activities.schedule(request, settle, reject);
}

function makeRequest(name: string, options: CallArguments, context: SerializationContext): ActivityRequest {
  checkTimeouts(`activity ${name}`, options);
  const summary = encodeText(options.summary);
  return {
    activityType: name,
    activityId: options.activityId,
    taskQueue: options.taskQueue,
    args: encodeValues(readArgs(options.args, `activity ${name}`), context),
    headers: {},
    scheduleToCloseTimeout: optionalMilliseconds(options.scheduleToCloseTimeout, "scheduleToCloseTimeout"),
    scheduleToStartTimeout: optionalMilliseconds(options.scheduleToStartTimeout, "scheduleToStartTimeout"),
    startToCloseTimeout: optionalMilliseconds(options.startToCloseTimeout, "startToCloseTimeout"),
    heartbeatTimeout: optionalMilliseconds(options.heartbeatTimeout, "heartbeatTimeout"),
    retryPolicy: options.retryPolicy && readRetryPolicy(options.retryPolicy),
    cancellationType: readCancellationType(options.cancellationType),
    disableEagerExecution: options.disableEagerExecution ?? false,
    versioningIntent: options.versioningIntent,
    priority: options.priority,
    metadata: summary && { summary },
  };
}

function makeContext(name: string, options: CallArguments): SerializationContext {
  const { namespace, workflowId, workflowType, taskQueue } = currentRun("an activity").state.start!;
  return {
    kind: "activity",
    namespace,
    activityId: options.activityId,
    activityType: name,
    activityTaskQueue: options.taskQueue ?? taskQueue,
    workflowId,
    workflowType,
    isLocal: false,
  };
}

function checkTimeouts(what: string, options: ActivityOptions): void {
  if (options?.startToCloseTimeout !== undefined || options?.scheduleToCloseTimeout !== undefined) return;
  throw new ValueError(`${what} has no time-out; give startToCloseTimeout or scheduleToCloseTimeout`);
}

function readRetryPolicy(policy: RetryPolicy): RetryPolicy {
  validateRetryPolicy(policy);
  const milliseconds = (duration: Duration | undefined, name: string) =>
    optionalMilliseconds(duration, `retryPolicy.${name}`);
  return {
    ...policy,
    initialInterval: milliseconds(policy.initialInterval, "initialInterval"),
    maximumInterval: milliseconds(policy.maximumInterval, "maximumInterval"),
  };
}

function readCancellationType(type: ActivityCancellationType = "TRY_CANCEL"): ActivityCancellationType {
  if (type === "TRY_CANCEL" || type === "WAIT_CANCELLATION_COMPLETED" || type === "ABANDON") return type;
  throw new ValueError(
    `cancellationType is ${JSON.stringify(type)}; give TRY_CANCEL, WAIT_CANCELLATION_COMPLETED or ABANDON`,
  );
}
