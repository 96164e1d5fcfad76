/** Plays runs with local activities in tests, as a worker does. */
import assert from "node:assert/strict";
import type { LocalWork } from "../../src/core/local_activities.ts";
import type { LocalOutcome } from "../../src/core/local_activity.ts";
import type { Run, RunTask, TaskAnswer } from "../../src/core/run.ts";
import type { Command as CommandMessage } from "../../src/gen/temporal/api/command/v1/message_pb.ts";
import type { Activation, Job, LocalActivityResolution } from "../../src/workflow/activation.ts";
import { createRun, createTask, type Program } from "./driver.ts";
import { HistoryBuilder } from "./history_builder.ts";

/** The worker's clock. */
export const clock = 1_800_000_000_250;

export function startedHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  return history;
}

export interface Live {
  activations: Activation[];
  answer: TaskAnswer;
  /** All that the worker was told. */
  works: LocalWork[];
}

/** Plays a task as a worker does; `outcomes` are how local activities end, each when the run has nothing else to do. */
export function live(
  run: Run,
  task: RunTask,
  program: Program,
  outcomes: [seq: number, Partial<LocalOutcome>][] = [],
): Live {
  const activations: Activation[] = [];
  const works: LocalWork[] = [];
  const left = [...outcomes];
  run.begin(task);
  for (;;) {
    for (let activation = run.next(); activation; activation = run.next()) {
      activations.push(activation);
      const result = program(activation);
      run.accept(Array.isArray(result) ? { kind: "successful", commands: result, usedFlags: [] } : result);
    }
    works.push(run.takeLocalWork(clock));
    const next = left.shift();
    if (!next) break;
    assert.ok(run.awaitsLocal, `nothing waits for the outcome of ${next[0]}`);
    run.resolveLocal(next[0], { attempt: 1, runtime: 500, ...next[1] });
  }
  return { activations, works, answer: run.finish() };
}

/** The history goes on with the markers and timers of an answer. */
function record(history: HistoryBuilder, { commands }: TaskAnswer): void {
  for (const command of commands) {
    const { attributes } = command;
    if (attributes.case === "recordMarkerCommandAttributes") history.markerOf(command);
    else if (attributes.case === "startTimerCommandAttributes") history.timerStarted(attributes.value.timerId);
    else if (attributes.case === "scheduleActivityTaskCommandAttributes") {
      history.activityScheduled(attributes.value.activityId);
    } else throw new Error(`${attributes.case} is not expected here`);
  }
}

export function completeTask(history: HistoryBuilder, answer: TaskAnswer): void {
  history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 2, 3] } });
  record(history, answer);
}

export function started(works: LocalWork[]): number[] {
  return works.flatMap(({ start }) => start.map(({ command }) => command.seq));
}

export function cancelled(works: LocalWork[]): number[] {
  return works.flatMap(({ cancel }) => [...cancel]);
}

/** For each activation: which local activities it resolves, and how; other jobs by their kind. */
export function told(activations: Activation[]): string[] {
  return activations.map(({ jobs }) => jobs.map(describeJob).join(" "));
}

function describeJob(job: Job): string {
  return job.kind === "resolveLocalActivity" ? `${job.seq} ${job.resolution.status}` : job.kind;
}

export function markerOf({ attributes }: CommandMessage): Record<string, unknown> {
  assert.equal(attributes.case, "recordMarkerCommandAttributes");
  return JSON.parse(new TextDecoder().decode(attributes.value.details.data.payloads[0].data));
}

export function resolutionOf(activations: Activation[], seq: number): LocalActivityResolution {
  const jobs = activations.flatMap(({ jobs }) => jobs);
  const found = jobs.find((job) => job.kind === "resolveLocalActivity" && job.seq === seq);
  return (found as Extract<Job, { kind: "resolveLocalActivity" }>).resolution;
}

/** What the code got to see is the same in replay; `toRun` are those that the history does not know. */
export function checkReplay(
  history: HistoryBuilder,
  program: Program,
  activations: Activation[],
  toRun: number[] = [],
): void {
  const replayed = live(createRun(), createTask(history.events), program);
  const seen = (list: Activation[]) => list.map(({ time, jobs }) => ({ time, jobs: jobs.map(plain) }));
  assert.deepEqual(seen(replayed.activations.slice(0, activations.length)), seen(activations));
  assert.deepEqual(started(replayed.works), toRun);
}

const messageKeys = new Set(["$typeName", "$unknown", "encodedAttributes", "externalPayloads"]);

/** Without what only messages of the API have. */
function plain(job: Job): unknown {
  return JSON.parse(JSON.stringify(job, (key, value) => {
    if (messageKeys.has(key) || key === "failureInfo" && !value.case) return undefined;
    return typeof value === "bigint" ? String(value) : value;
  }));
}
