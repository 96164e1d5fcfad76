import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Job } from "../../src/workflow/activation.ts";
import { encode, openHost, signalJob, start, type TestHost, TestRun } from "../workflow/support.ts";

let state: TestHost;

before(async () => {
  state = await openHost(new URL("./workflows/state.ts", import.meta.url));
});

after(() => state.host.close());

const failed: Job = {
  kind: "resolveActivity",
  seq: 1,
  resolution: {
    status: "failed",
    failure: {
      message: "Activity task failed",
      source: "",
      stackTrace: "",
      failureInfo: { case: "activityFailureInfo", value: {} },
      cause: {
        message: "boom",
        source: "",
        stackTrace: "",
        failureInfo: { case: "applicationFailureInfo", value: { type: "T", details: { payloads: [encode(1)] } } },
      },
    },
  },
};

describe("state", () => {
  test("of modules, globals and prototypes belongs to one run, and stays with it", async () => {
    const run = new TestRun(state);
    await run.commands(start("counter"));
    await run.commands(signalJob("bump"));
    const other = new TestRun(state, "run-2");
    assert.deepEqual(await other.result(start("peek")), [0, 0, false, false]);
    assert.deepEqual(await run.result(signalJob("bump")), [2, 2, 2, 2]);
    assert.equal("bumps" in [], false);
  });

  test("of runs activated at once does not mix", async () => {
    const runs = Array.from({ length: 20 }, (_, index) => new TestRun(state, `run-${index}`));
    await Promise.all(runs.map((run) => run.commands(start("context"))));
    const results = await Promise.all(runs.map(async (run) => {
      await run.commands({ kind: "fireTimer", seq: 1 });
      return await run.result({ kind: "fireTimer", seq: 2 });
    }));
    assert.deepEqual(results, Array(20).fill([true, true]));
  });
});

describe("async context", () => {
  test("of node:async_hooks follows awaits", async () => {
    const run = new TestRun(state);
    await run.commands(start("asyncContext"));
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 1 }, { kind: "fireTimer", seq: 2 }), ["a", "b", null]);
  });
});

describe("what user code gets", () => {
  test("are objects of its realm", async () => {
    const run = new TestRun(state);
    await run.commands(start("identity", [{ list: [1] }, new Uint8Array([1])]));
    assert.deepEqual(await run.result(failed), {
      value: true,
      bytes: true,
      promise: true,
      failed: [true, true, true, true, true, true],
      cancelled: [true, true],
      faulty: [true, true, false],
      info: [true, true, true],
      global: true,
    });
  });

  test("leaves its realm as plain data of the host", async () => {
    const [command] = await new TestRun(state).commands(start("identity", [{ list: [] }, new Uint8Array()]));
    assert.equal(Object.getPrototypeOf(command), Object.prototype);
    assert.ok(command.kind === "scheduleActivity" && command.args instanceof Array);
  });
});
