/**
 * Writes histories for tests: ids run on, each event is a second after the one before, and what
 * events say of earlier ones is filled in.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { Command } from "../../src/gen/temporal/api/command/v1/message_pb.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import {
  CancelExternalWorkflowExecutionFailedCause,
  SignalExternalWorkflowExecutionFailedCause,
  type StartChildWorkflowExecutionFailedCause,
  WorkflowTaskFailedCause,
} from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { RetryState } from "../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import { type HistoryEvent, HistoryEventSchema } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { type Message, MessageSchema } from "../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { type Request, RequestSchema } from "../../src/gen/temporal/api/update/v1/message_pb.ts";

type EventInit = NonNullable<Parameters<typeof create<typeof HistoryEventSchema>>[1]>;
type Attributes = NonNullable<EventInit["attributes"]>;
type Case = NonNullable<Attributes["case"]>;
type ValueOf<C extends Case> = Extract<Attributes, { case: C }>["value"];

const typeOfCase = new Map<string, EventType>();
for (const [name, type] of Object.entries(EventType)) {
  const camel = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  typeOfCase.set(`${camel}EventAttributes`, type);
}

/** Time of the first event, in milliseconds. */
export const firstEventTime = 1_700_000_000_000;

/** A payload with a text in it. */
export function payload(text: string): { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  const encoder = new TextEncoder();
  return { metadata: { encoding: encoder.encode("json/plain") }, data: encoder.encode(JSON.stringify(text)) };
}

function json(value: unknown): { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  return { ...payload(""), data: new TextEncoder().encode(JSON.stringify(value)) };
}

/** A failure as plain data. */
export function failure(message: string): { message: string; source: string; stackTrace: string } {
  return { message, source: "Test", stackTrace: "" };
}

/** An update request. */
export function updateRequest(updateId: string, name = "update"): Request {
  return create(RequestSchema, { meta: { updateId, identity: "client" }, input: { name } });
}

/** The message that brings an update request with a task. */
export function updateMessage(updateId: string, afterEventId: number, name?: string): Message {
  return create(MessageSchema, {
    id: `${updateId}/request`,
    protocolInstanceId: updateId,
    sequencingId: { case: "eventId", value: BigInt(afterEventId) },
    body: anyPack(RequestSchema, updateRequest(updateId, name)),
  });
}

/** A history that grows; each method adds one event and returns its id. */
export class HistoryBuilder {
  readonly events: HistoryEvent[] = [];
  /** Milliseconds since the first event, of the next event. */
  clock = 0;
  #scheduledId = 0;
  #startedId = 0;
  #completedId = 0;

  /** Id of the last event. */
  get lastId(): number {
    return this.events.length;
  }

  /** Id of the last WORKFLOW_TASK_STARTED. */
  get lastTaskId(): number {
    return this.#startedId;
  }

  add<C extends Case>(kind: C, value: ValueOf<C>, rest: EventInit = {}): number {
    const eventId = this.events.length + 1;
    const time = firstEventTime + this.clock;
    this.clock += 1000;
    this.events.push(create(HistoryEventSchema, {
      eventId: BigInt(eventId),
      eventTime: { seconds: BigInt(Math.floor(time / 1000)), nanos: time % 1000 * 1_000_000 },
      eventType: typeOfCase.get(kind),
      attributes: { case: kind, value } as Attributes,
      ...rest,
    } as EventInit));
    return eventId;
  }

  start(value: ValueOf<"workflowExecutionStartedEventAttributes"> = {}): number {
    return this.add("workflowExecutionStartedEventAttributes", {
      workflowType: { name: "workflow" },
      taskQueue: { name: "queue" },
      originalExecutionRunId: "run-id",
      firstExecutionRunId: "run-id",
      attempt: 1,
      workflowTaskTimeout: { seconds: 10n },
      ...value,
    } as ValueOf<"workflowExecutionStartedEventAttributes">);
  }

  signal(signalName: string, ...args: string[]): number {
    return this.add("workflowExecutionSignaledEventAttributes", {
      signalName,
      input: { payloads: args.map(payload) },
      identity: "client",
    });
  }

  cancelRequested(cause = "because"): number {
    return this.add("workflowExecutionCancelRequestedEventAttributes", { cause });
  }

  terminated(): number {
    return this.add("workflowExecutionTerminatedEventAttributes", { reason: "test" });
  }

  taskScheduled(): number {
    return this.#scheduledId = this.add("workflowTaskScheduledEventAttributes", {});
  }

