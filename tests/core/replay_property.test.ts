import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Activation, LocalActivityResolution } from "../../src/workflow/activation.ts";
import { createRun, createTask, play } from "./driver.ts";
import { RandomProgram, rejectedName } from "./random_program.ts";
import { type CompletedTask, ServerSimulator } from "./server_simulator.ts";

const programs = 150;
const steps = 25;

/** What the code gets to see, without what must differ between live and replay, and without queries. */
function visible(activations: readonly Activation[]): unknown[] {
  const seen = [];
  for (const { time, historyLength, jobs } of activations) {
    const lasting = jobs
      .filter((job) =>
        job.kind !== "queryWorkflow" && job.kind !== "notifyHasPatch" &&
        !(job.kind === "doUpdate" && job.name === rejectedName)
      )
      .map((job) => job.kind === "doUpdate" ? { ...job, runValidator: undefined } : job)
      .map((job) => job.kind === "resolveLocalActivity" ? { ...job, resolution: plain(job.resolution) } : job);
    if (lasting.length > 0) seen.push({ time, historyLength, jobs: lasting });
  }
  return seen;
}

/** Live a resolution is plain data, in replay it has parts of the messages of the API. */
function plain(resolution: LocalActivityResolution): unknown {
  if (!("failure" in resolution)) return { ...resolution, result: undefined };
  const { status, failure: { message, cause } } = resolution;
  return { status, message, cause: cause?.message };
}

function checkReplay(seed: number, live: CompletedTask, index: number): void {
  const program = new RandomProgram(seed);
  const task = createTask(live.events, { messages: live.messages });
  const ended = [...live.ended];
  const worker = { take: () => {}, next: () => ended.shift() };
  const replayed = play(createRun(), task, (activation) => program.activate(activation), worker);
  const where = `seed ${seed}, task ${index}`;
  assert.deepEqual(replayed.answer.commands, live.answer.commands, where);
  assert.deepEqual(replayed.answer.messages, live.answer.messages, where);
  assert.deepEqual(visible(replayed.activations), visible(live.activations), where);
}

describe("random programs against a random server", () => {
  const totals: Record<string, number> = {};
  for (let seed = 1; seed <= programs; seed++) {
    test(`program ${seed} replays at every task as it ran`, () => {
      const server = new ServerSimulator(seed);
      for (let step = 0; step < steps && !server.isClosed; step++) server.step();
      for (const [what, count] of Object.entries(server.counts)) totals[what] = (totals[what] ?? 0) + count;
      server.tasks.forEach((task, index) => checkReplay(seed, task, index));
    });
  }

  test("have met all that can happen", () => {
    const happenings = [
      "admitted update",
      "forgotten task",
      "lost task",
      "eviction",
      "unhandled command",
      "cancelled before its start",
      "completed update",
      "patch",
      "local recorded",
      "local completed",
      "local failed",
      "local backing off",
      ...["on its own", "after a request to cancel"].flatMap((when) => [
        `child started ${when}`,
        `child failed to start ${when}`,
        `childCompleted ${when}`,
        `childFailed ${when}`,
        `childTimedOut ${when}`,
        `childTerminated ${when}`,
      ]),
      "childCancelled after a request to cancel",
      "signal delivered",
      "signal refused",
      "cancellation delivered",
      "cancellation refused",
      "query",
      "activityCompleted after a request to cancel",
      "activityFailed after a request to cancel",
      "activityTimedOut after a request to cancel",
      "activityCancelled after a request to cancel",
    ];
    assert.deepEqual(happenings.filter((what) => !totals[what]), []);
    console.log(Object.entries(totals).map(([what, count]) => `${what}: ${count}`).join(", "));
  });
});
