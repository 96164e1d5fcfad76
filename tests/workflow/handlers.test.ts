import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Payload } from "../../src/common/payload.ts";
import {
  decode,
  findFailure,
  kinds,
  openHost,
  queryJob,
  signalJob,
  start,
  type TestHost,
  TestRun,
  updateJob,
} from "./support.ts";

let functions: TestHost;

before(async () => {
  functions = await openHost(new URL("./workflows/functions.ts", import.meta.url));
});

after(() => functions.host.close());

const garbage: Payload = {
  metadata: { encoding: new TextEncoder().encode("json/plain") },
  data: new TextEncoder().encode("{"),
};

describe("signals", () => {
  test("SIGQ-07 a signal that comes with the start waits for its handler, and is handled when it is set", async () => {
    assert.deepEqual(
      await new TestRun(functions).result(start("early"), signalJob("early", "signal")),
      ["signal", "main"],
    );
  });

  test("handlers set later get what has arrived, in order; the dynamic one gets the rest", async () => {
    const run = new TestRun(functions);
    await run.commands(
      start("buffered"),
      signalJob("first", "a"),
      signalJob("other", "b"),
      signalJob("second", "c"),
      signalJob("first", "d"),
    );
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 1 }), [
      "second c",
      "first a",
      "then d",
      "other b true",
    ]);
  });

  test("SIGQ-13 a FailureError from a handler fails the workflow, anything else the task", async () => {
    const run = new TestRun(functions);
    await run.commands(start("badSignal"));
    assert.deepEqual(findFailure(await run.commands(signalJob("fail"))), {
      message: "from the signal",
      type: "SignalFault",
    });
    const other = new TestRun(functions);
    await other.commands(start("badSignal"), signalJob("failLater"));
    assert.equal((await other.failure({ kind: "fireTimer", seq: 1 })).message, "a bug");
  });

  test("SIGQ-14 one that cannot be decoded is dropped with a log line", async () => {
    const run = new TestRun(functions);
    await run.commands(start("conditions"));
    functions.lines.length = 0;
    const bad = { ...signalJob("add"), args: [garbage] };
    assert.deepEqual(await run.commands(bad as ReturnType<typeof signalJob>), []);
    assert.match(functions.lines[0].message, /^signal add dropped: its arguments cannot be decoded/);
    assert.equal(functions.lines[0].attributes.workflowId, "workflow-1");
  });
});

