/**
 * Waits for conditions: evaluated when made, after every job and until nothing moves.
 *
 * @module
 */
import type { Payload } from "../../common/payload.ts";
import type { Context, Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Timers } from "./timers.ts";
import type { Cancel, Settler } from "./waits.ts";

interface Condition {
  readonly predicate: () => boolean;
  readonly context: Context;
  settle(error: unknown): void;
}

/** The conditions that a run waits for. */
export class Conditions {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #timers: Timers;
  readonly #waiting: Set<Condition> = new Set();

  /** No conditions yet. */
  constructor(state: RunState, scopes: Scopes, timers: Timers) {
    this.#state = state;
    this.#scopes = scopes;
    this.#timers = timers;
  }

  /** Resolves with true once `predicate` is true, with false when the time-out is over first. */
  wait(
    predicate: () => boolean,
    timeout: { duration: number; summary?: Payload } | undefined,
    settler: Settler<boolean>,
  ): Cancel {
    this.#state.assertWritable("waitCondition");
    const context = this.#scopes.context;
    const { scope } = context;
    const cancelled = scope.takeCancellation(context);
    if (cancelled) {
      settler.reject(cancelled);
      return () => {};
    }
    const condition: Condition = { predicate, context, settle: (error) => end(() => settle(settler, error)) };
    const cancel = (error: Error) => end(() => settler.reject(error));
    const end = (finish: () => void) => {
      if (!this.#waiting.delete(condition)) return;
      scope.delete(member);
      stopTimer?.();
      finish();
    };
    this.#waiting.add(condition);
    const member = scope.addWait(cancel, context);
    // The timer takes its number even where the condition holds already, as in all SDKs.
    const stopTimer = timeout && this.#startTimer(timeout, () => end(() => settler.resolve(false)));
    this.#evaluate(condition);
    return cancel;
  }

  /** Settles what has become true, until a pass changes nothing; whether anything was settled. */
  unblock(): boolean {
    let moved = false;
    let again = this.#waiting.size > 0;
    while (again) {
      again = false;
      for (const condition of this.#waiting) again = this.#evaluate(condition) || again;
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

  #startTimer(timeout: { duration: number; summary?: Payload }, fired: () => void): () => void {
    const id = this.#timers.schedule(timeout.duration, fired, timeout.summary);
    return () => this.#timers.clear(id);
  }
}

function settle(settler: Settler<boolean>, error: unknown): void {
  if (error === undefined) settler.resolve(true);
  else settler.reject(error);
}
