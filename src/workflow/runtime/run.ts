/**
 * One run: takes in activations job by job, lets the code of the realm move, hands over what it asks for.
 *
 * @module
 */
import { ValueError } from "../../common/errors.ts";
import type { Activation, Command, Completion, Initialize } from "../activation.ts";
import type { CallRun, RealmBridge } from "../bridge.ts";
import { copyPlain } from "../plain.ts";
import { type AppliedJob, type Batch, makeBatches, movesConditions } from "./batches.ts";
import type { RunningHandler } from "./messages/handlers.ts";
import { createCallRun } from "./operations.ts";
import type { SinkCall } from "./outlets/sinks.ts";
import { createParts, type PartsOptions, type RunParts } from "./parts.ts";
import { type MainFunction, prepareMain } from "./program/main_function.ts";
import type { WorkflowTable } from "./program/registry.ts";

/** What a run needs of the place where it runs. */
export interface RunOptions extends PartsOptions {
  /** Resolves when the promise jobs of all realms are done. */
  drain: () => Promise<void>;
  /** The workflows in the bundle, by type. */
  workflows: WorkflowTable;
}

type Appliers = { [K in AppliedJob["kind"]]: (run: RunParts, job: Extract<AppliedJob, { kind: K }>) => void };

/** A workflow run. */
export class WorkflowRun {
  /** How the code of the realm asks the run. */
  readonly call: CallRun;
  readonly #drain: RunOptions["drain"];
  readonly #workflows: WorkflowTable;
  readonly #parts: RunParts;
  #main: MainFunction | undefined;
  /** What went wrong beside the queries that are being answered. */
  #queryFault: { error: unknown } | undefined;
  #isQuerying = false;

  /** A run whose modules are not loaded yet; see {@link attach}. */
  constructor(options: RunOptions) {
    this.#drain = options.drain;
    this.#workflows = options.workflows;
    this.#parts = createParts(options);
    this.#parts.state.report = (fault) => this.fail(fault);
    this.call = createCallRun(this.#parts);
  }

  /** Takes up time, flags and seed, so that the modules may be loaded. */
  begin(activation: Activation): void {
    const { state, random } = this.#parts;
    state.begin(activation);
    const start = activation.jobs.find((job) => job.kind === "initialize");
    if (!start) return;
    // The arguments go to the main function: a run that idles need not keep them.
    state.start = { ...start, args: [] };
    random.reseed(start.randomSeed);
  }

  /** The modules are loaded. */
  attach(realm: RealmBridge): void {
    this.#parts.state.attach(realm);
  }

  /** Applies an activation for which {@link begin} was called; never rejects. */
  async activate(activation: Activation): Promise<Completion> {
    const { ending, flags } = this.#parts;
    try {
      this.#isQuerying = activation.jobs.every(({ kind }) => kind === "queryWorkflow");
      flags.check();
      const start = activation.jobs.find((job) => job.kind === "initialize");
      if (start) this.#prepare(start);
      for (const batch of makeBatches(activation.jobs, flags)) {
        if (!ending.taskFailure) await this.#applyBatch(batch);
      }
    } catch (error) {
      ending.failTask(error);
    }
    return this.#conclude();
  }

  /** Where the command of that kind and number was made, as `file:line:column function`, where the run is traced. */
  locate(kind: Command["kind"], seq: number): string | undefined {
    return this.#parts.sites.locate(kind, seq);
  }

  /** What the activation asks of sinks. */
  takeSinkCalls(): readonly SinkCall[] {
    return this.#parts.sinks.take();
  }

  /** Fails the task in progress, if any, or the next one; queries in progress fail alone. */
  fail(error: unknown): void {
    if (this.#isQuerying) this.#queryFault ??= { error };
    else this.#parts.ending.failTask(error);
  }

  /** Ends a task before any of its jobs, because the modules do not load. */
  abandon(error: unknown): Completion {
    this.fail(error);
    return this.#conclude();
  }

  async #applyBatch(batch: Batch): Promise<void> {
    const { conditions, ending } = this.#parts;
    this.#applyJobs(batch);
    do {
      await this.#drain();
    } while (batch.conditions !== "never" && !ending.taskFailure && conditions.unblock());
  }

  #applyJobs({ jobs, conditions: when }: Batch): void {
    const { conditions, ending } = this.#parts;
    let starts = false;
    for (const job of jobs) {
      if (job.kind === "initialize") starts = true;
      else apply(this.#parts, job);
      if (ending.taskFailure) return;
      if (when === "each" && movesConditions(job)) conditions.unblock();
    }
    if (starts) this.#startMain();
    if (starts && when === "each") conditions.unblock();
  }

  /** Constructs a class workflow and sets its handlers, before any signal or update. */
  #prepare(start: Initialize): void {
    const { ending, scopes } = this.#parts;
    const { find, types } = this.#workflows;
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
    const { code, ending } = this.#parts;
    code.perform(main.fn, main.self, main.args, (value) => ending.complete(value), (error) => ending.fail(error));
  }

  #conclude(): Completion {
    const { commands, ending, flags, policy, updates } = this.#parts;
    if (!ending.taskFailure) updates.rejectWaiting();
    const failure = ending.taskFailure;
    const endsNow = commands.endsNow;
    const taken = this.#checkAnswers(commands.take());
    if (failure) return { kind: "failed", ...copyPlain(failure) };
    if (endsNow) this.#warnOfUnfinished();
    const { versioningBehavior, failsOnNondeterminism } = policy;
    return {
      kind: "successful",
      commands: copyPlain(taken),
      usedFlags: flags.takeUsed(),
      ...(versioningBehavior && { versioningBehavior }),
      ...(failsOnNondeterminism && { nondeterminismFailsWorkflow: true }),
    };
  }

  /** What a query's handler leaves behind is part of its answer, as far as it comes to an end with it. */
  #checkAnswers(commands: Command[]): Command[] {
    const fault = this.#queryFault;
    this.#queryFault = undefined;
    this.#isQuerying = false;
    if (!fault) return commands;
    const failure = this.#parts.ending.describe(fault.error);
    return commands.map((command) =>
      command.kind === "queryAnswered" ? { kind: "queryFailed", id: command.id, failure } : command
    );
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
  resolveActivity: ({ activityCalls }, { seq, resolution }) => activityCalls.resolve(seq, resolution),
  resolveLocalActivity: ({ activityCalls }, { seq, resolution }) => activityCalls.resolve(seq, resolution),
  resolveChildStart: ({ children }, { seq, resolution }) => children.resolveStart(seq, resolution),
  resolveChild: ({ children }, { seq, resolution }) => children.resolve(seq, resolution),
  resolveSignalExternal: ({ externals }, { seq, failure }) => externals.resolveSignal(seq, failure),
  resolveCancelExternal: ({ externals }, { seq, failure }) => externals.resolveCancel(seq, failure),
  cancelWorkflow: ({ scopes }, { reason, isLost }) => {
    if (isLost) scopes.reason ??= reason;
    else scopes.cancelRoot(reason);
  },
  queryWorkflow: ({ queries }, job) => queries.answer(job),
  notifyHasPatch: ({ patches }, { patchId }) => patches.note(patchId),
  removeFromCache: () => {},
};

function apply(run: RunParts, job: Exclude<AppliedJob, Initialize>): void {
  const applier = appliers[job.kind] as ((run: RunParts, job: AppliedJob) => void) | undefined;
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
