/**
 * What an activity may ask about its attempt, and how it hears of cancellation. The context follows
 * the asynchronous calls of the attempt.
 *
 * @module
 */
import type { Duration } from "../common/duration.ts";
import { toMilliseconds } from "../common/duration.ts";
import { CancelledError, CompleteAsyncError, IllegalStateError } from "../common/errors.ts";
import type { LogAttributes, Logger } from "../common/logger.ts";
import type { MetricMeter } from "../common/meter.ts";
import type { ActivityCancellationDetails, Priority, RetryPolicy } from "../common/options.ts";
import type { PayloadConverter } from "../converter/payload.ts";
import { findNodeModule } from "../platform.ts";

/** Facts about one attempt of an activity; time-outs are milliseconds, undefined when unset. */
export interface Info {
  readonly activityId: string;
  readonly activityType: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** When this attempt became due. */
  readonly currentAttemptScheduledTime: Date;
  /** Details of the last heartbeat of the former attempt, empty when there is none. */
  readonly heartbeatDetails: readonly unknown[];
  readonly heartbeatTimeout?: number;
  readonly isLocal: boolean;
  readonly namespace: string;
  readonly scheduleToCloseTimeout?: number;
  /** When the activity was asked for, before its first attempt. */
  readonly scheduledTime: Date;
  readonly startToCloseTimeout?: number;
  /** When this attempt started. */
  readonly startedTime: Date;
  readonly taskQueue: string;
  /** Names the attempt in calls that complete it from elsewhere. */
  readonly taskToken: Uint8Array;
  readonly workflowId?: string;
  readonly workflowNamespace?: string;
  readonly workflowRunId?: string;
  readonly workflowType?: string;
  readonly priority: Priority;
  readonly retryPolicy?: RetryPolicy;
  /** Set when the activity runs without a workflow. */
  readonly activityRunId?: string;
  /** Whether a workflow asked for the activity. */
  readonly inWorkflow: boolean;
}

/** What an attempt needs from whoever runs it. */
export interface ActivityContextOptions {
  info: Info;
  /** Takes the details of a heartbeat; must not block. */
  heartbeat: (details: unknown[]) => void;
  logger: Logger;
  metricMeter: MetricMeter;
  payloadConverter: PayloadConverter;
  /** The client of the worker at the time of the call. */
  client?: () => unknown;
  /** Aborts when the worker begins to shut down. */
  workerShutdown: AbortSignal;
}

/** One attempt of an activity, as the functions of this module see it. */
export class ActivityContext {
  readonly options: ActivityContextOptions;
  readonly logger: Logger;
  #cancellation = new AbortController();
  #details?: ActivityCancellationDetails;
  #workerShutdown?: AbortController;
  #stopListening?: () => void;

