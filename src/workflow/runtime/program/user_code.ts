/**
 * Calls of user code that may take its time.
 *
 * @module
 */
import type { UserFunction } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import type { Context, Scopes } from "../waiting/scopes.ts";

/** The user's code, as a run calls it. */
export class UserCode {
  readonly #state: RunState;
  readonly #scopes: Scopes;

  /** The code in the realm of `state`. */
  constructor(state: RunState, scopes: Scopes) {
    this.#state = state;
    this.#scopes = scopes;
  }

  /** The context of a signal or update handler. */
  handlerContext(update?: Context["update"]): Context {
    return { scope: this.#scopes.root, isHandler: true, update };
  }

  /** Calls now, as the main function unless `context` says otherwise; hears of the end by promise jobs. */
  perform(
    fn: UserFunction,
    self: unknown,
    args: unknown[],
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
    context?: Context,
  ): void {
    this.#scopes.run(() => this.#state.realm.perform(fn, self, args).then(done, failed), context);
  }
}
