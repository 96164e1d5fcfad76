/**
 * Promises that user code awaits.
 *
 * @module
 */
import { CancelledError } from "../../common/errors.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";

/** Settles a promise of the realm. */
export interface Settler<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Cancels one wait with an error of the realm; no effect once the wait is over. */
export type Cancel = (error: Error) => void;

/** Makes the promises of a run. */
export class Waits {
  readonly #state: RunState;
  readonly #values: Values;

  /** Makes promises of the realm of `state`. */
  constructor(state: RunState, values: Values) {
    this.#state = state;
    this.#values = values;
  }

  /** A promise that `begin` settles; `signal` cancels it. What `begin` throws, it rejects with. */
  make<T>(signal: AbortSignal | undefined, begin: (settler: Settler<T>) => Cancel): Promise<T> {
    const { Promise } = this.#state.realm.intrinsics;
    return new Promise((resolve, reject) => {
      try {
        if (signal) this.#beginAbortable(signal, { resolve, reject }, begin);
        else begin({ resolve, reject });
      } catch (error) {
        reject(this.#values.adopt(error));
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
    const abort = () => cancel(this.toCancelledError(signal));
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
