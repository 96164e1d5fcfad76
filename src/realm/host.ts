/**
 * Runs workflows, each in a realm of its own.
 *
 * @module
 */
import { isCancelledException, ValueError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { nodeModule } from "../platform.ts";
import type { Activation, Completion } from "../workflow/activation.ts";
import type { RealmBridge } from "../workflow/bridge.ts";
import type { Context, ContextStorage } from "../workflow/runtime/scopes.ts";
import { createTable, listWorkflows, type WorkflowListing, type WorkflowTable } from "../workflow/runtime/registry.ts";
import { WorkflowRun } from "../workflow/runtime/run.ts";
import type { WorkflowBundle } from "./bundle.ts";
import { Globals } from "./globals.ts";
import { openRealm } from "./open.ts";
import { takeRejections, watchRejections } from "./rejections.ts";
import { SourceMapReader } from "./source_map.ts";
import { createVMRealms, type RealmFactory } from "./vm.ts";

/** Options of {@link createRealmHost}. */
export interface RealmHostOptions {
  bundle: WorkflowBundle;
  /** Takes what workflows log. */
  logger: Logger;
}

/** Makes the realms of one bundle. */
export interface RealmHost {
  /** The types of the workflows in the bundle. */
  workflowTypes: string[];
  /** A realm for a run; nothing is evaluated before its first activation. */
  createRun(options: { runId: string }): WorkflowRealm;
  /** Stops to listen to the process. Runs end with {@link WorkflowRealm.dispose}. */
  close(): Promise<void>;
}

/** A run in its realm. */
export interface WorkflowRealm {
  /** Applies an activation. Mistakes of users do not reject: they are failed completions. */
  activate(activation: Activation): Promise<Completion>;
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
    parts.workflows = createTable(await probe(parts));
  } catch (error) {
    stopWatching();
    throw error;
  }
  return {
    workflowTypes: [...parts.workflows.types],
    createRun: ({ runId }) => new RunRealm(parts, runId),
    close: () => Promise.resolve(stopWatching()),
  };
}

/** What the runs of a host share. */
interface HostParts {
  readonly logger: Logger;
  readonly realms: RealmFactory;
  readonly globals: Globals;
  readonly sources: SourceMapReader;
  readonly storage: ContextStorage;
  readonly drain: () => Promise<void>;
  workflows: WorkflowTable;
}

function createParts({ bundle, logger }: RealmHostOptions): HostParts {
  const { AsyncLocalStorage } = nodeModule("node:async_hooks");
  const { setImmediate } = nodeModule("node:timers");
  return {
    logger,
    realms: compile(bundle),
    globals: new Globals(),
    sources: new SourceMapReader(bundle),
    storage: new AsyncLocalStorage<Context>() as ContextStorage,
    drain: () => new Promise((resolve) => void setImmediate(resolve)),
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
async function probe(parts: HostParts): Promise<WorkflowListing[]> {
  const realm = new RunRealm(parts, "");
  let found: WorkflowListing[];
  try {
    found = listWorkflows(realm.open().modules);
  } catch (error) {
    throw toLoadError(error, parts.sources);
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
  #isOpen = false;
  #isDisposed = false;
  /** What was rejected while nobody was there to see it. */
  rejection: { reason: unknown } | undefined;

  constructor(parts: HostParts, runId: string) {
    this.#parts = parts;
    const { storage, logger, drain, workflows, sources } = parts;
    this.#run = new WorkflowRun({
      runId,
      storage,
      logger,
      drain,
      workflows,
      mapStack: (stack) => sources.mapStack(stack),
    });
  }

  async activate(activation: Activation): Promise<Completion> {
    const isEviction = activation.jobs.every(({ kind }) => kind === "removeFromCache");
    if (this.#isDisposed || isEviction) return { kind: "successful", commands: [], usedFlags: [] };
    this.#run.begin(activation);
    try {
      if (!this.#isOpen) this.#run.attach(this.open());
    } catch (error) {
      return this.#run.abandon(error);
    }
    return await this.#run.activate(activation);
  }

  dispose(): void {
    this.#isDisposed = true;
  }

  /** Makes the realm and evaluates the modules in it. */
  open(): RealmBridge {
    this.#isOpen = true;
    const { realms, globals, sources } = this.#parts;
    const realm = realms.create();
    takeRejections(realm.intrinsics.Promise.prototype, (reason) => this.#takeRejection(reason));
    return openRealm(realm, this.#run.call, globals, sources);
  }

  /** Cancelling what nobody waits for is no fault. */
  #takeRejection(reason: unknown): void {
    if (this.#isDisposed || isCancelledException(reason)) return;
    this.rejection ??= { reason };
    this.#run.fail(reason);
  }
}
