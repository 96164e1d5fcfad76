/**
 * Cuts a history into sequences: what one workflow task of the run took in. A sequence starts with
 * the completion of the task before, holds the events of its commands and all that came after, and
 * ends with the WORKFLOW_TASK_STARTED of the task that took it in.
 *
 * @module
 */
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { isCloseEvent, isCommandEvent } from "./event_types.ts";
import { strictMergingFlag } from "./flags.ts";

/** A part of a history: `events[start]` up to and without `events[end]`. */
export interface Sequence {
  readonly events: readonly HistoryEvent[];
  readonly start: number;
  readonly end: number;
  /** Whether the known history ends with it. */
  readonly isLast: boolean;
}

/** After WORKFLOW_TASK_STARTED these say that the task came to nothing. */
const abortedTask: ReadonlySet<EventType> = new Set<EventType>([
  EventType.WORKFLOW_TASK_FAILED,
  EventType.WORKFLOW_TASK_TIMED_OUT,
  EventType.WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.WORKFLOW_EXECUTION_TERMINATED,
  EventType.WORKFLOW_EXECUTION_CANCELED,
]);

/**
 * The index of the event that ends the sequence beginning at `start`; the last sequence takes all that is left.
 *
 * @param updateAfter where the task brings updates: the event after which the first one applies
 */
export function findSequenceEnd(
  events: readonly HistoryEvent[],
  start: number,
  updateAfter?: bigint,
): number {
  const taskStarts: number[] = [];
  let sawCommand = false;
  let sawStart = false;
  for (let i = start; i < events.length; i++) {
    const type = events[i].eventType;
    if (isCloseEvent(type)) return i;
    if (isCommandEvent(type)) sawCommand = true;
    else if (type === EventType.WORKFLOW_EXECUTION_STARTED) sawStart = true;
    if (type !== EventType.WORKFLOW_TASK_STARTED) continue;

    const next = events[i + 1]?.eventType;
    if (next !== undefined && abortedTask.has(next)) continue;
    taskStarts.push(i);
    if (next === undefined) return findDecidingTask(events, taskStarts, updateAfter);
    if (next !== EventType.WORKFLOW_TASK_COMPLETED) {
      if (sawCommand || sawStart) return i;
      continue;
    }
    const afterNext = events[i + 2];
    if (afterNext === undefined) {
      if (sawCommand || sawStart) return i;
    } else if (sawCommand || afterNext.eventType !== EventType.WORKFLOW_TASK_SCHEDULED) {
      return findDecidingTask(events, taskStarts, acceptedAfter(afterNext));
    }
  }
  return events.length - 1;
}

/**
 * The same by the rules of runs that recorded {@link strictMergingFlag}: a task is merged with the one after it only if
 * nothing came in between and that one is empty too, brings no update, and did not fail.
 */
export function findStrictSequenceEnd(events: readonly HistoryEvent[], start: number, updateAfter?: bigint): number {
  const typeAt = (index: number) => events[index]?.eventType;
  let i = start;
  let sawCommand = false;
  if (typeAt(i) === EventType.WORKFLOW_EXECUTION_STARTED) i++;
  if (typeAt(i) === EventType.WORKFLOW_TASK_COMPLETED) {
    i++;
    for (; i < events.length && isCommandEvent(typeAt(i)); i++) sawCommand = true;
  }
  while (i < events.length && !isCloseEvent(typeAt(i))) {
    const next = typeAt(i + 1);
    if (typeAt(i) !== EventType.WORKFLOW_TASK_STARTED) i++;
    else if (next === EventType.WORKFLOW_TASK_FAILED || next === EventType.WORKFLOW_TASK_TIMED_OUT) i += 2;
    else if (sawCommand || !mergesWithNext(typeAt, i, updateAfter)) return i;
    else if (typeAt(i + 5) === undefined) return i + 3;
    else i += 3;
  }
  return events.length - 1;
}

