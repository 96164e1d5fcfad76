/**
 * Counts the tasks that may run at once. A permit is taken before the poll, so that no task ever
 * waits here while the server's clock for it runs.
 *
 * @module
 */

/** The right to run one task; given back exactly once. */
export interface Permit {
  release(): void;
}

interface Waiter {
  lane: Lane;
  grant: (permit: Permit | undefined) => void;
}

interface Lane {
  limit: number;
  held: number;
}

/** A way to the same slots with a ceiling of its own, so that one queue cannot starve another. */
export interface SlotLane {
  /** Resolves with a permit, or with undefined once the slots are closed. */
  acquire(): Promise<Permit | undefined>;
  /** A permit that is free right now, else undefined. */
  tryAcquire(): Permit | undefined;
}

/** A fixed number of slots; waiters are served first come, first served, as far as their lane allows. */
export class Slots {
  #free: number;
  #closed = false;
  #waiters: Waiter[] = [];
  readonly size: number;

  constructor(size: number) {
    this.size = size;
    this.#free = size;
  }

  /** Slots that are taken. */
  get used(): number {
    return this.size - this.#free;
  }

  /** A lane that may hold at most `limit` slots at once. */
  lane(limit: number = this.size): SlotLane {
    const lane: Lane = { limit, held: 0 };
    return { acquire: () => this.#acquire(lane), tryAcquire: () => this.#tryAcquire(lane) };
  }

  /** Lets every waiter go without a permit, now and later. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.grant(undefined);
  }

  #acquire(lane: Lane): Promise<Permit | undefined> {
    const permit = this.#tryAcquire(lane);
    if (permit || this.#closed) return Promise.resolve(permit);
    return new Promise((grant) => this.#waiters.push({ lane, grant }));
  }

  #tryAcquire(lane: Lane): Permit | undefined {
    return this.#closed || this.#free === 0 || lane.held >= lane.limit ? undefined : this.#take(lane);
  }

  #take(lane: Lane): Permit {
    this.#free--;
    lane.held++;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#free++;
        lane.held--;
        this.#serve();
      },
    };
  }

  #serve(): void {
    if (this.#free === 0) return;
    const next = this.#waiters.findIndex(({ lane }) => lane.held < lane.limit);
    if (next < 0) return;
    const [{ lane, grant }] = this.#waiters.splice(next, 1);
    grant(this.#take(lane));
  }
}
