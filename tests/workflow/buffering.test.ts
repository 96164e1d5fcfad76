import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Job } from "../../src/workflow/activation.ts";
import { decode, kinds, openHost, signalJob, start, type TestHost, TestRun, updateJob } from "./support.ts";

let host: TestHost;

before(async () => {
  host = await openHost(new URL("./workflows/buffering.ts", import.meta.url));
});

after(() => host.host.close());

const fire = (seq: number): Job => ({ kind: "fireTimer", seq });

/** Updates of one name are told apart by their ids. */
function update(name: string, text: string): Job {
  return { ...updateJob(name, [text]), id: text, protocolInstanceId: text } as Job;
}

describe("signals without a handler", () => {
  test("SIGQ-02 SIGQ-03 SIGQ-06 wait for one: for their own, for the next after a cleared one, for the dynamic one", async () => {
    const run = new TestRun(host);
    await run.commands(start("oneByOne"));
    const signals = [
      signalJob("a", "1"),
      signalJob("c", "2"),
      signalJob("b", "3"),
      signalJob("a", "4"),
      signalJob("d", "5"),
    ];
    await run.commands(...signals);
    await run.commands(fire(1));
    assert.deepEqual(await run.result(fire(2)), [
      "b 3",
      "b is set",
      "a 1",
      "a was cleared",
      "dynamic c 1",
      "dynamic a 1",
      "dynamic d 1",
      "dynamic is set",
    ]);
  });

  test("SIGQ-04 are given once each to handlers that clear themselves and set each other", async () => {
    const run = new TestRun(host);
    await run.commands(start("takingTurns"), signalJob("a", "1"), signalJob("a", "2"), signalJob("a", "3"));
    await run.commands(signalJob("b", "4"), signalJob("b", "5"), signalJob("b", "6"));
    await run.commands(fire(1));
    assert.deepEqual(await run.result(fire(2)), ["a 1", "b 4", "a 2", "b 5", "a 3", "b 6"]);
  });
});

describe("updates without a handler", () => {
  test("SIGQ-05 wait for one in their task", async () => {
    const run = new TestRun(host);
    const commands = await run.commands(
      start("updatesOneByOne"),
      update("w", "1"),
      update("u", "2"),
      update("v", "3"),
      update("u", "4"),
    );
    assert.deepEqual(
      commands.flatMap((command) => command.kind === "updateAccepted" ? [command.protocolInstanceId] : []),
      ["3", "2", "4", "1"],
    );
    assert.deepEqual(await run.result(fire(1)), ["v 3", "v is set", "u 2", "u 4", "u is set", "dynamic w 1"]);
  });

  test("SIGQ-05 are given once each to handlers that clear themselves and set each other", async () => {
    const run = new TestRun(host);
    const commands = await run.commands(
      start("updatesTakingTurns"),
      update("u", "1"),
      update("u", "2"),
      update("v", "3"),
      update("v", "4"),
      update("v", "5"),
    );
    assert.deepEqual(kinds(commands.filter(({ kind }) => kind === "updateRejected")), ["updateRejected"]);
    assert.deepEqual(await run.result(fire(1)), ["u 1", "v 3", "u 2", "v 4"]);
  });
});

describe("one task", () => {
  test("UPD-36 lets nothing that was pending run between its signals and updates", async () => {
    const run = new TestRun(host);
    await run.commands(start("together"));
    await run.commands(signalJob("a", "1"), update("u", "2"));
    assert.deepEqual(await run.result(fire(1)), [
      "signal 1",
      "update 2",
      "after the signal",
      "after the update",
      "main",
    ]);
  });

  for (const first of ["main", "update"] as const) {
    test(`UPD-25 completes an update beside the end of the workflow, ${first} first`, async () => {
      const run = new TestRun(host);
      await run.commands(start("endsBeside", [first]));
      const commands = await run.commands(update("u", "x"));
      assert.deepEqual(kinds(commands), ["updateAccepted", "updateCompleted", "completeWorkflow"]);
      const [, completed] = commands;
      assert.ok(completed.kind === "updateCompleted" && "result" in completed.outcome);
      assert.equal(decode(completed.outcome.result), "x");
    });
  }
});

describe("the end", () => {
  test("DET-10 is followed by no command", async () => {
    assert.deepEqual(kinds(await new TestRun(host).commands(start("outlives"))), ["completeWorkflow"]);
  });
});

describe("handlers", () => {
  test("SIGQ-29 take no reserved names, nor what is none", async () => {
    const run = new TestRun(host);
    await run.commands(start("badHandlers"), signalJob("__temporal_y"), signalJob("plain"));
    const seen = await run.result(fire(1)) as string[];
    assert.equal(seen.pop(), "plain");
    assert.match(seen[0], /^ValueError: signal name __temporal_x is reserved; /);
    assert.match(seen[1], /^ValueError: query name __stack_trace is reserved; /);
    assert.match(seen[2], /^ValueError: an update needs a name/);
    assert.match(seen[3], /^ValueError: the handler of signal x: it is no function; unfinishedPolicy is none; /);
    assert.match(seen[4], /^ValueError: the handler of update x: the validator is no function/);
    assert.equal(seen.length, 5);
  });

  test("that the constructor sets stay, beside those that the class declares", async () => {
    const run = new TestRun(host);
    await run.commands(start("OwnHandler"), signalJob("a", "1"), signalJob("b", "2"));
    assert.deepEqual(await run.result(fire(1)), ["own 1", "declared 2"]);
  });
});