function mergesWithNext(
  typeAt: (index: number) => EventType | undefined,
  start: number,
  updateAfter: bigint | undefined,
): boolean {
  if (typeAt(start + 1) !== EventType.WORKFLOW_TASK_COMPLETED) return false;
  if (typeAt(start + 2) !== EventType.WORKFLOW_TASK_SCHEDULED) return false;
  if (typeAt(start + 3) !== EventType.WORKFLOW_TASK_STARTED) return false;
  const end = typeAt(start + 4);
  if (end === undefined) return updateAfter === undefined;
  return end === EventType.WORKFLOW_TASK_COMPLETED &&
    typeAt(start + 5) !== EventType.WORKFLOW_EXECUTION_UPDATE_ACCEPTED;
}

/** The events up to those that the last completed task has recorded; all where no task was completed. */
export function cutUndecided(events: HistoryEvent[], lastStartedId: number): HistoryEvent[] {
  const completed = events.findLastIndex(({ attributes }) =>
    attributes.case === "workflowTaskCompletedEventAttributes" &&
    Number(attributes.value.startedEventId) <= lastStartedId
  );
  if (completed < 0) return events;
  const end = events.findIndex(({ eventType }, index) => index > completed && !isCommandEvent(eventType));
  return end < 0 ? events : events.slice(0, end);
}

/** Whether the run to which these events belong recorded {@link strictMergingFlag}. */
export function mergesStrictly(events: readonly HistoryEvent[]): boolean {
  return events.some(({ attributes }) =>
    attributes.case === "workflowTaskCompletedEventAttributes" &&
    attributes.value.sdkMetadata?.coreUsedFlags.includes(strictMergingFlag)
  );
}

/**
 * The last of these tasks, unless it brings an update: then the last one that began before the update
 * was sequenced, so that the update is asked for in the sequence after, as when the task was live.
 */
function findDecidingTask(
  events: readonly HistoryEvent[],
  taskStarts: readonly number[],
  updateAfter: bigint | undefined,
): number {
  const before = updateAfter === undefined
    ? undefined
    : taskStarts.findLast((index) => events[index].eventId < updateAfter);
  return before ?? taskStarts[taskStarts.length - 1];
}

function acceptedAfter({ attributes }: HistoryEvent): bigint | undefined {
  if (attributes.case !== "workflowExecutionUpdateAcceptedEventAttributes") return undefined;
  return attributes.value.acceptedRequestSequencingEventId;
}

/** Hands out the sequences of a task's history one by one, and shows the next one beforehand. */
export class HistoryCursor {
  #events: readonly HistoryEvent[] = [];
  #position = 0;
  #next: Sequence | undefined;
  #updateAfter: bigint | undefined;
  #isStrict = false;

  /**
   * Goes on with the events of a new task, leaving out those up to the event `after`.
   *
   * @param updateAfter where the task brings updates: the event after which the first one applies
   */
  load(events: readonly HistoryEvent[], after: number, updateAfter?: bigint): void {
    this.#isStrict ||= mergesStrictly(events);
    this.#events = events;
    this.#updateAfter = updateAfter;
    this.#next = undefined;
    this.#position = 0;
    while (this.#position < events.length && Number(events[this.#position].eventId) <= after) this.#position++;
  }

  /** The sequence that {@link take} will return, undefined at the end. */
  peek(): Sequence | undefined {
    const events = this.#events;
    const start = this.#position;
    if (this.#next || start >= events.length) return this.#next;
    const find = this.#isStrict ? findStrictSequenceEnd : findSequenceEnd;
    const end = find(events, start, this.#updateAfter) + 1;
    return this.#next = { events, start, end, isLast: end === events.length };
  }

  /** The next sequence, undefined at the end; lets go of the events at the end. */
  take(): Sequence | undefined {
    const sequence = this.peek();
    this.#next = undefined;
    if (sequence) this.#position = sequence.end;
    if (!sequence || sequence.isLast) {
      this.#events = [];
      this.#position = 0;
    }
    return sequence;
  }
}
