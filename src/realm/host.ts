/**
 * Runs workflows, each in a realm of its own.
 *
 * @module
 */
import { isCancelledException, ValueError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { type MetricMeter, noopMetricMeter } from "../common/meter.ts";
import { nodeModule } from "../platform.ts";
import type { Activation, Command, Completion } from "../workflow/activation.ts";
import type { RealmBridge, RealmConverters } from "../workflow/bridge.ts";
import type { Context, ContextStorage } from "../workflow/runtime/waiting/scopes.ts";
import type { KnownActivities } from "../workflow/runtime/calls/local_activities.ts";
import {
  createTable,
  listWorkflows,
  type WorkflowListing,
  type WorkflowTable,
} from "../workflow/runtime/program/registry.ts";
import { WorkflowRun } from "../workflow/runtime/run.ts";
import type { WorkflowBundle } from "./bundle.ts";
import { Globals } from "./globals.ts";
import { openRealm } from "./open.ts";
import type { Outlets } from "./outlets.ts";
import { takeRejections, watchRejections } from "./rejections.ts";
import { SourceMapReader } from "./source_map.ts";
import { createVMRealms, type RealmFactory } from "./vm.ts";

/** What a host runs, and how; structured-cloneable data. */
export interface RealmSettings {
  bundle: WorkflowBundle;
  /** Names of error classes that fail the workflow, not the task. */
  failureExceptionTypes?: readonly string[];
  /** Whether the messages and stack traces of failures are to be encrypted by a codec; false when unset. */
  encodeCommonAttributes?: boolean;
  /** The converters that the bundle must bring; none when unset. */
  converters?: readonly (keyof RealmConverters)[];
  /** Whether stack traces that are asked for come with the text of the files. */
  showStackTraceSources?: boolean;
  /** The activities that workflows may call locally; all may when unset. */
  localActivities?: KnownActivities;
}

/** Options of {@link createRealmHost}. */
export interface RealmHostOptions extends RealmSettings, Outlets {
  /** Resolves when the promise jobs of all realms are done. */
  drain?: () => Promise<void>;
}

/** Makes the realms of one bundle. */
export interface RealmHost {
  /** The types of the workflows in the bundle; "*" for a dynamic one, which takes all others. */
  workflowTypes: string[];
  /** A realm for a run; nothing is evaluated before its first activation. A traced one knows where its calls were made. */
  createRun(options: { runId: string; isTraced?: boolean }): WorkflowRealm;
  /** Stops to listen to the process. Runs end with {@link WorkflowRealm.dispose}. */
  close(): Promise<void>;
}

/** A run in its realm. */
export interface WorkflowRealm {
  /** Applies an activation. Mistakes of users do not reject: they are failed completions. */
  activate(activation: Activation): Promise<Completion>;
  /** Where the command of that kind and number was made, as `file:line:column function`; only in replay, and when traced. */
  locate(kind: Command["kind"], seq: number): Promise<string | undefined>;
  /** Lets go of the run; its code does not run again. */
  dispose(): void;
}

/**
 * Evaluates a bundle once, to learn what is in it, and makes a host of its runs.
 *
 * Throws ValueError, one line with file, line and column, for a module that throws while it loads, for definitions that
 * cannot be, and where there is no workflow.
 */
export async function createRealmHost(options: RealmHostOptions): Promise<RealmHost> {
  const parts = createParts(options);
  const stopWatching = watchRejections();
  try {
    parts.workflows = createTable(await probe(parts, options.converters ?? []));
  } catch (error) {
    stopWatching();
    throw error;
  }
  return {
    workflowTypes: [...parts.workflows.types],
    createRun: ({ runId, isTraced = false }) => new RunRealm(parts, runId, isTraced),
    close: () => Promise.resolve(stopWatching()),
  };
}

/** What the runs of a host share. */
interface HostParts {
  readonly outlets: Outlets;
  readonly logger: Logger;
  readonly meter: MetricMeter;
  readonly realms: RealmFactory;
  readonly globals: Globals;
  readonly sources: SourceMapReader;
  readonly storage: ContextStorage;
  readonly drain: () => Promise<void>;
  readonly failureExceptionTypes: ReadonlySet<string>;
  readonly encodeCommonAttributes: boolean;
  readonly showStackTraceSources: boolean;
  readonly localActivities: KnownActivities | undefined;
  workflows: WorkflowTable;
}

function createParts(options: RealmHostOptions): HostParts {
  const { bundle, logger, meter = noopMetricMeter, failureExceptionTypes, showStackTraceSources = false } = options;
  const { AsyncLocalStorage } = nodeModule("node:async_hooks");
  const { setImmediate } = nodeModule("node:timers");
  return {
    outlets: options,
    logger,
    meter,
    realms: compile(bundle),
    globals: new Globals(),
    sources: new SourceMapReader(bundle),
    storage: new AsyncLocalStorage<Context>() as ContextStorage,
    drain: options.drain ?? (() => new Promise((resolve) => void setImmediate(resolve))),
    failureExceptionTypes: new Set(failureExceptionTypes),
    encodeCommonAttributes: options.encodeCommonAttributes ?? false,
    showStackTraceSources,
    localActivities: options.localActivities,
    workflows: createTable([]),
  };
}

function compile(bundle: WorkflowBundle): RealmFactory {
  try {
    return createVMRealms(bundle.code);
  } catch (error) {
    throw new ValueError(`the workflow bundle is no script that bundleWorkflows made: ${(error as Error).message}`);
  }
}

/** Evaluates the modules once, in a realm that runs nothing. */
async function probe(
  parts: HostParts,
  converters: readonly (keyof RealmConverters)[],
): Promise<WorkflowListing[]> {
  const realm = new RunRealm(parts, "", false);
  let found: WorkflowListing[];
  let missing: string | undefined;
  try {
    const opened = realm.open();
    missing = converters.find((name) => !opened.converters[name]);
    found = listWorkflows(opened.modules);
  } catch (error) {
    throw toLoadError(error, parts.sources);
  }
  if (missing) {
    throw new ValueError(`the workflow bundle has no ${missing}; give bundleWorkflows the dataConverter of the client`);
  }
  await parts.drain();
  realm.dispose();
  if (realm.rejection) throw toLoadError(realm.rejection.reason, parts.sources);
  if (found.length > 0) return found;
  throw new ValueError(
    "no workflow is exported; export an async function, a class with @workflow.defn, or what workflow.define makes",
  );
}

/** One line, whatever was thrown. */
function toLoadError(error: unknown, sources: SourceMapReader): ValueError {
  const { name, message, stack } = (error ?? {}) as Partial<Error>;
  const place = typeof stack === "string" ? sources.locate(stack) : undefined;
  const text = typeof message === "string" ? `${name ?? "Error"}: ${message}` : String(error);
  const line = text.split("\n", 1)[0];
  const cause = place && line.includes(place) ? line : `${place ? `${place}: ` : ""}${line}`;
  return new ValueError(`workflow module does not load: ${cause}`, { cause: error });
}

/** One run. */
class RunRealm implements WorkflowRealm {
  readonly #parts: HostParts;
  readonly #run: WorkflowRun;
  readonly #isTraced: boolean;
  /** What was taken in while only history was replayed: all that it takes to come to the same place again. */
  #replayed: Activation[] | undefined = [];
  #isOpen = false;
  #isDisposed = false;
  /** What was rejected while nobody was there to see it. */
  rejection: { reason: unknown } | undefined;

  constructor(parts: HostParts, runId: string, isTraced: boolean) {
    this.#parts = parts;
    this.#isTraced = isTraced;
    const { storage, logger, meter, drain, workflows, sources, failureExceptionTypes, showStackTraceSources } = parts;
    const { sinks, callExtern, decidePatch } = parts.outlets;
    this.#run = new WorkflowRun({
      runId,
      storage,
      logger,
      meter,
      sinkFunctions: sinks?.functions,
      localActivities: parts.localActivities,
      callExtern,
      decidePatch,
      drain,
      workflows,
      mapStack: (stack) => sources.mapStack(stack),
      frames: sources,
      isTraced,
      failureExceptionTypes,
      encodeCommonAttributes: parts.encodeCommonAttributes,
      showStackTraceSources,
    });
  }

  async activate(activation: Activation): Promise<Completion> {
    const isEviction = activation.jobs.every(({ kind }) => kind === "removeFromCache");
    if (this.#isDisposed || isEviction) return { kind: "successful", commands: [], usedFlags: [] };
    this.#remember(activation);
    this.#run.begin(activation);
    try {
      if (!this.#isOpen) this.#run.attach(this.open());
    } catch (error) {
      return this.#run.abandon(error);
    }
    const completion = await this.#run.activate(activation);
    const calls = this.#run.takeSinkCalls();
    if (calls.length > 0) this.#parts.outlets.sinks?.take(calls);
    return completion;
  }

  async locate(kind: Command["kind"], seq: number): Promise<string | undefined> {
    if (this.#isTraced) return this.#run.locate(kind, seq);
    if (!this.#replayed) return undefined;
    const traced = new RunRealm(this.#parts, this.#replayed[0]?.runId ?? "", true);
    try {
      for (const activation of this.#replayed) await traced.activate(activation);
      return await traced.locate(kind, seq);
    } finally {
      traced.dispose();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#replayed = undefined;
  }

  #remember(activation: Activation): void {
    const [job] = activation.jobs;
    if (job.kind === "queryWorkflow") return;
    if (this.#isTraced || !activation.isReplaying) this.#replayed = undefined;
    else this.#replayed?.push(activation);
  }

  /** Makes the realm and evaluates the modules in it. */
  open(): RealmBridge {
    this.#isOpen = true;
    const { realms, globals, sources } = this.#parts;
    const realm = realms.create();
    const report = (reason: unknown) => this.#takeRejection(reason);
    takeRejections(realm.intrinsics.Promise.prototype, report);
    return openRealm(realm, { call: this.#run.call, report, globals, sources });
  }

  /** Cancelling what nobody waits for is no fault. */
  #takeRejection(reason: unknown): void {
    if (this.#isDisposed || isCancelledException(reason)) return;
    this.rejection ??= { reason };
    this.#run.fail(reason);
  }
}
