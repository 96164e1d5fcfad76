/**
 * Promises that user code awaits.
 *
 * @module
 */
import { CancelledError } from "../../../common/errors.ts";
import type { CallSites } from "../call_sites.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import type { Cancel, Settler } from "./settler.ts";

/** Makes the promises of a run. */
export class Waits {
  readonly #state: RunState;
  readonly #values: Values;
  readonly #sites: CallSites;

  /** Makes promises of the realm of `state`. */
  constructor(state: RunState, values: Values, sites: CallSites) {
    this.#state = state;
    this.#values = values;
    this.#sites = sites;
  }

  /**
   * A promise that `begin` settles, or rejects with what it throws. `begin` returns how to cancel the wait, where it can
   * be: `signal` does. Throws ReadOnlyContextError or IllegalStateError where `what` may not be called now.
   */
  make<T>(
    what: string,
    signal: AbortSignal | undefined,
    begin: (settler: Settler<T>) => Cancel | undefined,
  ): Promise<T> {
    this.#state.assertWritable(what);
    const { Promise } = this.#state.realm.intrinsics;
    return new Promise((resolve, reject) => {
      const settler = this.#sites.isOn ? this.#sites.watch({ resolve, reject }) : { resolve, reject };
      if (signal) this.#beginAbortable(signal, settler, begin);
      else this.#begin(settler, begin);
    });
  }

  /** Why a signal was aborted, as a CancelledError of the realm. */
  toCancelledError(signal: AbortSignal): Error {
    const { reason } = signal;
    if (reason instanceof CancelledError) return reason;
    return this.#values.adopt(new CancelledError("Cancelled", { cause: reason })) as Error;
  }

  #begin<T>(settler: Settler<T>, begin: (settler: Settler<T>) => Cancel | undefined): Cancel | undefined {
    try {
      return begin(settler);
    } catch (error) {
      settler.reject(this.#values.adopt(error));
      return undefined;
    }
  }

  #beginAbortable<T>(
    signal: AbortSignal,
    { resolve, reject }: Settler<T>,
    begin: (settler: Settler<T>) => Cancel | undefined,
  ): void {
    if (signal.aborted) return reject(this.toCancelledError(signal));
    let cancel: Cancel | undefined = undefined;
    const abort = () => {
      if (this.#state.mayWrite("aborting a call")) cancel?.(this.toCancelledError(signal));
    };
    const stopListening = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    const settler: Settler<T> = {
      resolve: (value) => {
        stopListening();
        resolve(value);
      },
      reject: (error) => {
        stopListening();
        reject(error);
      },
    };
    cancel = this.#begin(settler, begin);
  }
}
