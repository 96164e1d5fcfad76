import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Failure } from "../../src/common/failure.ts";
import type { Command, Job } from "../../src/workflow/activation.ts";
import { cancelJob, kinds, openHost, signalJob, start, type TestHost, TestRun } from "./support.ts";

let host: TestHost;
before(async () => {
  host = await openHost(new URL("./workflows/handles.ts", import.meta.url));
});
after(() => host.host.close());

const cancelled: Failure = {
  message: "Activity cancelled",
  source: "",
  stackTrace: "",
  failureInfo: { case: "canceledFailureInfo", value: {} },
};

const kindsOf: Record<string, { cancel: Command["kind"]; resolve: "resolveActivity" | "resolveLocalActivity" }> = {
  activity: { cancel: "requestCancelActivity", resolve: "resolveActivity" },
  local: { cancel: "requestCancelLocalActivity", resolve: "resolveLocalActivity" },
};

const fired: Job = { kind: "fireTimer", seq: 1 };

for (const [kind, { cancel, resolve }] of Object.entries(kindsOf)) {
  const ended: Job = { kind: resolve, seq: 1, resolution: { status: "cancelled", failure: cancelled } };

  describe(`the handle of an activity (${kind}) in a workflow that is cancelled`, () => {
    test("leaves the cancellation to the next wait, where nobody asks for its result", async () => {
      const run = new TestRun(host);
      await run.commands(start("startsFirst", [kind, false]));
      assert.deepEqual(kinds(await run.commands(cancelJob)), [cancel]);
      await run.commands(ended);
      assert.deepEqual(await run.result(signalJob("go")), ["CancelledError"]);
    });

    test("leaves it to the next wait of the main function, where handlers alone ask for its result", async () => {
      const run = new TestRun(host);
      await run.commands(start("asksInHandler", [kind]), signalJob("ask"));
      assert.deepEqual(kinds(await run.commands(cancelJob)), [cancel]);
      await run.commands(ended);
      assert.deepEqual(await run.result(signalJob("go")), ["CancelledError"]);
    });

    test("tells of it, once, where its result is asked for later", async () => {
      const run = new TestRun(host);
      await run.commands(start("startsFirst", [kind, true]));
      await run.commands(cancelJob);
      await run.commands(ended);
      assert.deepEqual(kinds(await run.commands(signalJob("go"))), ["startTimer"]);
      assert.deepEqual(await run.result(fired), ["CancelledError"]);
    });

    test("leaves it to the next wait, where it is started afterwards", async () => {
      const run = new TestRun(host);
      await run.commands(start("startsLast", [kind, false]));
      await run.commands(cancelJob);
      assert.deepEqual(await run.result(signalJob("go")), ["CancelledError"]);
    });

    test("tells of it, once, where it is started afterwards and asked", async () => {
      const run = new TestRun(host);
      await run.commands(start("startsLast", [kind, true]));
      await run.commands(cancelJob);
      assert.deepEqual(kinds(await run.commands(signalJob("go"))), ["startTimer"]);
      assert.deepEqual(await run.result(fired), ["CancelledError"]);
    });
  });
}

test("a local activity that waits for its next attempt leaves the cancellation to the next wait, too", async () => {
  const run = new TestRun(host);
  await run.commands(start("startsFirst", ["local", false]));
  const resolution = { status: "backoff", attempt: 2, backoff: 90_000, originalScheduleTime: 0 } as const;
  await run.commands({ kind: "resolveLocalActivity", seq: 1, resolution });
  assert.deepEqual(kinds(await run.commands(cancelJob)), ["cancelTimer"]);
  assert.deepEqual(await run.result(signalJob("go")), ["CancelledError"]);
});

test("a signal that a proxy was given cancels all calls of its activities", async () => {
  assert.deepEqual(await new TestRun(host).result(start("callsProxied")), Array(5).fill("CancelledError"));
});

test("a call without options says what it needs", async () => {
  const fault = "activity work has no time-out; give startToCloseTimeout or scheduleToCloseTimeout";
  assert.deepEqual(await new TestRun(host).result(start("callsWithoutOptions")), [fault, fault]);
});
