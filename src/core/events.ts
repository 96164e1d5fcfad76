/**
 * Where each event goes: to the command at the front of the queue, to the machine of an earlier
 * event, to the run itself, or nowhere.
 *
 * @module
 */
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import { WorkflowTaskFailedCause } from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { cancelJob, signalJob } from "./activation_jobs.ts";
import { mismatchOf } from "./commands.ts";
import { HistoryError } from "./errors.ts";
import { type AttributesCase, type AttributesOf, describeEvent, isCloseEvent } from "./event_types.ts";
import { initializeJob } from "./initialize.ts";
import { localMarkerName } from "./local_marker.ts";
import { MismatchError } from "./mismatch.ts";
import { isSkippedMarker, listsPatches } from "./patch.ts";
import { patchMarkerName, readPatchMarker } from "./patch_marker.ts";
import { randomSeedOf } from "./random_seed.ts";
import type { RunState } from "./state.ts";
import { timestampMilliseconds } from "./time.ts";

/** How an event of one type is applied. */
type Route = (run: RunState, event: HistoryEvent) => void;

/**
 * The routes of all event types that this version supports. What is missing here is an error, unless
 * the server marks the event as one that workers may ignore.
 */
const routes: { readonly [type in EventType]?: Route } = {
  [EventType.WORKFLOW_EXECUTION_STARTED]: toRun("workflowExecutionStartedEventAttributes", start),
  [EventType.WORKFLOW_EXECUTION_SIGNALED]: toRun("workflowExecutionSignaledEventAttributes", signal),
  [EventType.WORKFLOW_EXECUTION_CANCEL_REQUESTED]: toRun("workflowExecutionCancelRequestedEventAttributes", cancel),
  [EventType.WORKFLOW_EXECUTION_TERMINATED]: nowhere,
  [EventType.WORKFLOW_EXECUTION_TIMED_OUT]: nowhere,
  [EventType.WORKFLOW_TASK_SCHEDULED]: nowhere,
  [EventType.WORKFLOW_TASK_STARTED]: toRun("workflowTaskStartedEventAttributes", startTask),
  [EventType.WORKFLOW_TASK_COMPLETED]: toRun("workflowTaskCompletedEventAttributes", completeTask),
  [EventType.WORKFLOW_TASK_TIMED_OUT]: nowhere,
  [EventType.WORKFLOW_TASK_FAILED]: toRun("workflowTaskFailedEventAttributes", failTask),

  [EventType.ACTIVITY_TASK_SCHEDULED]: toCommand("scheduled"),
  [EventType.ACTIVITY_TASK_CANCEL_REQUESTED]: toCommand("cancelRequested"),
  [EventType.ACTIVITY_TASK_STARTED]: toScheduler("activityTaskStartedEventAttributes", "started"),
  [EventType.ACTIVITY_TASK_COMPLETED]: toScheduler("activityTaskCompletedEventAttributes", "completed"),
  [EventType.ACTIVITY_TASK_FAILED]: toScheduler("activityTaskFailedEventAttributes", "failed"),
  [EventType.ACTIVITY_TASK_TIMED_OUT]: toScheduler("activityTaskTimedOutEventAttributes", "timedOut"),
  [EventType.ACTIVITY_TASK_CANCELED]: toScheduler("activityTaskCanceledEventAttributes", "cancelled"),

  [EventType.TIMER_STARTED]: toCommand("started"),
  [EventType.TIMER_CANCELED]: toCommand("cancelled"),
  [EventType.TIMER_FIRED]: toStarter("timerFiredEventAttributes", "fired"),

  [EventType.MARKER_RECORDED]: toMarker,
  [EventType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES]: toUpsert,
  [EventType.WORKFLOW_PROPERTIES_MODIFIED]: toCommand("recorded"),

  [EventType.START_CHILD_WORKFLOW_EXECUTION_INITIATED]: toCommand("initiated"),
  [EventType.START_CHILD_WORKFLOW_EXECUTION_FAILED]: toInitiator("startFailed"),
  [EventType.CHILD_WORKFLOW_EXECUTION_STARTED]: toInitiator("started"),
  [EventType.CHILD_WORKFLOW_EXECUTION_COMPLETED]: toInitiator("completed"),
  [EventType.CHILD_WORKFLOW_EXECUTION_FAILED]: toInitiator("failed"),
  [EventType.CHILD_WORKFLOW_EXECUTION_CANCELED]: toInitiator("cancelled"),
  [EventType.CHILD_WORKFLOW_EXECUTION_TIMED_OUT]: toInitiator("timedOut"),
  [EventType.CHILD_WORKFLOW_EXECUTION_TERMINATED]: toInitiator("terminated"),

  [EventType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED]: toCommand("initiated"),
  [EventType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED]: toInitiator("refused"),
  [EventType.EXTERNAL_WORKFLOW_EXECUTION_SIGNALED]: toInitiator("delivered"),

  [EventType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED]: toCommand("initiated"),
  [EventType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED]: toInitiator("refused"),
  [EventType.EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED]: toInitiator("delivered"),

  [EventType.WORKFLOW_EXECUTION_UPDATE_ACCEPTED]: toCommand("accepted"),
  [EventType.WORKFLOW_EXECUTION_UPDATE_COMPLETED]: toCommand("completed"),

  [EventType.WORKFLOW_EXECUTION_COMPLETED]: toCommand("closed"),
  [EventType.WORKFLOW_EXECUTION_FAILED]: toCommand("closed"),
  [EventType.WORKFLOW_EXECUTION_CANCELED]: toCommand("closed"),
  [EventType.WORKFLOW_EXECUTION_CONTINUED_AS_NEW]: toCommand("closed"),
};

