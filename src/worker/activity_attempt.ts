/**
 * One attempt of an activity, from its task to its report.
 *
 * @module
 */
import type { ActivityContext, Info } from "../activity/context.ts";
import { ApplicationError, RPCError } from "../common/errors.ts";
import type { ActivityCancellationDetails } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { ActivitySerializationContext } from "../converter/context.ts";
import type { PollActivityTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  checkSize,
  type ExecutionHost,
  failureComplaint,
  logFailure,
  openContext,
  readArguments,
  requireActivity,
  tooLarge,
} from "./activity_execution.ts";
import { activityType, readInfo, serializationContext } from "./activity_info.ts";
import { type AttemptOutcome, outcomeOfError, outcomeOfValue } from "./activity_outcome.ts";
import { encodeAnyFailure, messageOf } from "./failures.ts";
import { HeartbeatSender, throttleInterval } from "./heartbeat.ts";
import { type TaskService, toFailureInit } from "./service.ts";

/** What all attempts that come from the server share. */
export interface ActivityHost extends ExecutionHost {
  service: TaskService;
  /** Milliseconds between two heartbeats. */
  heartbeatThrottle: { maximum: number; fallback: number };
  /** Milliseconds beyond a time-out before the worker stops waiting for the server's word: 5 s. */
  timeoutBuffer?: number;
}

const longestTimer = 2 ** 31 - 1;

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
      this.#logUnreported(error);
    }
  }

  /** Cancels the attempt because the worker shuts down. */
  cancelForShutdown(): void {
    this.#isShutDownEarly = this.#context === undefined;
    this.#context?.cancel({ workerShutdown: true }, "Worker is shutting down");
  }

  async #execute(): Promise<AttemptOutcome> {
    try {
      const { registry, service } = this.#host;
      const activity = requireActivity(registry, this.#type, service.settings.taskQueue);
      const info = await this.#readInfo();
      const args = await readArguments(this.#host, activity, this.#task.input?.payloads ?? [], this.#values);
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

  get #type(): string {
    return activityType(this.#task);
  }

  async #readInfo(): Promise<Info> {
    const payloads = this.#task.heartbeatDetails?.payloads ?? [];
    const { dataConverter } = this.#host;
    const decode = () => dataConverter.decode(payloads, { context: this.#values });
    const details = payloads.length === 0 ? [] : await decode().catch((cause) => {
      throw new ApplicationError("Failed decoding heartbeat details", { nonRetryable: true, cause });
    });
    return readInfo(this.#task, this.#host.service.settings, details);
  }

  #open(info: Info): ActivityContext {
    const context = openContext(this.#host, info, this.#values, (details) => this.#heartbeat(info, details));
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
      checkSize(this.#host, "heartbeat", this.#type, payloads);
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
    await this.#send(checked, unsent).catch((error) => this.#logUnreported(error));
  }

  async #encodeResult(outcome: AttemptOutcome): Promise<EncodedOutcome> {
    if (outcome.kind !== "completed") return outcome;
    try {
      const payloads = await this.#host.dataConverter.encode([outcome.value], this.#values);
      return { kind: "encoded", payloads: checkSize(this.#host, "result", this.#type, payloads) };
    } catch (error) {
      return { kind: "failed", error };
    }
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
      await this.#fail(tooLarge("result", this.#type, messageOf(error)), undefined);
    }
  }

  async #fail(error: unknown, unsent: unknown[] | undefined): Promise<void> {
    const { attempt, activityId } = this.#task;
    logFailure(this.#context?.logger ?? this.#host.logger, { activityType: this.#type, activityId, attempt }, error);
    const { service, dataConverter } = this.#host;
    const { taskToken } = this.#task;
    const failure = toFailureInit(await encodeAnyFailure(dataConverter, error, failureComplaint, this.#values));
    const details = unsent && await dataConverter.encode(unsent, this.#values).catch(() => undefined);
    try {
      await service.failActivity({ taskToken, failure, lastHeartbeatDetails: details && { payloads: details } });
    } catch (fault) {
      if (!isTooLarge(fault)) throw fault;
      const small = tooLarge("failure", this.#type, messageOf(fault));
      await service.failActivity({
        taskToken,
        failure: toFailureInit(await encodeAnyFailure(dataConverter, small, failureComplaint, this.#values)),
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
      checkSize(this.#host, "cancellation", this.#type, payloads);
    } catch (error) {
      return await this.#fail(error, undefined);
    }
    await service.cancelActivity({ taskToken, details: payloads.length > 0 ? { payloads } : undefined });
    this.#context?.logger.debug("activity attempt cancelled");
  }

  /** Once an attempt is cancelled its workflow may end without waiting for it: then nobody misses what it reports. */
  #logUnreported(error: unknown): void {
    const { activityId } = this.#task;
    const isGone = error instanceof RPCError && error.status === "NOT_FOUND";
    const level = isGone && this.#context?.cancellationDetails?.cancelRequested ? "debug" : "warn";
    this.#host.logger[level](
      `the outcome of activity ${this.#type} (${activityId}) was not reported: ${messageOf(error)}`,
    );
  }
}

type EncodedOutcome = Exclude<AttemptOutcome, { kind: "completed" }> | { kind: "encoded"; payloads: Payload[] };

function isTooLarge(error: unknown): boolean {
  return error instanceof RPCError && error.message.includes("larger than max");
}
