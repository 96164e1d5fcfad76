/**
 * What the types of history events mean to the engine.
 *
 * @module
 */
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { describeLocalMarker } from "./local_marker.ts";
import { readPatchDetails } from "./patch_marker.ts";

/** The events that record a command of the run, and which; they follow WORKFLOW_TASK_COMPLETED in command order. */
const commandOfEvent: ReadonlyMap<EventType, CommandType> = new Map<EventType, CommandType>([
  [EventType.ACTIVITY_TASK_SCHEDULED, CommandType.SCHEDULE_ACTIVITY_TASK],
  [EventType.ACTIVITY_TASK_CANCEL_REQUESTED, CommandType.REQUEST_CANCEL_ACTIVITY_TASK],
  [EventType.TIMER_STARTED, CommandType.START_TIMER],
  [EventType.TIMER_CANCELED, CommandType.CANCEL_TIMER],
  [EventType.WORKFLOW_EXECUTION_COMPLETED, CommandType.COMPLETE_WORKFLOW_EXECUTION],
  [EventType.WORKFLOW_EXECUTION_FAILED, CommandType.FAIL_WORKFLOW_EXECUTION],
  [EventType.WORKFLOW_EXECUTION_CANCELED, CommandType.CANCEL_WORKFLOW_EXECUTION],
  [EventType.WORKFLOW_EXECUTION_CONTINUED_AS_NEW, CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION],
  [EventType.WORKFLOW_EXECUTION_UPDATE_ACCEPTED, CommandType.PROTOCOL_MESSAGE],
  [EventType.WORKFLOW_EXECUTION_UPDATE_REJECTED, CommandType.PROTOCOL_MESSAGE],
  [EventType.WORKFLOW_EXECUTION_UPDATE_COMPLETED, CommandType.PROTOCOL_MESSAGE],
  [EventType.MARKER_RECORDED, CommandType.RECORD_MARKER],
  [EventType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES],
  [EventType.WORKFLOW_PROPERTIES_MODIFIED, CommandType.MODIFY_WORKFLOW_PROPERTIES],
  [EventType.START_CHILD_WORKFLOW_EXECUTION_INITIATED, CommandType.START_CHILD_WORKFLOW_EXECUTION],
  [
    EventType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
  ],
  [EventType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION],
  [EventType.NEXUS_OPERATION_SCHEDULED, CommandType.SCHEDULE_NEXUS_OPERATION],
  [EventType.NEXUS_OPERATION_CANCEL_REQUESTED, CommandType.REQUEST_CANCEL_NEXUS_OPERATION],
]);

const closeEvents: ReadonlySet<EventType> = new Set<EventType>([
  EventType.WORKFLOW_EXECUTION_COMPLETED,
  EventType.WORKFLOW_EXECUTION_FAILED,
  EventType.WORKFLOW_EXECUTION_CANCELED,
  EventType.WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.WORKFLOW_EXECUTION_TERMINATED,
]);

/** The command that events of this type record, undefined where they record none. */
export function commandOf(type: EventType): CommandType | undefined {
  return commandOfEvent.get(type);
}

/** Whether events of this type record a command. */
export function isCommandEvent(type: EventType): boolean {
  return commandOfEvent.has(type);
}

/** Whether events of this type end a run. */
export function isCloseEvent(type: EventType): boolean {
  return closeEvents.has(type);
}

/** The name of an event type. */
export function eventName(type: EventType): string {
  return nameIn(EventType, type);
}

/** The name of a command type. */
export function commandName(type: CommandType): string {
  return nameIn(CommandType, type);
}

function nameIn(values: Record<string, number>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? `type ${value}`;
}

/** The cases of an event's attributes. */
export type AttributesCase = NonNullable<HistoryEvent["attributes"]["case"]>;

/** The attributes of one case. */
export type AttributesOf<C extends AttributesCase> = Extract<HistoryEvent["attributes"], { case: C }>["value"];

function nameMarker(attributes: AttributesOf<"markerRecordedEventAttributes">): string {
  const patch = readPatchDetails(attributes);
  if (patch) return `patch "${patch.id}"`;
  return describeLocalMarker(attributes) ?? `marker ${attributes.markerName}`;
}

/** What each kind of event says of itself in errors, beyond its type. */
const identities: { readonly [C in AttributesCase]?: (attributes: AttributesOf<C>) => string } = {
  workflowExecutionStartedEventAttributes: (it) => `workflow type ${it.workflowType?.name}`,
  workflowExecutionSignaledEventAttributes: (it) => `signal ${it.signalName}`,
  activityTaskScheduledEventAttributes: (it) => `activity "${it.activityId}" of type ${it.activityType?.name}`,
  activityTaskCancelRequestedEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  activityTaskStartedEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  activityTaskCompletedEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  activityTaskFailedEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  activityTaskTimedOutEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  activityTaskCanceledEventAttributes: (it) => `activity scheduled by event ${it.scheduledEventId}`,
  timerStartedEventAttributes: (it) => `timer "${it.timerId}"`,
  timerFiredEventAttributes: (it) => `timer "${it.timerId}"`,
  timerCanceledEventAttributes: (it) => `timer "${it.timerId}"`,
  startChildWorkflowExecutionInitiatedEventAttributes: (it) =>
    `child workflow "${it.workflowId}" of type ${it.workflowType?.name}`,
  startChildWorkflowExecutionFailedEventAttributes: (it) => `child workflow "${it.workflowId}"`,
  childWorkflowExecutionStartedEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  childWorkflowExecutionCompletedEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  childWorkflowExecutionFailedEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  childWorkflowExecutionCanceledEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  childWorkflowExecutionTimedOutEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  childWorkflowExecutionTerminatedEventAttributes: (it) => `child workflow "${it.workflowExecution?.workflowId}"`,
  signalExternalWorkflowExecutionInitiatedEventAttributes: (it) =>
    `signal ${it.signalName} to workflow "${it.workflowExecution?.workflowId}"`,
  signalExternalWorkflowExecutionFailedEventAttributes: (it) =>
    `signal to workflow "${it.workflowExecution?.workflowId}"`,
  externalWorkflowExecutionSignaledEventAttributes: (it) => `workflow "${it.workflowExecution?.workflowId}"`,
  requestCancelExternalWorkflowExecutionInitiatedEventAttributes: (it) =>
    `workflow "${it.workflowExecution?.workflowId}"`,
  requestCancelExternalWorkflowExecutionFailedEventAttributes: (it) => `workflow "${it.workflowExecution?.workflowId}"`,
  externalWorkflowExecutionCancelRequestedEventAttributes: (it) => `workflow "${it.workflowExecution?.workflowId}"`,
  workflowExecutionUpdateAcceptedEventAttributes: (it) => `update "${it.protocolInstanceId}"`,
  workflowExecutionUpdateCompletedEventAttributes: (it) => `update "${it.meta?.updateId}"`,
  markerRecordedEventAttributes: nameMarker,
};

/** What an event is about, such as `timer "1"`; undefined where its type says it all. */
export function identityOf({ attributes: { case: kind, value } }: HistoryEvent): string | undefined {
  return kind && (identities[kind] as ((attributes: typeof value) => string) | undefined)?.(value);
}

/** An event for people, such as `TIMER_STARTED (timer "1")`. */
export function describeEvent(event: HistoryEvent): string {
  const name = eventName(event.eventType);
  const identity = identityOf(event);
  return identity ? `${name} (${identity})` : name;
}
