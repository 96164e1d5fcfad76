/**
 * Watches whether a thread goes on.
 *
 * @module
 */
import { unrefTimer } from "../../platform.ts";
import { words } from "./messages.ts";

/** Hears of items that take long. */
export interface WatchListener {
  /** For a quarter of the time. */
  slow(id: number): void;
  /** For all of it. */
  blocked(id: number): void;
}

/** How often a thread is looked at within its time. */
const looks = 8;

/** After how many looks it is slow. */
const slowAfter = 2;

/**
 * Looks at what a thread has in progress. What counts is how often it was found with the same item, not what the clock
 * says: when the machine is so busy that this side comes late, that is no time of the thread.
 */
export class Watch {
  readonly #words: Int32Array;
  readonly #interval: number;
  readonly #listener: WatchListener;
  #timer: ReturnType<typeof setInterval> | undefined;
  #turn = 0;
  #seen = 0;

  /** Watches for items that take longer than `timeout` milliseconds. */
  constructor(words: Int32Array, timeout: number, listener: WatchListener) {
    this.#words = words;
    this.#interval = Math.max(1, timeout / looks);
    this.#listener = listener;
  }

  /** Looks from now on; does not hold the process. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#seen = 0;
    this.#timer = setInterval(() => this.#look(), this.#interval);
    unrefTimer(this.#timer);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const turn = Atomics.load(this.#words, words.turn);
    const id = Atomics.load(this.#words, words.current);
    const isSame = id !== 0 && turn === this.#turn;
    this.#turn = turn;
    this.#seen = isSame ? this.#seen + 1 : 0;
    if (this.#seen === slowAfter) this.#listener.slow(id);
    if (this.#seen === looks) this.#listener.blocked(id);
  }
}
