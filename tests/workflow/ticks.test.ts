import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Job } from "../../src/workflow/activation.ts";
import { cancelJob, completed, openHost, signalJob, start, type TestHost, TestRun } from "./support.ts";

const host: TestHost = await openHost(new URL("./workflows/ticks.ts", import.meta.url));

const fired: Job = { kind: "fireTimer", seq: 1 };
const started: Job = { kind: "resolveChildStart", seq: 1, resolution: { status: "started", runId: "child-run" } };
const notStarted: Job = {
  kind: "resolveChildStart",
  seq: 1,
  resolution: { status: "failed", cause: "WORKFLOW_ALREADY_EXISTS" },
};
const ended: Job = { kind: "resolveChild", seq: 1, resolution: { status: "completed" } };

/**
 * Jobs before the task that is measured, those that end the wait in it, and the promise jobs that the official
 * TypeScript SDK 1.24.0 takes, measured with the same workflow.
 */
const cases: Record<string, { before?: Job[]; end?: Job[]; ticks: number }> = {
  condition: { ticks: 2 },
  timedCondition: { ticks: 6 },
  timedOut: { end: [fired], ticks: 6 },
  sleep: { end: [fired], ticks: 1 },
  activity: { end: [completed(1)], ticks: 1 },
  scope: { end: [completed(1)], ticks: 2 },
  shield: { end: [completed(1)], ticks: 2 },
  timedScope: { end: [completed(1)], ticks: 2 },
  childStart: { end: [started], ticks: 2 },
  child: { before: [started], end: [ended], ticks: 3 },
  childAtOnce: { end: [started, ended], ticks: 3 },
  childNotStarted: { end: [notStarted], ticks: 4 },
  childStartFailed: { end: [notStarted], ticks: 2 },
  // One more than in the SDK's own code, for the function around the two waits.
  childResult: { before: [started], end: [ended], ticks: 2 + 1 },
  childResultAtOnce: { end: [started, ended], ticks: 4 + 1 },
  signalExternal: { end: [{ kind: "resolveSignalExternal", seq: 1 }], ticks: 1 },
  cancelExternal: { end: [{ kind: "resolveCancelExternal", seq: 1 }], ticks: 1 },
};

describe("code goes on after as many promise jobs as with the official TypeScript SDK", () => {
  for (const [name, { before, end = [], ticks }] of Object.entries(cases)) {
    test(name, async () => {
      const run = new TestRun(host);
      await run.commands(start("waitTicks", [name]));
      if (before) await run.commands(...before);
      assert.equal(await run.result(signalJob("go"), ...end), ticks);
    });
  }

  const cancelled = { sleep: 2, condition: 3, timedCondition: 8, scopedSleep: 4 };
  for (const [name, ticks] of Object.entries(cancelled)) {
    test(`where the workflow is cancelled in ${name}`, async () => {
      const run = new TestRun(host);
      await run.commands(start("cancelTicks", [name]));
      assert.equal(await run.result(signalJob("go"), cancelJob), `CancelledError ${ticks}`);
    });
  }

  const late = {
    sleep: 3,
    activity: 3,
    condition: 4,
    timedCondition: 9,
    childStart: 4,
    child: 6,
    signalExternal: 3,
    cancelExternal: 3,
  };
  for (const [name, ticks] of Object.entries(late)) {
    test(`where ${name} begins in a cancelled scope`, async () => {
      const run = new TestRun(host);
      await run.commands(start("lateTicks", [name]));
      assert.equal(await run.result(fired), `CancelledError ${ticks}`);
    });
  }

  test("where a condition holds at once", async () => {
    assert.equal(await new TestRun(host).result(start("openTicks")), 3);
    assert.equal(await new TestRun(host).result(start("openTicks", ["1h"])), 6);
  });

  test("and a condition cancels its timer just before that", async () => {
    const run = new TestRun(host);
    await run.commands(start("commandTicks"));
    const commands = await run.commands(signalJob("go"));
    assert.deepEqual(
      commands.map((command) => command.kind === "scheduleActivity" ? command.activityId : command.kind),
      ["tick 1", "tick 2", "tick 3", "tick 4", "cancelTimer", "tick 5", "tick 6", "after", "tick 7"],
    );
  });
});