  constructor(options: ActivityContextOptions) {
    this.options = options;
    this.logger = tagged(options.logger, () => logAttributes(options.info));
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** Aborts with the worker's own signal; whatever listens to it goes with the attempt, not with the worker. */
  get workerShutdown(): AbortSignal {
    this.#workerShutdown ??= this.#followWorker();
    return this.#workerShutdown.signal;
  }

  get cancellationDetails(): ActivityCancellationDetails | undefined {
    return this.#details;
  }

  /** Cancels the attempt; only the first call counts. Returns whether it was that one. */
  cancel(details: Partial<ActivityCancellationDetails>, message: string = "Cancelled"): boolean {
    if (this.#details) return false;
    this.#details = { ...notCancelled, ...details };
    this.#cancellation.abort(new CancelledError(message));
    return true;
  }

  /** The meter with the attributes of this attempt. */
  get metricMeter(): MetricMeter {
    const { metricMeter, info: { activityType, namespace, taskQueue } } = this.options;
    return metricMeter.withAdditionalAttributes({ namespace, task_queue: taskQueue, activity_type: activityType });
  }

  /** Lets go of the worker when the attempt is over. */
  close(): void {
    this.#stopListening?.();
  }

  /** Calls `work` as the content of this attempt. */
  run<T>(work: () => T): T {
    return storage ? storage.run(this, work) : work();
  }

  #followWorker(): AbortController {
    const { workerShutdown: worker } = this.options;
    const own = new AbortController();
    const abort = () => own.abort(worker.reason);
    if (worker.aborted) abort();
    else worker.addEventListener("abort", abort, { once: true });
    this.#stopListening = () => worker.removeEventListener("abort", abort);
    return own;
  }
}

const notCancelled: ActivityCancellationDetails = {
  notFound: false,
  cancelRequested: false,
  paused: false,
  reset: false,
  timedOut: false,
  workerShutdown: false,
};

const AsyncLocalStorage = findNodeModule("node:async_hooks")?.AsyncLocalStorage;
const storage = AsyncLocalStorage ? new AsyncLocalStorage<ActivityContext>() : undefined;

/** Whether the caller runs inside an activity. */
export function inActivity(): boolean {
  return storage?.getStore() !== undefined;
}

/** Facts about the current attempt. Throws IllegalStateError outside an activity. */
export function info(): Info {
  return current("info()").options.info;
}

/**
 * Tells the server that the attempt is alive, with details that the next attempt reads from
 * `info().heartbeatDetails`. Returns at once; of a burst only the newest is sent.
 * Throws IllegalStateError outside an activity.
 */
export function heartbeat(...details: unknown[]): void {
  current("heartbeat()").options.heartbeat(details);
}

/** Aborts with a CancelledError when the activity is cancelled. Throws IllegalStateError outside an activity. */
export function cancellationSignal(): AbortSignal {
  return current("cancellationSignal()").signal;
}

/** Whether the activity has been cancelled. Throws IllegalStateError outside an activity. */
export function isCancelled(): boolean {
  return current("isCancelled()").signal.aborted;
}

/** Resolves when the activity is cancelled. Throws IllegalStateError outside an activity. */
export function waitForCancelled(): Promise<void> {
  return aborted(current("waitForCancelled()").signal);
}

/** Why the activity was cancelled, undefined while it is not. Throws IllegalStateError outside an activity. */
export function cancellationDetails(): ActivityCancellationDetails | undefined {
  return current("cancellationDetails()").cancellationDetails;
}

/** Waits; rejects with a CancelledError when the activity is cancelled. Throws IllegalStateError outside an activity. */
export async function sleep(duration: Duration): Promise<void> {
  const { signal } = current("sleep()");
  const delay = toMilliseconds(duration, "duration of sleep()");
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", cancel);
      resolve();
    }, delay);
    signal.addEventListener("abort", cancel, { once: true });
    function cancel(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/** Aborts when the worker begins to shut down, before it cancels anything. Throws IllegalStateError outside an activity. */
export function workerShutdownSignal(): AbortSignal {
  return current("workerShutdownSignal()").workerShutdown;
}

/** Whether the worker shuts down. Throws IllegalStateError outside an activity. */
export function isWorkerShutdown(): boolean {
  return current("isWorkerShutdown()").workerShutdown.aborted;
}

/** Resolves when the worker begins to shut down. Throws IllegalStateError outside an activity. */
export function waitForWorkerShutdown(): Promise<void> {
  return aborted(current("waitForWorkerShutdown()").workerShutdown);
}

/**
 * Ends the attempt without a result: somebody else completes it later, by `info().taskToken` or by its ids.
 * Throws CompleteAsyncError always, IllegalStateError outside an activity.
 */
export function raiseCompleteAsync(): never {
  current("raiseCompleteAsync()");
  throw new CompleteAsyncError("the activity is completed from elsewhere");
}

/** The meter of the worker, tagged with namespace, task queue and activity type. Throws IllegalStateError outside an activity. */
export function metricMeter(): MetricMeter {
  return current("metricMeter()").metricMeter;
}

/** The converter of the worker's client, in the context of this activity. Throws IllegalStateError outside an activity. */
export function payloadConverter(): PayloadConverter {
  return current("payloadConverter()").options.payloadConverter;
}

/**
 * The client of the worker; name its type: `client<Client>()`.
 * Throws IllegalStateError outside an activity, and where the activity runs without a worker's client.
 */
export function client<C>(): C {
  const find = current("client()").options.client;
  if (!find) throw new IllegalStateError("client() is not available: this activity runs without a client");
  return find() as C;
}

/** Logs with the ids of the current activity. Each method throws IllegalStateError outside an activity. */
export const logger: Logger = {
  debug: (message, attributes) => current("logger").logger.debug(message, attributes),
  info: (message, attributes) => current("logger").logger.info(message, attributes),
  warn: (message, attributes) => current("logger").logger.warn(message, attributes),
  error: (message, attributes) => current("logger").logger.error(message, attributes),
};

function current(what: string): ActivityContext {
  const context = storage?.getStore();
  if (context) return context;
  throw new IllegalStateError(`Not in activity context: call ${what} from an activity that a worker runs`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** A logger that adds attributes to each line; `attributes` is asked once, at the first line. */
function tagged(base: Logger, attributes: () => LogAttributes): Logger {
  let tags: LogAttributes | undefined;
  const merge = (own?: LogAttributes) => ({ ...(tags ??= attributes()), ...own });
  return {
    debug: (message, own) => base.debug(message, merge(own)),
    info: (message, own) => base.info(message, merge(own)),
    warn: (message, own) => base.warn(message, merge(own)),
    error: (message, own) => base.error(message, merge(own)),
  };
}

function logAttributes(info: Info): LogAttributes {
  const { activityId, activityType, attempt, namespace, taskQueue, workflowId, workflowRunId, workflowType } = info;
  const common = { activityId, activityType, attempt, namespace, taskQueue };
  return info.inWorkflow ? { ...common, workflowId, workflowRunId, workflowType } : common;
}
