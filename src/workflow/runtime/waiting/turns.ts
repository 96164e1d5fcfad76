/**
 * Waits that the facade ends itself, those for a lock for example.
 *
 * @module
 */
import { toMilliseconds } from "../../../common/duration.ts";
import type { Turn, TurnOptions } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import { Caller } from "./caller.ts";
import type { Scopes } from "./scopes.ts";
import type { Cancel, Settler } from "./settler.ts";
import type { Timers } from "./timers.ts";
import type { Waits } from "./waits.ts";

/** A wait that has begun. */
interface BegunTurn {
  give(): boolean;
  readonly cancel: Cancel | undefined;
}

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
    const duration = timeout === undefined ? undefined : toMilliseconds(timeout, "timeout");
    let begun: BegunTurn | undefined;
    const came = this.#waits.make<boolean>("acquiring a lock", signal, (settler) => {
      begun = this.#begin(duration, settler);
      return begun.cancel;
    });
    return { came, give: () => begun?.give() ?? false };
  }

  /** Ends a wait; false where it is over already. */
  give(turn: Turn): boolean {
    this.#state.assertWritable("releasing a lock");
    return turn.give();
  }

  #begin(timeout: number | undefined, settler: Settler<boolean>): BegunTurn {
    const caller = new Caller(this.#scopes.context);
    if (caller.isCancelledBefore(this.#state, settler)) return { give: () => false, cancel: undefined };
    let isOver = false;
    const end = (finish: () => void) => {
      if (isOver) return false;
      isOver = true;
      caller.leave();
      if (timer !== undefined) this.#timers.clear(timer);
      finish();
      return true;
    };
    const cancel = (error: Error) => void end(() => settler.reject(error));
    caller.join(cancel);
    const timer = timeout === undefined
      ? undefined
      : this.#timers.schedule(timeout, () => void end(() => settler.resolve(false)));
    return { give: () => end(() => settler.resolve(true)), cancel };
  }
}
