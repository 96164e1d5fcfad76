/**
 * The life of a run's workflow task: scheduled, taken by a worker, completed, failed or timed out.
 *
 * @module
 */

import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { WorkflowTaskFailedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { TimeoutType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { Engine, Job } from "./engine.ts";
import { append, flushBuffer, measureHistory } from "./events.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { hasStartedTask, isRunning } from "./execution.ts";
import { computeTaskBackoff } from "./retry.ts";
import { isSilent, settleSpeculative, writeScheduled, writeStarted } from "./task_events.ts";
import { transact } from "./transaction.ts";

/** How a workflow task is scheduled. */
export interface ScheduleOptions {
  isSpeculative?: boolean;
  /** When the chain of heartbeat tasks that this one continues began. */
  originalScheduledTime?: number;
  /** The caller starts the task itself: it is not dispatched. */
  isHandedOver?: boolean;
}

const SPECULATIVE_SCHEDULE_TO_START = 5000;

/** Schedules a workflow task unless one is pending or the first one is yet to come. */
export function ensureTask(engine: Engine, run: Execution): void {
  if (!run.workflowTask && run.hasFirstTask && isRunning(run)) scheduleTask(engine, run);
}

/** Schedules a workflow task; the run must have none. */
export function scheduleTask(engine: Engine, run: Execution, options: ScheduleOptions = {}): WorkflowTaskState {
  let isSpeculative = options.isSpeculative ?? false;
  if (flushBuffer(engine, run)) {
    run.workflowTaskAttempt = 1;
    isSpeculative = false;
  }
  const now = engine.clock.now();
  const task: WorkflowTaskState = {
    scheduledEventId: run.nextEventId,
    startedEventId: 0,
    isSpeculative,
    attempt: run.workflowTaskAttempt,
    requestId: "",
    identity: "",
    scheduledTime: now,
    originalScheduledTime: options.originalScheduledTime ?? now,
    startedTime: 0,
    timeoutMs: run.taskTimeoutMs + computeTaskBackoff(run.workflowTaskAttempt, engine.limits.taskRetryMaxInterval),
    suggestContinueAsNew: false,
    historySizeBytes: 0,
    timer: undefined,
  };
  run.workflowTask = task;
  run.hasFirstTask = true;
  if (!isSilent(task)) writeScheduled(engine, run, task);
  if (!options.isHandedOver) engine.later({ kind: "dispatchWorkflowTask", run, task });
  return task;
}

/** Arms the schedule-to-start timer of a task that waits on a sticky queue, or of a speculative one. */
export function armScheduleToStart(engine: Engine, run: Execution, task: WorkflowTaskState): void {
  const limit = task.isSpeculative ? SPECULATIVE_SCHEDULE_TO_START : run.sticky?.scheduleToStartMs ?? 0;
  if (limit <= 0 && !task.isSpeculative) return;
  engine.clock.cancel(task.timer);
  task.timer = engine.at(task.scheduledTime + limit, { kind: "workflowTaskTimeout", run, task });
}

/** Records that a worker took the task. */
export function startTask(
  engine: Engine,
  run: Execution,
  task: WorkflowTaskState,
  identity: string,
  requestId: string,
): void {
  engine.clock.cancel(task.timer);
  task.historySizeBytes = measureHistory(run);
  task.suggestContinueAsNew = suggestsContinueAsNew(engine, run, task.historySizeBytes);
  task.startedTime = engine.clock.now();
  task.identity = identity;
  task.requestId = requestId;
  // Events came since this silent task was scheduled: it is an ordinary first attempt now.
  if (isSilent(task) && task.scheduledEventId !== run.nextEventId) {
    task.attempt = 1;
    run.workflowTaskAttempt = 1;
    task.isSpeculative = false;
    task.scheduledTime = task.startedTime;
    writeScheduled(engine, run, task);
  }
  if (isSilent(task)) task.startedEventId = task.scheduledEventId + 1;
  else writeStarted(engine, run, task);
  task.timer = engine.at(task.startedTime + task.timeoutMs, { kind: "workflowTaskTimeout", run, task });
}

/** Records that the worker completed the task; gives the completed event's id, 0 if it leaves no trace. */
export function completeTask(
  engine: Engine,
  run: Execution,
  task: WorkflowTaskState,
  attributes: CompletedAttributes,
  leavesNoTrace: boolean,
): number {
  const wasSilent = isSilent(task);
  dropTask(engine, run, 1);
  if (leavesNoTrace) return 0;
  if (wasSilent) {
    task.identity = attributes.identity;
    writeScheduled(engine, run, task);
    writeStarted(engine, run, task);
  }
  const event = append(engine, run, {
    case: "workflowTaskCompletedEventAttributes",
    value: {
      ...attributes,
      scheduledEventId: BigInt(task.scheduledEventId),
      startedEventId: BigInt(task.startedEventId),
    },
  });
  run.lastStartedEventId = task.startedEventId;
  run.lastCompletedEventId = Number(event.eventId);
  return run.lastCompletedEventId;
}

/** What a worker says of itself when it completes a task. */
export interface CompletedAttributes {
  identity: string;
  binaryChecksum?: string;
  sdkMetadata?: NonNullable<CompletedEventInit["sdkMetadata"]>;
  meteringMetadata?: NonNullable<CompletedEventInit["meteringMetadata"]>;
  workerVersion?: CompletedEventInit["workerVersion"];
  workerDeploymentName?: string;
  deploymentVersion?: CompletedEventInit["deploymentVersion"];
  versioningBehavior?: CompletedEventInit["versioningBehavior"];
}

type CompletedEventInit =
  import("../../gen/temporal/api/history/v1/message_pb.ts").WorkflowTaskCompletedEventAttributes;

/** Why a workflow task failed. */
export interface TaskFailure {
  cause: WorkflowTaskFailedCause;
  failure: Failure | undefined;
  identity: string;
  binaryChecksum?: string;
  baseRunId?: string;
  newRunId?: string;
}

/** Records that the task failed; a repeated task's failure is counted only. */
export function failTask(engine: Engine, run: Execution, task: WorkflowTaskState, reason: TaskFailure): void {
  settleSpeculative(engine, run, reason.identity);
  if (run.workflowTaskAttempt === 1) {
    append(engine, run, {
      case: "workflowTaskFailedEventAttributes",
      value: {
        scheduledEventId: BigInt(task.scheduledEventId),
        startedEventId: BigInt(task.startedEventId),
        cause: reason.cause,
        failure: reason.failure,
        identity: reason.identity,
        binaryChecksum: reason.binaryChecksum ?? "",
        baseRunId: reason.baseRunId ?? "",
        newRunId: reason.newRunId ?? "",
      },
    });
  }
  loseTask(engine, run);
  if (reason.cause === WorkflowTaskFailedCause.RESET_WORKFLOW) run.workflowTaskAttempt = 1;
}

/** Records that the worker took too long over the task. */
export function timeOutTask(engine: Engine, run: Execution, task: WorkflowTaskState): void {
  settleSpeculative(engine, run);
  if (run.workflowTaskAttempt === 1) writeTimedOut(engine, run, task, TimeoutType.START_TO_CLOSE);
  loseTask(engine, run);
}

/** Drops the pending task with no event, as a closing run does. */
export function dropTask(engine: Engine, run: Execution, nextAttempt: number): void {
  engine.clock.cancel(run.workflowTask?.timer);
  run.workflowTask = undefined;
  run.workflowTaskAttempt = nextAttempt;
}

/** The job of a workflow task's timer: no worker took it, or the worker that did took too long. */
export function onTaskTimeout(engine: Engine, job: Extract<Job, { kind: "workflowTaskTimeout" }>): void {
  const { run, task } = job;
  if (run.workflowTask !== task || !isRunning(run)) return;
  transact(engine, run, () => {
    if (hasStartedTask(run)) timeOutTask(engine, run, task);
    else giveUpQueue(engine, run, task);
    scheduleTask(engine, run);
  });
}

/** The job of a delayed first task. */
export function onFirstTask(engine: Engine, job: Extract<Job, { kind: "firstWorkflowTask" }>): void {
  const { run } = job;
  if (!isRunning(run) || run.workflowTask || run.hasFirstTask) return;
  transact(engine, run, () => scheduleTask(engine, run));
}

function giveUpQueue(engine: Engine, run: Execution, task: WorkflowTaskState): void {
  if (task.isSpeculative) {
    task.isSpeculative = false;
    writeScheduled(engine, run, task);
  }
  writeTimedOut(engine, run, task, TimeoutType.SCHEDULE_TO_START);
  run.sticky = undefined;
  dropTask(engine, run, 1);
}

function writeTimedOut(engine: Engine, run: Execution, task: WorkflowTaskState, timeoutType: TimeoutType): void {
  append(engine, run, {
    case: "workflowTaskTimedOutEventAttributes",
    value: {
      scheduledEventId: BigInt(task.scheduledEventId),
      startedEventId: BigInt(task.startedEventId),
      timeoutType,
    },
  });
}

function loseTask(engine: Engine, run: Execution): void {
  // A sticky worker may just have lost its cache: the next task goes to the normal queue as a first attempt.
  const nextAttempt = run.sticky ? 1 : run.workflowTaskAttempt + 1;
  run.sticky = undefined;
  dropTask(engine, run, nextAttempt);
}

function suggestsContinueAsNew(engine: Engine, run: Execution, historySizeBytes: number): boolean {
  const { limits } = engine;
  return historySizeBytes >= limits.historySizeSuggestContinueAsNew ||
    run.nextEventId >= limits.historyCountSuggestContinueAsNew ||
    run.updates.size >= limits.updatesPerRun * 0.9;
}
