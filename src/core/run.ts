/**
 * One workflow run: a task's history goes in, activations come out; their completions go in, the
 * answer to the task comes out. No I/O and no clock: the same input always has the same output.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { Command as CommandMessage } from "../gen/temporal/api/command/v1/message_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Message } from "../gen/temporal/api/protocol/v1/message_pb.ts";
import type { WorkflowQuery, WorkflowQueryResult } from "../gen/temporal/api/query/v1/message_pb.ts";
import type { Activation, Command, Completion, Job, TaskFailureCause } from "../workflow/activation.ts";
import type { RunOptions } from "./context.ts";
import { HistoryError } from "./errors.ts";
import { readMessage } from "./messages.ts";
import { type MachineCommand, perform, type QueryCommand } from "./perform.ts";
import { Queries } from "./queries.ts";
import { applyNextSequence } from "./sequence.ts";
import { createRunState, type RunState } from "./state.ts";

export type { RunOptions } from "./context.ts";
export { HistoryError } from "./errors.ts";

/** What a workflow task brings for a run. */
export interface RunTask {
  /** All events the task needs, without gaps: from the start, or from the first not yet applied. */
  events: HistoryEvent[];
  previousStartedEventId: number;
  /** 0 for a task that only queries. */
  startedEventId: number;
  messages: Message[];
  /** Queries that ride on the task. */
  queries: Record<string, WorkflowQuery>;
  /** The query that the task was made for. */
  query?: WorkflowQuery;
}

/** What the server gets for a task. */
export interface TaskAnswer {
  commands: CommandMessage[];
  messages: Message[];
  queryResults: Record<string, WorkflowQueryResult>;
  /** Set for a task that was made for a query: answer that, send nothing else. */
  legacyQueryResult?: WorkflowQueryResult;
  /** Flags that the history does not have yet. */
  usedCoreFlags: number[];
  usedLangFlags: number[];
  /** Set where the code could not take the task in: fail the task, forget the run. */
  failure?: { failure: Failure; cause: TaskFailureCause };
}

/** A run that lives as long as it is cached: tasks come one after the other. */
export class Run {
  readonly #state: RunState;
  #queries: Queries = new Queries({}, undefined);
  #activation: Activation | undefined;
  #failure: TaskAnswer["failure"];
  #isClosing = false;

  /** A run to which no event was applied. */
  constructor(options: RunOptions) {
    this.#state = createRunState(options);
  }

  /** The last task taken in: the server's next partial history begins after it. */
  get lastStartedEventId(): number {
    return this.#state.progress.lastStartedId;
  }

  /** Whether the run is still catching up with its history. */
  get isReplaying(): boolean {
    return this.#state.isReplaying;
  }

  /** Whether the code has ended the run, or the history has its end: no task but a query can come. */
  get isClosed(): boolean {
    return this.#isClosing || this.#state.progress.isClosed;
  }

