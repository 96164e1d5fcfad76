/**
 * The server's clock: one queue of timers over one timer of the runtime.
 *
 * Every deadline of the engine goes through here, so that a source of time that skips can take the
 * place of the wall clock.
 *
 * @module
 */

/** One scheduled call. Keep it to cancel it. */
export interface ClockEntry {
  /** Milliseconds since the epoch. */
  readonly due: number;
  /** What is called once the clock reaches `due`. */
  readonly run: () => void;
  /** Whether somebody waits for it: the process stays alive while such an entry is open. */
  readonly held: boolean;
  /** Position in the queue, -1 once fired or cancelled. */
  index: number;
  /** Keeps entries of one instant in the order they were made. */
  readonly order: number;
}

interface RuntimeTimer {
  ref?(): void;
  unref?(): void;
}

const LONGEST_DELAY = 2 ** 31 - 1;

/** A queue of timers, a binary heap by due time. */
export class Clock {
  readonly #source: () => number;
  #entries: ClockEntry[] = [];
  #made = 0;
  #held = 0;
  #timer: RuntimeTimer | undefined;
  #armedFor = Infinity;
  #stopped = false;

  /** `source` gives milliseconds since the epoch; `Date.now` if unset. */
  constructor(source: () => number = Date.now) {
    this.#source = source;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#source();
  }

  /** Calls `run` at `due`; `held` keeps the process alive until then or until it is cancelled. */
  schedule(due: number, run: () => void, held = false): ClockEntry {
    const entry: ClockEntry = { due, run, held, index: this.#entries.length, order: this.#made++ };
    this.#entries.push(entry);
    this.#rise(entry.index);
    if (held && ++this.#held === 1) this.#timer?.ref?.();
    if (due < this.#armedFor) this.#arm();
    return entry;
  }

  /** Takes an entry out; nothing happens if it fired or was cancelled already. */
  cancel(entry: ClockEntry | undefined): void {
    if (!entry || entry.index < 0) return;
    this.#remove(entry);
    if (this.#entries.length === 0) this.#disarm();
  }

  /** Drops every entry and stops for good. */
  stop(): void {
    this.#stopped = true;
    for (const entry of this.#entries) entry.index = -1;
    this.#entries = [];
    this.#disarm();
  }

  #disarm(): void {
    if (this.#timer) clearTimeout(this.#timer as unknown as number);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #arm(): void {
    this.#disarm();
    const first = this.#entries[0];
    if (!first || this.#stopped) return;
    this.#armedFor = first.due;
    const delay = Math.min(Math.max(first.due - this.now(), 0), LONGEST_DELAY);
    this.#timer = setTimeout(() => this.#fire(), delay) as unknown as RuntimeTimer;
    if (this.#held === 0) this.#timer.unref?.();
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = -Infinity;
    const now = this.now();
    try {
      while (this.#entries.length > 0 && this.#entries[0].due <= now) {
        const entry = this.#entries[0];
        this.#remove(entry);
        entry.run();
      }
    } finally {
      // What an entry throws is no reason to forget the others.
      this.#armedFor = Infinity;
      this.#arm();
    }
  }

  #remove(entry: ClockEntry): void {
    const { index } = entry;
    const last = this.#entries.pop()!;
    if (last !== entry) {
      this.#entries[index] = last;
      last.index = index;
      this.#rise(index);
      this.#sink(last.index);
    }
    entry.index = -1;
    if (entry.held && --this.#held === 0) this.#timer?.unref?.();
  }

  #rise(index: number): void {
    const entries = this.#entries;
    const entry = entries[index];
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (!isBefore(entry, entries[up])) break;
      entries[index] = entries[up];
      entries[index].index = index;
      index = up;
    }
    entries[index] = entry;
    entry.index = index;
  }

  #sink(index: number): void {
    const entries = this.#entries;
    const entry = entries[index];
    for (;;) {
      let down = 2 * index + 1;
      if (down >= entries.length) break;
      if (down + 1 < entries.length && isBefore(entries[down + 1], entries[down])) down++;
      if (!isBefore(entries[down], entry)) break;
      entries[index] = entries[down];
      entries[index].index = index;
      index = down;
    }
    entries[index] = entry;
    entry.index = index;
  }
}

function isBefore(one: ClockEntry, other: ClockEntry): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
