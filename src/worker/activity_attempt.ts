/**
 * One attempt of an activity, from its task to its report.
 *
 * @module
 */
import { ActivityContext, type Info } from "../activity/context.ts";
import { ApplicationError, RPCError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import type { MetricMeter } from "../common/meter.ts";
import type { ActivityCancellationDetails } from "../common/options.ts";
import { type Payload, RawValue } from "../common/payload.ts";
import type { ActivitySerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";
import type { PollActivityTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { activityType, readInfo, serializationContext } from "./activity_info.ts";
import { type AttemptOutcome, outcomeOfError, outcomeOfValue } from "./activity_outcome.ts";
import { type ActivityRegistry, findActivity, type RegisteredActivity } from "./activity_registry.ts";
import { encodeAnyFailure, messageOf } from "./failures.ts";
import { HeartbeatSender, throttleInterval } from "./heartbeat.ts";
import { payloadsSize } from "./payload_visitor.ts";
import { type TaskService, toFailureInit } from "./service.ts";

/** What all attempts of a worker share. */
export interface ActivityHost {
  service: TaskService;
  registry: ActivityRegistry;
  dataConverter: DataConverter;
  logger: Logger;
  metricMeter: MetricMeter;
  /** The worker's client at the time of the call. */
  client: () => unknown;
  /** Aborts when the worker begins to shut down. */
  workerShutdown: AbortSignal;
  /** Milliseconds between two heartbeats. */
  heartbeatThrottle: { maximum: number; fallback: number };
  /** Bytes of payloads that the server takes in one field, undefined when unknown. */
  payloadLimit?: number;
  /** Milliseconds beyond a time-out before the worker stops waiting for the server's word: 5 s. */
  timeoutBuffer?: number;
}

const longestTimer = 2 ** 31 - 1;

const sizeAdvice = {
  result: "return less, or store it elsewhere and return a reference",
  failure: "shorten its message and its details",
} as const;

/** One attempt; `run` never rejects. */
export class ActivityAttempt {
  #host: ActivityHost;
  #task: PollActivityTaskQueueResponse;
  #values: ActivitySerializationContext;
  #context?: ActivityContext;
  #isShutDownEarly = false;
  #heartbeats?: HeartbeatSender;
  #heartbeatFault?: { error: unknown };
  #deadlines: { startToClose?: number; heartbeat?: number } = {};
  #timer?: ReturnType<typeof setTimeout>;

  constructor(host: ActivityHost, task: PollActivityTaskQueueResponse) {
    this.#host = host;
    this.#task = task;
    this.#values = serializationContext(task, host.service.settings);
  }

  /** Runs the activity and reports how it ended. */
  async run(): Promise<void> {
    try {
      await this.#report(await this.#execute());
    } catch (error) {
      this.#warnUnreported(error);
    }
  }

  /** Cancels the attempt because the worker shuts down. */
  cancelForShutdown(): void {
    this.#isShutDownEarly = this.#context === undefined;
    this.#context?.cancel({ workerShutdown: true }, "Worker is shutting down");
  }

  async #execute(): Promise<AttemptOutcome> {
    try {
      const activity = this.#find();
      const info = await this.#readInfo();
      const args = await this.#readArguments(activity);
      const context = this.#open(info);
      context.logger.debug("activity attempt started");
      const value = await context.run(() => activity.run(...args));
      if (this.#heartbeatFault) throw this.#heartbeatFault.error;
      return outcomeOfValue(value, this.#cancellation);
    } catch (error) {
      return outcomeOfError(this.#heartbeatFault ? this.#heartbeatFault.error : error, this.#cancellation);
    } finally {
      clearTimeout(this.#timer);
      this.#context?.close();
    }
  }

  #find(): RegisteredActivity {
    const { registry, service } = this.#host;
    const type = activityType(this.#task);
    const found = findActivity(registry, type);
    if (found) return found;
    const known = [...registry.named.keys()].sort().join(", ") || "none";
    throw new ApplicationError(
      `Activity ${type} is not registered on the worker of task queue ${service.settings.taskQueue}; registered: ${known}`,
      { type: "NotFoundError" },
    );
  }

  async #readInfo(): Promise<Info> {
    const payloads = this.#task.heartbeatDetails?.payloads ?? [];
    const details = payloads.length === 0 ? [] : await this.#decode(payloads).catch((cause) => {
      throw new ApplicationError("Failed decoding heartbeat details", { nonRetryable: true, cause });
    });
    return readInfo(this.#task, this.#host.service.settings, details);
  }

  async #readArguments(activity: RegisteredActivity): Promise<unknown[]> {
    const payloads = this.#task.input?.payloads ?? [];
    try {
      if (!activity.dynamic) return await this.#decode(payloads, activity.args);
      const codec = this.#host.dataConverter.payloadCodec;
      const decoded = codec ? await codec.decode(payloads, this.#values) : payloads;
      return [decoded.map((payload) => new RawValue(payload))];
    } catch (cause) {
      if (cause instanceof ApplicationError) throw cause;
      throw new ApplicationError(`Failed decoding arguments of activity ${activityType(this.#task)}`, { cause });
    }
  }

  #decode(payloads: Payload[], typeHints?: RegisteredActivity["args"]): Promise<unknown[]> {
    return this.#host.dataConverter.decode(payloads, { typeHints, context: this.#values });
  }

  #open(info: Info): ActivityContext {
    const { logger, metricMeter, dataConverter, client, workerShutdown } = this.#host;
    const context = new ActivityContext({
      info,
      logger,
      metricMeter,
      client,
      workerShutdown,
      payloadConverter: dataConverter.payloadConverter,
      heartbeat: (details) => this.#heartbeat(info, details),
    });
    this.#context = context;
    if (this.#isShutDownEarly) this.cancelForShutdown();
    this.#setDeadlines(info);
    return context;
  }

  get #cancellation(): { details?: ActivityCancellationDetails; signal?: AbortSignal } {
    return { details: this.#context?.cancellationDetails, signal: this.#context?.signal };
  }

  #heartbeat(info: Info, details: unknown[]): void {
    this.#heartbeats ??= new HeartbeatSender({
      interval: throttleInterval(info.heartbeatTimeout, this.#host.heartbeatThrottle),
      send: (newest) => this.#sendHeartbeat(info, newest),
    });
    this.#heartbeats.record(details);
  }

  async #sendHeartbeat(info: Info, details: unknown[]): Promise<boolean> {
    let payloads: Payload[];
    try {
      payloads = await this.#host.dataConverter.encode(details, this.#values);
    } catch (error) {
      this.#heartbeatFault = { error };
      this.#context?.cancel({ cancelRequested: false }, "Failed encoding heartbeat details");
      return false;
    }
    return await this.#deliverHeartbeat(info, payloads);
  }

  async #deliverHeartbeat(info: Info, payloads: Payload[]): Promise<boolean> {
    const { service, logger } = this.#host;
    try {
      const reply = await service.heartbeat({ taskToken: this.#task.taskToken, details: { payloads } });
      if (info.heartbeatTimeout !== undefined) this.#deadlines.heartbeat = this.#due(info.heartbeatTimeout);
      const { cancelRequested, activityPaused: paused, activityReset: reset } = reply;
      if (!cancelRequested && !paused && !reset) return true;
      this.#context?.cancel(
        { cancelRequested, paused, reset },
        cancelRequested ? "Cancelled" : reset ? "Reset" : "Paused",
      );
    } catch (error) {
      if (error instanceof RPCError && error.status === "NOT_FOUND") {
        this.#context?.cancel({ notFound: true }, "The server no longer knows this attempt");
        return false;
      }
      logger.warn(`heartbeat of activity ${info.activityType} (${info.activityId}) was not sent: ${messageOf(error)}`);
    }
    return true;
  }

  #setDeadlines(info: Info): void {
    const { startToCloseTimeout, heartbeatTimeout } = info;
    if (startToCloseTimeout !== undefined) this.#deadlines.startToClose = this.#due(startToCloseTimeout);
    if (heartbeatTimeout !== undefined) this.#deadlines.heartbeat = this.#due(heartbeatTimeout);
    this.#watchDeadlines();
  }

  #due(timeout: number): number {
    return performance.now() + timeout + (this.#host.timeoutBuffer ?? 5_000);
  }

  #watchDeadlines(): void {
    const next = Math.min(this.#deadlines.startToClose ?? Infinity, this.#deadlines.heartbeat ?? Infinity);
    const delay = next - performance.now();
    if (delay === Infinity || this.#context?.signal.aborted) return;
    if (delay <= 0) this.#context?.cancel({ timedOut: true }, "Timed out");
    else this.#timer = setTimeout(() => this.#watchDeadlines(), Math.min(delay, longestTimer));
  }

  async #report(outcome: AttemptOutcome): Promise<void> {
    const unsent = await this.#heartbeats?.end();
    const checked = await this.#encodeResult(outcome);
    await this.#send(checked, unsent).catch((error) => this.#warnUnreported(error));
  }

  async #encodeResult(outcome: AttemptOutcome): Promise<EncodedOutcome> {
    if (outcome.kind !== "completed") return outcome;
    try {
      const payloads = await this.#host.dataConverter.encode([outcome.value], this.#values);
      const size = payloadsSize(payloads);
      const limit = this.#host.payloadLimit;
      if (limit === undefined || size <= limit) return { kind: "encoded", payloads };
      return { kind: "failed", error: this.#tooLarge("result", `${size} bytes; the server takes at most ${limit}`) };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  #tooLarge(what: keyof typeof sizeAdvice, size: string): ApplicationError {
    const message = `[TMPRL1103] the ${what} of activity ${activityType(this.#task)} is too large: ${size}; ${
      sizeAdvice[what]
    }`;
    return new ApplicationError(message, { type: "PayloadsTooLarge" });
  }

  async #send(outcome: EncodedOutcome, unsent: unknown[] | undefined): Promise<void> {
    switch (outcome.kind) {
      case "encoded":
        return await this.#complete(outcome.payloads);
      case "failed":
        return await this.#fail(outcome.error, unsent);
      case "cancelled":
        return await this.#cancelled(outcome.details, unsent);
    }
  }

  async #complete(payloads: Payload[]): Promise<void> {
    const { service } = this.#host;
    try {
      await service.completeActivity({ taskToken: this.#task.taskToken, result: { payloads } });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      await this.#fail(this.#tooLarge("result", messageOf(error)), undefined);
    }
  }

  async #fail(error: unknown, unsent: unknown[] | undefined): Promise<void> {
    this.#logFailure(error);
    const { service, dataConverter } = this.#host;
    const { taskToken } = this.#task;
    const what = `activity ${activityType(this.#task)}`;
    const failure = toFailureInit(await encodeAnyFailure(dataConverter, error, what, this.#values));
    const details = unsent && await dataConverter.encode(unsent, this.#values).catch(() => undefined);
    try {
      await service.failActivity({ taskToken, failure, lastHeartbeatDetails: details && { payloads: details } });
    } catch (fault) {
      if (!isTooLarge(fault)) throw fault;
      const small = this.#tooLarge("failure", messageOf(fault));
      await service.failActivity({
        taskToken,
        failure: toFailureInit(await encodeAnyFailure(dataConverter, small, what, this.#values)),
      });
    }
  }

  async #cancelled(details: unknown[], unsent: unknown[] | undefined): Promise<void> {
    const { service, dataConverter } = this.#host;
    const { taskToken } = this.#task;
    if (unsent && this.#context) await this.#sendHeartbeat(this.#context.options.info, unsent);
    let payloads: Payload[];
    try {
      payloads = await dataConverter.encode(details, this.#values);
    } catch (error) {
      return await this.#fail(error, undefined);
    }
    await service.cancelActivity({ taskToken, details: payloads.length > 0 ? { payloads } : undefined });
    this.#context?.logger.debug("activity attempt cancelled");
  }

  #logFailure(error: unknown): void {
    const benign = error instanceof ApplicationError && error.category === "BENIGN";
    const logger = this.#context?.logger ?? this.#host.logger;
    const { attempt, activityId } = this.#task;
    const line = `activity ${activityType(this.#task)} (${activityId}) failed on attempt ${attempt}: ${
      messageOf(error)
    }`;
    if (benign) logger.debug(line, { error });
    else logger.warn(line, { error });
  }

  #warnUnreported(error: unknown): void {
    const { activityId } = this.#task;
    this.#host.logger.warn(
      `the outcome of activity ${activityType(this.#task)} (${activityId}) was not reported: ${messageOf(error)}`,
    );
  }
}

type EncodedOutcome = Exclude<AttemptOutcome, { kind: "completed" }> | { kind: "encoded"; payloads: Payload[] };

function isTooLarge(error: unknown): boolean {
  return error instanceof RPCError && error.message.includes("larger than max");
}
