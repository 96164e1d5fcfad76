/**
 * A run's state from its events.
 *
 * @module
 */

import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import { addActivity } from "./activities.ts";
import type { Engine } from "./engine.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { mergeFields } from "./search_attributes.ts";
import { fromTimestamp, toMs } from "./times.ts";
import { addUpdate } from "./updates.ts";

type Attributes = HistoryEvent["attributes"];
type CaseOf = NonNullable<Attributes["case"]>;
type ValueOf<C extends CaseOf> = Extract<Attributes, { case: C }>["value"];
type Replay<C extends CaseOf> = (scope: ReplayScope, value: ValueOf<C>, eventId: number) => void;

interface ReplayScope {
  engine: Engine;
  run: Execution;
  event: HistoryEvent;
}

/** Applies events to a run that has none yet. Timers and activities it leaves pending are armed by `rearm`. */
export function replayEvents(engine: Engine, run: Execution, events: HistoryEvent[]): void {
  for (const event of events) {
    run.events.push(event);
    run.nextEventId = Number(event.eventId) + 1;
    const { attributes } = event;
    if (!attributes.case) continue;
    const replay = REPLAYS[attributes.case] as
      | ((scope: ReplayScope, value: unknown, eventId: number) => void)
      | undefined;
    replay?.({ engine, run, event }, attributes.value, Number(event.eventId));
  }
}

/** Arms the timers of a replayed run, and dispatches its pending activities anew. */
export function rearm(engine: Engine, run: Execution): void {
  for (const timer of run.timers.values()) {
    const { timerId, startedEventId } = timer;
    timer.entry = engine.at(timer.due, { kind: "timerFired", run, timerId, startedEventId });
  }
  for (const activity of run.activities.values()) {
    engine.later({ kind: "dispatchActivity", run, activity, attempt: activity.attempt });
  }
  for (const { initiatedEventId, runId } of run.children.values()) {
    if (!runId) engine.later({ kind: "startChild", run, initiatedEventId });
  }
  for (const initiatedEventId of run.externalSignals.keys()) {
    engine.later({ kind: "signalExternal", run, initiatedEventId });
  }
  for (const initiatedEventId of run.externalCancels.keys()) {
    engine.later({ kind: "cancelExternal", run, initiatedEventId });
  }
}

