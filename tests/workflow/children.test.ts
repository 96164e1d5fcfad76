import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ChildResolution, Command, Job } from "../../src/workflow/activation.ts";
import { cancelJob, decode, encode, kinds, openHost, queryJob, start, type TestHost, TestRun } from "./support.ts";

let host: TestHost;
before(async () => {
  host = await openHost(new URL("./workflows/children.ts", import.meta.url));
});
after(() => host.host.close());

const started: Job = { kind: "resolveChildStart", seq: 1, resolution: { status: "started", runId: "child-run" } };

function ended(resolution: ChildResolution): Job {
  return { kind: "resolveChild", seq: 1, resolution };
}

/** As the engine reports a child that was cancelled. */
const cancelled = ended({
  status: "cancelled",
  failure: {
    message: "Child Workflow execution cancelled",
    source: "",
    stackTrace: "",
    cause: { message: "", source: "", stackTrace: "", failureInfo: { case: "canceledFailureInfo", value: {} } },
    failureInfo: {
      case: "childWorkflowExecutionFailureInfo",
      value: { workflowExecution: { workflowId: "child-1", runId: "" }, workflowType: { name: "child" } },
    },
  },
});

const typescript = { sdk: { name: "temporal-typescript", version: "1.12.0" }, isReplaying: true };

function fire(seq: number): Job {
  return { kind: "fireTimer", seq };
}

/** The command that asks for the child. */
function findStart(commands: Command[]): Extract<Command, { kind: "startChild" }> {
  const found = commands.find((command) => command.kind === "startChild");
  assert.ok(found);
  return found;
}

describe("a workflow that is cancelled while a child starts", () => {
  test("CANC-13 does not wait for the start", async () => {
    const run = new TestRun(host);
    await run.commands(start("startsAndSleeps"));
    const commands = await run.commands({ ...cancelJob, reason: "because" } as Job);
    assert.deepEqual(commands, [{ kind: "cancelChild", seq: 1, reason: "because" }, { kind: "cancelWorkflow" }]);
  });

  test("CANC-13 does wait in a history of the official TypeScript SDK", async () => {
    const run = new TestRun(host);
    Object.assign(run, typescript);
    await run.commands(start("awaitsResult"));
    assert.deepEqual(kinds(await run.commands(cancelJob)), ["cancelChild"]);
    assert.deepEqual(kinds(await run.commands(started)), []);
  });

  test("CANC-13 goes on with a child that has started by then, and is cancelled at its next wait", async () => {
    for (const jobs of [[cancelJob, started], [started, cancelJob]]) {
      const run = new TestRun(host);
      await run.commands(start("startsAndSleeps"));
      assert.deepEqual(kinds(await run.commands(...jobs)), ["cancelChild", "cancelWorkflow"]);
    }
  });

  test("CANC-13 sees its cancellation once, by the result it waits for", async () => {
    for (const jobs of [[cancelJob, started], [started, cancelJob]]) {
      const run = new TestRun(host);
      await run.commands(start("awaitsResult"));
      assert.deepEqual(kinds(await run.commands(...jobs)), ["cancelChild"]);
      assert.deepEqual(kinds(await run.commands(cancelled)), ["startTimer"]);
      assert.deepEqual(await run.result(fire(1)), ["ChildWorkflowError (CancelledError)"]);
    }
  });
});

