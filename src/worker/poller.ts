/**
 * The loop of one poller: permit, long poll, hand over, again.
 *
 * @module
 */
import { RPCError, type RPCStatusCode } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { messageOf } from "./failures.ts";
import { Backoff, waitFor } from "./backoff.ts";
import type { Permit, SlotLane } from "./slots.ts";

/** Milliseconds for which errors that will not mend by themselves are borne before the worker fails. */
const fatalErrorPatience = 60_000;

const fatalStatuses: ReadonlySet<RPCStatusCode> = new Set<RPCStatusCode>([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "UNIMPLEMENTED",
  "UNAUTHENTICATED",
]);

/** One long poll to be: where its permit comes from, and the call. */
export interface Poll<T> {
  lane: SlotLane;
  /** Resolves with undefined when it ended without a task. */
  run(signal: AbortSignal): Promise<T | undefined>;
}

/** What a poller polls, and who takes the tasks. */
export interface PollerOptions<T> {
  /** Names the poller in log lines: "workflow task", "activity". */
  what: string;
  /** Asked before each poll. */
  next(): Poll<T>;
  /** Takes the task and the permit, which it releases in the end; must not throw. */
  handle(task: T, permit: Permit): void;
  /** Polls are given up when it aborts. */
  abort: AbortSignal;
  /** No new poll starts once it aborts; the one under way may end by itself. */
  stop: AbortSignal;
  logger: Logger;
  /** Awaited between the permit and the poll; a gate for rate limits. */
  gate?(): Promise<void>;
  /** Milliseconds for which fatal errors are borne: 60 s. */
  patience?: number;
}

/** Polls until told to stop; rejects when fatal errors outlast the patience. */
export async function runPoller<T>(options: PollerOptions<T>): Promise<void> {
  const failures = new FailureWatch(options);
  while (!options.stop.aborted) {
    const poll = options.next();
    const permit = await poll.lane.acquire();
    if (!permit) return;
    try {
      await options.gate?.();
      const task = options.stop.aborted ? undefined : await poll.run(options.abort);
      failures.clear();
      if (task === undefined) permit.release();
      else options.handle(task, permit);
    } catch (error) {
      permit.release();
      if (options.stop.aborted) return;
      await waitFor(failures.note(error), options.stop);
    }
  }
}

class FailureWatch {
  #backoff = new Backoff();
  #fatalSince?: number;
  #options: Pick<PollerOptions<never>, "what" | "logger" | "patience">;

  constructor(options: Pick<PollerOptions<never>, "what" | "logger" | "patience">) {
    this.#options = options;
  }

  clear(): void {
    this.#backoff.reset();
    this.#fatalSince = undefined;
  }

  /** Milliseconds to wait; throws the error once it has been fatal for too long. */
  note(error: unknown): number {
    const status = error instanceof RPCError ? error.status : undefined;
    const isFirst = this.#backoff.failures === 0;
    const delay = this.#backoff.next(status);
    if (status && fatalStatuses.has(status)) {
      this.#fatalSince ??= Date.now();
      if (Date.now() - this.#fatalSince >= (this.#options.patience ?? fatalErrorPatience)) throw error;
    } else {
      this.#fatalSince = undefined;
    }
    const line = `${this.#options.what} poll failed: ${messageOf(error)}; next try in ${Math.round(delay)} ms`;
    const { logger } = this.#options;
    if (isFirst) logger.warn(line);
    else logger.debug(line);
    return delay;
  }
}
