/**
 * Replays histories against today's workflow code, without a server.
 *
 * @module
 */
import { WorkflowHistory } from "../client/history.ts";
import { mapOrdered } from "../client/paging.ts";
import { createLogger } from "../common/console_logger.ts";
import { IllegalStateError, ValueError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import type { HeaderCodecBehavior } from "../common/options.ts";
import { type DataConverterOptions, loadDataConverter } from "../converter/data.ts";
import { createOutlets, requireHosting } from "./hosting.ts";
import { hasWorkflows, type WorkflowHostOptions } from "./options.ts";
import { replayHistory, type ReplayParts } from "./replay.ts";
import { createWorkflowHost } from "./workflow_host.ts";

/** Options of {@link Replayer.create}; those that it shares with workers should be the same. */
export interface ReplayerOptions extends WorkflowHostOptions {
  /** The namespace that workflows see; "ReplayNamespace" when unset. */
  namespace?: string;
  /** Who replays, for plugins and interceptors; histories keep the identities they have. */
  identity?: string;
  /** How the payloads of the histories are read; the default converter when unset. */
  dataConverter?: DataConverterOptions;
  /** Whether headers were passed through the codec; "NO_CODEC" when unset. */
  headerCodecBehavior?: HeaderCodecBehavior;
}

/** A history: an object made by a client, or the JSON that CLI, UI and other SDKs write, as text or parsed. */
export type ReplayHistory = WorkflowHistory | string | object;

/** What came of one history. A workflow that fails in its own way, or has not closed, has no error. */
export interface WorkflowReplayResult {
  /** Id of the workflow, "replay" where the history does not tell. */
  workflowId: string;
  /** Id of the run. */
  runId: string;
  /** What was replayed. */
  history: WorkflowHistory;
  /** A NondeterminismError, what failed the workflow task, or a ValueError for a type that is not registered. */
  error?: Error;
}

/** Takes what workflows log, which they logged before. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Tells whether workflow code still does what recorded histories say.
 *
 * ```ts
 * await using replayer = await Replayer.create({ workflows: new URL("./workflows.ts", import.meta.url) });
 * const histories = client.workflow.list("WorkflowType = 'Order'").mapHistories();
 * for await (const { workflowId, error } of replayer.replayWorkflows(histories)) {
 *   if (error) console.error(workflowId, error);
 * }
 * ```
 */
export class Replayer implements AsyncDisposable {
  #options: ReplayerOptions;
  #parts: ReplayParts;
  #underWay: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  private constructor(options: ReplayerOptions, parts: ReplayParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Loads the workflows. Rejects with ValueError when there are none, or they do not load. */
  static async create(options: ReplayerOptions): Promise<Replayer> {
    if (!hasWorkflows(options)) throw new ValueError("Replayer.create: no workflows; pass `workflows`");
    const { namespace = "ReplayNamespace", headerCodecBehavior } = options;
    const dataConverter = await loadDataConverter(options.dataConverter);
    const host = await createWorkflowHost(options.workflows!, {
      ...options,
      logger: silent,
      dataConverter,
      hosting: requireHosting("Replayer.create", options),
      outlets: createOutlets(
        { ...options, sinks: findLoud(options.sinks) },
        options.telemetry?.logger ?? createLogger(),
      ),
    });
    return new Replayer(options, { namespace, host, dataConverter, headerCodecBehavior });
  }

  /** The options as given. */
  config(): ReplayerOptions {
    return { ...this.#options };
  }

  /**
   * Replays one history. Rejects with the result's error unless `raiseOnReplayFailure` is false; always with ValueError
   * for what is not a history, and with IllegalStateError after {@link close}.
   */
  async replayWorkflow(
    history: ReplayHistory,
    options: { raiseOnReplayFailure?: boolean } = {},
  ): Promise<WorkflowReplayResult> {
    const result = await this.#replay(readHistory(history));
    if (result.error && options.raiseOnReplayFailure !== false) throw result.error;
    return result;
  }

  /**
   * Replays histories, 5 at once when `concurrency` is unset; results come in the order of the histories, which are
   * read no further than that. With `raiseOnReplayFailure` the first failure is thrown and ends it.
   *
   * Throws ValueError unless `concurrency` is a whole number of at least 1.
   */
  replayWorkflows(
    histories: Iterable<ReplayHistory> | AsyncIterable<ReplayHistory>,
    options: { raiseOnReplayFailure?: boolean; concurrency?: number } = {},
  ): AsyncIterable<WorkflowReplayResult> {
    const { raiseOnReplayFailure = false, concurrency = 5 } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ValueError(`replayWorkflows: \`concurrency\` is ${concurrency}; give a whole number of at least 1`);
    }
    return mapOrdered(histories, concurrency, (history) => this.replayWorkflow(history, { raiseOnReplayFailure }));
  }

  /** Lets the replays under way end, then lets go of the workflow code; may be called again. */
  async close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#parts.host.realms.close());
    await this.#closing;
  }

  /** The same as {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #replay(history: WorkflowHistory): Promise<WorkflowReplayResult> {
    if (this.#closing) throw new IllegalStateError("the replayer is closed; create another");
    const replay = toResult(history, replayHistory(history, this.#parts));
    this.#underWay.add(replay);
    try {
      return await replay;
    } finally {
      this.#underWay.delete(replay);
    }
  }
}

/** The sinks that are to be called in replay. */
function findLoud(sinks: ReplayerOptions["sinks"] = {}): ReplayerOptions["sinks"] {
  const loud = (functions: (typeof sinks)[string]) =>
    Object.fromEntries(Object.entries(functions).filter(([, { callDuringReplay }]) => callDuringReplay));
  return Object.fromEntries(Object.entries(sinks).map(([name, functions]) => [name, loud(functions)]));
}

async function toResult(history: WorkflowHistory, replay: Promise<void>): Promise<WorkflowReplayResult> {
  const { workflowId, runId } = history;
  try {
    await replay;
    return { workflowId, runId, history };
  } catch (error) {
    return { workflowId, runId, history, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function readHistory(history: ReplayHistory): WorkflowHistory {
  if (history instanceof WorkflowHistory) return history;
  const read = WorkflowHistory.fromJSON("replay", history);
  const start = read.events[0]?.attributes;
  if (start?.case !== "workflowExecutionStartedEventAttributes") {
    throw new ValueError("the history does not begin with its started event; give the whole history of a run");
  }
  return start.value.workflowId ? new WorkflowHistory(start.value.workflowId, read.events) : read;
}
