/**
 * The end of a run.
 *
 * @module
 */

import { WorkflowExecutionStatus } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import { WorkflowTaskFailedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { Link, Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Engine } from "./engine.ts";
import type { EventAttributes, EventExtras } from "./events.ts";
import { append, flushBuffer } from "./events.ts";
import type { Execution } from "./execution.ts";
import { hasStartedTask } from "./execution.ts";
import { dropTask, failTask } from "./workflow_task.ts";

const STATUSES: Partial<Record<EventAttributes["case"] & string, WorkflowExecutionStatus>> = {
  workflowExecutionCompletedEventAttributes: WorkflowExecutionStatus.COMPLETED,
  workflowExecutionFailedEventAttributes: WorkflowExecutionStatus.FAILED,
  workflowExecutionCanceledEventAttributes: WorkflowExecutionStatus.CANCELED,
  workflowExecutionTerminatedEventAttributes: WorkflowExecutionStatus.TERMINATED,
  workflowExecutionTimedOutEventAttributes: WorkflowExecutionStatus.TIMED_OUT,
  workflowExecutionContinuedAsNewEventAttributes: WorkflowExecutionStatus.CONTINUED_AS_NEW,
};

/** Closes the run with an event; what it still had pending is dropped. */
export function closeRun(
  engine: Engine,
  run: Execution,
  attributes: EventAttributes,
  extras: EventExtras & { continuedRunId?: string } = {},
): void {
  const event = append(engine, run, attributes, extras);
  run.status = STATUSES[attributes.case!]!;
  run.closeTime = engine.clock.now();
  run.closeEventId = Number(event.eventId);
  run.closeOrder = Number(engine.nextTaskId());
  run.continuedRunId = extras.continuedRunId ?? "";
  run.buffered = [];
  dropTask(engine, run, 1);
  dropPending(engine, run);
  engine.later({ kind: "closed", run });
}

/** Takes the started task from its worker, so that the run can be closed over it. */
export function forceTaskEnd(engine: Engine, run: Execution): void {
  const task = run.workflowTask;
  if (task && hasStartedTask(run)) {
    failTask(engine, run, task, {
      cause: WorkflowTaskFailedCause.FORCE_CLOSE_COMMAND,
      failure: undefined,
      identity: "history-service",
    });
  }
  dropTask(engine, run, 1);
  flushBuffer(engine, run);
}

/** Terminates the run. */
export function terminateRun(
  engine: Engine,
  run: Execution,
  reason: string,
  details: Payloads | undefined,
  identity: string,
  links: Link[] = [],
): void {
  forceTaskEnd(engine, run);
  closeRun(engine, run, {
    case: "workflowExecutionTerminatedEventAttributes",
    value: { reason, details, identity },
  }, { links });
}

function dropPending(engine: Engine, run: Execution): void {
  const { clock } = engine;
  clock.cancel(run.runTimer);
  clock.cancel(run.executionTimer);
  clock.cancel(run.startTimer);
  for (const timer of run.timers.values()) clock.cancel(timer.entry);
  for (const activity of run.activities.values()) clock.cancel(activity.timer);
  run.externalCancels.clear();
  run.externalSignals.clear();
  run.sticky = undefined;
}
