/**
 * Waits that user code can cancel with an AbortSignal.
 *
 * @module
 */
import { CancelledError } from "../common/errors.ts";
import type { Cancel, Settler } from "./bridge.ts";

/** A promise that `begin` settles; `signal` cancels it. What `begin` throws, it rejects with. */
export function makeWait<T>(signal: AbortSignal | undefined, begin: (settler: Settler<T>) => Cancel): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!signal) return void begin({ resolve, reject });
    if (signal.aborted) return reject(toCancelledError(signal));
    let cancel: Cancel = () => {};
    const abort = () => cancel(toCancelledError(signal));
    const stopListening = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    cancel = begin({
      resolve: (value) => (stopListening(), resolve(value)),
      reject: (error) => (stopListening(), reject(error)),
    });
  });
}

/** Why a signal was aborted, as a CancelledError. */
export function toCancelledError(signal: AbortSignal): CancelledError {
  const { reason } = signal;
  return reason instanceof CancelledError ? reason : new CancelledError("Cancelled", { cause: reason });
}
