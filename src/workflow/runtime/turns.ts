/**
 * Waits that the facade ends itself, those for a lock for example.
 *
 * @module
 */
import { toMilliseconds } from "../../common/duration.ts";
import type { Turn, TurnOptions } from "../bridge.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Timers } from "./timers.ts";
import type { Cancel, Settler, Waits } from "./waits.ts";

/** What waits for its turn in a run. */
export class Turns {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #timers: Timers;
  readonly #waits: Waits;

  /** Nothing waits yet. */
  constructor(state: RunState, scopes: Scopes, timers: Timers, waits: Waits) {
    this.#state = state;
    this.#scopes = scopes;
    this.#timers = timers;
    this.#waits = waits;
  }

  /** A wait in the current scope that ends when its turn is given, or when its time is over. */
  wait({ timeout, signal }: TurnOptions): Turn {
    this.#state.assertWritable("acquiring a lock");
    const duration = timeout === undefined ? undefined : toMilliseconds(timeout, "timeout");
    let give = () => false;
    const came = this.#waits.make<boolean>(signal, (settler) => {
      const wait = this.#begin(duration, settler);
      give = wait.give;
      return wait.cancel;
    });
    return { came, give: () => give() };
  }

  /** Ends a wait; false where it is over already. */
  give(turn: Turn): boolean {
    this.#state.assertWritable("releasing a lock");
    return turn.give();
  }

  #begin(timeout: number | undefined, settler: Settler<boolean>): { give: () => boolean; cancel: Cancel } {
    const { context } = this.#scopes;
    const { scope } = context;
    const cancelled = scope.takeCancellation(context);
    if (cancelled) {
      settler.reject(cancelled);
      return { give: () => false, cancel: () => {} };
    }
    let isOver = false;
    const end = (finish: () => void) => {
      if (isOver) return false;
      isOver = true;
      scope.delete(member);
      if (timer !== undefined) this.#timers.clear(timer);
      finish();
      return true;
    };
    const cancel = (error: Error) => void end(() => settler.reject(error));
    const member = scope.addWait(cancel, context);
    const timer = timeout === undefined
      ? undefined
      : this.#timers.schedule(timeout, () => void end(() => settler.resolve(false)));
    return { give: () => end(() => settler.resolve(true)), cancel };
  }
}