/** The routes of markers, by their names. */
const markerRoutes: ReadonlyMap<string, Route> = new Map<string, Route>([
  [patchMarkerName, toPatch],
  [localMarkerName, toLocalActivity],
]);

/**
 * Applies one event to the run.
 *
 * @throws {NondeterminismError} workflow code did not do what the event says
 * @throws {HistoryError} an event that this version does not support
 */
export function applyEvent(run: RunState, event: HistoryEvent): void {
  const route = routes[event.eventType];
  if (route !== undefined) route(run, event);
  else if (!event.workerMayIgnore) throw unsupported(event);
  if (isCloseEvent(event.eventType)) run.progress.isClosed = true;
}

function nowhere(): void {}

function toRun<C extends AttributesCase>(
  kind: C,
  apply: (run: RunState, attributes: AttributesOf<C>, event: HistoryEvent) => void,
): Route {
  return (run, event) => apply(run, attributesOf(event, kind), event);
}

function toCommand(trigger: string): Route {
  return (run, event) => {
    const command = run.commands.match(event);
    if (!command.machine.take(trigger, event)) throw mismatchOf(event, command);
  };
}

function toMarker(run: RunState, event: HistoryEvent): void {
  const route = markerRoutes.get(attributesOf(event, "markerRecordedEventAttributes").markerName);
  if (!route) throw unsupported(event);
  route(run, event);
}

function toPatch(run: RunState, event: HistoryEvent): void {
  if (!readPatchMarker(event)) throw new HistoryError(`event ${event.eventId} is the marker of a patch without its id`);
  if (isSkippedMarker(event, run.commands.peek())) run.skippedMarkerId = Number(event.eventId);
  else toCommand("recorded")(run, event);
}

/** In replay the marker is no command of the code: it was there first. */
function toLocalActivity(run: RunState, event: HistoryEvent): void {
  if (!run.localActivities?.record(event)) toCommand("recorded")(run, event);
}

/** The upsert that belongs to a marker goes the way of its marker. */
function toUpsert(run: RunState, event: HistoryEvent): void {
  const isSkipped = run.skippedMarkerId === Number(event.eventId) - 1 && listsPatches(event);
  if (!isSkipped) toCommand("recorded")(run, event);
}

