/**
 * The machine of a local activity. Nothing is sent when it starts: a marker records how it ended. In
 * replay the marker is known before the code asks for the activity, and stands for its execution.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { ScheduleLocalActivity } from "../workflow/activation.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import { type LocalMarker, localMarkerAttributes, readLocalMarker, resolutionOf, roundTime } from "./local_marker.ts";
import { StateTable } from "./machine.ts";

/**
 * `scheduled` by the commands that are being performed; `waiting` in replay for its marker, or for a task that is no
 * query; `running` in the worker; `resolved` by its marker, `recording` a marker of its own: both wait for the event of
 * the marker.
 */
export type LocalActivityState = "scheduled" | "waiting" | "running" | "resolved" | "recording" | "recorded";

interface LocalActivityTriggers {
  wait: undefined;
  run: undefined;
  /** The history has its marker. */
  known: LocalMarker;
  finished: LocalOutcome;
  recorded: HistoryEvent;
  tryCancel: undefined;
  waitCancel: undefined;
  abandon: undefined;
}

/** What the worker tells of a local activity. */
export interface LocalOutcome {
  /** The attempt that ended it. */
  attempt: number;
  /** Milliseconds from when the worker got it. */
  runtime: number;
  result?: Payload;
  /** A cancellation is a failure of that kind. */
  failure?: Failure;
  /** Milliseconds before the next attempt, for which the worker does not wait. */
  backoff?: number;
}

/** What a local activity asks of whoever keeps those of its run. */
export interface LocalKeeper {
  /** Workflow time in milliseconds. */
  readonly time: number;
  moveTime(time: number): void;
  /** The marker that the history has for this number, once; undefined where none is in sight. */
  takeMarker(seq: number): LocalMarker | undefined;
  start(activity: LocalActivity): void;
  /** Tells the worker to cancel it; where that has not got it yet, to report it as cancelled. */
  requestCancel(activity: LocalActivity): void;
  /** Expects no outcome any more. */
  detach(activity: LocalActivity): void;
  forget(activity: LocalActivity): void;
}

/** The part of a row for states in which a cancellation changes nothing. */
function ignoreCancel<S extends LocalActivityState>(state: S): Record<"tryCancel" | "waitCancel" | "abandon", S> {
  return { tryCancel: state, waitCancel: state, abandon: state };
}

/** States and transitions of a local activity. */
export const localActivityTable: StateTable<LocalActivity, LocalActivityState, LocalActivityTriggers> = new StateTable<
  LocalActivity,
  LocalActivityState,
  LocalActivityTriggers
>("Local activity", "scheduled", {
  scheduled: {
    wait: "waiting",
    run: ["running", start],
    known: ["resolved", resolve],
    tryCancel: ["recording", recordCancellation],
    waitCancel: ["recording", recordEarlyEnd],
    abandon: ["recording", recordCancellation],
  },
  waiting: {
    run: ["running", start],
    known: ["resolved", resolve],
    ...ignoreCancel("waiting"),
    waitCancel: ["waiting", rememberCancel],
  },
  running: {
    finished: ["recording", recordOutcome],
    tryCancel: ["recording", cancelAndRecord],
    waitCancel: ["running", requestCancel],
    abandon: ["recording", recordCancellation],
  },
  resolved: { recorded: ["recorded", forget], ...ignoreCancel("resolved") },
  recording: { recorded: ["recorded", forget], ...ignoreCancel("recording") },
  recorded: {},
});

const cancelTrigger = {
  TRY_CANCEL: "tryCancel",
  WAIT_CANCELLATION_COMPLETED: "waitCancel",
  ABANDON: "abandon",
} as const;

/** A local activity that workflow code asked for. */
export class LocalActivity implements Machine {
  state: LocalActivityState = localActivityTable.initial;
  readonly command: ScheduleLocalActivity;
  readonly context: MachineContext;
  readonly keeper: LocalKeeper;
  /** Workflow time when the code asked for it. */
  readonly startTime: number;
  /** When the worker got its first attempt, by the worker's clock. */
  originalScheduleTime: number | undefined;
  /** Whether a worker that was lost was told to cancel it. */
  wasCancelled = false;

  /** Scheduled; see {@link settle}. */
  constructor(command: ScheduleLocalActivity, context: MachineContext, keeper: LocalKeeper) {
    this.command = command;
    this.context = context;
    this.keeper = keeper;
    this.startTime = keeper.time;
    this.originalScheduleTime = command.originalScheduleTime;
  }

  get seq(): number {
    return this.command.seq;
  }

