import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  cancelJob,
  completed,
  kinds,
  openHost,
  signalJob,
  start,
  type TestHost,
  TestRun,
  updateJob,
} from "./support.ts";

const host: TestHost = await openHost(new URL("./workflows/rules.ts", import.meta.url));

/** A run of which another SDK recorded what is replayed. */
function replayOf(name: string, flags: number[] = []): TestRun {
  const run = new TestRun(host);
  run.isReplaying = true;
  run.sdk = { name, version: "1.0.0" };
  run.flags = flags;
  return run;
}

const typescript = "temporal-typescript";
const python = "temporal-python";

describe("a history of the official TypeScript SDK", () => {
  const play = async (run: TestRun) => {
    await run.commands(start("phases"));
    return await run.result(signalJob("go", "signal"), completed(1));
  };
  const atOnce = ["signal", "activity", "signal ended"];

  test("DET-03 UPD-27 from before its single-batch flag ends what signals began before anything else", async () => {
    assert.deepEqual(await play(replayOf(typescript)), ["signal", "signal ended", "activity"]);
  });

  test("DET-03 with the flag, or live, has all jobs of a task at once", async () => {
    assert.deepEqual(await play(replayOf(typescript, [2])), atOnce);
    assert.deepEqual(await play(new TestRun(host)), atOnce);
    const moved = replayOf(typescript);
    moved.isReplaying = false;
    assert.deepEqual(await play(moved), atOnce);
  });

  test("CANC-26 from before its shield flag cancels scopes in a shielded one", async () => {
    const play = async (run: TestRun) => {
      await run.commands(start("shielded", ["scope"]));
      return kinds(await run.commands(cancelJob));
    };
    assert.deepEqual(await play(replayOf(typescript)), ["cancelTimer", "completeWorkflow"]);
    assert.deepEqual(await play(replayOf(typescript, [1])), []);
    assert.deepEqual(await play(new TestRun(host)), []);
  });

  test("CANC-27 from before its shield flag cancels conditions with a time-out in a shielded scope", async () => {
    for (
      const [run, outcome] of [[replayOf(typescript), "CancelledError"], [
        replayOf(typescript, [1]),
        undefined,
      ]] as const
    ) {
      await run.commands(start("shielded", ["later condition"]));
      assert.deepEqual(await run.commands(cancelJob), []);
      if (outcome) assert.equal(await run.result(completed(1)), outcome);
      else assert.deepEqual(kinds(await run.commands(completed(1))), ["startTimer"]);
    }
    const waiting = replayOf(typescript);
    await waiting.commands(start("shielded", ["condition"]));
    assert.deepEqual(kinds(await waiting.commands(cancelJob)), ["cancelTimer", "completeWorkflow"]);
    const shielded = new TestRun(host);
    await shielded.commands(start("shielded", ["condition"]));
    assert.deepEqual(await shielded.commands(cancelJob), []);
  });

  test("from before its shield flag leaves the timer of a scope running", async () => {
    const play = async (run: TestRun) => {
      await run.commands(start("timedScope"));
      return kinds(await run.commands(completed(1)));
    };
    assert.deepEqual(await play(replayOf(typescript)), ["scheduleActivity"]);
    assert.deepEqual(await play(replayOf(typescript, [1])), ["cancelTimer", "scheduleActivity"]);
  });
});

describe("a history of the official Python SDK", () => {
  const one = { ...updateJob("add", [1]), protocolInstanceId: "one" };
  const two = { ...updateJob("add", [2]), protocolInstanceId: "two" };
  const answers = async (run: TestRun) => {
    await run.commands(start("sums"));
    const commands = await run.commands(one, two);
    return commands.map((command) =>
      "protocolInstanceId" in command ? `${command.protocolInstanceId} ${command.kind}` : ""
    );
  };

  test("ends a handler that never waits before it begins the next one", async () => {
    const inTurn = ["one updateAccepted", "one updateCompleted", "two updateAccepted", "two updateCompleted"];
    assert.deepEqual(await answers(replayOf(python)), inTurn);
    assert.deepEqual(await answers(replayOf(python, [2])), inTurn);
    const besides = ["one updateAccepted", "two updateAccepted", "one updateCompleted", "two updateCompleted"];
    assert.deepEqual(await answers(new TestRun(host)), besides);
  });

  test("evaluates conditions when nothing else moves", async () => {
    const play = async (run: TestRun) => {
      await run.commands(start("moment"));
      return kinds(await run.commands(signalJob("go", "first"), signalJob("go", "")));
    };
    assert.deepEqual(await play(replayOf(python)), []);
    assert.deepEqual(await play(new TestRun(host)), ["completeWorkflow"]);
  });

  test("ends what signals began before results come, unless it has its single-batch flag", async () => {
    const play = async (run: TestRun) => {
      await run.commands(start("phases"));
      return await run.result(signalJob("go", "signal"), completed(1));
    };
    assert.deepEqual(await play(replayOf(python)), ["signal", "signal ended", "activity"]);
  });

  test("CANC-23 loses a cancellation that comes with the awaited result, unless it has the flag of the fix", async () => {
    const play = async (run: TestRun) => {
      await run.commands(start("cancelledWithResult"));
      return await run.commands(completed(1, "r"), cancelJob);
    };
    const [timer, ...rest] = await play(replayOf(python));
    assert.deepEqual([timer.kind, rest], ["startTimer", []]);
    const lost = replayOf(python);
    await lost.commands(start("cancelledWithResult"));
    await lost.commands(cancelJob, completed(1, "r"));
    assert.equal(await lost.result({ kind: "fireTimer", seq: 1 }), "result r, slept, no longer needed");

    const raised = replayOf(python, [1]);
    await raised.commands(start("cancelledWithResult"));
    assert.deepEqual(kinds(await raised.commands(cancelJob, completed(1, "r"))), ["startTimer"]);
    assert.equal(await raised.result({ kind: "fireTimer", seq: 1 }), "CancelledError, slept, no longer needed");

    const own = new TestRun(host);
    await own.commands(start("cancelledWithResult"));
    assert.equal(await own.result(cancelJob, completed(1, "r")), "result r, CancelledError, no longer needed");
  });
});
