/** Replays a history as far as each of its tasks, and looks whether the code asks for what it asked for then. */
import { create, toBinary } from "@bufbuild/protobuf";
import { type LocalMarker, readLocalMarker } from "../../src/core/local_marker.ts";
import { HistoryCursor } from "../../src/core/history.ts";
import { readAccepted } from "../../src/core/messages.ts";
import { Run, type TaskAnswer } from "../../src/core/run.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { type Message, MessageSchema } from "../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { RequestSchema } from "../../src/gen/temporal/api/update/v1/message_pb.ts";
import { replayHistory, type ReplayParts } from "../../src/worker/replay.ts";
import type { Activation, Completion } from "../../src/workflow/activation.ts";
import type { RecordedRun } from "./farm.ts";
import { describeAnswer, describeRecorded, recordedEvents } from "./recorded.ts";

/** After the start of a task these say that it came to nothing. */
const aborted: ReadonlySet<EventType> = new Set([EventType.WORKFLOW_TASK_FAILED, EventType.WORKFLOW_TASK_TIMED_OUT]);

/** What is wrong with a history. */
export class ReplayFault extends Error {
  override name = "ReplayFault";
}

/** Throws ReplayFault where the code does not do again what the history says, as a whole or up to any of its tasks. */
export async function checkRun(run: RecordedRun, parts: ReplayParts): Promise<void> {
  const { history, history: { events } } = run;
  for (let i = 0; i < events.length; i++) {
    if (events[i].eventType === EventType.WORKFLOW_TASK_STARTED) {
      await checkPrefix(run, i, parts);
    }
  }
  try {
    await replayHistory(history, parts);
  } catch (error) {
    throw new ReplayFault(`the whole history does not replay: ${error}`, { cause: error });
  }
}

async function checkPrefix(run: RecordedRun, last: number, parts: ReplayParts): Promise<void> {
  const { events } = run.history;
  const isCompleted = events[last + 1]?.eventType === EventType.WORKFLOW_TASK_COMPLETED;
  const recorded = isCompleted ? recordedEvents(events, last + 1) : [];
  const answer = await runTask(run, events.slice(0, last + 1), recorded, parts).catch((error) => {
    throw new ReplayFault(`up to event ${last + 1}: ${error}`, { cause: error });
  });
  if (answer.failure) {
    throw new ReplayFault(`up to event ${last + 1}: the task fails: ${answer.failure.failure.message}`);
  }
  if (!isCompleted) return;
  const isTimed = !mergesTasks(events.slice(0, last + 1), recorded);
  const [expected, found] = [describeRecorded(events, last + 1), describeAnswer(answer)]
    .map((lines) => isTimed ? lines : lines.map(withoutClock));
  const differs = expected.findIndex((line, index) => line !== found[index]);
  if (differs < 0 && expected.length === found.length) return;
  const place = differs < 0 ? expected.length : differs;
  throw new ReplayFault(
    `after event ${last + 2}, command ${place + 1} was\n  ${expected[place]}\nand is in replay\n  ${found[place]}`,
  );
}

/**
 * Whether tasks to which the code had nothing to say are taken in with the one after them, at the time of that one. That
 * replay sees another time than there was then is a weakness of all core SDKs, which histories keep alive.
 */
function mergesTasks(events: readonly HistoryEvent[], recorded: readonly HistoryEvent[]): boolean {
  const cursor = new HistoryCursor();
  cursor.load(events, 0, requests(recorded)[0]?.sequencingId.value as bigint | undefined);
  for (let sequence = cursor.take(); sequence; sequence = cursor.take()) {
    const { start, end } = sequence;
    const ended = (index: number) => aborted.has(events[index + 1]?.eventType) ? 0 : 1;
    let tasks = 0;
    for (let i = start; i < end; i++) if (events[i].eventType === EventType.WORKFLOW_TASK_STARTED) tasks += ended(i);
    if (tasks > 1) return true;
  }
  return false;
}

