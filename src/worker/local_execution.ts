/**
 * A local activity in the worker: its attempts, the waits between them, its time-outs and its cancellation.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { LocalTask } from "../core/local_activities.ts";
import { cancelledFailure, type LocalOutcome } from "../core/local_activity.ts";
import { TimeoutType } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ExecutionHost } from "./activity_execution.ts";
import { waitFor } from "./backoff.ts";
import { type AttemptEnd, LocalAttempt, type LocalPlace } from "./local_attempt.ts";
import { retryDelay } from "./local_retry.ts";
import type { Permit, SlotLane } from "./slots.ts";

/** What a local activity needs of the worker. */
export interface LocalExecutionOptions {
  readonly host: ExecutionHost;
  readonly place: LocalPlace;
  readonly task: LocalTask;
  readonly lane: SlotLane;
  /** Told of each attempt when it begins; the promise resolves when the activity's code has ended. */
  readonly began: (attempt: Promise<unknown>) => void;
}

/** Longest delay that timers take; what would be longer, some 25 days, does not limit anything. */
const longestTimer = 2 ** 31 - 1;

function isLimit(delay: number | undefined): delay is number {
  return delay !== undefined && delay <= longestTimer;
}

/** A local activity until it has an outcome. */
export class LocalExecution {
  /** How it ended; undefined where nobody is to be told: another worker will begin anew. */
  readonly outcome: Promise<LocalOutcome | undefined>;
  readonly #options: LocalExecutionOptions;
  readonly #began = performance.now();
  readonly #over = new AbortController();
  #settle: (outcome: LocalOutcome | undefined) => void;
  #number: number;
  #running: LocalAttempt | undefined;
  #isCancelRequested = false;
  #isShutDown = false;
  #lastFailure: Failure | undefined;

  /** Begins at once. */
  constructor(options: LocalExecutionOptions) {
    const { promise, resolve } = Promise.withResolvers<LocalOutcome | undefined>();
    this.outcome = promise;
    this.#settle = resolve;
    this.#options = options;
    this.#number = options.task.command.attempt;
    this.#watchDeadline();
    this.#runAll().catch(() => this.#end(undefined)); // attempts do not reject
  }

