/**
 * Putting the engine together.
 *
 * @module
 */

import type { Logger } from "../../common/logger.ts";
import { onActivityRetry, onActivityTimeout } from "./activities.ts";
import { onDispatchActivity } from "./activity_tasks.ts";
import { endChildren, onCancelExternal, onSignalExternal, onStartChild, tellParent } from "./children.ts";
import { Clock } from "./clock.ts";
import { onDispatchWorkflowTask } from "./dispatch.ts";
import type { Engine, Job, JobTable } from "./engine.ts";
import type { Limits } from "./limits.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Matching } from "./matching.ts";
import { NamespaceRegistry } from "./namespace.ts";
import { settleQueries } from "./queries.ts";
import { onRunTimeout } from "./run_timeout.ts";
import type { Store } from "./store.ts";
import { MemoryStore } from "./store.ts";
import { toMs } from "./times.ts";
import { onTimerFired } from "./timers.ts";
import { abortUpdates } from "./updates.ts";
import { onFirstTask, onTaskTimeout } from "./workflow_task.ts";

/** Options of `createEngine`. */
export interface EngineOptions {
  logger: Logger;
  /** Milliseconds since the epoch; `Date.now` if unset. */
  now?: () => number;
  /** In memory if unset. */
  store?: Store;
  /** Overrides of the limits of server 1.29. */
  limits?: Partial<Limits>;
}

const JOBS: JobTable = {
  dispatchWorkflowTask: onDispatchWorkflowTask,
  workflowTaskTimeout: onTaskTimeout,
  firstWorkflowTask: onFirstTask,
  dispatchActivity: onDispatchActivity,
  activityTimeout: onActivityTimeout,
  activityRetry: onActivityRetry,
  timerFired: onTimerFired,
  runTimeout: onRunTimeout,
  startChild: onStartChild,
  cancelExternal: onCancelExternal,
  signalExternal: onSignalExternal,
  closed: onClosed,
  retention: onRetention,
};

/** Task ids of a real server's first shard start here. */
const FIRST_TASK_ID = 1n << 20n;

/** A new engine with no namespaces. */
export function createEngine(options: EngineOptions): Engine {
  const { logger } = options;
  const clock = new Clock(options.now);
  const wall = new Clock();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let queue: Job[] = [];
  let isDraining = false;
  let taskId = FIRST_TASK_ID;
  function perform(job: Job): void {
    try {
      (JOBS[job.kind] as (engine: Engine, job: Job) => void)(engine, job);
    } catch (error) {
      logger.error(`server: job ${job.kind} failed`, { error, workflowId: job.run.workflowId, runId: job.run.runId });
    }
  }
  const engine: Engine = {
    clock,
    wall,
    logger,
    limits,
    namespaces: new NamespaceRegistry(),
    store: options.store ?? new MemoryStore(),
    matching: new Matching({
      wall,
      hintDelay: limits.unpolledHint,
      onUnpolled: (queue, polled) => hint(logger, queue.name, polled),
    }),
    changes: 0,
    nextTaskId: () => taskId++,
    later: (job) => void queue.push(job),
    at: (due, job) =>
      clock.schedule(due, () => {
        perform(job);
        engine.drain();
      }),
    drain() {
      if (isDraining || engine.changes > 0) return;
      isDraining = true;
      try {
        while (queue.length > 0) {
          const jobs = queue;
          queue = [];
          for (const job of jobs) perform(job);
        }
      } finally {
        isDraining = false;
      }
    },
  };
  return engine;
}

function hint(logger: Logger, queue: string, polled: string[]): void {
  const others = polled.length > 0 ? polled.map((name) => JSON.stringify(name)).join(", ") : "none";
  logger.warn(
    `task queue ${JSON.stringify(queue)} has a workflow waiting but no worker polls it; queues being polled: ${others}`,
  );
}

function onClosed(engine: Engine, { run }: Extract<Job, { kind: "closed" }>): void {
  abortUpdates(run, run.continuedRunId !== "");
  settleQueries(engine, run, {}, false);
  tellParent(engine, run);
  endChildren(engine, run);
  const kept = toMs(run.namespace.retention);
  engine.at(engine.clock.now() + kept, { kind: "retention", run });
}

function onRetention(engine: Engine, { run }: Extract<Job, { kind: "retention" }>): void {
  run.isDeleted = true;
  engine.store.remove(run);
}
