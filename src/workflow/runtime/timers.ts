/**
 * Durable timers: those of `sleep`, of time-outs, and those that `setTimeout` makes.
 *
 * @module
 */
import type { Payload } from "../../common/payload.ts";
import type { CommandList } from "./commands.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Cancellable, Scope, Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Cancel, Settler } from "./waits.ts";

interface Timer {
  fire(): void;
}

/** The timers of a run. */
export class Timers {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #timers: Map<number, Timer> = new Map();
  #lastSeq = 0;

  /** No timers yet. */
  constructor(state: RunState, commands: CommandList, scopes: Scopes) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
  }

  /** Starts a timer that the current scope can cancel. */
  sleep(duration: number, summary: Payload | undefined, settler: Settler<void>): Cancel {
    this.#state.assertWritable("sleep");
    const { context } = this.#scopes;
    const { scope } = context;
    const cancelled = scope.takeCancellation(context);
    if (cancelled) {
      this.skip();
      afterJobs(this.#state, promiseJobs.cancelledBefore, () => settler.reject(cancelled));
      return () => {};
    }
    const seq = this.#start(duration, summary, { fire: () => finish(scope, member, settler.resolve) });
    const cancel = (error: Error) => {
      if (this.#stop(seq)) finish(scope, member, () => settler.reject(error));
    };
    const member = scope.addWait(cancel, context);
    return cancel;
  }

  /** Takes up the number of a timer that is cancelled before its start, as all SDKs do: ids come of numbers. */
  skip(): void {
    this.#lastSeq++;
  }

  /** Starts a timer that calls back and belongs to no scope; returns its id. */
  schedule(duration: number, callback: () => void, summary?: Payload): number {
    this.#state.assertWritable("setTimeout");
    const context = this.#scopes.context;
    return this.#start(duration, summary, { fire: () => this.#scopes.run(callback, context) });
  }

  /** Cancels a timer made by {@link schedule}. */
  clear(id: number): void {
    if (!this.#timers.has(id)) return;
    this.#state.assertWritable("clearTimeout");
    this.#stop(id);
  }

  /** Takes in that a timer fired; one that was cancelled meanwhile is no longer of interest. */
  fire(seq: number): void {
    const timer = this.#timers.get(seq);
    this.#timers.delete(seq);
    timer?.fire();
  }

  #start(duration: number, summary: Payload | undefined, timer: Timer): number {
    const seq = ++this.#lastSeq;
    this.#timers.set(seq, timer);
    this.#commands.push({
      kind: "startTimer",
      seq,
      duration: Math.max(1, duration),
      ...(summary && { metadata: { summary } }),
    });
    return seq;
  }

  #stop(seq: number): boolean {
    if (!this.#timers.delete(seq)) return false;
    this.#commands.push({ kind: "cancelTimer", seq });
    return true;
  }
}

function finish(scope: Scope, member: Cancellable, settle: () => void): void {
  scope.delete(member);
  settle();
}
