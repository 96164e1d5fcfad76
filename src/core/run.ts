/**
 * One workflow run: a task's history goes in, activations come out; their completions go in, the
 * answer to the task comes out. No I/O and no clock: the same input always has the same output.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { VersioningBehavior } from "../common/options.ts";
import type { Command as CommandMessage } from "../gen/temporal/api/command/v1/message_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Message } from "../gen/temporal/api/protocol/v1/message_pb.ts";
import type { WorkflowQuery, WorkflowQueryResult } from "../gen/temporal/api/query/v1/message_pb.ts";
import type { Activation, Command, Completion, Job, TaskFailureCause } from "../workflow/activation.ts";
import type { RunOptions } from "./context.ts";
import { toFound } from "./commands.ts";
import { HistoryError } from "./errors.ts";
import { cutUndecided } from "./history.ts";
import type { LocalWork } from "./local_activities.ts";
import type { LocalOutcome } from "./local_activity.ts";
import { readMessage } from "./messages.ts";
import type { FoundCommand } from "./mismatch.ts";
import { type MachineCommand, perform, type QueryCommand } from "./perform.ts";
import { Queries } from "./queries.ts";
import { applyNextSequence } from "./sequence.ts";
import { createRunState, type RunState } from "./state.ts";
import { durationMilliseconds } from "./time.ts";

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

const defaultTaskTimeout = 10_000;
const noWork: LocalWork = { start: [], cancel: [] };

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
  /** What the workflow's definition says, where it says anything. */
  versioningBehavior?: VersioningBehavior;
  /** Set where local activities go on, which only a task can end: the server must make the next one at once. */
  forceNewTask?: boolean;
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
  #versioningBehavior: VersioningBehavior | undefined;
  #surplus: FoundCommand | undefined;

  /** A run to which no event was applied. */
  constructor(options: RunOptions) {
    this.#state = createRunState(options);
  }

  /** Id of the run. */
  get runId(): string {
    return this.#state.options.runId;
  }

  /** The last task taken in: the server's next partial history begins after it. */
  get lastStartedEventId(): number {
    return this.#state.progress.lastStartedId;
  }

  /** Bytes of the history, as the server counted them last. */
  get historySize(): number {
    return this.#state.progress.historySize;
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
    return this.#state.flags.sdk;
  }

  /**
   * What the code wanted at the end of replay beyond what the history has of the tasks it completed: no fault for the
   * server, which takes it with the next task, but not what the code did when the history was made.
   */
  get surplus(): FoundCommand | undefined {
    return this.#surplus;
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
    // The run is ahead of a query that met a task on its way: it answers by what the server has confirmed since.
    if (isOutdated(task, this.lastStartedEventId)) return;
    for (const message of task.messages) state.requests.add(readMessage(message));
    state.progress.previousStartedId = task.previousStartedEventId;
    state.progress.knownEventId = state.progress.lastEventId;
    state.isReplaying = task.previousStartedEventId > 0;
    // What no task has taken in yet must wait for one: now, the code would hear of it in another order, at another time.
    const events = this.#queries.isSole ? cutUndecided(task.events, task.previousStartedEventId) : task.events;
    state.history.load(events, state.progress.lastStartedId, state.requests.next);
    this.#advance();
  }

  /** The next activation for the code, undefined once the task is dealt with. */
  next(): Activation | undefined {
    if (this.#activation) throw new IllegalStateError("the activation before was not completed; call accept first");
    if (this.#failure) return undefined;
    const { jobs: waiting, localActivities } = this.#state;
    const hasJobs = waiting.size > 0 || localActivities?.deliver();
    const jobs = hasJobs ? waiting.take() : this.#queries.take();
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
    this.#versioningBehavior = completion.versioningBehavior ?? this.#versioningBehavior;
    const commands = this.#takeAnswers(completion.commands);
    checkReadOnly(activation, commands);
    const isClosing = perform(this.#state, commands);
    this.#checkUpdates(activation);
    if (isClosing) this.#close();
    const wasReplaying = this.#state.isReplaying;
    this.#advance();
    if (wasReplaying && !this.#state.isReplaying) this.#noteSurplus();
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
    this.#noteOwnVersion();
    return {
      ...answer,
      commands: state.commands.build(),
      messages: state.outbox.splice(0),
      usedCoreFlags: core,
      usedLangFlags: lang,
      versioningBehavior: this.#versioningBehavior,
      forceNewTask: this.#hasLocalActivities,
    };
  }

  /**
   * What the worker has to do for local activities, once {@link next} has nothing more; each part is handed over once.
   *
   * @param now the worker's clock, in milliseconds since the epoch
   */
  takeLocalWork(now: number): LocalWork {
    const { localActivities } = this.#state;
    const isForWorker = localActivities && !this.#queries.isSole && !this.#failure;
    return isForWorker ? localActivities.takeWork(now) : noWork;
  }

  /** Takes how a local activity ended; {@link next} may have an activation then. */
  resolveLocal(seq: number, outcome: LocalOutcome): void {
    this.#state.localActivities?.finish(seq, outcome);
  }

  /**
   * Whether the answer must wait for local activities. It need not wait longer than the task may take: an answer
   * before that asks for a new task. Answers to queries do not wait.
   */
  get awaitsLocal(): boolean {
    return this.#hasLocalActivities && !this.#queries.isSole && !this.#queries.hasResults && !this.#failure;
  }

  /** How long a task may take, in milliseconds. */
  get taskTimeout(): number {
    return durationMilliseconds(this.#state.started?.workflowTaskTimeout) ?? defaultTaskTimeout;
  }

  get #hasLocalActivities(): boolean {
    return (this.#state.localActivities?.outstanding ?? 0) > 0;
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
    this.#state.localActivities?.close();
  }

  /** Applies the history until there is something for the code to do. */
  #advance(): void {
    const state = this.#state;
    while (state.jobs.size === 0 && !state.localActivities?.deliver() && applyNextSequence(state));
    state.localActivities?.settle(!state.isReplaying && !this.#queries.isSole);
  }

  #noteSurplus(): void {
    const command = this.#state.commands.surplus();
    this.#surplus = command && toFound(command);
  }

  #createActivation(jobs: Job[]): Activation {
    const { options, progress } = this.#state;
    const isQuery = jobs[0].kind === "queryWorkflow";
    const isReplaying = this.#state.isReplaying || isQuery;
    if (!isReplaying) this.#noteOwnVersion();
    return {
      runId: options.runId,
      time: progress.time,
      isReplaying,
      // A query's own history may go on beyond the last task.
      historyLength: isQuery ? progress.lastStartedId : progress.lastEventId,
      historySize: progress.historySize,
      continueAsNewSuggested: progress.continueAsNewSuggested,
      buildId: progress.buildId,
      deploymentVersion: progress.deploymentVersion,
      targetVersionChanged: progress.targetVersionChanged,
      flags: this.#state.flags.lang,
      sdk: this.#state.flags.sdk,
      jobs,
    };
  }

  /** What is done live is done by this worker, also for queries that follow. */
  #noteOwnVersion(): void {
    const { options, progress } = this.#state;
    progress.buildId = options.buildId;
    progress.deploymentVersion = options.deploymentVersion;
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