  /** Name and version of the SDK that recorded a task last, "" when unknown. */
  get lastSdk(): { name: string; version: string } {
    return { name: this.#state.flags.sdkName, version: this.#state.flags.sdkVersion };
  }

  /**
   * Takes a task.
   *
   * @throws {HistoryError} its events do not follow on what this run has applied, its history or messages cannot be right, or are not supported
   * @throws {NondeterminismError} workflow code did not do what the history says
   */
  begin(task: RunTask): void {
    const state = this.#state;
    this.#checkEvents(task);
    this.#queries = new Queries(task.queries, task.query);
    this.#failure = undefined;
    if (isOutdated(task, this.lastStartedEventId)) {
      this.#queries.fail("the query came with a history older than the one this worker has; ask again");
      return;
    }
    state.requests.push(...task.messages.map(readMessage));
    state.progress.previousStartedId = task.previousStartedEventId;
    state.progress.knownEventId = state.progress.lastEventId;
    state.isReplaying = task.previousStartedEventId > 0;
    state.history.load(task.events, state.progress.lastStartedId, state.requests[0]?.sequencingEventId);
    this.#advance();
  }

  /** The next activation for the code, undefined once the task is dealt with. */
  next(): Activation | undefined {
    if (this.#activation) throw new IllegalStateError("the activation before was not completed; call accept first");
    if (this.#failure) return undefined;
    const jobs = this.#state.jobs.size > 0 ? this.#state.jobs.take() : this.#queries.take();
    if (jobs.length === 0) return undefined;
    return this.#activation = this.#createActivation(jobs);
  }

  /**
   * Takes what the code made of the activation.
   *
   * @throws {NondeterminismError} workflow code did not do what the history says
   * @throws {HistoryError} the history goes on with something not supported
   */
  accept(completion: Completion): void {
    const activation = this.#activation;
    if (!activation) throw new IllegalStateError("there is no activation to complete; call next first");
    this.#activation = undefined;
    if (completion.kind === "failed") {
      this.#failure = { failure: completion.failure, cause: completion.cause };
      this.#queries.fail(completion.failure.message);
      return;
    }
    this.#state.flags.use(completion.usedFlags);
    const commands = this.#takeAnswers(completion.commands);
    checkReadOnly(activation, commands);
    const isClosing = perform(this.#state, commands);
    this.#checkUpdates(activation);
    if (isClosing) this.#close();
    this.#advance();
  }

  /** The answer to the task; commands stay known until the history confirms them. */
  finish(): TaskAnswer {
    const state = this.#state;
    this.#queries.fail("the workflow did not answer the query");
    const { results: queryResults, soleResult: legacyQueryResult } = this.#queries;
    const answer: TaskAnswer = {
      commands: [],
      messages: [],
      queryResults,
      legacyQueryResult,
      usedCoreFlags: [],
      usedLangFlags: [],
      failure: this.#failure,
    };
    const isForServer = !this.#queries.isSole && !this.#failure && !state.progress.isClosed;
    if (!isForServer) return answer;
    const { core, lang } = state.flags.takeNew();
    state.progress.buildId = state.options.buildId;
    return {
      ...answer,
      commands: state.commands.build(),
      messages: state.outbox.splice(0),
      usedCoreFlags: core,
      usedLangFlags: lang,
    };
  }

  /**
   * Forgets the last task, which the server did not keep because all its updates were rejected:
   * it scheduled and started that task after the event `eventId` and the commands that follow.
   */
  resetLastStarted(eventId: number): void {
    const { progress } = this.#state;
    progress.lastStartedId = eventId;
    progress.sequenceStartedId = eventId;
    progress.lastEventId -= 2;
  }

  #checkEvents({ events, startedEventId }: RunTask): void {
    const { lastEventId } = this.#state.progress;
    const first = events.length > 0 ? Number(events[0].eventId) : undefined;
    if (first === undefined ? lastEventId === 0 : first > lastEventId + 1) {
      const start = first === undefined ? "has no events" : `begins at event ${first}`;
      throw new HistoryError(`the task's history ${start}, but this run needs event ${lastEventId + 1} next`);
    }
    const last = Math.max(lastEventId, Number(events.at(-1)?.eventId ?? 0));
    if (last < startedEventId) {
      throw new HistoryError(`the task's history ends at event ${last}, before event ${startedEventId} that began it`);
    }
  }

  /** Nothing may follow the closing command, so whatever else this task has for the code is moot. */
  #close(): void {
    this.#isClosing = true;
    this.#state.jobs.take();
  }

  /** Applies the history until there is something for the code to do. */
  #advance(): void {
    while (this.#state.jobs.size === 0 && applyNextSequence(this.#state));
  }

  #createActivation(jobs: Job[]): Activation {
    const { options, progress } = this.#state;
    const isReplaying = this.#state.isReplaying || jobs[0].kind === "queryWorkflow";
    return {
      runId: options.runId,
      time: progress.time,
      isReplaying,
      historyLength: progress.lastEventId,
      historySize: progress.historySize,
      continueAsNewSuggested: progress.continueAsNewSuggested,
      buildId: isReplaying ? progress.buildId : options.buildId,
      jobs,
    };
  }

  #takeAnswers(commands: readonly Command[]): MachineCommand[] {
    return commands.filter((command) => {
      if (!isQueryCommand(command)) return true;
      this.#queries.answer(command);
      return false;
    }) as MachineCommand[];
  }

  /** An update's place in the history is that of the task that brought it, so it cannot wait. */
  #checkUpdates({ jobs }: Activation): void {
    for (const job of jobs) {
      if (job.kind !== "doUpdate") continue;
      if (this.#state.updates.get(job.protocolInstanceId)?.state !== "requested") continue;
      throw new IllegalStateError(`update "${job.id}" was neither accepted nor rejected at once`);
    }
  }
}

function isOutdated({ query, startedEventId, previousStartedEventId }: RunTask, lastStartedEventId: number): boolean {
  return query !== undefined && startedEventId === 0 && previousStartedEventId < lastStartedEventId;
}

function isQueryCommand(command: Command): command is QueryCommand {
  return command.kind === "queryAnswered" || command.kind === "queryFailed";
}

function checkReadOnly({ jobs }: Activation, commands: readonly MachineCommand[]): void {
  if (jobs[0].kind !== "queryWorkflow" || commands.length === 0) return;
  throw new IllegalStateError(`a query asked for ${commands[0].kind}; queries must not change the workflow`);
}
