/**
 * The local activities of a run: what the worker has to do for them, and in which order the code hears how they ended.
 * That is one at a time, when nothing else is left to do, in the order of their markers: live and in replay the same.
 *
 * @module
 */
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { ScheduleLocalActivity } from "../workflow/activation.ts";
import { type MachineContext, MachineIndex } from "./context.ts";
import { cancelledFailure, LocalActivity, type LocalKeeper, type LocalOutcome } from "./local_activity.ts";
import { type LocalMarker, readLocalMarker, roundTime } from "./local_marker.ts";
import { describeFound, MismatchError } from "./mismatch.ts";

/** A local activity for the worker to run. */
export interface LocalTask {
  readonly command: ScheduleLocalActivity;
  /** When the worker got its first attempt, in milliseconds since the epoch. */
  readonly originalScheduleTime: number;
}

/** What the worker has to do. */
export interface LocalWork {
  readonly start: readonly LocalTask[];
  /** Numbers of those to cancel; it may not know them any more. */
  readonly cancel: readonly number[];
}

/** The context of a run, with its time. */
interface TimedContext extends MachineContext {
  readonly progress: { time: number };
}

interface KnownMarker {
  readonly marker: LocalMarker;
  readonly event: HistoryEvent;
}

/** The local activities of a run. */
export class LocalActivities implements LocalKeeper {
  /** Those of which no marker was recorded, by their number. */
  readonly machines: MachineIndex<LocalActivity> = new MachineIndex();
  readonly #context: TimedContext;
  /** Those that neither run nor have ended. */
  readonly #pending: Set<LocalActivity> = new Set();
  /** Those of them that were asked for since the last {@link settle}. */
  #scheduled: LocalActivity[] = [];
  readonly #running: Set<LocalActivity> = new Set();
  readonly #toStart: Set<LocalActivity> = new Set();
  #toCancel: number[] = [];
  /** Markers that the history has ahead. */
  #markers: KnownMarker[] = [];
  #outcomes: { seq: number; outcome: LocalOutcome }[] = [];
  #isClosed = false;

  /** None yet. */
  constructor(context: TimedContext) {
    this.#context = context;
  }

  /** How many the worker runs, or has to. */
  get outstanding(): number {
    return this.#running.size;
  }

  /** Takes in that the code asks for one. */
  schedule(command: ScheduleLocalActivity): void {
    const activity = new LocalActivity(command, this.#context, this);
    this.machines.add(command.seq, activity);
    this.#pending.add(activity);
    this.#scheduled.push(activity);
  }

  /** Takes in a marker that the history has ahead, and its event, unless it is of one that has ended. */
  lookAhead(marker: LocalMarker, event: HistoryEvent): void {
    const activity = this.machines.find(marker.seq);
    const isAwaited = activity ? activity.isPending : !this.machines.knows(marker.seq);
    if (isAwaited) this.#markers.push({ marker, event });
  }

  /**
   * Tells the code of the next one that ended; false where that must wait.
   *
   * @throws {NondeterminismError} the history has another local activity in its place
   */
  deliver(): boolean {
    return this.#deliverKnown() || this.#deliverOutcome();
  }

  /** Once the code has said all it wanted: lets those run of which the history has no marker, if `mayRun`; else they wait. */
  settle(mayRun: boolean): void {
    const affected = mayRun ? [...this.#pending] : this.#scheduled;
    this.#scheduled = [];
    for (const activity of affected) activity.settle(mayRun);
  }

  /**
   * Takes a marker's event; false where it records the next command instead.
   *
   * @throws {NondeterminismError} the code has another local activity in its place
   */
  record(event: HistoryEvent): boolean {
    const { seq } = readLocalMarker(event)!;
    const activity = this.machines.find(seq);
    if (activity?.state === "recording") return false;
    if (activity?.take("recorded", event)) return true;
    const [other] = this.#pending;
    if (other) throw mismatchOf(event, other);
    return false;
  }

  /** Hands over what the worker has to do; `now` is the worker's clock. */
  takeWork(now: number): LocalWork {
    const start = [...this.#toStart].map((activity) => {
      const originalScheduleTime = activity.originalScheduleTime ??= roundTime(now);
      return { command: activity.command, originalScheduleTime };
    });
    const cancel = this.#toCancel;
    this.#toStart.clear();
    this.#toCancel = [];
    return { start, cancel };
  }

  /** Takes what the worker tells; it counts when its turn comes, unless the code has lost its interest by then. */
  finish(seq: number, outcome: LocalOutcome): void {
    if (!this.#isClosed) this.#outcomes.push({ seq, outcome });
  }

  /** The run ends: what still runs is cancelled, and leaves no marker. */
  close(): void {
    this.#isClosed = true;
    for (const activity of this.#running) {
      if (!this.#toStart.has(activity)) this.#toCancel.push(activity.seq);
    }
    for (const activities of [this.#pending, this.#running, this.#toStart]) activities.clear();
    this.#markers = [];
    this.#outcomes = [];
  }

  get time(): number {
    return this.#context.progress.time;
  }

  moveTime(time: number): void {
    const { progress } = this.#context;
    progress.time = Math.max(progress.time, time);
  }

  takeMarker(seq: number): LocalMarker | undefined {
    const place = this.#markers.findIndex(({ marker }) => marker.seq === seq);
    return place < 0 ? undefined : this.#markers.splice(place, 1)[0].marker;
  }

  start(activity: LocalActivity): void {
    this.#pending.delete(activity);
    this.#running.add(activity);
    this.#toStart.add(activity);
  }

  requestCancel(activity: LocalActivity): void {
    const { seq, command: { attempt } } = activity;
    if (!this.#toStart.delete(activity)) this.#toCancel.push(seq);
    else this.#outcomes.push({ seq, outcome: { attempt, runtime: 0, failure: cancelledFailure() } });
  }

  detach(activity: LocalActivity): void {
    this.#pending.delete(activity);
    this.#running.delete(activity);
    this.#toStart.delete(activity);
  }

  forget({ seq }: LocalActivity): void {
    this.machines.remove(seq);
  }

  #deliverKnown(): boolean {
    const next = this.#markers[0];
    const activity = next && this.machines.find(next.marker.seq);
    if (!activity) return false;
    this.#markers.shift();
    if (!activity.know(next.marker)) throw mismatchOf(next.event, activity);
    return true;
  }

  #deliverOutcome(): boolean {
    for (let next = this.#outcomes.shift(); next; next = this.#outcomes.shift()) {
      const activity = this.machines.find(next.seq);
      if (activity?.state !== "running") continue;
      activity.finish(next.outcome);
      return true;
    }
    return false;
  }
}

function mismatchOf(event: HistoryEvent, activity: LocalActivity): MismatchError {
  const found = { type: CommandType.RECORD_MARKER, identity: activity.describe(), seq: activity.seq };
  return new MismatchError(event, describeFound(found), found);
}
