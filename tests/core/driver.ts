/**
 * Plays the code of a workflow in tests: a function from each activation to its commands.
 *
 * @module
 */
import { CommandType } from "../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import type { LocalWork } from "../../src/core/local_activities.ts";
import type { LocalOutcome } from "../../src/core/local_activity.ts";
import { Run, type RunOptions, type RunTask, type TaskAnswer } from "../../src/core/run.ts";
import type {
  Activation,
  Command,
  Completion,
  Job,
  ScheduleActivity,
  ScheduleLocalActivity,
  SignalExternal,
  StartChild,
} from "../../src/workflow/activation.ts";

/** The code: what it wants done after an activation, or how it failed. */
export type Program = (activation: Activation) => Command[] | Completion;

export const options: RunOptions = {
  namespace: "default",
  workflowId: "workflow-id",
  runId: "run-id",
  workflowType: "workflow",
  taskQueue: "queue",
  buildId: "build",
};

export function createRun(more: Partial<RunOptions> = {}): Run {
  return new Run({ ...options, ...more });
}

/** A task over these events; the tasks in them say where it begins and what was completed before. */
export function createTask(events: HistoryEvent[], more: Partial<RunTask> = {}): RunTask {
  let startedEventId = 0;
  let previousStartedEventId = 0;
  for (const { eventId, eventType, attributes } of events) {
    if (eventType === EventType.WORKFLOW_TASK_STARTED) startedEventId = Number(eventId);
    if (attributes.case !== "workflowTaskCompletedEventAttributes") continue;
    previousStartedEventId = Number(attributes.value.startedEventId);
  }
  if (startedEventId === previousStartedEventId) startedEventId = 0;
  return { events, startedEventId, previousStartedEventId, messages: [], queries: {}, ...more };
}

export interface Played {
  activations: Activation[];
  answer: TaskAnswer;
}

/** Runs local activities: `take` is told what to do, `next` says how one of them ended, undefined at the end of the task. */
export interface LocalWorker {
  take(work: LocalWork): void;
  next(): EndedLocal | undefined;
}

/** A local activity that ended. */
export type EndedLocal = [seq: number, outcome: LocalOutcome];

const idleWorker: LocalWorker = { take: () => {}, next: () => undefined };

/** Plays one task to its end. */
export function play(run: Run, task: RunTask, program: Program, worker: LocalWorker = idleWorker): Played {
  const activations: Activation[] = [];
  run.begin(task);
  for (let isOver = false; !isOver;) {
    for (let activation = run.next(); activation; activation = run.next()) {
      activations.push(activation);
      const result = program(activation);
      run.accept(Array.isArray(result) ? { kind: "successful", commands: result, usedFlags: [] } : result);
    }
    worker.take(run.takeLocalWork(0));
    const ended = run.awaitsLocal ? worker.next() : undefined;
    if (ended) run.resolveLocal(...ended);
    isOver = ended === undefined;
  }
  return { activations, answer: run.finish() };
}

/** A program with one answer for each activation, in turn; beyond them it wants nothing. */
export function script(...answers: (Command[] | Completion)[]): Program {
  let turn = 0;
  return () => answers[turn++] ?? [];
}

/** The kinds of the jobs of each activation. */
export function jobKinds({ activations }: Played): Job["kind"][][] {
  return activations.map(({ jobs }) => jobs.map(({ kind }) => kind));
}

/** The only job of that kind. */
export function findJob<K extends Job["kind"]>(
  { activations }: Pick<Played, "activations">,
  kind: K,
): Extract<Job, { kind: K }> {
  const found = activations.flatMap(({ jobs }) => jobs).filter((job) => job.kind === kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} jobs of kind ${kind}`);
  return found[0] as Extract<Job, { kind: K }>;
}

/** The names of an answer's commands. */
export function commandNames(answer: TaskAnswer): string[] {
  const names = Object.keys(CommandType) as (keyof typeof CommandType)[];
  return answer.commands.map(({ commandType }) => names.find((name) => CommandType[name] === commandType)!);
}

export function startTimer(seq: number, duration = 1000): Command {
  return { kind: "startTimer", seq, duration };
}

export function cancelTimer(seq: number): Command {
  return { kind: "cancelTimer", seq };
}

export function scheduleActivity(seq: number, more: Partial<ScheduleActivity> = {}): Command {
  return {
    kind: "scheduleActivity",
    seq,
    activityId: String(seq),
    activityType: "activity",
    taskQueue: "queue",
    args: [],
    headers: {},
    startToCloseTimeout: 10_000,
    cancellationType: "TRY_CANCEL",
    disableEagerExecution: false,
    ...more,
  };
}

export function cancelActivity(seq: number): Command {
  return { kind: "requestCancelActivity", seq };
}

export function scheduleLocal(seq: number, more: Partial<ScheduleLocalActivity> = {}): ScheduleLocalActivity {
  return {
    kind: "scheduleLocalActivity",
    seq,
    activityId: String(seq),
    activityType: "activity",
    attempt: 1,
    args: [],
    headers: {},
    startToCloseTimeout: 10_000,
    localRetryThreshold: 60_000,
    cancellationType: "TRY_CANCEL",
    ...more,
  };
}

export function cancelLocal(seq: number): Command {
  return { kind: "requestCancelLocalActivity", seq };
}

export function startChild(seq: number, more: Partial<StartChild> = {}): Command {
  return {
    kind: "startChild",
    seq,
    workflowId: "child-id",
    workflowType: "child",
    taskQueue: "queue",
    args: [],
    headers: {},
    parentClosePolicy: "TERMINATE",
    cancellationType: "WAIT_CANCELLATION_COMPLETED",
    ...more,
  };
}

export function cancelChild(seq: number, reason = ""): Command {
  return { kind: "cancelChild", seq, reason };
}

export function signalExternal(seq: number, more: Partial<SignalExternal> = {}): Command {
  return {
    kind: "signalExternal",
    seq,
    workflowId: "other-id",
    runId: "",
    childOnly: false,
    name: "signal",
    args: [],
    headers: {},
    ...more,
  };
}

export function cancelSignal(seq: number): Command {
  return { kind: "cancelSignalExternal", seq };
}

export function cancelExternal(seq: number, reason = "", runId = ""): Command {
  return { kind: "requestCancelExternal", seq, workflowId: "other-id", runId, reason };
}

export const completeWorkflow: Command = { kind: "completeWorkflow" };
