/**
 * The machine of an activity. Its start is written only when it closes; after a cancellation that
 * the code does not wait for, whatever still happens to the activity is taken in silence.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { RetryState } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { ActivityResolution, ScheduleActivity } from "../workflow/activation.ts";
import { scheduleActivityAttributes } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext, MachineIndex } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import { StateTable } from "./machine.ts";

/**
 * `scheduling`, `cancelling` and `detaching` wait for the event of their command. A `detached`
 * activity is over for the code, not yet for the server.
 */
export type ActivityState =
  | "scheduling"
  | "scheduled"
  | "started"
  | "cancelling"
  | "cancelRequested"
  | "detaching"
  | "detached"
  | "closed"
  | "dropped";

type Ending = "completed" | "failed" | "timedOut" | "cancelled";

interface ActivityTriggers extends Record<Ending, HistoryEvent> {
  scheduled: HistoryEvent;
  started: HistoryEvent;
  cancelRequested: HistoryEvent;
  tryCancel: undefined;
  waitCancel: undefined;
  abandon: undefined;
}

/** The part of a row for states in which a cancellation changes nothing. */
function ignoreCancel<S extends ActivityState>(state: S): Record<"tryCancel" | "waitCancel" | "abandon", S> {
  return { tryCancel: state, waitCancel: state, abandon: state };
}

/** States and transitions of an activity. */
export const activityTable: StateTable<Activity, ActivityState, ActivityTriggers> = new StateTable<
  Activity,
  ActivityState,
  ActivityTriggers
>(
  "Activity",
  "scheduling",
  {
    scheduling: {
      scheduled: ["scheduled", followSchedule],
      tryCancel: ["dropped", drop],
      waitCancel: ["dropped", drop],
      abandon: ["dropped", drop],
    },
    scheduled: {
      started: ["started", noteStart],
      timedOut: ["closed", reportTimeout],
      tryCancel: ["detaching", detach],
      waitCancel: ["cancelling", requestCancel],
      abandon: ["detached", resolveCancelled],
    },
    started: {
      completed: ["closed", reportResult],
      failed: ["closed", reportFailure],
      timedOut: ["closed", reportTimeout],
      tryCancel: ["detaching", detach],
      waitCancel: ["cancelling", requestCancel],
      abandon: ["detached", resolveCancelled],
    },
    cancelling: { cancelRequested: "cancelRequested", ...ignoreCancel("cancelling") },
    cancelRequested: {
      started: ["cancelRequested", noteStart],
      completed: ["closed", reportResult],
      failed: ["closed", reportFailure],
      timedOut: ["closed", reportTimeout],
      cancelled: ["closed", reportCancellation],
      ...ignoreCancel("cancelRequested"),
    },
    detaching: { cancelRequested: "detached", ...ignoreCancel("detaching") },
    detached: {
      started: "detached",
      completed: ["closed", forget],
      failed: ["closed", forget],
      timedOut: ["closed", forget],
      cancelled: ["closed", forget],
      ...ignoreCancel("detached"),
    },
    closed: ignoreCancel("closed"),
    dropped: ignoreCancel("dropped"),
  },
);

const cancelTrigger = {
  TRY_CANCEL: "tryCancel",
  WAIT_CANCELLATION_COMPLETED: "waitCancel",
  ABANDON: "abandon",
} as const;

/** An activity that workflow code scheduled. */
export class Activity implements Machine {
  state: ActivityState = activityTable.initial;
  readonly command: ScheduleActivity;
  readonly context: MachineContext;
  readonly siblings: MachineIndex<Activity>;
  /** Id of its ACTIVITY_TASK_SCHEDULED, of which the others speak. */
  scheduledEventId = 0n;
  startedEventId = 0n;

  /** Queues the schedule command. */
  constructor(command: ScheduleActivity, context: MachineContext, siblings: MachineIndex<Activity>) {
    this.command = command;
    this.context = context;
    this.siblings = siblings;
    siblings.add(command.seq, this);
    context.commands.push({
      type: CommandType.SCHEDULE_ACTIVITY_TASK,
      machine: this,
      metadata: command.metadata,
      attributes: () => scheduleActivityAttributes(command, context.options),
    });
  }

  /** Cancels it in the way its options say, which does nothing once it is over or being cancelled. */
  cancel(): void {
    activityTable.fire(this, cancelTrigger[this.command.cancellationType], undefined);
  }

  get seq(): number {
    return this.command.seq;
  }

