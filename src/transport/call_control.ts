/**
 * What may end a call from this side: its deadline and its AbortSignal.
 *
 * @module
 */
import { Code, ConnectError } from "@connectrpc/connect";

/** Time for a call that names none, in milliseconds. */
export const defaultTimeout = 30_000;

/** Milliseconds that a call of this timeout may take: 30 s by default, undefined, for no limit, where it is 0 or less. */
export function readLimit(timeout: number | undefined): number | undefined {
  if (timeout === undefined) return defaultTimeout;
  return timeout > 0 ? timeout : undefined;
}

/** Time for a connection to open, and for the first answer on it, in milliseconds. */
export const connectTimeout = 10_000;

/** Longest delay that timers take, in milliseconds. */
export const longestTimer = 0x7fff_ffff;

/** Watches one call's deadline and signal until {@link CallControl.dispose}. */
export class CallControl {
  /** Why the call must stop, undefined while it may go on. */
  stopped: ConnectError | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort: (() => void) | undefined;
  #onStop: ((error: ConnectError) => void) | undefined;

  /**
   * @param what names the call in errors
   * @param timeout milliseconds; undefined is no limit
   */
  constructor(what: string, signal: AbortSignal | undefined, timeout: number | undefined) {
    this.#signal = signal;
    if (signal) {
      this.#onAbort = () => this.stop(createAbortError(what, signal));
      if (signal.aborted) this.#onAbort();
      else signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (timeout !== undefined && !this.stopped) {
      this.#timer = setTimeout(
        () => this.stop(new ConnectError(`${what} had no answer within ${timeout} ms`, Code.DeadlineExceeded)),
        Math.min(timeout, longestTimer),
      );
    }
  }

  /** Sets the one listener for the moment the call must stop; it is called at once where that moment has passed. */
  onStop(listener: ((error: ConnectError) => void) | undefined): void {
    this.#onStop = listener;
    if (this.stopped) listener?.(this.stopped);
  }

  /** The promise's outcome, or a rejection as soon as the call must stop. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.onStop(reject);
      promise.then(resolve, reject);
    });
  }

  /** Ends the call with this error, unless it had to stop before. */
  stop(error: ConnectError): void {
    this.stopped ??= error;
    this.#onStop?.(this.stopped);
  }

  /** Stops watching. */
  dispose(): void {
    this.#onStop = undefined;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#onAbort) this.#signal!.removeEventListener("abort", this.#onAbort);
  }
}

/** The error of a call whose signal was aborted; its cause is the signal's reason. */
export function createAbortError(what: string, signal: AbortSignal): ConnectError {
  return new ConnectError(`${what} was cancelled`, Code.Canceled, undefined, undefined, signal.reason);
}

/** A timeout in milliseconds as `grpc-timeout`, which allows eight digits and a unit. */
export function formatTimeout(milliseconds: number): string {
  const whole = Math.ceil(milliseconds);
  return whole < 1e8 ? `${whole}m` : `${Math.min(Math.ceil(whole / 1000), 99_999_999)}S`;
}