describe("a child workflow", () => {
  test("CANC-06 that ends as its parent is cancelled leaves it cancelled", async () => {
    for (const isFirst of [true, false]) {
      const run = new TestRun(host);
      await run.commands(start("executesAndSleeps"));
      await run.commands(started);
      const result = ended({ status: "completed", result: encode("done") });
      const commands = await run.commands(...(isFirst ? [result, cancelJob] : [cancelJob, result]));
      assert.equal(commands.at(-1)?.kind, "cancelWorkflow");
      assert.ok(!kinds(commands).includes("startTimer"));
    }
  });

  test("cancelled before it has started, rejects where it is not waited for", async () => {
    for (const type of ["TRY_CANCEL", "ABANDON"]) {
      const run = new TestRun(host);
      await run.commands(start("settlesStart", [type]));
      const commands = await run.commands(fire(1));
      assert.deepEqual(commands, [{ kind: "cancelChild", seq: 1, reason: "enough" }]);
      assert.equal(await run.result(cancelled), "ChildWorkflowError (CancelledError)");
    }
  });

  test("cancelled before it has started, still starts where its end is waited for", async () => {
    for (const type of ["WAIT_CANCELLATION_COMPLETED", "WAIT_CANCELLATION_REQUESTED"]) {
      const run = new TestRun(host);
      await run.commands(start("settlesStart", [type]));
      assert.deepEqual(kinds(await run.commands(fire(1))), ["cancelChild"]);
      assert.equal(await run.result(started), "started child-run");
    }
  });

  test("whose start is refused after its cancellation, says so", async () => {
    const run = new TestRun(host);
    await run.commands(start("settlesStart", ["WAIT_CANCELLATION_COMPLETED"]));
    await run.commands(fire(1));
    const refused = { status: "failed", cause: "WORKFLOW_ALREADY_EXISTS" } as const;
    const result = await run.result({ kind: "resolveChildStart", seq: 1, resolution: refused });
    assert.equal(result, "WorkflowAlreadyStartedError");
  });

  test("has an id of the main random stream", async () => {
    const [one, other] = [new TestRun(host), new TestRun(host)];
    const ids = async (run: TestRun) =>
      (await run.commands(start("drawsIds"))).map((command) => command.kind === "startChild" && command.workflowId);
    const drawn = await ids(one);
    assert.equal(new Set(drawn).size, 2);
    assert.deepEqual(await ids(other), drawn);
  });

  test("CANC-14 with WAIT_CANCELLATION_REQUESTED takes up a flag, without which it waits for its end", async () => {
    const live = new TestRun(host);
    const completion = await live.activate(start("waitsForRequest"));
    assert.ok(completion.kind === "successful");
    assert.equal(completion.usedFlags.length, 1);
    assert.equal(findStart(completion.commands).cancellationType, "WAIT_CANCELLATION_REQUESTED");

    const replayed = new TestRun(host);
    replayed.isReplaying = true;
    replayed.flags = completion.usedFlags;
    const again = await replayed.commands(start("waitsForRequest"));
    assert.equal(findStart(again).cancellationType, "WAIT_CANCELLATION_REQUESTED");

    for (const name of ["temporal-typescript", "temporal-python"]) {
      const recorded = new TestRun(host);
      recorded.isReplaying = true;
      recorded.flags = [1, 2];
      recorded.sdk = { name, version: "1.12.0" };
      const commands = await recorded.commands(start("waitsForRequest"));
      assert.equal(findStart(commands).cancellationType, "WAIT_CANCELLATION_COMPLETED");
    }
  });

  test("is refused in queries, and so is what goes to other workflows", async () => {
    const run = new TestRun(host);
    await run.commands(start("refusesInQueries"));
    await run.commands(started);
    assert.equal(await run.query("cancelChild"), "ReadOnlyContextError");
    const [answer, ...rest] = await run.commands(queryJob("tryOthers"));
    assert.ok(answer.kind === "queryAnswered");
    assert.equal(decode(answer.result), "tried");
    assert.deepEqual(rest, []);
    assert.deepEqual(await run.query("seen"), Array(5).fill("ReadOnlyContextError"));
  });
});

describe("a wait for a request to cancel another workflow", () => {
  test("CANC-17 ends when it is cancelled", async () => {
    const run = new TestRun(host);
    await run.commands(start("cancelsOther"));
    assert.equal(await run.result(fire(1)), "CancelledError");
  });

  test("CANC-17 goes on in a history of the official TypeScript SDK, unless that has the patch", async () => {
    const patch: Job = {
      kind: "notifyHasPatch",
      patchId: "__temporal_internal_connect_external_handle_cancel_to_scope",
    };
    for (const isPatched of [false, true]) {
      const run = new TestRun(host);
      Object.assign(run, typescript);
      await run.commands(start("cancelsOther"));
      const commands = await run.commands(...(isPatched ? [patch] : []), fire(1));
      assert.deepEqual(kinds(commands), isPatched ? ["setPatchMarker", "completeWorkflow"] : []);
      if (!isPatched) assert.equal(await run.result({ kind: "resolveCancelExternal", seq: 1 }), "delivered");
    }
  });
});
