/**
 * One run: takes in activations job by job, lets the code of the realm move, hands over what it asks for.
 *
 * @module
 */
import { ValueError } from "../../common/errors.ts";
import type { Activation, Completion, Initialize, Job } from "../activation.ts";
import type { CallRun, RealmBridge, UserFunction } from "../bridge.ts";
import { copyPlain } from "../plain.ts";
import type { RunningHandler } from "./handlers.ts";
import { createCallRun } from "./operations.ts";
import { createParts, type PartsOptions, type RunParts } from "./parts.ts";
import { findHandlers, findRunnable, type WorkflowTable } from "./registry.ts";

/** What a run needs of the place where it runs. */
export interface RunOptions extends PartsOptions {
  /** Resolves when the promise jobs of all realms are done. */
  drain: () => Promise<void>;
  /** The workflows in the bundle, by type. */
  workflows: WorkflowTable;
}

interface Main {
  fn: UserFunction;
  self: unknown;
  args: unknown[];
}

type Appliers = { [K in Job["kind"]]: (run: RunParts, job: Extract<Job, { kind: K }>) => void };

/** A workflow run. */
export class WorkflowRun {
  /** How the code of the realm asks the run. */
  readonly call: CallRun;
  readonly #options: RunOptions;
  readonly #parts: RunParts;
  #main: Main | undefined;

  /** A run whose modules are not loaded yet; see {@link attach}. */
  constructor(options: RunOptions) {
    this.#options = options;
    this.#parts = createParts(options);
    this.call = createCallRun(this.#parts);
  }

  /** Takes up time, flags and seed, so that the modules may be loaded. */
  begin(activation: Activation): void {
    const { state, random } = this.#parts;
    state.begin(activation);
    const start = activation.jobs.find((job) => job.kind === "initialize");
    if (!start) return;
    state.start = start;
    random.reseed(start.randomSeed);
  }

  /** The modules are loaded. */
  attach(realm: RealmBridge): void {
    this.#parts.state.attach(realm);
  }

  /** Applies an activation for which {@link begin} was called; never rejects. */
  async activate(activation: Activation): Promise<Completion> {
    const { conditions, ending } = this.#parts;
    try {
      this.#applyJobs(activation.jobs);
      const hasStateJobs = activation.jobs.some(({ kind }) => kind !== "queryWorkflow");
      do {
        await this.#options.drain();
      } while (hasStateJobs && !ending.taskFailure && conditions.unblock());
    } catch (error) {
      ending.failTask(error);
    }
    return this.#conclude();
  }

  /** Fails the task in progress, if any, or the next one. */
  fail(error: unknown): void {
    this.#parts.ending.failTask(error);
  }

  /** Ends a task before any of its jobs, because the modules do not load. */
  abandon(error: unknown): Completion {
    this.fail(error);
    return this.#conclude();
  }

  #applyJobs(jobs: Job[]): void {
    const { conditions, ending } = this.#parts;
    for (const job of jobs) {
      if (job.kind === "initialize") this.#prepare(job);
      else apply(this.#parts, job);
      if (ending.taskFailure) return;
      if (job.kind !== "queryWorkflow") conditions.unblock();
    }
    this.#startMain();
  }

  /** Constructs a class workflow and sets its handlers, before any signal or update. */
  #prepare(start: Initialize): void {
    const { ending, scopes } = this.#parts;
    const { find, types } = this.#options.workflows;
    const listing = find(start.workflowType);
    if (!listing) return ending.failTask(new ValueError(describeUnknown(start.workflowType, types)));
    try {
      this.#main = scopes.run(() => prepareMain(this.#parts, listing, start));
    } catch (error) {
      ending.fail(error);
    }
  }

  /** The main function starts after what came with the start: signals, updates, a cancellation. */
  #startMain(): void {
    const main = this.#main;
    if (!main) return;
    this.#main = undefined;
    const { calls, conditions, ending } = this.#parts;
    calls.perform(main.fn, main.self, main.args, (value) => ending.complete(value), (error) => ending.fail(error));
    conditions.unblock();
  }

  #conclude(): Completion {
    const { commands, ending, updates } = this.#parts;
    if (!ending.taskFailure) updates.rejectWaiting();
    const failure = ending.taskFailure;
    const endsNow = commands.endsNow;
    const taken = commands.take();
    if (failure) return { kind: "failed", ...copyPlain(failure) };
    if (endsNow) this.#warnOfUnfinished();
    return { kind: "successful", commands: copyPlain(taken), usedFlags: [] };
  }

  #warnOfUnfinished(): void {
    const { handlers, log } = this.#parts;
    const unfinished = handlers.unfinished();
    for (const kind of ["update", "signal"] as const) {
      const left = unfinished.filter((handler) => handler.kind === kind);
      if (left.length > 0) log.write("warn", describeUnfinished(kind, left), undefined);
    }
  }
}

const appliers: Omit<Appliers, "initialize"> = {
  updateRandomSeed: ({ random }, { randomSeed }) => random.reseed(randomSeed),
  signalWorkflow: ({ signals }, job) => signals.receive(job),
  doUpdate: ({ updates }, job) => updates.receive(job),
  fireTimer: ({ timers }, { seq }) => timers.fire(seq),
  resolveActivity: ({ activities }, { seq, resolution }) => activities.resolve(seq, resolution),
  cancelWorkflow: ({ scopes }, { reason }) => scopes.cancelRoot(reason),
  queryWorkflow: ({ queries }, job) => queries.answer(job),
  notifyHasPatch: () => {},
  removeFromCache: () => {},
};

function apply(run: RunParts, job: Exclude<Job, Initialize>): void {
  const applier = appliers[job.kind] as ((run: RunParts, job: Job) => void) | undefined;
  if (!applier) throw new Error(`this version of the SDK does not know jobs of kind ${JSON.stringify(job.kind)}`);
  applier(run, job);
}

function prepareMain(
  { state, handlers, values }: RunParts,
  listing: { module: number; exportName: string },
  start: Initialize,
): Main {
  const module = state.realm.modules[listing.module] as Record<string, unknown>;
  const runnable = findRunnable(module[listing.exportName])!;
  const args = runnable.dynamic ? [values.decodeRaw(start.args)] : values.decode(start.args, runnable.schemas);
  if (runnable.kind === "function") return { fn: runnable.target, self: undefined, args };
  const instance = new runnable.target(...args);
  state.instance = instance;
  for (const { kind, name, entry } of findHandlers(instance)) handlers.set(kind, name, entry);
  return { fn: instance.run, self: instance, args };
}

function describeUnknown(type: string, known: readonly string[]): string {
  return `workflow type "${type}" is not registered on this worker; it knows: ${[...known].sort().join(", ")}`;
}

function describeUnfinished(kind: "signal" | "update", handlers: RunningHandler[]): string {
  const list = kind === "update"
    ? handlers.map(({ name, id }) => `${name} (id ${id})`)
    : [...new Set(handlers.map(({ name }) => name))].map((name) =>
      `${name} (${handlers.filter((handler) => handler.name === name).length})`
    );
  return `[TMPRL1102] the workflow ended while ${kind} handlers were in progress: ${list.join(", ")}; ` +
    "wait for allHandlersFinished before it returns, or set unfinishedPolicy to ABANDON";
}
