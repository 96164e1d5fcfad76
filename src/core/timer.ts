/**
 * The machine of a timer. Workflow code rejects its own wait when it cancels a timer, so that only
 * a timer that fires is reported.
 *
 * @module
 */
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Command } from "../workflow/activation.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext, MachineIndex } from "./context.ts";
import { StateTable } from "./machine.ts";
import { toDuration } from "./time.ts";

/** `starting` and `cancelling` wait for the event of their command. */
export type TimerState = "starting" | "running" | "fired" | "cancelling" | "cancelled" | "dropped";

interface TimerTriggers {
  started: HistoryEvent;
  fired: HistoryEvent;
  cancel: undefined;
  cancelled: HistoryEvent;
}

/** States and transitions of a timer. */
export const timerTable: StateTable<Timer, TimerState, TimerTriggers> = new StateTable<
  Timer,
  TimerState,
  TimerTriggers
>("Timer", "starting", {
  starting: { started: ["running", followStart], cancel: ["dropped", forget] },
  running: { fired: ["fired", fire], cancel: ["cancelling", requestCancel] },
  cancelling: { cancelled: ["cancelled", forget], cancel: "cancelling" },
  fired: { cancel: "fired" },
  cancelled: { cancel: "cancelled" },
  dropped: { cancel: "dropped" },
});

/** A timer that workflow code started. */
export class Timer implements Machine {
  state: TimerState = timerTable.initial;
  readonly seq: number;
  readonly context: MachineContext;
  readonly siblings: MachineIndex<Timer>;
  /** Id of its TIMER_STARTED. */
  startedEventId = 0;

  /** Queues the start. */
  constructor(
    command: Extract<Command, { kind: "startTimer" }>,
    context: MachineContext,
    siblings: MachineIndex<Timer>,
  ) {
    this.seq = command.seq;
    this.context = context;
    this.siblings = siblings;
    siblings.add(command.seq, this);
    context.commands.push({
      type: CommandType.START_TIMER,
      machine: this,
      metadata: command.metadata,
      attributes: () => ({
        case: "startTimerCommandAttributes",
        value: { timerId: String(command.seq), startToFireTimeout: toDuration(command.duration) },
      }),
    });
  }

  /** Cancels it, which does nothing once it is over. */
  cancel(): void {
    timerTable.fire(this, "cancel", undefined);
  }

  take(trigger: "started" | "fired" | "cancelled", event: HistoryEvent): boolean {
    return isAbout(this, event) && timerTable.fire(this, trigger, event);
  }

  describe(): string {
    return `timer "${this.seq}"`;
  }
}

function followStart(timer: Timer, event: HistoryEvent): void {
  timer.startedEventId = Number(event.eventId);
  timer.context.followers.set(timer.startedEventId, timer);
}

/** Of timers that start only the place counts, as in the core SDKs. */
function isAbout({ seq }: Timer, { attributes }: HistoryEvent): boolean {
  return attributes.case !== "timerFiredEventAttributes" || attributes.value.timerId === String(seq);
}

function fire(timer: Timer): void {
  timer.context.jobs.push({ kind: "fireTimer", seq: timer.seq });
  forget(timer);
}

function requestCancel(timer: Timer): void {
  timer.context.commands.push({
    type: CommandType.CANCEL_TIMER,
    machine: timer,
    attributes: () => ({ case: "cancelTimerCommandAttributes", value: { timerId: String(timer.seq) } }),
  });
}

function forget(timer: Timer): void {
  timer.siblings.remove(timer.seq);
  timer.context.followers.delete(timer.startedEventId);
}
