/**
 * What the run before this one left.
 *
 * @module
 */
import type { TypeHint } from "../../../common/definition.ts";
import type { Initialize } from "../../activation.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";

/** The result or the failure of the run before. */
export class PreviousRun {
  readonly #state: RunState;
  readonly #values: Values;

  /** Reads from the start of the run of `state`. */
  constructor(state: RunState, values: Values) {
    this.#state = state;
    this.#values = values;
  }

  /** Whether there is a result. */
  get hasResult(): boolean {
    return (this.#start("hasLastCompletionResult").lastCompletionResult?.length ?? 0) > 0;
  }

  /** The result, undefined where there is none. */
  readResult(typeHint: TypeHint | undefined): unknown {
    const payload = this.#start("getLastCompletionResult").lastCompletionResult?.[0];
    return payload && this.#values.decode([payload], typeHint && [typeHint])[0];
  }

  /** The failure, undefined where there is none. */
  readFailure(): Error | undefined {
    const failure = this.#start("getLastFailure").lastFailure;
    return failure && this.#values.decodeFailure(failure);
  }

  #start(what: string): Initialize {
    this.#state.assertRunning(what);
    return this.#state.start!;
  }
}