function unsupported(event: HistoryEvent): HistoryError {
  return new HistoryError(`event ${event.eventId} is ${describeEvent(event)}, which this version does not support`);
}

function toScheduler<C extends AttributesCase & `activity${string}`>(kind: C, trigger: string): Route {
  return (run, event) => {
    follow(run, event, trigger, (attributesOf(event, kind) as { scheduledEventId: bigint }).scheduledEventId);
  };
}

function toStarter<C extends AttributesCase & `timer${string}`>(kind: C, trigger: string): Route {
  return (run, event) => {
    follow(run, event, trigger, (attributesOf(event, kind) as { startedEventId: bigint }).startedEventId);
  };
}

/** What becomes of children, and of signals and cancellations of other workflows. */
function toInitiator(trigger: string): Route {
  return (run, event) => {
    const { initiatedEventId } = event.attributes.value as { initiatedEventId?: bigint };
    follow(run, event, trigger, initiatedEventId ?? 0n);
  };
}

function follow(run: RunState, event: HistoryEvent, trigger: string, initiatingId: bigint): void {
  const machine = run.followers.get(Number(initiatingId));
  if (machine === undefined) throw new MismatchError(event, `nothing that waits for what event ${initiatingId} began`);
  if (!machine.take(trigger, event)) throw new MismatchError(event, `${machine.describe()} ${machine.state}`);
}

function attributesOf<C extends AttributesCase>(event: HistoryEvent, kind: C): AttributesOf<C> {
  if (event.attributes.case !== kind) {
    throw new HistoryError(`event ${event.eventId}, ${describeEvent(event)}, has no attributes of its type`);
  }
  return event.attributes.value as AttributesOf<C>;
}

function start(
  run: RunState,
  attributes: AttributesOf<"workflowExecutionStartedEventAttributes">,
  event: HistoryEvent,
): void {
  const time = timeOf(event);
  run.started = attributes;
  moveTime(run, time);
  run.jobs.push(initializeJob(attributes, run.options, time));
}

function signal(run: RunState, attributes: AttributesOf<"workflowExecutionSignaledEventAttributes">): void {
  run.jobs.push(signalJob(attributes));
}

function cancel(run: RunState, attributes: AttributesOf<"workflowExecutionCancelRequestedEventAttributes">): void {
  run.jobs.push(cancelJob(attributes));
}

function startTask(
  run: RunState,
  attributes: AttributesOf<"workflowTaskStartedEventAttributes">,
  event: HistoryEvent,
): void {
  const { progress } = run;
  progress.historySize = Number(attributes.historySizeBytes);
  progress.continueAsNewSuggested = attributes.suggestContinueAsNew;
  progress.targetVersionChanged = attributes.targetWorkerDeploymentVersionChanged;
  const eventId = Number(event.eventId);
  if (eventId < progress.sequenceStartedId) return;
  if (eventId === progress.sequenceStartedId) progress.lastStartedId = eventId;
  moveTime(run, timeOf(event));
}

function completeTask(run: RunState, attributes: AttributesOf<"workflowTaskCompletedEventAttributes">): void {
  run.progress.lastStartedId = Math.max(run.progress.lastStartedId, Number(attributes.startedEventId));
}

function failTask(run: RunState, attributes: AttributesOf<"workflowTaskFailedEventAttributes">): void {
  if (attributes.cause !== WorkflowTaskFailedCause.RESET_WORKFLOW) return;
  run.jobs.push({ kind: "updateRandomSeed", randomSeed: randomSeedOf(attributes.newRunId) });
}

function moveTime({ progress }: RunState, time: number): void {
  if (time > progress.time) progress.time = time;
}

function timeOf(event: HistoryEvent): number {
  if (!event.eventTime) throw new HistoryError(`event ${event.eventId}, ${describeEvent(event)}, has no time`);
  return timestampMilliseconds(event.eventTime);
}
