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

/** Keeps runs by their run id, least recently used first. */
export class RunCache<Task, State> {
  #runs = new Map<string, CachedRun<Task, State>>();
  #limit: number;
  #dispose: (state: State) => void;

  /** `limit` runs stay while idle; `dispose` frees what leaves. */
  constructor(limit: number, dispose: (state: State) => void) {
    this.#limit = limit;
    this.#dispose = dispose;
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
    this.trim(Math.max(1, this.#limit));
  }

  /** Drops a run's state; the next task starts it anew. */
  evict(run: CachedRun<Task, State>): void {
    const { state } = run;
    run.state = undefined;
    if (state !== undefined) this.#dispose(state);
  }

  /** Marks a run as idle and makes room: runs without state and those beyond the limit leave. */
  settle(run: CachedRun<Task, State>): void {
    run.busy = false;
    if (run.state === undefined) this.#runs.delete(run.runId);
    this.trim(this.#limit);
  }

  /** Evicts idle runs, least recently used first, until at most `limit` are held. */
  trim(limit: number): void {
    if (this.#runs.size <= limit) return;
    for (const run of this.#runs.values()) {
      if (run.busy) continue;
      this.evict(run);
      this.#runs.delete(run.runId);
      if (this.#runs.size <= limit) return;
    }
  }

  /** Evicts every idle run. */
  clear(): void {
    this.trim(0);
  }
}