  taskStarted(value: ValueOf<"workflowTaskStartedEventAttributes"> = {}): number {
    return this.#startedId = this.add("workflowTaskStartedEventAttributes", {
      scheduledEventId: BigInt(this.#scheduledId),
      ...value,
    });
  }

  taskCompleted(value: ValueOf<"workflowTaskCompletedEventAttributes"> = {}): number {
    return this.#completedId = this.add("workflowTaskCompletedEventAttributes", {
      scheduledEventId: BigInt(this.#scheduledId),
      startedEventId: BigInt(this.#startedId),
      ...value,
    });
  }

  taskFailed(
    cause: WorkflowTaskFailedCause = WorkflowTaskFailedCause.WORKFLOW_WORKER_UNHANDLED_FAILURE,
    newRunId = "",
  ): number {
    return this.add("workflowTaskFailedEventAttributes", {
      scheduledEventId: BigInt(this.#scheduledId),
      startedEventId: BigInt(this.#startedId),
      cause,
      newRunId,
    });
  }

  taskTimedOut(): number {
    return this.add("workflowTaskTimedOutEventAttributes", {
      scheduledEventId: BigInt(this.#scheduledId),
      startedEventId: BigInt(this.#startedId),
    });
  }

  /** Scheduled and started. */
  openTask(): number {
    this.taskScheduled();
    return this.taskStarted();
  }

  /** Scheduled, started, completed with all flags. */
  fullTask(flags: number[] = [1, 2, 3]): number {
    this.openTask();
    this.taskCompleted({ sdkMetadata: { coreUsedFlags: flags } });
    return this.#startedId;
  }

  /** A completed task whose worker recorded that empty tasks merge by stricter rules. */
  strictTask(): number {
    return this.fullTask([1, 2, 3, 4]);
  }

  activityScheduled(activityId: string, type = "activity"): number {
    return this.add("activityTaskScheduledEventAttributes", {
      activityId,
      activityType: { name: type },
      workflowTaskCompletedEventId: BigInt(this.#completedId),
    });
  }

  activityStarted(scheduled: number): number {
    return this.add("activityTaskStartedEventAttributes", { scheduledEventId: BigInt(scheduled), attempt: 1 });
  }

  activityCompleted(scheduled: number, started: number, result?: string): number {
    return this.add("activityTaskCompletedEventAttributes", {
      scheduledEventId: BigInt(scheduled),
      startedEventId: BigInt(started),
      result: result === undefined ? undefined : { payloads: [payload(result)] },
    });
  }

  activityFailed(scheduled: number, started: number, message = "boom"): number {
    return this.add("activityTaskFailedEventAttributes", {
      scheduledEventId: BigInt(scheduled),
      startedEventId: BigInt(started),
      identity: "worker",
      retryState: RetryState.MAXIMUM_ATTEMPTS_REACHED,
      failure: { message },
    });
  }

  activityTimedOut(scheduled: number, started = 0): number {
    return this.add("activityTaskTimedOutEventAttributes", {
      scheduledEventId: BigInt(scheduled),
      startedEventId: BigInt(started),
      retryState: RetryState.TIMEOUT,
      failure: {
        message: "activity timed out",
        failureInfo: { case: "timeoutFailureInfo", value: { timeoutType: 1 } },
      },
    });
  }

  activityCancelRequested(scheduled: number): number {
    return this.add("activityTaskCancelRequestedEventAttributes", { scheduledEventId: BigInt(scheduled) });
  }

  activityCancelled(scheduled: number, started = 0): number {
    return this.add("activityTaskCanceledEventAttributes", {
      scheduledEventId: BigInt(scheduled),
      startedEventId: BigInt(started),
      identity: "worker",
      details: { payloads: [payload("details")] },
    });
  }

  timerStarted(timerId: string): number {
    return this.add("timerStartedEventAttributes", { timerId });
  }

  timerFired(timerId: string, started: number): number {
    return this.add("timerFiredEventAttributes", { timerId, startedEventId: BigInt(started) });
  }

  timerCancelled(timerId: string, started: number): number {
    return this.add("timerCanceledEventAttributes", { timerId, startedEventId: BigInt(started) });
  }

  childInitiated(workflowId: string, type = "child"): number {
    return this.add("startChildWorkflowExecutionInitiatedEventAttributes", {
      workflowId,
      workflowType: { name: type },
      workflowTaskCompletedEventId: BigInt(this.#completedId),
    });
  }

  childStartFailed(initiated: number, cause: StartChildWorkflowExecutionFailedCause): number {
    return this.add("startChildWorkflowExecutionFailedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      cause,
    });
  }

  childStarted(initiated: number, workflowId = "child-id"): number {
    return this.add("childWorkflowExecutionStartedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      workflowExecution: { workflowId, runId: "child-run" },
    });
  }

  childCompleted(initiated: number, started: number, result?: string): number {
    return this.add("childWorkflowExecutionCompletedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      startedEventId: BigInt(started),
      result: result === undefined ? undefined : { payloads: [payload(result)] },
    });
  }

  childFailed(initiated: number, started: number, message = "boom"): number {
    return this.add("childWorkflowExecutionFailedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      startedEventId: BigInt(started),
      retryState: RetryState.MAXIMUM_ATTEMPTS_REACHED,
      failure: { message },
    });
  }

  childTimedOut(initiated: number, started: number): number {
    return this.add("childWorkflowExecutionTimedOutEventAttributes", {
      initiatedEventId: BigInt(initiated),
      startedEventId: BigInt(started),
      retryState: RetryState.TIMEOUT,
    });
  }

  childTerminated(initiated: number, started: number): number {
    return this.add("childWorkflowExecutionTerminatedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      startedEventId: BigInt(started),
    });
  }

  childCancelled(initiated: number, started: number): number {
    return this.add("childWorkflowExecutionCanceledEventAttributes", {
      initiatedEventId: BigInt(initiated),
      startedEventId: BigInt(started),
    });
  }

  cancelInitiated(workflowId: string): number {
    return this.add("requestCancelExternalWorkflowExecutionInitiatedEventAttributes", {
      workflowExecution: { workflowId },
    });
  }

  cancelDelivered(initiated: number): number {
    return this.add("externalWorkflowExecutionCancelRequestedEventAttributes", {
      initiatedEventId: BigInt(initiated),
    });
  }

  cancelRefused(
    initiated: number,
    cause: CancelExternalWorkflowExecutionFailedCause =
      CancelExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND,
  ): number {
    return this.add("requestCancelExternalWorkflowExecutionFailedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      cause,
    });
  }

  signalInitiated(workflowId: string, signalName = "signal"): number {
    return this.add("signalExternalWorkflowExecutionInitiatedEventAttributes", {
      workflowExecution: { workflowId },
      signalName,
    });
  }

  signalDelivered(initiated: number): number {
    return this.add("externalWorkflowExecutionSignaledEventAttributes", { initiatedEventId: BigInt(initiated) });
  }

  signalRefused(
    initiated: number,
    cause: SignalExternalWorkflowExecutionFailedCause =
      SignalExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND,
  ): number {
    return this.add("signalExternalWorkflowExecutionFailedEventAttributes", {
      initiatedEventId: BigInt(initiated),
      cause,
    });
  }

  updateAdmitted(updateId: string): number {
    return this.add("workflowExecutionUpdateAdmittedEventAttributes", { request: updateRequest(updateId) });
  }

  /** The request is with the event that admitted the update, where there is one. */
  updateAccepted(updateId: string, sequencingEventId: number): number {
    const isAdmitted = this.events.some(({ attributes }) =>
      attributes.case === "workflowExecutionUpdateAdmittedEventAttributes" &&
      attributes.value.request?.meta?.updateId === updateId
    );
    return this.add("workflowExecutionUpdateAcceptedEventAttributes", {
      protocolInstanceId: updateId,
      acceptedRequestMessageId: `${updateId}/request`,
      acceptedRequestSequencingEventId: BigInt(sequencingEventId),
      ...(!isAdmitted && { acceptedRequest: updateRequest(updateId) }),
    });
  }

  updateCompleted(updateId: string, acceptedEventId: number): number {
    return this.add("workflowExecutionUpdateCompletedEventAttributes", {
      meta: { updateId },
      acceptedEventId: BigInt(acceptedEventId),
    });
  }

  /** The marker of a patch. */
  patchMarker(id: string, deprecated = false): number {
    const details = { "patch-data": { payloads: [json({ id, deprecated })] } };
    return this.add("markerRecordedEventAttributes", { markerName: "core_patch", details });
  }

  /** Search attributes, those of the run's patches for example. */
  attributesUpserted(attributes: Record<string, unknown>): number {
    const indexedFields = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, json(value)]));
    return this.add("upsertWorkflowSearchAttributesEventAttributes", { searchAttributes: { indexedFields } });
  }

  memoUpserted(memo: Record<string, unknown>): number {
    const fields = Object.fromEntries(Object.entries(memo).map(([key, value]) => [key, json(value)]));
    return this.add("workflowPropertiesModifiedEventAttributes", { upsertedMemo: { fields } });
  }

  /** The event of a command that records a marker. */
  markerOf({ attributes }: Command): number {
    if (attributes.case !== "recordMarkerCommandAttributes") throw new Error(`${attributes.case} is no marker`);
    const { markerName, details, failure } = attributes.value;
    return this.add("markerRecordedEventAttributes", { markerName, details, failure });
  }

  completed(): number {
    return this.add("workflowExecutionCompletedEventAttributes", {});
  }
}
