/**
 * The local activities that run on a worker, by the workflow runs that asked for them.
 *
 * @module
 */
import type { LocalWork } from "../core/local_activities.ts";
import type { LocalOutcome } from "../core/local_activity.ts";
import type { ExecutionHost } from "./activity_execution.ts";
import { waitFor } from "./backoff.ts";
import type { LocalPlace } from "./local_attempt.ts";
import { LocalExecution } from "./local_execution.ts";
import { type SlotLane, Slots } from "./slots.ts";

/** The local activities of one worker. */
export class LocalActivities {
  readonly #host: ExecutionHost;
  readonly #lane: SlotLane;
  readonly #runs: Set<LocalRun> = new Set();
  readonly #attempts: Set<Promise<unknown>> = new Set();
  #isShutDown = false;

  /** At most `slots` attempts run at once. */
  constructor(host: ExecutionHost, slots: number) {
    this.#host = host;
    this.#lane = new Slots(slots).lane();
  }

  /** Attempts whose code runs. */
  get running(): number {
    return this.#attempts.size;
  }

  /** A place for the local activities of a run, as long as that is loaded. */
  open(place: LocalPlace): LocalRun {
    const run: LocalRun = new LocalRun({
      host: this.#host,
      place,
      lane: this.#lane,
      track: (attempt) => this.#track(attempt),
      hasWork: (isBusy) => void (isBusy ? this.#runs.add(run) : this.#runs.delete(run)),
      isShutDown: () => this.#isShutDown,
    });
    return run;
  }

  /** Ends all after `grace` milliseconds, and begins none any more; returns how to take that back. */
  endAfter(grace: number): () => void {
    const stopped = new AbortController();
    waitFor(grace, stopped.signal).then(() => {
      if (stopped.signal.aborted) return;
      this.#isShutDown = true;
      for (const run of this.#runs) run.shutDown();
    });
    return () => stopped.abort();
  }

  /** Resolves when no attempt runs any more. */
  async drain(): Promise<void> {
    while (this.#attempts.size > 0) await Promise.all(this.#attempts);
  }

  #track(attempt: Promise<unknown>): void {
    const ended: Promise<void> = attempt.then(() => void this.#attempts.delete(ended));
    this.#attempts.add(ended);
  }
}

/** What the local activities of a run need of the worker. */
export interface LocalRunOptions {
  readonly host: ExecutionHost;
  readonly place: LocalPlace;
  readonly lane: SlotLane;
  readonly track: (attempt: Promise<unknown>) => void;
  /** Told when the run comes to have local activities, and when it has none any more. */
  readonly hasWork: (isBusy: boolean) => void;
  readonly isShutDown: () => boolean;
}

/** A local activity that ended. */
export interface EndedLocal {
  readonly seq: number;
  readonly outcome: LocalOutcome;
}

interface Entry {
  readonly execution: LocalExecution;
  /** The task of the run in which it began. */
  readonly task: number;
}

/** The local activities of one run. */
export class LocalRun {
  readonly #options: LocalRunOptions;
  readonly #entries: Map<number, Entry> = new Map();
  readonly #ended: EndedLocal[] = [];
  #wake: (() => void) | undefined;
  #isInterrupted = false;
  #task = 0;
  #laterAttempts = 0;

  constructor(options: LocalRunOptions) {
    this.#options = options;
  }

  /** Whether some have not ended. */
  get isBusy(): boolean {
    return this.#entries.size > 0;
  }

  /** Whether the run has something to hear of them, now or later. */
  get isAwaited(): boolean {
    return this.isBusy || this.#ended.length > 0;
  }

  /** Does what the run asks for. One that runs already is not begun again: its run was loaded anew. */
  apply({ start, cancel }: LocalWork): void {
    for (const task of start) {
      const { seq } = task.command;
      // After the shutdown the next task of the run, on another worker, begins it.
      if (!this.#entries.has(seq) && !this.#options.isShutDown()) this.#start(seq, task);
    }
    for (const seq of cancel) this.#entries.get(seq)?.execution.cancel();
  }

  /**
   * The next one that ended. Undefined at the `deadline`, a time of `performance.now()`, when none runs any more, and
   * after {@link interrupt}: then the task is to be answered.
   */
  async next(deadline: number): Promise<EndedLocal | undefined> {
    for (;;) {
      const ended = this.#ended.shift();
      if (ended) return ended;
      const left = deadline - performance.now();
      if (this.#isInterrupted || !this.isBusy || left <= 0) break;
      await this.#wait(left);
    }
    this.#isInterrupted = false;
    return undefined;
  }

  /** Ends a wait for the next one. */
  interrupt(): void {
    this.#isInterrupted = true;
    this.#wake?.();
  }

  /** Attempts that began since the last call, of those that began before it: for the metering of the server. */
  takeLaterAttempts(): number {
    const count = this.#laterAttempts;
    this.#laterAttempts = 0;
    this.#task++;
    return count;
  }

  /** Ends all because the worker shuts down. */
  shutDown(): void {
    for (const { execution } of this.#entries.values()) execution.shutDown();
  }

  /** Drops all: the run is not loaded any more. */
  close(): void {
    for (const { execution } of this.#entries.values()) execution.drop();
  }

  #start(seq: number, task: LocalWork["start"][number]): void {
    const { host, place, lane, track, hasWork } = this.#options;
    const began = (attempt: Promise<unknown>) => {
      if (entry.task < this.#task) this.#laterAttempts++;
      track(attempt);
    };
    const execution = new LocalExecution({ host, place, task, lane, began });
    const entry = { execution, task: this.#task };
    if (!this.isBusy) hasWork(true);
    this.#entries.set(seq, entry);
    execution.outcome.then((outcome) => this.#take(seq, outcome));
  }

  #take(seq: number, outcome: LocalOutcome | undefined): void {
    this.#entries.delete(seq);
    if (outcome) this.#ended.push({ seq, outcome });
    if (!this.isBusy) this.#options.hasWork(false);
    this.#wake?.();
  }

  #wait(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
