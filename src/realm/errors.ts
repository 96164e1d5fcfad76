/**
 * What a realm says when it cannot answer.
 *
 * @module
 */

/** The realm of a run is gone by no fault of the run: it can be loaded again from its history. */
export class RealmLostError extends Error {
  override readonly name: string = "RealmLostError";

  /** For what became of the realm. */
  constructor() {
    super("the thread of this workflow run is gone; load the run again");
  }
}

/** A workflow did not pause in time. */
export class DeadlockError extends Error {
  override readonly name: string = "DeadlockError";
}
