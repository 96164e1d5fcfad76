/**
 * Waits for conditions: evaluated when made, after every job and until nothing moves.
 *
 * @module
 */
import type { Payload } from "../../../common/payload.ts";
import type { RunState } from "../state.ts";
import { Caller } from "./caller.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Context, Scopes } from "./scopes.ts";
import type { Cancel, Settler } from "./settler.ts";
import type { Timers } from "./timers.ts";

interface Condition {
  readonly predicate: () => boolean;
  readonly context: Context;
  settle(error: unknown): void;
}

/** How long a wait may take. */
export interface ConditionTimeout {
  /** Milliseconds. */
  duration: number;
  summary?: Payload;
}

/** The conditions that a run waits for. */
export class Conditions {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #timers: Timers;
  #waiting: Set<Condition> | undefined;

  /** No conditions yet. */
  constructor(state: RunState, scopes: Scopes, timers: Timers) {
    this.#state = state;
    this.#scopes = scopes;
    this.#timers = timers;
  }

  /** Resolves with true once `predicate` is true, with false when the time-out is over first. */
  wait(
    predicate: () => boolean,
    timeout: ConditionTimeout | undefined,
    settler: Settler<boolean>,
  ): Cancel | undefined {
    const { context } = this.#scopes;
    const caller = new Caller(timeout ? { ...context, scope: this.#scopes.openForTimeout() } : context);
    const jobs = timeout ? "timedConditionCancelledBefore" : "conditionCancelledBefore";
    if (caller.isCancelledBefore(this.#state, settler, jobs)) {
      if (timeout) this.#timers.skip();
      return undefined;
    }
    const waiting = this.#waiting ??= new Set();
    let isNew = true;
    const end = (stopsTimer: boolean, finish: () => void) => {
      if (!waiting.delete(condition)) return;
      caller.leave();
      if (!timeout) return this.#after(isNew ? "conditionAtOnce" : "conditionLater", finish);
      if (stopsTimer) this.#after("conditionTimer", () => this.#timers.clear(timer!));
      this.#after("conditionTimed", finish);
    };
    const condition: Condition = { predicate, context, settle: (error) => end(true, () => settle(settler, error)) };
    const cancel = (error: Error) => {
      if (!waiting.delete(condition)) return;
      caller.leave();
      if (timeout) this.#after("timedConditionCancelledTimer", () => this.#timers.clear(timer!));
      this.#after(timeout ? "timedConditionCancelled" : "conditionCancelled", () => settler.reject(error));
    };
    waiting.add(condition);
    caller.join(cancel);
    // The timer takes its number even where the condition holds already, as in all SDKs.
    const timer = timeout && this.#startTimer(timeout, () => end(false, () => settler.resolve(false)));
    this.#evaluate(condition);
    isNew = false;
    return cancel;
  }

  /** Settles what has become true, until a pass changes nothing; whether anything was settled. */
  unblock(): boolean {
    const waiting = this.#waiting;
    if (!waiting) return false;
    let moved = false;
    let again = waiting.size > 0;
    while (again) {
      again = false;
      for (const condition of waiting) again = this.#evaluate(condition) || again;
      moved ||= again;
    }
    return moved;
  }

  #evaluate(condition: Condition): boolean {
    try {
      if (!this.#scopes.run(condition.predicate, condition.context)) return false;
      condition.settle(undefined);
    } catch (error) {
      condition.settle(error ?? new Error("a condition threw nothing"));
    }
    return true;
  }

  #after(which: keyof typeof promiseJobs, work: () => void): void {
    afterJobs(this.#state, promiseJobs[which], work);
  }

  #startTimer({ duration, summary }: ConditionTimeout, fired: () => void): number {
    return this.#timers.schedule(duration, fired, summary);
  }
}

function settle(settler: Settler<boolean>, error: unknown): void {
  if (error === undefined) settler.resolve(true);
  else settler.reject(error);
}
