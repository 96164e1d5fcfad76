/**
 * A server of one workflow that makes up what happens to it: it wakes the run, loses or fails tasks,
 * evicts the run, asks queries, and writes what the run answers into the history.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import type { LocalOutcome } from "../../src/core/local_activity.ts";
import { Run, type RunTask, type TaskAnswer } from "../../src/core/run.ts";
import type { Command } from "../../src/gen/temporal/api/command/v1/message_pb.ts";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { WorkflowQuerySchema } from "../../src/gen/temporal/api/query/v1/message_pb.ts";
import type { Message } from "../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import type { Activation } from "../../src/workflow/activation.ts";
import { createTask, type EndedLocal, type LocalWorker, options, play } from "./driver.ts";
import { failure, HistoryBuilder, payload, updateMessage } from "./history_builder.ts";
import { createRandom, type Random, RandomProgram, rejectedName } from "./random_program.ts";
import { SimulatedRelatives } from "./simulated_relatives.ts";

/** A task that the server completed: what the run was given and what it made of it. */
export interface CompletedTask {
  events: HistoryEvent[];
  messages: Message[];
  answer: TaskAnswer;
  /** The local activities that ended in it. */
  ended: EndedLocal[];
  /** All activations since the run was put into the cache. */
  activations: Activation[];
}

interface CachedRun {
  run: Run;
  program: RandomProgram;
  activations: Activation[];
  /** Local activities that run, with the attempt. */
  locals: Map<number, number>;
}

interface PendingActivity {
  id: number;
  startedId: number;
  isCancelRequested: boolean;
}

