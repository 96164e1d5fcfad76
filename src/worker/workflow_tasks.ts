/**
 * Takes workflow tasks from the pollers to their runs: one at a time for each run, through engine
 * and realm, and back to the server.
 *
 * @module
 */
import { NondeterminismError, RPCError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { createFailureAnswer } from "../core/failure_answer.ts";
import { Run, type RunTask, type TaskAnswer } from "../core/run.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { RealmHost, WorkflowRealm } from "../realm/host.ts";
import { RealmLostError } from "../realm/errors.ts";
import type { TaskFailureCause } from "../workflow/activation.ts";
import { tracedQueries } from "../workflow/runtime/messages/tool_queries.ts";
import { type CachedRun, RunCache } from "./run_cache.ts";
import type { Activator } from "./activator.ts";
import { explainMismatch, locateIn } from "./nondeterminism.ts";
import { RunContexts, type RunIdentity } from "./run_contexts.ts";
import type { LocalActivities, LocalRun } from "./local_activities.ts";
import type { TaskService } from "./service.ts";
import { findAllEvents, findNewEvents, isQueryTask } from "./workflow_events.ts";
import type { WorkflowReports } from "./workflow_reports.ts";

/** A run that is loaded: its engine, its realm, and what codecs are told about its values. */
export interface LoadedRun {
  run: Run;
  realm: WorkflowRealm;
  contexts: RunContexts;
  /** Whether it knows where its calls were made. */
  isTraced: boolean;
  /** Whether a NondeterminismError fails the workflow, not the task. */
  nondeterminismFailsWorkflow: boolean;
  /** Its local activities in this worker. */
  local: LocalRun;
}

/** What the handler of workflow tasks needs. */
export interface WorkflowTasksOptions {
  service: TaskService;
  host: RealmHost;
  activator: Activator;
  local: LocalActivities;
  reports: WorkflowReports;
  logger: Logger;
  buildId: string;
  maxCachedWorkflows: number;
  /** Whether activities may come back with the answer of the task that schedules them. */
  requestEagerActivities: boolean;
}

/** How often a task is begun anew because the thread of its run is gone, by the fault of other runs. */
const maxReloads = 20;

/** The share of its time after which a task that waits for local activities is answered, for the next one to go on. */
const heartbeatShare = 0.8;

/** Bytes of history, as the server counts them, that the runs in the cache may have together. */
const maxCachedBytes = 256 * 2 ** 20;

/** How a task is begun. */
interface Attempt {
  /** How often the thread of the run was gone before. */
  readonly reloads: number;
  /** Whether a run that is loaded is to know where its calls were made. */
  readonly isTraced: boolean;
}

/** What becomes of a task: the server's next one for the same run, if it came with the reply. */
type Next = PollWorkflowTaskQueueResponse | undefined;

type Cached = CachedRun<PollWorkflowTaskQueueResponse, LoadedRun>;

/** Handles the workflow tasks of one worker. */
export class WorkflowTasks {
  #options: WorkflowTasksOptions;
  #cache: RunCache<PollWorkflowTaskQueueResponse, LoadedRun>;
  /** Local activities of runs that are being loaded anew, by run id. */
  #handedOver = new Map<string, LocalRun>();

  constructor(options: WorkflowTasksOptions) {
    this.#options = options;
    this.#cache = new RunCache(options.maxCachedWorkflows, ({ realm, run, local }) => {
      realm.dispose();
      if (this.#handedOver.get(run.runId) !== local) local.close();
    }, { maxBytes: maxCachedBytes, measure: ({ run }) => run.historySize });
  }

  /** Runs held, busy and idle. */
  get cached(): number {
    return this.#cache.size;
  }

  /** Deals with a task; resolves when it is answered or dropped. */
  async handle(task: PollWorkflowTaskQueueResponse): Promise<void> {
    const runId = task.workflowExecution?.runId;
    if (!runId || !task.workflowType || !(task.history || task.query)) {
      this.#options.logger.error("dropped a workflow task that lacks its execution, type or history", { runId });
      return;
    }
    const cached = this.#cache.claim(runId);
    if (cached.busy) return await park(cached, task);
    this.#cache.begin(cached);
    await this.#processAll(cached, task);
  }

  /** Drops all runs; call it when no task is under way. */
  clear(): void {
    this.#cache.clear();
  }

  async #processAll(cached: Cached, first: PollWorkflowTaskQueueResponse): Promise<void> {
    try {
      let next: Next = first;
      while (next) next = await this.#process(cached, next) ?? unpark(cached);
    } finally {
      // In the same turn in which nothing was found parked: what comes later starts on its own.
      while (unpark(cached)); // only after a fault: the server hands these tasks out again
      this.#takeOver(cached.runId)?.close();
      const { local, run } = cached.state ?? {};
      this.#cache.settle(cached, local?.isAwaited ? run?.taskTimeout : 0);
    }
  }

  async #process(
    cached: Cached,
    task: PollWorkflowTaskQueueResponse,
    attempt: Attempt = { reloads: 0, isTraced: asksForTrace(task) },
  ): Promise<Next> {
    const { reports } = this.#options;
    const begun = performance.now();
    const wasLoaded = cached.state !== undefined;
    try {
      const work = await this.#prepare(cached, task, attempt.isTraced);
      const answer = await this.#decide(work.loaded, work.task, begun);
      if (answer.failure) return await this.#failed(cached, task, answer.failure);
      const { run, local } = work.loaded;
      const sent = await reports.send(task, run, answer, isQueryTask(task) ? 0 : local.takeLaterAttempts());
      if (!sent.kept || run.isClosed && !isQueryTask(task)) this.#cache.evict(cached);
      return sent.kept ? sent.next : undefined;
    } catch (error) {
      const next = planReload(error, attempt, wasLoaded);
      if (!next) return await this.#threw(cached, task, error);
      this.#unload(cached);
      return await this.#process(cached, task, next);
    }
  }

  async #threw(cached: Cached, task: PollWorkflowTaskQueueResponse, error: unknown): Promise<undefined> {
    if (isQueryTask(task) && error instanceof RPCError) {
      // Left unanswered: the server gives the query to another worker once this one has been silent for a while.
      this.#options.logger.warn(`the history for a query was not fetched: ${error.message}`);
      this.#cache.evict(cached);
      return undefined;
    }
    const cause = error instanceof NondeterminismError
      ? "NON_DETERMINISTIC_ERROR"
      : "WORKFLOW_WORKER_UNHANDLED_FAILURE";
    const { activator, service } = this.#options;
    const failure = await activator.toFailure(error, new RunContexts(identify(task, service)).workflow);
    if (error instanceof NondeterminismError && cached.state?.nondeterminismFailsWorkflow && !isQueryTask(task)) {
      await this.#options.reports.send(task, cached.state.run, createFailureAnswer(failure));
      this.#cache.evict(cached);
      return undefined;
    }
    return await this.#failed(cached, task, { failure, cause });
  }

  async #failed(
    cached: Cached,
    task: PollWorkflowTaskQueueResponse,
    failure: NonNullable<TaskAnswer["failure"]>,
  ): Promise<undefined> {
    this.#cache.evict(cached);
    await this.#options.reports.fail(task, failure.failure, failure.cause satisfies TaskFailureCause);
    return undefined;
  }

  /** The run of a task, loaded, and what it has to take in. */
  async #prepare(
    cached: Cached,
    task: PollWorkflowTaskQueueResponse,
    isTraced: boolean,
  ): Promise<{ loaded: LoadedRun; task: RunTask }> {
    const { service } = this.#options;
    if (cached.state?.isTraced === false && isTraced) this.#unload(cached);
    if (cached.state) {
      const events = await findNewEvents(service, task, cached.state.run.lastStartedEventId);
      if (events) return { loaded: cached.state, task: toRunTask(task, events) };
      this.#cache.evict(cached);
    }
    const events = await findAllEvents(service, task);
    cached.state = this.#load(task, isTraced);
    return { loaded: cached.state, task: toRunTask(task, events) };
  }

  #load(task: PollWorkflowTaskQueueResponse, isTraced: boolean): LoadedRun {
    const { host, service, buildId, requestEagerActivities } = this.#options;
    const { runId } = task.workflowExecution!;
    const { taskQueue } = service.settings;
    const identity = identify(task, service);
    const run = new Run({ ...identity, runId, taskQueue, buildId, requestEagerActivities });
    const realm = host.createRun({ runId, isTraced });
    const local = this.#takeOver(runId) ?? this.#options.local.open({ ...identity, taskQueue, runId });
    const contexts = new RunContexts(identity);
    return { run, realm, contexts, isTraced, nondeterminismFailsWorkflow: false, local };
  }

  /** Drops a run that is loaded anew at once; its local activities go on. */
  #unload(cached: Cached): void {
    if (cached.state) this.#handedOver.set(cached.runId, cached.state.local);
    this.#cache.evict(cached);
  }

  #takeOver(runId: string): LocalRun | undefined {
    const local = this.#handedOver.get(runId);
    this.#handedOver.delete(runId);
    return local;
  }

  async #decide(loaded: LoadedRun, task: RunTask, begun: number): Promise<TaskAnswer> {
    const { run, realm } = loaded;
    try {
      run.begin(task);
      const deadline = begun + run.taskTimeout * heartbeatShare;
      do await this.#activateAll(loaded); while (await hearLocal(loaded, deadline));
      return run.finish();
    } catch (error) {
      throw await explainMismatch(error, task.events, locateIn(realm));
    }
  }

  async #activateAll(loaded: LoadedRun): Promise<void> {
    const { run, realm, contexts } = loaded;
    for (let activation = run.next(); activation; activation = run.next()) {
      const completion = await this.#options.activator.activate(realm, activation, contexts);
      loaded.nondeterminismFailsWorkflow = completion.kind === "successful" &&
        completion.nondeterminismFailsWorkflow === true;
      run.accept(completion);
    }
  }
}

