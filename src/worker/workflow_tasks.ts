/**
 * Takes workflow tasks from the pollers to their runs: one at a time for each run, through engine
 * and realm, and back to the server.
 *
 * @module
 */
import { NondeterminismError, RPCError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { Run, type RunTask, type TaskAnswer } from "../core/run.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { RealmHost, WorkflowRealm } from "../realm/host.ts";
import type { TaskFailureCause } from "../workflow/activation.ts";
import { type CachedRun, RunCache } from "./run_cache.ts";
import type { Activator } from "./activator.ts";
import { RunContexts, type RunIdentity } from "./run_contexts.ts";
import type { TaskService } from "./service.ts";
import { findAllEvents, findNewEvents, isQueryTask } from "./workflow_events.ts";
import type { WorkflowReports } from "./workflow_reports.ts";

/** A run that is loaded: its engine, its realm, and what codecs are told about its values. */
export interface LoadedRun {
  run: Run;
  realm: WorkflowRealm;
  contexts: RunContexts;
}

/** What the handler of workflow tasks needs. */
export interface WorkflowTasksOptions {
  service: TaskService;
  host: RealmHost;
  activator: Activator;
  reports: WorkflowReports;
  logger: Logger;
  buildId: string;
  maxCachedWorkflows: number;
  /** Whether activities may come back with the answer of the task that schedules them. */
  requestEagerActivities: boolean;
}

/** What becomes of a task: the server's next one for the same run, if it came with the reply. */
type Next = PollWorkflowTaskQueueResponse | undefined;

type Cached = CachedRun<PollWorkflowTaskQueueResponse, LoadedRun>;

/** Handles the workflow tasks of one worker. */
export class WorkflowTasks {
  #options: WorkflowTasksOptions;
  #cache: RunCache<PollWorkflowTaskQueueResponse, LoadedRun>;

  constructor(options: WorkflowTasksOptions) {
    this.#options = options;
    this.#cache = new RunCache(options.maxCachedWorkflows, ({ realm }) => realm.dispose());
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
      this.#cache.settle(cached);
    }
  }

  async #process(cached: Cached, task: PollWorkflowTaskQueueResponse): Promise<Next> {
    const { reports } = this.#options;
    try {
      const work = await this.#prepare(cached, task);
      const answer = await this.#decide(work.loaded, work.task);
      if (answer.failure) return await this.#failed(cached, task, answer.failure);
      const { run } = work.loaded;
      const sent = await reports.send(task, run, answer);
      if (!sent.kept || run.isClosed && !isQueryTask(task)) this.#cache.evict(cached);
      return sent.kept ? sent.next : undefined;
    } catch (error) {
      return await this.#threw(cached, task, error);
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
  ): Promise<{ loaded: LoadedRun; task: RunTask }> {
    const { service } = this.#options;
    if (cached.state) {
      const events = await findNewEvents(service, task, cached.state.run.lastStartedEventId);
      if (events) return { loaded: cached.state, task: toRunTask(task, events) };
      this.#cache.evict(cached);
    }
    const events = await findAllEvents(service, task);
    cached.state = this.#load(task);
    return { loaded: cached.state, task: toRunTask(task, events) };
  }

  #load(task: PollWorkflowTaskQueueResponse): LoadedRun {
    const { host, service, buildId, requestEagerActivities } = this.#options;
    const { runId } = task.workflowExecution!;
    const { taskQueue } = service.settings;
    const identity = identify(task, service);
    const run = new Run({ ...identity, runId, taskQueue, buildId, requestEagerActivities });
    return { run, realm: host.createRun({ runId }), contexts: new RunContexts(identity) };
  }

  async #decide({ run, realm, contexts }: LoadedRun, task: RunTask): Promise<TaskAnswer> {
    const { activator } = this.#options;
    run.begin(task);
    for (let activation = run.next(); activation; activation = run.next()) {
      run.accept(await activator.activate(realm, activation, contexts));
    }
    return run.finish();
  }
}

function identify(
  { workflowExecution, workflowType }: PollWorkflowTaskQueueResponse,
  { settings: { namespace } }: TaskService,
): RunIdentity {
  return { namespace, workflowId: workflowExecution!.workflowId, workflowType: workflowType!.name };
}

function park(cached: Cached, task: PollWorkflowTaskQueueResponse): Promise<void> {
  return new Promise((done) => {
    if (isQueryTask(task)) {
      cached.queries.push({ task, done });
    } else {
      cached.next?.done();
      cached.next = { task, done };
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
