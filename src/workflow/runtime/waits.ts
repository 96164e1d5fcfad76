/**
 * Promises that user code awaits.
 *
 * @module
 */
import { CancelledError } from "../../common/errors.ts";
import type { CallSites } from "./call_sites.ts";
import type { Settler } from "./settler.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";

export type { Settler } from "./settler.ts";

/** Cancels one wait with an error of the realm; no effect once the wait is over. */
export type Cancel = (error: Error) => void;

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

  /** A promise that `begin` settles; `signal` cancels it. What `begin` throws, it rejects with. */
  make<T>(signal: AbortSignal | undefined, begin: (settler: Settler<T>) => Cancel): Promise<T> {
    const { Promise } = this.#state.realm.intrinsics;
    return new Promise((resolve, reject) => {
      const settler = this.#sites.isOn ? this.#sites.watch({ resolve, reject }) : { resolve, reject };
      try {
        if (signal) this.#beginAbortable(signal, settler, begin);
        else begin(settler);
      } catch (error) {
        settler.reject(this.#values.adopt(error));
      }
    });
  }

  /** Why a signal was aborted, as a CancelledError of the realm. */
  toCancelledError(signal: AbortSignal): Error {
    const { reason } = signal;
    if (reason instanceof CancelledError) return reason;
    return this.#values.adopt(new CancelledError("Cancelled", { cause: reason })) as Error;
  }

  #beginAbortable<T>(
    signal: AbortSignal,
    { resolve, reject }: Settler<T>,
    begin: (settler: Settler<T>) => Cancel,
  ): void {
    if (signal.aborted) return reject(this.toCancelledError(signal));
    const abort = () => {
      this.#state.assertReadWrite("aborting a call");
      cancel(this.toCancelledError(signal));
    };
    const stopListening = () => signal.removeEventListener("abort", abort);
    let cancel: Cancel = () => {};
    signal.addEventListener("abort", abort);
    cancel = begin({
      resolve: (value) => {
        stopListening();
        resolve(value);
      },
      reject: (error) => {
        stopListening();
        reject(error);
      },
    });
  }
}