/** One workflow and its server. */
export class ServerSimulator {
  readonly history: HistoryBuilder = new HistoryBuilder();
  readonly tasks: CompletedTask[] = [];
  isClosed = false;
  /** How often each thing happened, to see that all of them do. */
  readonly counts: Record<string, number> = {};
  readonly #seed: number;
  readonly #random: Random;
  readonly #timers = new Map<string, number>();
  readonly #activities = new Map<string, PendingActivity>();
  readonly #relatives: SimulatedRelatives;
  readonly #accepted = new Map<string, { updateId: string; acceptedId: number }>();
  #requests: { id: string; name: string }[] = [];
  #cached: CachedRun | undefined;
  /** Whether something waits for the run already when a task is completed. */
  #hasNews = false;
  /**
   * Whether the last answer asked for another task. One without commands and without news before the next is part of
   * that one in replay: the code then sees a later time, in all SDKs.
   */
  #isForced = false;
  #updateCount = 0;
  #previousStartedId = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = createRandom(seed * 7919);
    this.#relatives = new SimulatedRelatives(this.history, this.#random, (what) => this.#count(what));
    this.history.start();
    this.#deliverTask(true);
  }

  /** Lets something happen and has the run deal with it. */
  step(): void {
    const before = this.history.lastId;
    for (let count = 1 + this.#random.below(3); count > 0; count--) this.#happen();
    const isNew = this.#hasNews || this.history.lastId > before;
    if (!isNew && (this.#requests.length === 0 || this.#isForced)) this.#signal();
    this.#deliverTask(isNew || this.history.lastId > before);
    if (!this.isClosed && this.#chance(0.2)) this.#query();
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #happen(): void {
    const choice = this.#random.below(16);
    if (choice < 2) this.#signal();
    else if (choice < 4) this.#fireTimer();
    else if (choice < 8) this.#endActivity();
    else if (choice < 10) this.#requestUpdate();
    else if (choice < 11) this.#admitUpdate();
    else if (choice < 15) this.#relatives.happen();
    else if (this.#chance(0.2)) this.history.cancelRequested();
  }

  #signal(): void {
    this.history.signal(`signal${this.#random.below(3)}`);
  }

  #fireTimer(): void {
    const timer = [...this.#timers][this.#random.below(this.#timers.size)];
    if (!timer) return;
    this.#timers.delete(timer[0]);
    this.history.timerFired(...timer);
  }

  #endActivity(): void {
    const [activityId, activity] = [...this.#activities][this.#random.below(this.#activities.size)] ?? [];
    if (!activityId || !activity) return;
    const { id } = activity;
    if (activity.startedId === 0 && this.#chance(0.2)) {
      this.history.activityTimedOut(id);
    } else {
      const started = this.history.activityStarted(id);
      const ends = ["activityCompleted", "activityFailed", "activityTimedOut", "activityCancelled"] as const;
      const end = ends[this.#random.below(activity.isCancelRequested ? 4 : 3)];
      if (activity.isCancelRequested) this.#count(`${end} after a request to cancel`);
      this.history[end](id, started);
    }
    this.#activities.delete(activityId);
  }

  #requestUpdate(): void {
    const name = this.#chance(0.4) ? rejectedName : "update";
    this.#requests.push({ id: `update${++this.#updateCount}`, name });
  }

  #admitUpdate(): void {
    this.#count("admitted update");
    this.history.updateAdmitted(`admitted${++this.#updateCount}`);
  }

  /** A task; one that holds nothing but requests for updates is kept only if one of them is accepted. */
  #deliverTask(hasNews: boolean): void {
    if (hasNews) this.#loseTasks();
    const { history } = this;
    const sequencedAt = history.taskScheduled();
    history.taskStarted();
    const messages = this.#requests.map(({ id, name }) => updateMessage(id, sequencedAt, name));
    if (this.#chance(0.25)) this.#evict("eviction");
    const cached = this.#cached ??= this.#load();
    const ended: EndedLocal[] = [];
    const events = history.events.slice(this.#chance(0.1) ? 0 : cached.run.lastStartedEventId);
    const queries: RunTask["queries"] = this.#chance(0.2)
      ? { q: create(WorkflowQuerySchema, { queryType: "state" }) }
      : {};
    const task = createTask(history.events, { events, messages, queries });
    const worker = this.#createWorker(cached, ended);
    const played = play(cached.run, task, (activation) => cached.program.activate(activation), worker);
    cached.activations.push(...played.activations);
    const rejected = played.answer.messages.filter(({ id }) => id.endsWith("/reject")).length;
    const isEmpty = played.answer.commands.length === 0 && !played.answer.forceNewTask;
    if (!hasNews && isEmpty && rejected === messages.length) {
      this.#count("forgotten task");
      history.events.length -= 2;
      this.#requests = [];
      cached.run.resetLastStarted(this.#previousStartedId);
      return;
    }
    this.#complete({
      events: history.events.slice(),
      messages,
      answer: played.answer,
      ended,
      activations: cached.activations.slice(),
    });
  }

  #load(): CachedRun {
    return { run: new Run(options), program: new RandomProgram(this.#seed), activations: [], locals: new Map() };
  }

  /** Ends local activities in any order, and sometimes goes on with them in the next task. */
  #createWorker({ locals }: CachedRun, ended: EndedLocal[]): LocalWorker {
    return {
      take: ({ start, cancel }) => {
        for (const { command: { seq, attempt } } of start) locals.set(seq, attempt);
        for (const seq of cancel) locals.delete(seq);
      },
      next: () => {
        const [seq, attempt] = [...locals][this.#random.below(locals.size)] ?? [];
        if (seq === undefined || attempt === undefined || this.#chance(0.2)) return undefined;
        locals.delete(seq);
        ended.push([seq, this.#endLocal(attempt)]);
        return ended.at(-1);
      },
    };
  }

  #endLocal(attempt: number): LocalOutcome {
    const ending = { attempt, runtime: this.#random.below(3_000) };
    const choice = this.#random.below(4);
    this.#count(["local failed", "local backing off", "local completed", "local completed"][choice]);
    if (choice === 0) return { ...ending, failure: failure("no luck") };
    return choice === 1
      ? { ...ending, failure: failure("again"), backoff: 90_000 }
      : { ...ending, result: payload("x") };
  }

  /** Tasks that come to nothing, before or after the run took them in. */
  #loseTasks(): void {
    while (this.#chance(0.15)) {
      this.history.taskScheduled();
      this.history.taskStarted();
      if (this.#chance(0.5)) this.history.taskTimedOut();
      else this.history.taskFailed();
      this.#evict("lost task");
    }
  }

  #evict(why: string): void {
    this.#cached = undefined;
    this.#count(why);
  }

  #complete(task: CompletedTask): void {
    const { history } = this;
    const { commands, messages, usedCoreFlags } = task.answer;
    const buffered = this.#chance(0.3);
    const isClosing = commands.some(({ attributes }) =>
      attributes.case === "completeWorkflowExecutionCommandAttributes"
    );
    if (isClosing && buffered) {
      history.taskFailed(WorkflowTaskFailedCause.UNHANDLED_COMMAND);
      this.#signal();
      this.#evict("unhandled command");
      return this.#deliverTask(true);
    }
    this.tasks.push(task);
    this.#requests = [];
    this.#isForced = task.answer.forceNewTask === true;
    this.#previousStartedId = history.lastTaskId;
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: usedCoreFlags } });
    this.#hasNews = buffered;
    for (const command of commands) this.#record(command, messages);
    if (buffered && !this.isClosed) this.#signal();
  }

  #record(command: Command, messages: Message[]): void {
    if (this.#relatives.record(command)) return;
    const { attributes } = command;
    const { history } = this;
    switch (attributes.case) {
      case "startTimerCommandAttributes":
        this.#timers.set(attributes.value.timerId, history.timerStarted(attributes.value.timerId));
        return;
      case "cancelTimerCommandAttributes":
        history.timerCancelled(attributes.value.timerId, this.#timers.get(attributes.value.timerId)!);
        this.#timers.delete(attributes.value.timerId);
        return;
      case "scheduleActivityTaskCommandAttributes": {
        const { activityId, activityType } = attributes.value;
        const id = history.activityScheduled(activityId, activityType?.name);
        this.#activities.set(activityId, { id, startedId: 0, isCancelRequested: false });
        return;
      }
      case "requestCancelActivityTaskCommandAttributes":
        return this.#requestCancel(Number(attributes.value.scheduledEventId));
      case "protocolMessageCommandAttributes":
        return this.#recordMessage(messages.find(({ id }) => id === attributes.value.messageId)!);
      case "recordMarkerCommandAttributes": {
        const { markerName, details, failure } = attributes.value;
        this.#count(markerName === "core_patch" ? "patch" : "local recorded");
        history.add("markerRecordedEventAttributes", { markerName, details, failure });
        return;
      }
      case "upsertWorkflowSearchAttributesCommandAttributes": {
        const { searchAttributes } = attributes.value;
        history.add("upsertWorkflowSearchAttributesEventAttributes", { searchAttributes });
        return;
      }
      case "completeWorkflowExecutionCommandAttributes":
        history.completed();
        this.isClosed = true;
        return;
      default:
        throw new Error(`the simulator does not know ${attributes.case}`);
    }
  }

  /** An activity that was not started yet is cancelled there and then, between the events of commands. */
  #requestCancel(scheduledId: number): void {
    const [activityId, activity] = [...this.#activities].find(([, { id }]) => id === scheduledId)!;
    this.history.activityCancelRequested(scheduledId);
    activity.isCancelRequested = true;
    if (!this.#chance(0.3)) return;
    this.#count("cancelled before its start");
    this.#hasNews = true;
    this.history.activityCancelled(scheduledId);
    this.#activities.delete(activityId);
  }

  #recordMessage({ id, protocolInstanceId }: Message): void {
    if (id.endsWith("/accept")) {
      const sequencedAt = this.#sequencingIdOf(protocolInstanceId);
      const acceptedId = this.history.updateAccepted(protocolInstanceId, sequencedAt);
      this.#accepted.set(protocolInstanceId, { updateId: protocolInstanceId, acceptedId });
    } else {
      this.#count("completed update");
      this.history.updateCompleted(protocolInstanceId, this.#accepted.get(protocolInstanceId)!.acceptedId);
    }
  }

  #sequencingIdOf(updateId: string): number {
    const admitted = this.history.events.findLast(({ attributes }) =>
      attributes.case === "workflowExecutionUpdateAdmittedEventAttributes" &&
      attributes.value.request?.meta?.updateId === updateId
    );
    return admitted ? Number(admitted.eventId) : this.history.lastTaskId - 1;
  }

  /** A task made for a query, on the cached run or on a new one. */
  #query(): void {
    const cached = this.#cached;
    if (!cached || this.#hasNews) return;
    const events = this.#chance(0.5) ? [] : this.history.events.slice(cached.run.lastStartedEventId);
    const query = create(WorkflowQuerySchema, { queryType: "state" });
    const task = { ...createTask(this.history.events), startedEventId: 0, events, query };
    const { answer } = play(cached.run, task, (activation) => cached.program.activate(activation));
    if (answer.commands.length > 0 || !answer.legacyQueryResult) throw new Error("a query had other effects");
    this.#count("query");
  }
}