function identify(
  { workflowExecution, workflowType }: PollWorkflowTaskQueueResponse,
  { settings: { namespace, taskQueue } }: TaskService,
): RunIdentity {
  return { namespace, workflowId: workflowExecution!.workflowId, workflowType: workflowType!.name, taskQueue };
}

/** Lets the run hear of the next local activity that ended; false where its task must be answered now. */
async function hearLocal({ run, local }: LoadedRun, deadline: number): Promise<boolean> {
  local.apply(run.takeLocalWork(Date.now()));
  if (!run.awaitsLocal) return false;
  const ended = await local.next(deadline);
  if (ended) run.resolveLocal(ended.seq, ended.outcome);
  return ended !== undefined;
}

/** How to begin a task anew after an error; undefined where the error is what comes of the task. */
function planReload(error: unknown, attempt: Attempt, wasLoaded: boolean): Attempt | undefined {
  if (error instanceof RealmLostError && attempt.reloads < maxReloads) {
    return { ...attempt, reloads: attempt.reloads + 1 };
  }
  // What was loaded before does not know where its code made a command; replayed from its start, it does.
  const lacksPlace = error instanceof NondeterminismError && error.source === undefined;
  return lacksPlace && wasLoaded && !attempt.isTraced ? { ...attempt, isTraced: true } : undefined;
}

/** Whether a task asks where its workflow waits, which only a traced run can tell: it is loaded anew for that. */
function asksForTrace({ query, queries }: PollWorkflowTaskQueueResponse): boolean {
  return [query, ...Object.values(queries)].some((asked) => asked && tracedQueries.has(asked.queryType));
}

function park(cached: Cached, task: PollWorkflowTaskQueueResponse): Promise<void> {
  return new Promise((done) => {
    if (isQueryTask(task)) {
      cached.queries.push({ task, done });
    } else {
      cached.next?.done();
      cached.next = { task, done };
      cached.state?.local.interrupt(); // the server has given up the task in progress
    }
  });
}

/** The next parked task, whose slot is free then: that of the first task covers the run until it is idle. */
function unpark(cached: Cached): Next {
  const parked = cached.next ?? cached.queries.shift();
  if (parked === cached.next) cached.next = undefined;
  parked?.done();
  return parked?.task;
}

function toRunTask(task: PollWorkflowTaskQueueResponse, events: HistoryEvent[]): RunTask {
  return {
    events,
    previousStartedEventId: Number(task.previousStartedEventId),
    startedEventId: Number(task.startedEventId),
    messages: task.messages,
    queries: task.queries,
    query: task.query,
  };
}