/** Marks say of the time what follows on an "@". */
function withoutClock(line: string): string {
  return line.replaceAll(/ @[^"\\]*/g, "");
}

/** Lets the code take in all of `events`, the last of them live; `recorded` is what it did then. */
async function runTask(
  { runId, history: { workflowId } }: RecordedRun,
  events: HistoryEvent[],
  recorded: HistoryEvent[],
  { namespace, host: { realms, buildId } }: ReplayParts,
): Promise<TaskAnswer> {
  const start = events[0].attributes.value as { workflowType: { name: string }; taskQueue: { name: string } };
  const { workflowType: { name: workflowType }, taskQueue: { name: taskQueue } } = start;
  const run = new Run({ namespace, workflowId, runId, workflowType, taskQueue, buildId });
  const realm = realms.createRun({ runId });
  const local = new LocalWorker(run, recorded);
  try {
    run.begin({ events, messages: requests(recorded), queries: {}, ...taskIds(events) });
    do {
      for (let activation = run.next(); activation; activation = run.next()) {
        local.begin(activation);
        const completion = await realm.activate(activation);
        local.note(activation, completion);
        run.accept(completion);
      }
    } while (local.work());
    return run.finish();
  } finally {
    realm.dispose();
  }
}

/** Does local activities as the history says it was done, in the order of their markers. */
class LocalWorker {
  readonly #run: Run;
  readonly #markers: LocalMarker[];
  /** When the code asked for them, in workflow time. */
  readonly #times: Map<number, number> = new Map();
  /** Those that the worker has not got, and that are no later attempts. */
  #fresh: number[] = [];
  #isLive = false;

  constructor(run: Run, recorded: readonly HistoryEvent[]) {
    this.#run = run;
    this.#markers = recorded.map(readLocalMarker).filter((marker) => marker !== undefined);
  }

  /** What tasks before have begun went on when the code heard of anything in this one. */
  begin({ isReplaying }: Activation): void {
    if (isReplaying || this.#isLive) return;
    this.#isLive = true;
    if (this.#markers.some(({ seq, originalScheduleTime }) => originalScheduleTime && this.#times.has(seq))) {
      this.#take();
    }
  }

  /** Notes what the code has asked for. */
  note({ time }: Activation, completion: Completion): void {
    if (completion.kind === "failed") return;
    for (const command of completion.commands) {
      if (command.kind !== "scheduleLocalActivity") continue;
      this.#times.set(command.seq, time);
      if (command.originalScheduleTime === undefined) this.#fresh.push(command.seq);
    }
  }

  /** Ends the next one; false where no more ended in this task. */
  work(): boolean {
    this.#take();
    if (!this.#run.awaitsLocal) return false;
    for (let marker = this.#markers.shift(); marker; marker = this.#markers.shift()) {
      const { seq, attempt, completeTime, result, failure, backoff } = marker;
      const asked = this.#times.get(seq);
      // Those that were cancelled and not waited for have ended by themselves.
      if (asked === undefined || completeTime === undefined) continue;
      this.#run.resolveLocal(seq, { attempt, runtime: completeTime - asked, result, failure, backoff });
      return true;
    }
    return false;
  }

  #take(): void {
    const times = this.#markers.filter(({ seq }) => this.#fresh.includes(seq)).map((it) => it.originalScheduleTime);
    this.#fresh = [];
    this.#run.takeLocalWork(times.find((time) => time !== undefined) ?? 0);
  }
}

function taskIds(events: readonly HistoryEvent[]): { previousStartedEventId: number; startedEventId: number } {
  let previousStartedEventId = 0;
  for (const { attributes } of events) {
    if (attributes.case !== "workflowTaskCompletedEventAttributes") continue;
    previousStartedEventId = Number(attributes.value.startedEventId);
  }
  return { previousStartedEventId, startedEventId: Number(events.at(-1)!.eventId) };
}

/** The updates that came with the task, but for those that it refused, and those that an event brought. */
function requests(recorded: readonly HistoryEvent[]): Message[] {
  const accepted = recorded.map((event) => readAccepted(event)?.request).filter((request) => request !== undefined);
  return accepted.map((it) =>
    create(MessageSchema, {
      id: it.messageId,
      protocolInstanceId: it.protocolInstanceId,
      sequencingId: { case: "eventId", value: it.sequencingEventId },
      body: {
        typeUrl: "type.googleapis.com/temporal.api.update.v1.Request",
        value: toBinary(RequestSchema, it.request),
      },
    })
  );
}
