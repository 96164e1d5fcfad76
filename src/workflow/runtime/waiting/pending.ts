/**
 * What a run has asked for and what is not over, one of these for each subject.
 *
 * @module
 */

/** Calls by their numbers, which count from 1. */
export class Pending<T> {
  #calls: Map<number, T> | undefined;
  #lastSeq = 0;

  /** The number that the next call gets. */
  get nextSeq(): number {
    return this.#lastSeq + 1;
  }

  /** Takes a call in; returns its number. */
  add(call: T): number {
    this.#calls ??= new Map();
    this.#calls.set(++this.#lastSeq, call);
    return this.#lastSeq;
  }

  /** Takes up the number of a call that is cancelled before it is made, as all SDKs do: ids come of numbers. */
  skip(): void {
    this.#lastSeq++;
  }

  /** A call that is not over. */
  get(seq: number): T | undefined {
    return this.#calls?.get(seq);
  }

  /** Forgets a call, which is over; undefined where it was forgotten before. */
  take(seq: number): T | undefined {
    const call = this.#calls?.get(seq);
    if (call !== undefined) this.#calls!.delete(seq);
    return call;
  }
}
