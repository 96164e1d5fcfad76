/**
 * One run: takes in activations job by job, lets the code of the realm move, hands over what it asks for.
 *
 * @module
 */
import type { Logger } from "../../common/logger.ts";
import type { Activation, Completion, Job } from "../activation.ts";
import type { RealmBridge, RunBridge, WorkflowListing, WorkflowMain } from "../bridge.ts";
import { copyPlain } from "../plain.ts";
import { Activities } from "./activities.ts";
import { CommandList } from "./commands.ts";
import { Conditions } from "./conditions.ts";
import type { ContextStorage } from "./context.ts";
import { Ending } from "./ending.ts";
import { Handlers, type RunningHandler } from "./handlers.ts";
import { RunLog } from "./log.ts";
import { Queries } from "./queries.ts";
import { RandomSource } from "./random.ts";
import { Scopes } from "./scopes.ts";
import { Signals } from "./signals.ts";
import { RunState } from "./state.ts";
import { Timers } from "./timers.ts";
import { Updates } from "./updates.ts";

/** What a run needs of the place where it runs. */
export interface RunOptions {
  runId: string;
  storage: ContextStorage;
  logger: Logger;
  /** Resolves when the promise jobs of all realms are done. */
  drain: () => Promise<void>;
  /** A stack trace with the places of the user's files. */
  mapStack: (stack: string) => string;
  /** The workflows in the bundle, by type. */
  workflows: WorkflowTable;
}

/** The workflows in a bundle. */
export interface WorkflowTable {
  readonly types: readonly string[];
  /** The workflow of that type, else the dynamic one. */
  find(type: string): WorkflowListing | undefined;
}

type Appliers = { [K in Job["kind"]]: (run: WorkflowRun, job: Extract<Job, { kind: K }>) => void };

/** A workflow run. Its parts are the subjects of the {@link RunBridge}. */
export class WorkflowRun implements RunBridge {
  readonly state: RunState;
  readonly scopes: Scopes;
  readonly timers: Timers;
  readonly conditions: Conditions;
  readonly activities: Activities;
  readonly handlers: Handlers;
  readonly random: RandomSource;
  readonly log: RunLog;
  readonly signals: Signals;
  readonly queries: Queries;
  readonly updates: Updates;
  readonly ending: Ending;
  readonly #commands: CommandList = new CommandList();
  readonly #options: RunOptions;
  #main: WorkflowMain | undefined;

  /** A run whose modules are not loaded yet; see {@link attach}. */
  constructor(options: RunOptions) {
    this.#options = options;
    const commands = this.#commands;
    this.state = new RunState(options.runId, options.mapStack);
    this.scopes = new Scopes(options.storage, this.state);
    this.timers = new Timers(this.state, commands, this.scopes);
    this.scopes.connect(this.timers);
    this.conditions = new Conditions(this.state, this.scopes, this.timers);
    this.activities = new Activities(this.state, commands, this.scopes);
    this.handlers = new Handlers(this.state, this.scopes);
    this.random = new RandomSource(this.state);
    this.log = new RunLog(this.state, this.scopes, options.logger);
    this.ending = new Ending(this.state, commands, this.scopes);
    this.signals = new Signals(this.state, this.scopes, this.handlers, this.ending, this.log);
    this.queries = new Queries(this.state, this.scopes, commands, this.handlers, this.ending);
    this.updates = new Updates(this.state, this.scopes, commands, this.handlers, this.ending);
  }

  /** Takes up time, flags and seed, so that the modules may be loaded. */
  begin(activation: Activation): void {
    this.state.begin(activation);
    const start = activation.jobs.find((job) => job.kind === "initialize");
    if (start) this.random.reseed(start.randomSeed);
  }

  /** The modules are loaded. */
  attach(realm: RealmBridge): void {
    this.state.attach(realm);
  }

  /** Applies an activation for which {@link begin} was called; never rejects. */
  async activate(activation: Activation): Promise<Completion> {
    try {
      this.#applyJobs(activation.jobs);
      const hasStateJobs = activation.jobs.some(({ kind }) => kind !== "queryWorkflow");
      do {
        await this.#options.drain();
      } while (hasStateJobs && !this.ending.taskFailure && this.conditions.unblock());
    } catch (error) {
      this.ending.failTask(error);
    }
    return this.#conclude();
  }

  /** Fails the task because the modules do not load. */
  abandon(error: unknown): Completion {
    this.ending.failTask(error);
    return this.#conclude();
  }

  /** Prepares the workflow that a start asks for. */
  prepare(job: Extract<Job, { kind: "initialize" }>): void {
    this.state.start = job;
    const { workflows } = this.#options;
    const listing = workflows.find(job.workflowType);
    if (!listing) return this.ending.failTask(this.state.makeError("ValueError", describeUnknown(job.workflowType, workflows.types)));
    try {
      this.#main = this.scopes.run(() => this.state.realm.prepare(listing, job));
      this.state.instance = this.#main.instance;
    } catch (error) {
      this.ending.fail(error);
    }
  }

  #applyJobs(jobs: Job[]): void {
    for (const job of jobs) {
      apply(this, job);
      if (this.ending.taskFailure) return;
      if (job.kind !== "queryWorkflow") this.conditions.unblock();
    }
    this.#startMain();
  }

  /** The main function starts after what came with the start: signals, updates, a cancellation. */
  #startMain(): void {
    const main = this.#main;
    if (!main) return;
    this.#main = undefined;
    this.scopes.run(() => {
      this.state.realm.perform(main.call, (value) => this.ending.complete(value), (error) => this.ending.fail(error));
    });
    this.conditions.unblock();
  }

  #conclude(): Completion {
    if (!this.ending.taskFailure) this.updates.rejectWaiting();
    const failure = this.ending.taskFailure;
    const endsNow = this.#commands.endsNow;
    const commands = copyPlain(this.#commands.take());
    if (failure) return { kind: "failed", ...copyPlain(failure) };
    if (endsNow) this.#warnOfUnfinished();
    return { kind: "successful", commands, usedFlags: [] };
  }

  #warnOfUnfinished(): void {
    const unfinished = this.handlers.unfinished();
    for (const kind of ["update", "signal"] as const) {
      const left = unfinished.filter((handler) => handler.kind === kind);
      if (left.length > 0) this.log.write("warn", describeUnfinished(kind, left), undefined);
    }
  }
}

const appliers: Appliers = {
  initialize: (run, job) => run.prepare(job),
  updateRandomSeed: (run, { randomSeed }) => run.random.reseed(randomSeed),
  signalWorkflow: (run, job) => run.signals.receive(job),
  doUpdate: (run, job) => run.updates.receive(job),
  fireTimer: (run, { seq }) => run.timers.fire(seq),
  resolveActivity: (run, { seq, resolution }) => run.activities.resolve(seq, resolution),
  cancelWorkflow: (run, { reason }) => run.scopes.cancelRoot(reason),
  queryWorkflow: (run, job) => run.queries.answer(job),
  notifyHasPatch: () => {},
  removeFromCache: () => {},
};

function apply<K extends Job["kind"]>(run: WorkflowRun, job: Extract<Job, { kind: K }>): void {
  const applier = appliers[job.kind as K] as Appliers[K] | undefined;
  if (!applier) throw new Error(`this version of the SDK does not know jobs of kind ${JSON.stringify(job.kind)}`);
  applier(run, job);
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

