/**
 * A host whose realms live on threads: a workflow that blocks stops its thread, not the worker.
 *
 * @module
 */
import type { Activation, Command, Completion } from "../../workflow/activation.ts";
import type { RealmHost, RealmSettings, WorkflowRealm } from "../host.ts";
import { DeadlockError, RealmLostError } from "../errors.ts";
import { RealmThread, type RealmThreadOptions } from "./thread.ts";

/** Options of {@link createThreadedHost}. */
export interface ThreadedHostOptions extends RealmThreadOptions {
  /** The threads start while it is made. */
  settings: Promise<RealmSettings>;
  /** How many threads there are. */
  threads: number;
}

/** How many runs are remembered for having blocked a thread. */
const maxSuspects = 1_000;

/**
 * Starts threads and makes a host of runs, which are spread over them by run id.
 *
 * Rejects with what `settings` rejects with, and with ValueError as `createRealmHost` does.
 */
export async function createThreadedHost(options: ThreadedHostOptions): Promise<RealmHost> {
  const threads = Array.from({ length: options.threads }, () => new RealmThread(options));
  try {
    const settings = await options.settings;
    for (const thread of threads) thread.open(settings);
    const [workflowTypes] = await Promise.all(threads.map((thread) => thread.workflowTypes));
    return new ThreadedHost(workflowTypes, threads, settings, options);
  } catch (error) {
    for (const thread of threads) thread.end();
    throw error;
  }
}

class ThreadedHost implements RealmHost {
  readonly workflowTypes: string[];
  readonly #options: RealmThreadOptions;
  readonly #settings: RealmSettings;
  /** By place; the last place is for runs that have blocked a thread. */
  readonly #threads: (RealmThread | undefined)[];
  /** All that have not ended, and how many runs they have. */
  readonly #loads: Map<RealmThread, number> = new Map();
  readonly #suspects: Set<string> = new Set();
  #isClosed = false;
  #lastRun = 0;

  constructor(
    workflowTypes: string[],
    threads: RealmThread[],
    settings: RealmSettings,
    options: RealmThreadOptions,
  ) {
    this.workflowTypes = workflowTypes;
    this.#options = options;
    this.#settings = settings;
    this.#threads = [...threads, undefined];
    for (const thread of threads) this.#loads.set(thread, 0);
  }

  createRun({ runId, isTraced = false }: { runId: string; isTraced?: boolean }): WorkflowRealm {
    return new ThreadedRun(this, { runId, isTraced, run: ++this.#lastRun });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const thread of this.#loads.keys()) thread.end();
    this.#loads.clear();
    return Promise.resolve();
  }

  /** A thread for a run. */
  enter(runId: string): RealmThread {
    if (this.#isClosed) throw new Error("the worker of this workflow run has been shut down");
    const last = this.#threads.length - 1;
    const place = this.#suspects.has(runId) ? last : hash(runId) % last;
    const thread = this.#find(place);
    this.#loads.set(thread, this.#loads.get(thread)! + 1);
    return thread;
  }

  /** A run has left its thread; one that is no longer in use ends when it was the last. */
  leave(thread: RealmThread): void {
    const load = this.#loads.get(thread);
    if (load === undefined) return;
    this.#loads.set(thread, load - 1);
    if (load > 1 || this.#threads.slice(0, -1).includes(thread)) return;
    this.#threads[this.#threads.length - 1] = this.#threads.at(-1) === thread ? undefined : this.#threads.at(-1);
    this.#drop(thread);
  }

  /** From now on a run is kept apart from others. */
  suspect(runId: string): void {
    const [oldest] = this.#suspects;
    if (this.#suspects.size >= maxSuspects) this.#suspects.delete(oldest);
    this.#suspects.add(runId);
  }

  #find(place: number): RealmThread {
    const thread = this.#threads[place];
    if (thread?.isResponsive) return thread;
    const next = new RealmThread(this.#options);
    next.open(this.#settings);
    this.#threads[place] = next;
    this.#loads.set(next, 0);
    if (thread && this.#loads.get(thread) === 0) this.#drop(thread);
    return next;
  }

  #drop(thread: RealmThread): void {
    this.#loads.delete(thread);
    thread.end();
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

interface RunKey {
  readonly runId: string;
  readonly isTraced: boolean;
  /** Its number. */
  readonly run: number;
}

class ThreadedRun implements WorkflowRealm {
  readonly #host: ThreadedHost;
  readonly #key: RunKey;
  #thread: RealmThread | undefined;
  #hasStarted = false;
  #isDisposed = false;
  #what = "";

  constructor(host: ThreadedHost, key: RunKey) {
    this.#host = host;
    this.#key = key;
  }

  async activate(activation: Activation): Promise<Completion> {
    if (this.#isDisposed) return { kind: "successful", commands: [], usedFlags: [] };
    const start = activation.jobs.find((job) => job.kind === "initialize");
    if (start) this.#what = `${start.workflowType} (${start.workflowId})`;
    const completion = await this.#enter((thread) => thread.ask({ kind: "activate", ...this.#key, activation }));
    this.#hasStarted = true;
    return completion as Completion;
  }

  async locate(command: Command["kind"], seq: number): Promise<string | undefined> {
    if (!this.#thread?.isResponsive) return undefined;
    const { run } = this.#key;
    return await this.#thread.ask({ kind: "locate", run, command, seq }).catch(() => undefined) as string | undefined;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#leave();
  }

  async #enter<T>(work: (thread: RealmThread) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#hasStarted && !this.#thread?.isResponsive) throw new RealmLostError();
      const thread = this.#thread ??= this.#host.enter(this.#key.runId);
      try {
        return await work(thread);
      } catch (error) {
        this.#leave();
        // Where nothing of the run was lost, it begins on another thread.
        if (!(error instanceof RealmLostError) || this.#hasStarted || this.#isDisposed) throw this.#explain(error);
      }
    }
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof DeadlockError)) return error;
    this.#host.suspect(this.#key.runId);
    return new DeadlockError(
      `[TMPRL1101] Potential deadlock detected: workflow ${this.#what} ${error.message}; ` +
        "await what it waits for, and move long computations to activities",
    );
  }

  #leave(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    if (!thread) return;
    thread.dispose(this.#key.run);
    this.#host.leave(thread);
  }
}
