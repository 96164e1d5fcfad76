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
