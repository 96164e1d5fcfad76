/**
 * The memo of a run: values kept beside it, not indexed.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";
import type { Memo } from "../common/options.ts";
import { callRun } from "./current.ts";

/** The memo as the start and upserts left it, decoded; a copy. Without schemas: see {@link memoValue}. */
export function memo(): Memo {
  return Object.fromEntries(callRun("memoKeys").map((key) => [key, callRun("memoValue", key, undefined)]));
}

/**
 * One value of the memo, or `default`; `typeHint` is its schema.
 *
 * Throws ValueError where there is no such key and no default, ApplicationError where the schema does not take the value.
 */
export function memoValue<T = unknown>(key: string, options?: { default?: T; typeHint?: TypeHint<T> }): T {
  return callRun("memoValue", key, options ?? {}) as T;
}

/**
 * Sets values of the memo, seen at once by {@link memo} and `info().rawMemo`; null and undefined remove a key.
 *
 * Throws ValueError for a value that no converter takes; nothing is changed then.
 */
export function upsertMemo(updates: Memo): void {
  callRun("upsertMemo", updates);
}
