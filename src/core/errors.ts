/**
 * What is wrong with a history, apart from workflow code that does not match it.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";

/** A task's history or messages cannot be right, or this version cannot read them; the run cannot go on. */
export class HistoryError extends IllegalStateError {
  static override readonly name: string = "HistoryError";
}
