/**
 * Changes of search attributes; `info().searchAttributes` reads them.
 *
 * @module
 */
import type { SearchAttributeUpdate } from "../common/search.ts";
import { callRun } from "./current.ts";

/**
 * Sets and removes search attributes, seen at once in `info().searchAttributes`.
 *
 * ```ts
 * const CustomerId = SearchAttributeKey.forKeyword("CustomerId");
 * workflow.upsertSearchAttributes([CustomerId.valueSet("c-1")]);
 * ```
 *
 * Throws ValueError for an attribute given twice and for a value that does not fit its key; nothing is changed then.
 */
export function upsertSearchAttributes(updates: Iterable<SearchAttributeUpdate>): void {
  callRun("upsertSearchAttributes", updates);
}
