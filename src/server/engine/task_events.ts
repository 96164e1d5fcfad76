/**
 * The events of workflow tasks, written when they happen or, for transient and speculative tasks,
 * only once the task turns out to count.
 *
 * @module
 */

import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { Engine } from "./engine.ts";
import type { EventAttributes } from "./events.ts";
import { append, sketchEvent } from "./events.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { toDuration } from "./times.ts";

/** Whether the task's events are held back: it repeats a failed one, or it is speculative. */
export function isSilent(task: WorkflowTaskState): boolean {
  return task.attempt > 1 || task.isSpeculative;
}

/** Writes WorkflowTaskScheduled for the task; its id becomes the task's. */
export function writeScheduled(engine: Engine, run: Execution, task: WorkflowTaskState): void {
  const event = append(engine, run, scheduledAttributes(run, task), { time: task.scheduledTime });
  task.scheduledEventId = Number(event.eventId);
}

/** Writes WorkflowTaskStarted for the task; its id becomes the task's. */
export function writeStarted(engine: Engine, run: Execution, task: WorkflowTaskState): void {
  const event = append(engine, run, startedAttributes(task), { time: task.startedTime });
  task.startedEventId = Number(event.eventId);
}

/** The events of a silent task as its worker is shown them. */
export function sketchTask(run: Execution, task: WorkflowTaskState): HistoryEvent[] {
  const scheduled = sketchEvent(task.scheduledEventId, task.scheduledTime, scheduledAttributes(run, task));
  if (task.startedEventId === 0) return [scheduled];
  return [scheduled, sketchEvent(task.startedEventId, task.startedTime, startedAttributes(task))];
}

/** Writes the events of a speculative task, which thereby becomes an ordinary one. */
export function settleSpeculative(engine: Engine, run: Execution, identity = ""): void {
  const task = run.workflowTask;
  if (!task?.isSpeculative) return;
  task.isSpeculative = false;
  task.identity = identity;
  const isStarted = task.startedEventId > 0;
  writeScheduled(engine, run, task);
  if (isStarted) writeStarted(engine, run, task);
}

function scheduledAttributes(run: Execution, task: WorkflowTaskState): EventAttributes {
  return {
    case: "workflowTaskScheduledEventAttributes",
    value: {
      taskQueue: currentQueue(run),
      startToCloseTimeout: toDuration(task.timeoutMs),
      attempt: task.attempt,
    },
  };
}

function startedAttributes(task: WorkflowTaskState): EventAttributes {
  return {
    case: "workflowTaskStartedEventAttributes",
    value: {
      scheduledEventId: BigInt(task.scheduledEventId),
      identity: task.identity,
      requestId: task.requestId,
      suggestContinueAsNew: task.suggestContinueAsNew,
      historySizeBytes: BigInt(task.historySizeBytes),
    },
  };
}

function currentQueue(run: Execution): { name: string; kind: TaskQueueKind; normalName?: string } {
  if (!run.sticky) return { name: run.taskQueue, kind: TaskQueueKind.NORMAL };
  return { name: run.sticky.name, kind: TaskQueueKind.STICKY, normalName: run.taskQueue };
}
