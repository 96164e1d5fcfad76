/**
 * What the parts of the engine share, and the jobs they leave for after a state change.
 *
 * A change to a run never acts on the outside itself: it leaves jobs (tasks to dispatch, children to
 * start, timers) that are done once the change is stored. Jobs are plain data, so that a store can
 * keep them.
 *
 * @module
 */

import type { Logger } from "../../common/logger.ts";
import type { Clock, ClockEntry } from "./clock.ts";
import type { ActivityState, Execution, WorkflowTaskState } from "./execution.ts";
import type { Limits } from "./limits.ts";
import type { Matching } from "./matching.ts";
import type { NamespaceRegistry } from "./namespace.ts";
import type { Store } from "./store.ts";

/** Work that a state change leaves behind. */
export type Job =
  | { kind: "dispatchWorkflowTask"; run: Execution; task: WorkflowTaskState }
  | { kind: "workflowTaskTimeout"; run: Execution; task: WorkflowTaskState }
  | { kind: "firstWorkflowTask"; run: Execution }
  | { kind: "dispatchActivity"; run: Execution; activity: ActivityState; attempt: number }
  | { kind: "activityTimeout"; run: Execution; activity: ActivityState }
  | { kind: "activityRetry"; run: Execution; activity: ActivityState; attempt: number }
  | { kind: "timerFired"; run: Execution; timerId: string; startedEventId: number }
  | { kind: "runTimeout"; run: Execution }
  | { kind: "startChild"; run: Execution; initiatedEventId: number }
  | { kind: "cancelExternal"; run: Execution; initiatedEventId: number }
  | { kind: "signalExternal"; run: Execution; initiatedEventId: number }
  | { kind: "closed"; run: Execution }
  | { kind: "retention"; run: Execution };

/** The name of a job. */
export type JobKind = Job["kind"];
/** How each job is done. */
export type JobTable = { [K in JobKind]: (engine: Engine, job: Extract<Job, { kind: K }>) => void };

/** What every part of the engine is given. */
export interface Engine {
  /** The clock of workflows; its time may skip. */
  readonly clock: Clock;
  /** The clock of callers: long polls and their like. */
  readonly wall: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly namespaces: NamespaceRegistry;
  readonly store: Store;
  readonly matching: Matching;
  /** How many changes are under way, one within another; jobs wait for the outermost. */
  changes: number;
  /** The next number for events and jobs, unique in the server. */
  nextTaskId(): bigint;
  /** Leaves a job for after the current change. */
  later(job: Job): void;
  /** Leaves a job for a time, milliseconds since the epoch. */
  at(due: number, job: Job): ClockEntry;
  /** Does the jobs that were left. */
  drain(): void;
}