describe("updates", () => {
  async function open(): Promise<TestRun> {
    const run = new TestRun(functions);
    await run.commands(start("updates"));
    return run;
  }

  test("are accepted before the handler's commands and completed when it ends", async () => {
    const run = await open();
    const commands = await run.commands(updateJob("add", [5]));
    assert.deepEqual(commands, [
      { kind: "updateAccepted", protocolInstanceId: "p-add" },
      { kind: "startTimer", seq: 1, duration: 1 },
    ]);
    const [completed] = await run.commands({ kind: "fireTimer", seq: 1 });
    assert.ok(completed.kind === "updateCompleted" && "result" in completed.outcome);
    assert.equal(decode(completed.outcome.result), 5);
    assert.equal(await run.result(signalJob("done")), 5);
  });

  test("are rejected by their validator, which leaves nothing behind", async () => {
    const run = await open();
    const [rejected, ...others] = await run.commands(updateJob("add", [-5]));
    assert.ok(rejected.kind === "updateRejected");
    assert.equal(rejected.failure.message, "must not be negative");
    assert.deepEqual(others, []);
  });

  test("UPD-12 are not validated in replay", async () => {
    const run = await open();
    assert.deepEqual(kinds(await run.commands(updateJob("add", [-5], false))), ["updateAccepted", "startTimer"]);
  });

  test("UPD-11 give the handler arguments that the validator has not touched", async () => {
    const run = await open();
    const [, completed] = await run.commands(updateJob("mutate", [{ n: 7 }]));
    assert.ok(completed.kind === "updateCompleted" && "result" in completed.outcome);
    assert.equal(decode(completed.outcome.result), 7);
  });

  test("fail alone with a FailureError, and the task with anything else", async () => {
    const run = await open();
    const [, completed] = await run.commands(updateJob("fail", ["failure"]));
    assert.ok(completed.kind === "updateCompleted" && "failure" in completed.outcome);
    assert.equal(completed.outcome.failure.message, "refused");
    assert.equal((await run.failure(updateJob("fail", ["bug"]))).message, "a bug");
  });

  test("UPD-10 fail the task when their validator does more than read", async () => {
    const run = await open();
    const { message } = await run.failure(updateJob("cheat"));
    assert.match(message, /^sleep is not allowed in a validator/);
  });

  test("are rejected when their validator takes its time", async () => {
    const run = await open();
    const [rejected, ...others] = await run.commands(updateJob("patience"));
    assert.ok(rejected.kind === "updateRejected");
    assert.equal(
      rejected.failure.message,
      'the validator of update "patience" returned a promise; make it synchronous',
    );
    assert.deepEqual(others, []);
  });

  test("UPD-14 without a handler are rejected at the end, with the known names", async () => {
    const run = await open();
    const [rejected] = await run.commands(updateJob("nope"));
    assert.ok(rejected.kind === "updateRejected");
    assert.equal(
      rejected.failure.message,
      'no handler for update "nope"; known updates: [add, cheat, fail, mutate, patience, who]',
    );
  });

  test("UPD-15 with undecodable arguments are rejected", async () => {
    const run = await open();
    const [rejected] = await run.commands({ ...updateJob("add"), args: [garbage] } as ReturnType<typeof updateJob>);
    assert.ok(rejected.kind === "updateRejected");
    assert.match(rejected.failure.message, /^Failed decoding arguments of update "add": /);
  });

  test("UPD-22 that come with the start find the handlers of the first slice", async () => {
    const commands = await new TestRun(functions).commands(start("updates"), updateJob("add", [1]));
    assert.deepEqual(kinds(commands), ["updateAccepted", "startTimer"]);
  });

  test("UPD-32 know who they are, also after an await", async () => {
    const run = await open();
    await run.commands(updateJob("who"));
    const [completed] = await run.commands({ kind: "fireTimer", seq: 1 });
    assert.ok(completed.kind === "updateCompleted" && "result" in completed.outcome);
    assert.equal(decode(completed.outcome.result), "id-who who id-who");
  });

  test("SIGQ-30 in progress are seen by allHandlersFinished", async () => {
    const run = await open();
    assert.equal(await run.query("finished"), true);
    await run.commands(updateJob("add", [1]));
    assert.equal(await run.query("finished"), false);
  });

  test("left unfinished at the end are warned of, unless their policy is ABANDON", async () => {
    const run = new TestRun(functions);
    await run.commands(start("leaves"), signalJob("quiet"), updateJob("never"));
    functions.lines.length = 0;
    assert.deepEqual(kinds(await run.commands({ kind: "fireTimer", seq: 2 })), ["completeWorkflow"]);
    assert.deepEqual(functions.lines.map(({ level }) => level), ["warn"]);
    assert.match(functions.lines[0].message, /^\[TMPRL1102\].* update handlers .*never \(id id-never\)/);
  });
});

describe("queries", () => {
  async function open(): Promise<TestRun> {
    const run = new TestRun(functions);
    await run.commands(start("queries"));
    return run;
  }

  test("answer from the workflow's state", async () => {
    assert.equal(await (await open()).query("state", "!"), "new!");
  });

  test("SIGQ-21 do not wake conditions", async () => {
    const run = await open();
    assert.equal(await run.query("wake"), undefined);
    assert.equal(await run.query("state", ""), "touched");
    assert.deepEqual(kinds(await run.commands(signalJob("anything"))), ["completeWorkflow"]);
    assert.equal(await run.query("state", ""), "woken true");
  });

  test("fail for their caller only", async () => {
    const run = await open();
    const failures = await run.commands(queryJob("fail"), queryJob("promise"), queryJob("nope"));
    const messages = failures.map((command) => command.kind === "queryFailed" ? command.failure.message : command.kind);
    assert.equal(messages[0], "no answer");
    assert.match(messages[1], /^query "promise" returned a promise; /);
    assert.equal(
      messages[2],
      'no handler for query "nope"; known queries: ' +
        "[__enhanced_stack_trace, __stack_trace, __temporal_workflow_metadata, fail, forbidden, promise, state, wake]",
    );
  });

  const forbidden = [
    "sleep",
    "wait",
    "activity",
    "startActivity",
    "random",
    "uuid4",
    "setTimeout",
    "continueAsNew",
    "setHandler",
    "scope",
  ];
  for (const name of forbidden) {
    test(`SIGQ-22 may not use ${name}`, async () => {
      const run = await open();
      const [answer, ...others] = await run.commands(queryJob("forbidden", [name]));
      assert.ok(answer.kind === "queryFailed", `${name} was allowed`);
      assert.equal(answer.failure.failureInfo?.value?.type, "ReadOnlyContextError");
      assert.match(answer.failure.message, /is not allowed in a query; /);
      assert.deepEqual(others, []);
    });
  }
});
