/**
 * One attempt of a local activity: like one that the server asks for, but without heartbeats, and nobody can complete it
 * from elsewhere.
 *
 * @module
 */
import type { ActivityContext, Info } from "../activity/context.ts";
import { ApplicationError, CancelledError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { ActivityCancellationDetails } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { ActivitySerializationContext } from "../converter/context.ts";
import type { LocalTask } from "../core/local_activities.ts";
import {
  checkSize,
  type ExecutionHost,
  failureComplaint,
  logFailure,
  openContext,
  readArguments,
  requireActivity,
} from "./activity_execution.ts";
import { type AttemptOutcome, outcomeOfError, outcomeOfValue } from "./activity_outcome.ts";
import { encodeAnyFailure } from "./failures.ts";

/** The workflow run that a local activity belongs to, and where it runs. */
export interface LocalPlace {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowId: string;
  readonly workflowType: string;
  readonly runId: string;
}

/** How an attempt ended; a cancellation is a failure of that kind. */
export interface AttemptEnd {
  readonly result?: Payload;
  readonly failure?: Failure;
  /** Whether it gave in to a cancellation. */
  readonly isCancelled: boolean;
}

/** One attempt; `run` never rejects. */
export class LocalAttempt {
  readonly #host: ExecutionHost;
  readonly #task: LocalTask;
  readonly #info: Info;
  readonly #values: ActivitySerializationContext;
  readonly #context: ActivityContext;

  /** The attempt became due at `dueTime`, in milliseconds since the epoch. */
  constructor(host: ExecutionHost, place: LocalPlace, task: LocalTask, attempt: number, dueTime: number) {
    this.#host = host;
    this.#task = task;
    this.#info = makeInfo(place, task, attempt, dueTime);
    this.#values = makeValues(place, task);
    this.#context = openContext(host, this.#info, this.#values, () => {});
  }

  /** Runs the activity. */
  async run(): Promise<AttemptEnd> {
    try {
      return await this.#encode(await this.#execute());
    } catch (error) {
      return await this.#fail(error);
    }
  }

  /** Cancels it; the first time counts. */
  cancel(details: Partial<ActivityCancellationDetails>, message: string): void {
    this.#context.cancel(details, message);
  }

  async #execute(): Promise<AttemptOutcome> {
    const cancellation = () => ({ details: this.#context.cancellationDetails, signal: this.#context.signal });
    try {
      const { activityType, args: payloads } = this.#task.command;
      const activity = requireActivity(this.#host.registry, activityType, this.#info.taskQueue);
      const args = await readArguments(this.#host, activity, payloads, this.#values);
      this.#context.logger.debug("local activity attempt started");
      const value = await this.#context.run(() => activity.run(...args));
      return outcomeOfValue(value, cancellation());
    } catch (error) {
      return outcomeOfError(error, cancellation());
    } finally {
      this.#context.close();
    }
  }

  async #encode(outcome: AttemptOutcome): Promise<AttemptEnd> {
    switch (outcome.kind) {
      case "completed": {
        const payloads = await this.#host.dataConverter.encode([outcome.value], this.#values);
        const [result] = checkSize(this.#host, "result", this.#info.activityType, payloads);
        return { result, isCancelled: false };
      }
      case "cancelled": {
        const failure = await this.#toFailure(new CancelledError("Cancelled", { details: outcome.details }));
        return { failure, isCancelled: true };
      }
      case "failed":
        return await this.#fail(outcome.error);
      case "silent":
        return await this.#fail(
          new ApplicationError("a local activity cannot be completed from elsewhere; return its result", {
            type: "IllegalStateError",
            nonRetryable: true,
          }),
        );
    }
  }

  async #fail(error: unknown): Promise<AttemptEnd> {
    logFailure(this.#context.logger, this.#info, error);
    return { failure: await this.#toFailure(error), isCancelled: false };
  }

  #toFailure(error: unknown): Promise<Failure> {
    return encodeAnyFailure(this.#host.dataConverter, error, failureComplaint, this.#values);
  }
}

function makeInfo(
  place: LocalPlace,
  { command, originalScheduleTime }: LocalTask,
  attempt: number,
  dueTime: number,
): Info {
  const { activityId, activityType, scheduleToCloseTimeout, startToCloseTimeout, retryPolicy } = command;
  return {
    activityId,
    activityType,
    attempt,
    currentAttemptScheduledTime: new Date(dueTime),
    heartbeatDetails: [],
    isLocal: true,
    namespace: place.namespace,
    scheduleToCloseTimeout,
    scheduledTime: new Date(originalScheduleTime),
    startToCloseTimeout: startToCloseTimeout ?? scheduleToCloseTimeout,
    startedTime: new Date(),
    taskQueue: place.taskQueue,
    taskToken: new Uint8Array(),
    workflowId: place.workflowId,
    workflowNamespace: place.namespace,
    workflowRunId: place.runId,
    workflowType: place.workflowType,
    priority: {},
    retryPolicy,
    inWorkflow: true,
  };
}

function makeValues(place: LocalPlace, { command }: LocalTask): ActivitySerializationContext {
  return {
    kind: "activity",
    namespace: place.namespace,
    activityId: command.activityId,
    activityType: command.activityType,
    activityTaskQueue: place.taskQueue,
    workflowId: place.workflowId,
    workflowType: place.workflowType,
    isLocal: true,
  };
}