  take(trigger: Ending | "scheduled" | "started" | "cancelRequested", event: HistoryEvent): boolean {
    return isAbout(this, event) && activityTable.fire(this, trigger, event);
  }

  describe(): string {
    return `activity "${this.command.activityId}" of type ${this.command.activityType}`;
  }
}

/** False where the history has another activity in this place; runs from before the flag may. */
function isAbout({ context, command }: Activity, { attributes }: HistoryEvent): boolean {
  if (attributes.case !== "activityTaskScheduledEventAttributes") return true;
  if (!context.isLastSequence && !context.flags.has(CoreFlag.ID_AND_TYPE_CHECKS)) return true;
  const { activityId, activityType } = attributes.value;
  return activityId === command.activityId && activityType?.name === command.activityType;
}

function followSchedule(activity: Activity, { eventId }: HistoryEvent): void {
  activity.scheduledEventId = eventId;
  activity.context.followers.set(Number(eventId), activity);
}

function noteStart(activity: Activity, event: HistoryEvent): void {
  activity.startedEventId = event.eventId;
}

function drop(activity: Activity): void {
  resolveCancelled(activity);
  forget(activity);
}

function detach(activity: Activity): void {
  requestCancel(activity);
  resolveCancelled(activity);
}

function requestCancel(activity: Activity): void {
  activity.context.commands.push({
    type: CommandType.REQUEST_CANCEL_ACTIVITY_TASK,
    machine: activity,
    attributes: () => ({
      case: "requestCancelActivityTaskCommandAttributes",
      value: { scheduledEventId: activity.scheduledEventId },
    }),
  });
}

function reportResult(activity: Activity, { attributes }: HistoryEvent): void {
  if (attributes.case !== "activityTaskCompletedEventAttributes") return;
  const result = attributes.value.result?.payloads[0];
  close(activity, { status: "completed", result });
}

function reportFailure(activity: Activity, { attributes }: HistoryEvent): void {
  if (attributes.case !== "activityTaskFailedEventAttributes") return;
  close(activity, { status: "failed", failure: wrapFailure(activity, "Activity task failed", attributes.value) });
}

function reportTimeout(activity: Activity, { attributes }: HistoryEvent): void {
  if (attributes.case !== "activityTaskTimedOutEventAttributes") return;
  close(activity, { status: "failed", failure: wrapFailure(activity, "Activity task timed out", attributes.value) });
}

function reportCancellation(activity: Activity, { attributes }: HistoryEvent): void {
  if (attributes.case !== "activityTaskCanceledEventAttributes") return;
  resolveCancelled(activity, attributes.value);
  forget(activity);
}

function resolveCancelled(
  activity: Activity,
  ending?: Extract<HistoryEvent["attributes"], { case: "activityTaskCanceledEventAttributes" }>["value"],
): void {
  const cause: Failure = {
    message: "",
    source: "",
    stackTrace: "",
    failureInfo: { case: "canceledFailureInfo", value: { details: ending?.details, identity: "" } },
  };
  const failure = wrapFailure(activity, "Activity cancelled", {
    failure: cause,
    identity: ending?.identity,
    retryState: RetryState.CANCEL_REQUESTED,
    startedEventId: ending?.startedEventId ?? activity.startedEventId,
  });
  resolve(activity, { status: "cancelled", failure });
}

function close(activity: Activity, resolution: ActivityResolution): void {
  resolve(activity, resolution);
  forget(activity);
}

function resolve({ context, command }: Activity, resolution: ActivityResolution): void {
  context.jobs.push({ kind: "resolveActivity", seq: command.seq, resolution });
}

function forget({ context, siblings, command, scheduledEventId }: Activity): void {
  siblings.remove(command.seq);
  context.followers.delete(Number(scheduledEventId));
}

/** What the code gets to see: which activity it was, around why it did not end well. */
function wrapFailure(
  { command, scheduledEventId }: Activity,
  message: string,
  ending: { failure?: Failure; identity?: string; retryState: RetryState; startedEventId: bigint },
): Failure {
  return {
    message,
    source: "",
    stackTrace: "",
    cause: ending.failure,
    failureInfo: {
      case: "activityFailureInfo",
      value: {
        scheduledEventId,
        startedEventId: ending.startedEventId,
        identity: ending.identity ?? "",
        activityType: { name: command.activityType },
        activityId: command.activityId,
        retryState: ending.retryState,
      },
    },
  };
}