  /** Whether it neither runs nor has ended. */
  get isPending(): boolean {
    return this.state === "scheduled" || this.state === "waiting";
  }

  /** The code that asked for it has said all it wanted: it runs, unless it must wait for a marker or another task. */
  settle(mayRun: boolean): void {
    if (mayRun) localActivityTable.fire(this, "run", undefined);
    else if (this.state === "scheduled") localActivityTable.fire(this, "wait", undefined);
  }

  /**
   * Cancels it in the way its options say. In replay its marker takes effect now where the activity was resolved
   * by the cancellation itself.
   */
  cancel(): void {
    const { cancellationType } = this.command;
    const resolvesNow = this.state === "scheduled" || cancellationType !== "WAIT_CANCELLATION_COMPLETED";
    const marker = resolvesNow ? this.keeper.takeMarker(this.seq) : undefined;
    if (marker) localActivityTable.fire(this, "known", marker);
    else localActivityTable.fire(this, cancelTrigger[cancellationType], undefined);
  }

  /** Takes the marker that the history has; false where it has no place. */
  know(marker: LocalMarker): boolean {
    const checks = this.context.flags.has(CoreFlag.ID_AND_TYPE_CHECKS);
    return (!checks || this.#isOf(marker)) && localActivityTable.fire(this, "known", marker);
  }

  /** Takes what the worker tells. */
  finish(outcome: LocalOutcome): void {
    localActivityTable.fire(this, "finished", outcome);
  }

  take(trigger: "recorded", event: HistoryEvent): boolean {
    const marker = readLocalMarker(event);
    const isOwn = marker?.seq === this.seq && (this.state === "resolved" || this.#isOf(marker));
    return isOwn && localActivityTable.fire(this, trigger, event);
  }

  describe(): string {
    return `local activity "${this.command.activityId}" of type ${this.command.activityType}`;
  }

  #isOf({ activityId, activityType }: LocalMarker): boolean {
    return activityId === this.command.activityId && activityType === this.command.activityType;
  }
}

function start(activity: LocalActivity): void {
  activity.keeper.start(activity);
  if (activity.wasCancelled) requestCancel(activity);
}

function rememberCancel(activity: LocalActivity): void {
  activity.wasCancelled = true;
}

function requestCancel(activity: LocalActivity): void {
  activity.keeper.requestCancel(activity);
}

function cancelAndRecord(activity: LocalActivity): void {
  requestCancel(activity);
  recordCancellation(activity);
}

/** Leaves workflow time where it is: the code did not wait. */
function recordCancellation(activity: LocalActivity): void {
  record(activity, { attempt: activity.command.attempt, failure: cancelledFailure() });
}

/** Nobody got to run it. */
function recordEarlyEnd(activity: LocalActivity): void {
  record(activity, {
    attempt: activity.command.attempt,
    completeTime: roundTime(activity.keeper.time),
    failure: cancelledFailure(),
  });
}

function recordOutcome(activity: LocalActivity, outcome: LocalOutcome): void {
  const { attempt, runtime, result, failure, backoff } = outcome;
  record(activity, {
    attempt,
    completeTime: roundTime(activity.startTime + runtime),
    backoff: backoff && roundTime(backoff),
    result,
    failure,
  });
}

function record(
  activity: LocalActivity,
  ending: Pick<LocalMarker, "attempt" | "completeTime" | "backoff" | "result" | "failure">,
): void {
  const { command: { seq, activityId, activityType, metadata }, context } = activity;
  const { originalScheduleTime } = activity;
  const marker: LocalMarker = { seq, activityId, activityType, originalScheduleTime, ...ending };
  context.commands.push({
    type: CommandType.RECORD_MARKER,
    machine: activity,
    metadata,
    attributes: () => ({ case: "recordMarkerCommandAttributes", value: localMarkerAttributes(marker) }),
  });
  resolve(activity, marker);
}

/** The same live and in replay: what the code is told, and the time at which it is told, follow from the marker. */
function resolve(activity: LocalActivity, marker: LocalMarker): void {
  const { context, keeper, seq } = activity;
  keeper.detach(activity);
  if (marker.completeTime !== undefined) keeper.moveTime(marker.completeTime);
  context.jobs.push({ kind: "resolveLocalActivity", seq, resolution: resolutionOf(marker) });
}

function forget(activity: LocalActivity): void {
  activity.keeper.forget(activity);
}

/** The failure of an activity that was cancelled without its own doing. */
export function cancelledFailure(): Failure {
  return {
    message: "Activity cancelled",
    source: "",
    stackTrace: "",
    failureInfo: { case: "canceledFailureInfo", value: { identity: "" } },
  };
}