const REPLAYS: { [C in CaseOf]?: Replay<C> } = {
  workflowExecutionSignaledEventAttributes: ({ run }) => void run.signalCount++,
  workflowExecutionCancelRequestedEventAttributes({ run }) {
    run.isCancelRequested = true;
  },
  workflowTaskScheduledEventAttributes(scope, value, eventId) {
    scope.run.workflowTask = replayTask(scope, eventId, toMs(value.startToCloseTimeout));
    scope.run.hasFirstTask = true;
  },
  workflowTaskStartedEventAttributes({ run, event }, value, eventId) {
    const task = run.workflowTask;
    if (!task) return;
    task.startedEventId = eventId;
    task.startedTime = fromTimestamp(event.eventTime) ?? 0;
    task.identity = value.identity;
    task.requestId = value.requestId;
  },
  workflowTaskCompletedEventAttributes({ run }, value, eventId) {
    run.workflowTask = undefined;
    run.lastStartedEventId = Number(value.startedEventId);
    run.lastCompletedEventId = eventId;
  },
  workflowTaskFailedEventAttributes: ({ run }) => dropReplayedTask(run),
  workflowTaskTimedOutEventAttributes: ({ run }) => dropReplayedTask(run),
  activityTaskScheduledEventAttributes: ({ engine, run }, value, eventId) =>
    void addActivity(engine, run, eventId, value),
  activityTaskCancelRequestedEventAttributes({ run }, value, eventId) {
    const activity = run.activities.get(Number(value.scheduledEventId));
    if (!activity) return;
    activity.isCancelRequested = true;
    activity.cancelRequestedEventId = eventId;
  },
  activityTaskCompletedEventAttributes: closeReplayedActivity,
  activityTaskFailedEventAttributes: closeReplayedActivity,
  activityTaskTimedOutEventAttributes: closeReplayedActivity,
  activityTaskCanceledEventAttributes: closeReplayedActivity,
  timerStartedEventAttributes({ run, event }, value, eventId) {
    const due = (fromTimestamp(event.eventTime) ?? 0) + toMs(value.startToFireTimeout);
    run.timers.set(value.timerId, { timerId: value.timerId, startedEventId: eventId, due, entry: undefined });
  },
  timerFiredEventAttributes: ({ run }, value) => void run.timers.delete(value.timerId),
  timerCanceledEventAttributes: ({ run }, value) => void run.timers.delete(value.timerId),
  startChildWorkflowExecutionInitiatedEventAttributes({ run }, attributes, initiatedEventId) {
    const requestId = crypto.randomUUID();
    run.children.set(initiatedEventId, {
      initiatedEventId,
      attributes,
      runId: undefined,
      startedEventId: 0,
      requestId,
    });
  },
  childWorkflowExecutionStartedEventAttributes({ run }, value, eventId) {
    const child = run.children.get(Number(value.initiatedEventId));
    if (!child) return;
    child.runId = value.workflowExecution?.runId;
    child.startedEventId = eventId;
  },
  startChildWorkflowExecutionFailedEventAttributes: closeReplayedChild,
  childWorkflowExecutionCompletedEventAttributes: closeReplayedChild,
  childWorkflowExecutionFailedEventAttributes: closeReplayedChild,
  childWorkflowExecutionCanceledEventAttributes: closeReplayedChild,
  childWorkflowExecutionTimedOutEventAttributes: closeReplayedChild,
  childWorkflowExecutionTerminatedEventAttributes: closeReplayedChild,
  signalExternalWorkflowExecutionInitiatedEventAttributes({ run }, attributes, initiatedEventId) {
    run.externalSignals.set(initiatedEventId, { initiatedEventId, attributes, requestId: crypto.randomUUID() });
  },
  externalWorkflowExecutionSignaledEventAttributes: ({ run }, value) =>
    void run.externalSignals.delete(Number(value.initiatedEventId)),
  signalExternalWorkflowExecutionFailedEventAttributes: ({ run }, value) =>
    void run.externalSignals.delete(Number(value.initiatedEventId)),
  requestCancelExternalWorkflowExecutionInitiatedEventAttributes({ run }, attributes, initiatedEventId) {
    run.externalCancels.set(initiatedEventId, { initiatedEventId, attributes, requestId: crypto.randomUUID() });
  },
  externalWorkflowExecutionCancelRequestedEventAttributes: ({ run }, value) =>
    void run.externalCancels.delete(Number(value.initiatedEventId)),
  requestCancelExternalWorkflowExecutionFailedEventAttributes: ({ run }, value) =>
    void run.externalCancels.delete(Number(value.initiatedEventId)),
  upsertWorkflowSearchAttributesEventAttributes({ run }, value) {
    run.searchAttributes = mergeFields(run.searchAttributes, value.searchAttributes?.indexedFields ?? {});
  },
  workflowPropertiesModifiedEventAttributes({ run }, value) {
    run.memo = mergeFields(run.memo, value.upsertedMemo?.fields ?? {});
  },
  workflowExecutionUpdateAdmittedEventAttributes({ run }, value) {
    const id = value.request?.meta?.updateId;
    if (id) addUpdate(run, id, value.request);
  },
  workflowExecutionUpdateAcceptedEventAttributes({ run }, value, eventId) {
    const update = run.updates.get(value.protocolInstanceId) ?? addUpdate(run, value.protocolInstanceId, undefined);
    update.phase = "accepted";
    update.request = undefined;
    update.acceptedEventId = eventId;
  },
  workflowExecutionUpdateCompletedEventAttributes({ run }, value) {
    const update = run.updates.get(value.meta?.updateId ?? "");
    if (!update) return;
    update.phase = "completed";
    update.outcome = value.outcome;
  },
};

function replayTask({ event }: ReplayScope, scheduledEventId: number, timeoutMs: number): WorkflowTaskState {
  const scheduledTime = fromTimestamp(event.eventTime) ?? 0;
  return {
    scheduledEventId,
    startedEventId: 0,
    isSpeculative: false,
    attempt: 1,
    requestId: "",
    identity: "",
    scheduledTime,
    originalScheduledTime: scheduledTime,
    startedTime: 0,
    timeoutMs,
    suggestContinueAsNew: false,
    historySizeBytes: 0,
    timer: undefined,
  };
}

function dropReplayedTask(run: Execution): void {
  run.workflowTask = undefined;
}

function closeReplayedActivity({ engine, run }: ReplayScope, value: { scheduledEventId: bigint }): void {
  const activity = run.activities.get(Number(value.scheduledEventId));
  if (!activity) return;
  engine.clock.cancel(activity.timer);
  run.activities.delete(activity.scheduledEventId);
  run.activityIds.delete(activity.activityId);
}

function closeReplayedChild({ run }: ReplayScope, value: { initiatedEventId: bigint }): void {
  run.children.delete(Number(value.initiatedEventId));
}
