/**
 * What ends a wait.
 *
 * @module
 */

/** Settles a promise of the realm. */
export interface Settler<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Cancels one wait with an error of the realm; no effect once the wait is over. */
export type Cancel = (error: Error) => void;
