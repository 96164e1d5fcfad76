/**
 * Appending to a run's history: ids, times, and the buffer that holds events back while a worker
 * holds the workflow task.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Link } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { EventType } from "../../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import { HistoryEventSchema } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { UserMetadata } from "../../gen/temporal/api/sdk/v1/user_metadata_pb.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { toTimestamp } from "./times.ts";

type AttributesInit = NonNullable<MessageInitShape<typeof HistoryEventSchema>["attributes"]>;
/** The attributes of an event: the oneof case and its fields. */
export type EventAttributes = Exclude<AttributesInit, { case: undefined }>;
/** The oneof case of an event's attributes. */
export type EventCase = EventAttributes["case"] & string;

/** What an event may carry beside its attributes. */
export interface EventExtras {
  /** Milliseconds since the epoch; now if unset. */
  time?: number;
  userMetadata?: UserMetadata;
  links?: Link[];
}

const TYPES = readTypes();

const NEVER_BUFFERED = new Set<EventType>([
  EventType.WORKFLOW_EXECUTION_STARTED,
  EventType.WORKFLOW_EXECUTION_COMPLETED,
  EventType.WORKFLOW_EXECUTION_FAILED,
  EventType.WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.WORKFLOW_EXECUTION_TERMINATED,
  EventType.WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.WORKFLOW_EXECUTION_CANCELED,
  EventType.WORKFLOW_TASK_SCHEDULED,
  EventType.WORKFLOW_TASK_STARTED,
  EventType.WORKFLOW_TASK_COMPLETED,
  EventType.WORKFLOW_TASK_FAILED,
  EventType.WORKFLOW_TASK_TIMED_OUT,
  EventType.ACTIVITY_TASK_SCHEDULED,
  EventType.ACTIVITY_TASK_CANCEL_REQUESTED,
  EventType.TIMER_STARTED,
  EventType.TIMER_CANCELED,
  EventType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.MARKER_RECORDED,
  EventType.START_CHILD_WORKFLOW_EXECUTION_INITIATED,
  EventType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
  EventType.WORKFLOW_PROPERTIES_MODIFIED,
  EventType.WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.WORKFLOW_EXECUTION_UPDATE_COMPLETED,
]);

/** Results go behind everything else that was buffered with them. */
const REORDERED = new Set<EventType>([
  EventType.ACTIVITY_TASK_COMPLETED,
  EventType.ACTIVITY_TASK_FAILED,
  EventType.ACTIVITY_TASK_TIMED_OUT,
  EventType.ACTIVITY_TASK_CANCELED,
  EventType.CHILD_WORKFLOW_EXECUTION_COMPLETED,
  EventType.CHILD_WORKFLOW_EXECUTION_FAILED,
  EventType.CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.CHILD_WORKFLOW_EXECUTION_CANCELED,
  EventType.CHILD_WORKFLOW_EXECUTION_TERMINATED,
]);

/**
 * Adds an event to history. One that no command made waits in the buffer, without an id, until the
 * change ends or, while a worker holds the workflow task, until that task ends.
 */
export function append(
  engine: Engine,
  run: Execution,
  attributes: EventAttributes,
  extras: EventExtras = {},
): HistoryEvent {
  const eventType = TYPES.get(attributes.case!)!;
  const event = create(HistoryEventSchema, {
    eventTime: toTimestamp(extras.time ?? engine.clock.now()),
    eventType,
    userMetadata: extras.userMetadata,
    links: extras.links,
    attributes,
  });
  if (NEVER_BUFFERED.has(eventType)) place(engine, run, event);
  else run.buffered.push(event);
  return event;
}

/** An event that is shown to a worker and not (yet) in history. */
export function sketchEvent(eventId: number, time: number, attributes: EventAttributes): HistoryEvent {
  return create(HistoryEventSchema, {
    eventId: BigInt(eventId),
    eventTime: toTimestamp(time),
    eventType: TYPES.get(attributes.case!)!,
    attributes,
  });
}

/** Moves the buffered events into history; true if there were any. */
export function flushBuffer(engine: Engine, run: Execution): boolean {
  if (run.buffered.length === 0) return false;
  const { buffered } = run;
  run.buffered = [];
  if (run.closeEventId > 0) return false;
  const startedIds = new Map<bigint, bigint>();
  for (const event of buffered) if (!REORDERED.has(event.eventType)) placeWired(engine, run, event, startedIds);
  for (const event of buffered) if (REORDERED.has(event.eventType)) placeWired(engine, run, event, startedIds);
  return true;
}

/** The bytes of the run's history, measured anew for the events since the last call. */
export function measureHistory(run: Execution): number {
  for (; run.measuredEvents < run.events.length; run.measuredEvents++) {
    const size = toBinary(HistoryEventSchema, run.events[run.measuredEvents]).length;
    // An event in its batch has a tag and a length before it.
    run.historySizeBytes += size + (size < 128 ? 2 : size < 16_384 ? 3 : 4);
  }
  return run.historySizeBytes;
}

function place(engine: Engine, run: Execution, event: HistoryEvent): void {
  event.eventId = BigInt(run.nextEventId++);
  event.taskId = engine.nextTaskId();
  run.events.push(event);
}

function placeWired(engine: Engine, run: Execution, event: HistoryEvent, startedIds: Map<bigint, bigint>): void {
  place(engine, run, event);
  const { attributes } = event;
  switch (attributes.case) {
    case "activityTaskStartedEventAttributes":
      startedIds.set(attributes.value.scheduledEventId, event.eventId);
      break;
    case "childWorkflowExecutionStartedEventAttributes": {
      startedIds.set(attributes.value.initiatedEventId, event.eventId);
      const child = run.children.get(Number(attributes.value.initiatedEventId));
      if (child) child.startedEventId = Number(event.eventId);
      break;
    }
    case "workflowExecutionOptionsUpdatedEventAttributes":
      if (attributes.value.attachedRequestId) {
        run.attachedRequestIds.set(attributes.value.attachedRequestId, Number(event.eventId));
      }
      break;
    case "activityTaskCompletedEventAttributes":
    case "activityTaskFailedEventAttributes":
    case "activityTaskTimedOutEventAttributes":
    case "activityTaskCanceledEventAttributes": {
      const started = startedIds.get(attributes.value.scheduledEventId);
      if (started !== undefined) attributes.value.startedEventId = started;
      break;
    }
    case "childWorkflowExecutionCompletedEventAttributes":
    case "childWorkflowExecutionFailedEventAttributes":
    case "childWorkflowExecutionTimedOutEventAttributes":
    case "childWorkflowExecutionCanceledEventAttributes":
    case "childWorkflowExecutionTerminatedEventAttributes": {
      const started = startedIds.get(attributes.value.initiatedEventId);
      if (started !== undefined) attributes.value.startedEventId = started;
      break;
    }
  }
}

function readTypes(): Map<string, EventType> {
  const types = new Map<string, EventType>();
  for (const field of HistoryEventSchema.oneofs[0].fields) {
    const name = field.name.replace(/_event_attributes$/, "").toUpperCase();
    types.set(field.localName, EventType[name as keyof typeof EventType]);
  }
  return types;
}
