/**
 * Replays histories against today's workflow code, without a server.
 *
 * @module
 */
import { WorkflowHistory } from "../client/history.ts";
import { createLogger } from "../common/console_logger.ts";
import { NondeterminismError, ValueError } from "../common/errors.ts";
import { type DataConverter, type DataConverterOptions, loadDataConverter } from "../converter/data.ts";
import { Run, type RunTask } from "../core/run.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { Activator } from "./activator.ts";
import { hasWorkflows, type WorkflowHostOptions } from "./options.ts";
import { RunContexts } from "./run_contexts.ts";
import { createWorkflowHost, type WorkflowHost } from "./workflow_host.ts";

/** Options of {@link Replayer.create}. */
export interface ReplayerOptions extends WorkflowHostOptions {
  /** "ReplayNamespace" when unset. */
  namespace?: string;
  /** How the payloads of the histories are read; the default converter when unset. */
  dataConverter?: DataConverterOptions;
}

/** A history: an object made by a client, or the JSON that CLI and UI write, as text or parsed. */
export type ReplayHistory = WorkflowHistory | string | object;

/** What came of one history. A workflow that fails in its own way, or has not closed, has no error. */
export interface WorkflowReplayResult {
  /** Id of the workflow, "replay" where the history does not tell. */
  workflowId: string;
  /** Id of the run. */
  runId: string;
  /** What was replayed. */
  history: WorkflowHistory;
  /** A NondeterminismError, or what failed the workflow task. */
  error?: Error;
}

/** Tells whether workflow code still does what recorded histories say. */
export class Replayer {
  #options: ReplayerOptions;
  #host: WorkflowHost;
  #dataConverter: DataConverter;

  private constructor(options: ReplayerOptions, host: WorkflowHost, dataConverter: DataConverter) {
    this.#options = options;
    this.#host = host;
    this.#dataConverter = dataConverter;
  }

  /** Loads the workflows. Rejects with ValueError when there are none, or they do not load. */
  static async create(options: ReplayerOptions): Promise<Replayer> {
    if (!hasWorkflows(options)) throw new ValueError("Replayer.create: no workflows; pass `workflows`");
    const dataConverter = await loadDataConverter(options.dataConverter);
    const logger = options.telemetry?.logger ?? createLogger();
    const host = await createWorkflowHost(options.workflows!, { logger, dataConverter, buildId: options.buildId });
    return new Replayer(options, host, dataConverter);
  }

  /** The options as given. */
  config(): ReplayerOptions {
    return { ...this.#options };
  }

  /**
   * Replays one history. Rejects with the result's error unless `raiseOnReplayFailure` is false;
   * always with ValueError for a workflow type that is not registered and for what is not a history.
   */
  async replayWorkflow(
    history: ReplayHistory,
    options: { raiseOnReplayFailure?: boolean } = {},
  ): Promise<WorkflowReplayResult> {
    const result = await this.#replay(readHistory(history));
    if (result.error && options.raiseOnReplayFailure !== false) throw result.error;
    return result;
  }

  /** Replays histories, 5 at once when `concurrency` is unset; results come in the order of the histories. */
  async *replayWorkflows(
    histories: Iterable<ReplayHistory> | AsyncIterable<ReplayHistory>,
    options: { raiseOnReplayFailure?: boolean; concurrency?: number } = {},
  ): AsyncIterable<WorkflowReplayResult> {
    const { raiseOnReplayFailure = false, concurrency = 5 } = options;
    const underWay: Promise<WorkflowReplayResult>[] = [];
    for await (const history of histories) {
      const replay = this.replayWorkflow(history, { raiseOnReplayFailure });
      replay.catch(() => {}); // reported when its turn comes
      underWay.push(replay);
      if (underWay.length >= concurrency) yield await underWay.shift()!;
    }
    for (const replay of underWay) yield await replay;
  }

  async #replay(history: WorkflowHistory): Promise<WorkflowReplayResult> {
    const { workflowId, runId } = history;
    try {
      await this.#run(history);
      return { workflowId, runId, history };
    } catch (error) {
      if (error instanceof ValueError) throw error;
      return { workflowId, runId, history, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  async #run(history: WorkflowHistory): Promise<void> {
    const { workflowId, runId } = history;
    const namespace = this.#options.namespace ?? "ReplayNamespace";
    const { workflowType, taskQueue } = readStart(history, this.#host.realms.workflowTypes);
    const { buildId } = this.#host;
    const run = new Run({ namespace, workflowId, runId, workflowType, taskQueue, buildId });
    const activator = new Activator({ dataConverter: this.#dataConverter });
    const contexts = new RunContexts({ namespace, workflowId, workflowType });
    const realm = this.#host.realms.createRun({ runId });
    try {
      run.begin(toTask(history.events));
      for (let activation = run.next(); activation; activation = run.next()) {
        run.accept(await activator.activate(realm, activation, contexts));
      }
      const { failure } = run.finish();
      if (failure) throw await this.#toError(failure.failure, failure.cause);
    } finally {
      realm.dispose();
    }
  }

  async #toError(failure: Parameters<DataConverter["decodeFailure"]>[0], cause: string): Promise<Error> {
    const error = await this.#dataConverter.decodeFailure(failure);
    const isForeign = cause === "NON_DETERMINISTIC_ERROR" && !(error instanceof NondeterminismError);
    return isForeign ? new NondeterminismError(error.message, { cause: error }) : error;
  }
}

function readHistory(history: ReplayHistory): WorkflowHistory {
  if (history instanceof WorkflowHistory) return history;
  const read = WorkflowHistory.fromJSON("replay", history);
  const start = read.events[0]?.attributes;
  const isStart = start?.case === "workflowExecutionStartedEventAttributes";
  return isStart && start.value.workflowId ? new WorkflowHistory(start.value.workflowId, read.events) : read;
}

function readStart(
  { events, workflowId }: WorkflowHistory,
  known: readonly string[],
): { workflowType: string; taskQueue: string } {
  const start = events[0]?.attributes;
  if (start?.case !== "workflowExecutionStartedEventAttributes") {
    throw new ValueError(`the history of workflow ${workflowId} does not begin with its started event`);
  }
  const workflowType = start.value.workflowType?.name ?? "";
  if (!known.includes(workflowType)) {
    const names = [...known].sort().join(", ") || "none";
    throw new ValueError(`workflow type ${workflowType} of the history is not registered; registered: ${names}`);
  }
  return { workflowType, taskQueue: start.value.taskQueue?.name ?? "" };
}

/** The whole history as one task: what follows on the last completed task is not in the history yet. */
function toTask(events: HistoryEvent[]): RunTask {
  let startedEventId = 0;
  let previousStartedEventId = 0;
  for (const { eventId, attributes } of events) {
    if (attributes.case === "workflowTaskStartedEventAttributes") startedEventId = Number(eventId);
    if (attributes.case === "workflowTaskCompletedEventAttributes") {
      previousStartedEventId = Number(attributes.value.startedEventId);
    }
  }
  return { events, previousStartedEventId, startedEventId, messages: [], queries: {} };
}
