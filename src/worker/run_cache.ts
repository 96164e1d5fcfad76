/**
 * The workflow runs that a worker holds: at most one task at a time each, the least recently used
 * idle ones leave first.
 *
 * @module
 */

/** What a cache holds for one run. */
export interface CachedRun<Task, State> {
  readonly runId: string;
  /** Undefined until the first task has loaded it. */
  state?: State;
  busy: boolean;
  /** What its state weighs. */
  bytes?: number;
  /** Set while the run stays, idle or not, whatever the limit. */
  held?: ReturnType<typeof setTimeout>;
  /** The newest workflow task that arrived while the run was busy. */
  next?: Parked<Task>;
  /** Query tasks that arrived while the run was busy. */
  queries: Parked<Task>[];
}

/** A task that waits for its run. */
export interface Parked<Task> {
  task: Task;
  /** Called when the task has been dealt with, or another has taken its place. */
  done: () => void;
}

/** A limit of what runs weigh together. */
export interface WeightLimit<State> {
  maxBytes: number;
  measure(state: State): number;
}

/** Keeps runs by their run id, least recently used first. */
export class RunCache<Task, State> {
  #runs = new Map<string, CachedRun<Task, State>>();
  #limit: number;
  #dispose: (state: State) => void;
  #weight: WeightLimit<State> | undefined;
  #bytes = 0;

  /** `limit` runs stay while idle, fewer where they weigh too much, but one; `dispose` frees what leaves. */
  constructor(limit: number, dispose: (state: State) => void, weight?: WeightLimit<State>) {
    this.#limit = limit;
    this.#dispose = dispose;
    this.#weight = weight;
  }

  /** Runs held, busy ones included. */
  get size(): number {
    return this.#runs.size;
  }

  /** The run of this id, made when missing; it is the most recently used now. */
  claim(runId: string): CachedRun<Task, State> {
    const run = this.#runs.get(runId) ?? { runId, busy: false, queries: [] };
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    return run;
  }

  /** Marks a run as busy and makes room for it. */
  begin(run: CachedRun<Task, State>): void {
    run.busy = true;
    this.#release(run);
    this.trim(Math.max(1, this.#limit));
  }

  /** Drops a run's state; the next task starts it anew. */
  evict(run: CachedRun<Task, State>): void {
    const { state } = run;
    run.state = undefined;
    this.#weigh(run);
    if (state !== undefined) this.#dispose(state);
  }

  /**
   * Marks a run as idle and makes room: runs without state and those beyond the limit leave. This one stays for `hold`
   * milliseconds in any case: its next task is on its way.
   */
  settle(run: CachedRun<Task, State>, hold: number = 0): void {
    run.busy = false;
    this.#weigh(run);
    if (run.state === undefined) this.#runs.delete(run.runId);
    else if (hold > 0) run.held = setTimeout(() => this.#expire(run), hold);
    this.trim(this.#limit);
  }

  /** Evicts idle runs, least recently used first, until at most `limit` are held. */
  trim(limit: number): void {
    if (this.#fits(limit)) return;
    for (const run of this.#runs.values()) {
      if (run.busy || run.held !== undefined) continue;
      this.evict(run);
      this.#runs.delete(run.runId);
      if (this.#fits(limit)) return;
    }
  }

  /** Evicts every idle run. */
  clear(): void {
    for (const run of this.#runs.values()) this.#release(run);
    this.trim(0);
  }

  #fits(limit: number): boolean {
    const { size } = this.#runs;
    return size <= limit && (size <= 1 || this.#bytes <= (this.#weight?.maxBytes ?? Infinity));
  }

  #weigh(run: CachedRun<Task, State>): void {
    const bytes = run.state === undefined ? 0 : this.#weight?.measure(run.state) ?? 0;
    this.#bytes += bytes - (run.bytes ?? 0);
    run.bytes = bytes;
  }

  #release(run: CachedRun<Task, State>): void {
    clearTimeout(run.held);
    run.held = undefined;
  }

  #expire(run: CachedRun<Task, State>): void {
    this.#release(run);
    this.trim(this.#limit);
  }
}