  /** Cancels it at the request of the workflow: what runs decides how it ends, what waits ends now. */
  cancel(): void {
    this.#isCancelRequested = true;
    if (this.#running) this.#running.cancel({ cancelRequested: true }, "Cancelled");
    else this.#finish({ failure: cancelledFailure() });
  }

  /** Ends it because the worker shuts down; only what its code still brings to an end is told. */
  shutDown(): void {
    this.#isShutDown = true;
    if (this.#running) this.#running.cancel({ workerShutdown: true }, "Worker is shutting down");
    else this.#end(undefined);
  }

  /** Ends it because nobody wants to know any more. */
  drop(): void {
    this.#running?.cancel({ cancelRequested: true }, "Cancelled");
    this.#end(undefined);
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async #runAll(): Promise<void> {
    const { command } = this.#options.task;
    for (let dueTime = Date.now(); !this.#isOver; dueTime = Date.now()) {
      const permit = await this.#waitForSlot();
      if (!permit) return;
      const end = await this.#runOne(permit, dueTime);
      if (this.#isOver) return;
      const delay = this.#readDelay(end);
      if (delay === undefined) return this.#finishBy(end);
      if (delay > command.localRetryThreshold) return this.#finish({ failure: end.failure, backoff: delay });
      this.#lastFailure = end.failure;
      await waitFor(delay, this.#over.signal);
      if (!this.#isOver) this.#number++;
    }
  }

  /** Undefined when it is over first. */
  async #waitForSlot(): Promise<Permit | undefined> {
    const { lane, task: { command: { scheduleToStartTimeout } } } = this.#options;
    const free = lane.tryAcquire();
    if (free) return free;
    const granted = new AbortController();
    this.#timeOutAfter(scheduleToStartTimeout, TimeoutType.SCHEDULE_TO_START, granted.signal);
    const permit = await lane.acquire();
    granted.abort();
    if (!this.#isOver) return permit;
    permit?.release();
    return undefined;
  }

  /** A time-out frees the slot, even where the activity does not listen. */
  async #runOne(permit: Permit, dueTime: number): Promise<AttemptEnd> {
    const { host, place, task, began } = this.#options;
    const { startToCloseTimeout } = task.command;
    const attempt = this.#running = new LocalAttempt(host, place, task, this.#number, dueTime);
    const end = attempt.run();
    began(end);
    const done = new AbortController();
    const limits: Promise<AttemptEnd>[] = [end, this.#whenOver(done.signal)];
    if (isLimit(startToCloseTimeout)) limits.push(this.#limit(attempt, startToCloseTimeout, done.signal));
    try {
      return await Promise.race(limits);
    } finally {
      done.abort();
      this.#running = undefined;
      permit.release();
    }
  }

  async #limit(attempt: LocalAttempt, timeout: number, done: AbortSignal): Promise<AttemptEnd> {
    await waitFor(timeout, done);
    if (!done.aborted) attempt.cancel({ timedOut: true }, "Timed out");
    return { failure: timeoutFailure(TimeoutType.START_TO_CLOSE), isCancelled: false };
  }

  #whenOver(done: AbortSignal): Promise<AttemptEnd> {
    const over = this.#over.signal;
    return new Promise((resolve) => {
      const end = () => resolve({ isCancelled: true });
      over.addEventListener("abort", end, { once: true, signal: done });
    });
  }

  /** Milliseconds before the next attempt; undefined where this end is final. */
  #readDelay({ failure, isCancelled }: AttemptEnd): number | undefined {
    if (!failure || isCancelled || this.#isCancelRequested || this.#isShutDown) return undefined;
    return retryDelay(this.#options.task.command.retryPolicy, this.#number, failure);
  }

  #finishBy({ result, failure }: AttemptEnd): void {
    // What did not succeed before the shutdown begins anew on another worker.
    if (failure && this.#isShutDown) this.#end(undefined);
    else this.#finish({ result, failure });
  }

  #finish(ending: Pick<LocalOutcome, "result" | "failure" | "backoff">): void {
    this.#end({ attempt: this.#number, runtime: performance.now() - this.#began, ...ending });
  }

  #end(outcome: LocalOutcome | undefined): void {
    this.#settle(outcome);
    this.#over.abort();
  }

  #timeOutAfter(delay: number | undefined, type: TimeoutType, done: AbortSignal): void {
    if (!isLimit(delay)) return;
    waitFor(delay, done).then(() => {
      if (!done.aborted) this.#timeOut(type);
    });
  }

  #timeOut(type: TimeoutType): void {
    if (this.#isOver) return;
    this.#running?.cancel({ timedOut: true }, "Timed out");
    this.#finish({ failure: timeoutFailure(type, this.#lastFailure) });
  }

  /** All attempts share the time from the first request to the end. */
  #watchDeadline(): void {
    const { command: { scheduleToCloseTimeout }, originalScheduleTime } = this.#options.task;
    if (scheduleToCloseTimeout === undefined) return;
    const left = originalScheduleTime + scheduleToCloseTimeout - Date.now();
    if (left <= 0) this.#timeOut(TimeoutType.SCHEDULE_TO_CLOSE);
    else this.#timeOutAfter(left, TimeoutType.SCHEDULE_TO_CLOSE, this.#over.signal);
  }
}

/** The failure of an activity that took too long; `cause` is why the attempt before failed. */
function timeoutFailure(timeoutType: TimeoutType, cause?: Failure): Failure {
  return {
    message: "Activity timed out",
    source: "",
    stackTrace: "",
    ...(cause && { cause }),
    failureInfo: { case: "timeoutFailureInfo", value: { timeoutType } },
  };
}
