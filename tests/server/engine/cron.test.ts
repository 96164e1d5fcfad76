import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ContinueAsNewInitiator } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { WorkflowExecutionStartedEventAttributes } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import { cronDelay, parseCron } from "../../../src/server/engine/cron.ts";
import { close, completeWorkflow, errorOf, failWorkflow, ms, Scene, values } from "./harness.ts";

after(close);

function next(schedule: string, from: string): string | undefined {
  const time = parseCron(schedule)!(Date.parse(from));
  return time === undefined ? undefined : new Date(time).toISOString();
}

describe("cron schedules", () => {
  const cases: [string, string, string | undefined][] = [
    ["* * * * *", "2025-01-01T00:00:30Z", "2025-01-01T00:01:00.000Z"],
    ["*/15 * * * *", "2025-01-01T00:16:00Z", "2025-01-01T00:30:00.000Z"],
    ["0 9-17/4 * * mon-fri", "2025-01-03T17:30:00Z", "2025-01-06T09:00:00.000Z"],
    ["30 3 29 2 *", "2025-01-01T00:00:00Z", "2028-02-29T03:30:00.000Z"],
    ["0 0 13 * FRI", "2025-01-01T00:00:00Z", "2025-01-03T00:00:00.000Z"],
    ["@daily", "2025-01-01T10:00:00Z", "2025-01-02T00:00:00.000Z"],
    ["@every 90s", "2025-01-01T00:00:00.500Z", "2025-01-01T00:01:30.000Z"],
    ["CRON_TZ=America/New_York 0 6 * * *", "2025-07-01T00:00:00Z", "2025-07-01T10:00:00.000Z"],
    ["CRON_TZ=America/New_York 0 6 * * *", "2025-01-01T00:00:00Z", "2025-01-01T11:00:00.000Z"],
    ["0 0 31 2 *", "2025-01-01T00:00:00Z", undefined],
  ];
  for (const [schedule, from, expected] of cases) {
    test(`${schedule} after ${from}`, () => assert.equal(next(schedule, from), expected));
  }

  for (
    const schedule of [
      "",
      "x",
      "* * * *",
      "60 * * * *",
      "*/0 * * * *",
      "5-1 * * * *",
      "@never",
      "TZ=No/Where * * * * *",
    ]
  ) {
    test(`refuse ${JSON.stringify(schedule)}`, () => assert.equal(parseCron(schedule), undefined));
  }

  test("count from the last scheduled time, in whole seconds", () => {
    const schedule = parseCron("@every 10s")!;
    assert.equal(cronDelay(schedule, 100_000, 103_400), 7000);
    assert.equal(cronDelay(schedule, 100_000, 125_000), 5000);
    assert.equal(cronDelay(schedule, 200_000, 125_500), 75_000);
  });
});

describe("a cron workflow", () => {
  test("runs again after success and failure, and hands its result on", async () => {
    const scene = new Scene();
    await scene.start({ cronSchedule: "@every 1s" });
    const first = await scene.poll();
    await scene.complete(first, [completeWorkflow("one")]);
    const second = await scene.poll();
    await scene.complete(second, [failWorkflow("two")]);
    const third = await scene.poll();
    const started = third.history!.events[0].attributes.value as WorkflowExecutionStartedEventAttributes;
    assert.equal(started.initiator, ContinueAsNewInitiator.CRON_SCHEDULE);
    assert.deepEqual(values(started.lastCompletionResult), ["one"]);
    assert.equal(started.continuedFailure?.message, "two");
    assert.equal(started.attempt, 1);
    assert.equal(started.cronSchedule, "@every 1s");
    assert.equal(started.firstExecutionRunId, first.workflowExecution!.runId);
    assert.match((await scene.history(second.workflowExecution!.runId)).at(-1)!, /^5 WorkflowExecutionFailed/);
    await scene.terminate();
  });

  test("needs a schedule that is one", async () => {
    assert.equal(await errorOf(new Scene().start({ cronSchedule: "often" })), "InvalidArgument: invalid CronSchedule.");
    assert.equal(
      await errorOf(new Scene().start({ cronSchedule: "@daily", workflowStartDelay: ms(1000) })),
      "InvalidArgument: CronSchedule and WorkflowStartDelay may not be used together.",
    );
  });
});

describe("a delayed start", () => {
  test("waits for its time even if a signal comes", async () => {
    const scene = new Scene();
    await scene.start({ workflowStartDelay: ms(1500) });
    await scene.signal("early");
    assert.deepEqual(await scene.history(), [
      "1 WorkflowExecutionStarted",
      "2 WorkflowExecutionSignaled signalName=early",
    ]);
    await scene.step(completeWorkflow());
    assert.equal((await scene.history()).length, 6);
  });
});
