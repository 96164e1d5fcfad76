/**
 * Locks for handlers that run at the same time.
 *
 * @module
 */
import type { Duration } from "../common/duration.ts";
import { TimeoutError, ValueError } from "../common/errors.ts";
import type { Turn } from "./bridge.ts";
import { callRun } from "./current.ts";

/** What `Symbol.dispose` is in runtimes that have none, for code that was compiled for them. */
const dispose: typeof Symbol.dispose =
  /* @__PURE__ */ (() => Symbol.dispose ?? Symbol.for("Symbol.dispose"))() as never;

/** Options of {@link Semaphore.acquire}. */
export interface AcquireOptions {
  /** Gives up after this time, with TimeoutError; a timer, where there is something to wait for. */
  timeout?: Duration;
  /** Cancels the wait, besides the scope it is made in. */
  signal?: AbortSignal;
}

/**
 * Lets some at a time go on; the others wait for their turn, first come, first served.
 *
 * ```ts
 * const semaphore = new Semaphore(3);
 * using _permit = await semaphore.acquire({ timeout: "1 minute" });
 * ```
 */
export class Semaphore {
  readonly #waiting: Turn[] = [];
  #free: number;

  /** 1 permit by default. Throws ValueError for anything but a whole number from 1. */
  constructor(permits: number = 1) {
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw new ValueError(`permits is ${permits}; give a whole number of 1 or more`);
    }
    this.#free = permits;
  }

  /**
   * A permit, once one is free; give it back with `release` or `using`.
   *
   * Rejects with TimeoutError, or CancelledError when the wait is cancelled.
   */
  acquire(options: AcquireOptions = {}): Promise<Disposable & { release(): void }> {
    const turn = this.#free > 0 ? this.#take(options) : this.#queue(options);
    return turn.came.then((hasCome) => {
      if (hasCome) return this.#makePermit();
      throw new TimeoutError(`no permit came free within ${JSON.stringify(options.timeout)}`);
    });
  }

  #take({ signal }: AcquireOptions): Turn {
    const turn = callRun("waitForTurn", { signal });
    if (callRun("giveTurn", turn)) this.#free--;
    return turn;
  }

  #queue(options: AcquireOptions): Turn {
    const turn = callRun("waitForTurn", options);
    this.#waiting.push(turn);
    return turn;
  }

  #makePermit(): Disposable & { release(): void } {
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#pass();
      isHeld = false;
    };
    return { release, [dispose]: release } as Disposable & { release(): void };
  }

  /** To the next one that still waits. */
  #pass(): void {
    let next = this.#waiting.shift();
    while (next && !callRun("giveTurn", next)) next = this.#waiting.shift();
    if (!next) this.#free++;
  }
}

/** Lets one at a time go on: a {@link Semaphore} of one permit. */
export class Lock extends Semaphore {
  /** Free. */
  constructor() {
    super(1);
  }
}
