// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApplicationError } from "../../src/common/errors.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { connectFake, payloads, setFields, values } from "./fake_service.ts";

const accepted: any = {
  stage: 2,
  updateRef: { workflowExecution: { workflowId: "w", runId: "run-1" }, updateId: "u" },
};
const success = (value: unknown): any => ({ value: { case: "success", value: payloads(value) } });

async function failed(): Promise<any> {
  const value = await DataConverter.default.encodeFailure(new ApplicationError("rejected", { type: "Bad" }));
  return { value: { case: "failure", value } };
}

describe("handle.executeUpdate", () => {
  test("sends the update and gives its result", async () => {
    const { client, calls } = await connectFake({
      updateWorkflowExecution: { ...accepted, stage: 3, outcome: success(10) },
    });
    const handle = client.workflow.getHandle("w", { runId: "run-1", firstExecutionRunId: "run-0" });
    assert.equal(await handle.executeUpdate("setLimit", { args: [5], id: "u-1" }), 10);
    const [{ request, timeout }] = calls;
    assert.deepEqual(setFields(request.workflowExecution), { workflowId: "w", runId: "run-1" });
    assert.equal(request.firstExecutionRunId, "run-0");
    assert.equal(request.waitPolicy.lifecycleStage, 3);
    assert.deepEqual(setFields(request.request.meta), { updateId: "u-1", identity: "tester" });
    assert.equal(request.request.input.name, "setLimit");
    assert.deepEqual(values(request.request.input.args), [5]);
    assert.equal(timeout, 70_000);
    assert.equal(calls.length, 1);
  });

  test("an id for each update, and no options needed", async () => {
    const { client, requests } = await connectFake({
      updateWorkflowExecution: { ...accepted, stage: 3, outcome: success(null) },
    });
    const handle = client.workflow.getHandle("w");
    await handle.executeUpdate("a");
    await handle.executeUpdate({ kind: "update", name: "b" });
    const [first, second] = requests("updateWorkflowExecution").map(({ request }) => request);
    assert.notEqual(first.meta.updateId, second.meta.updateId);
    assert.deepEqual([first.input.name, first.input.args, second.input.name], ["a", undefined, "b"]);
  });

  test("sends the same update again until it is durable, then polls for the outcome", async () => {
    const answers = [{ stage: 0 }, { stage: 1 }, accepted];
    const { client, requests } = await connectFake({
      updateWorkflowExecution: (_, call) => answers[call],
      pollWorkflowExecutionUpdate: (_, call) => call === 0 ? { stage: 2 } : { stage: 3, outcome: success("late") },
    });
    assert.equal(await client.workflow.getHandle("w").executeUpdate("u"), "late");
    const ids = requests("updateWorkflowExecution").map(({ request }) => request.meta.updateId);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 1);
    const polls = requests("pollWorkflowExecutionUpdate");
    assert.equal(polls.length, 2);
    assert.equal(polls[0].updateRef.updateId, ids[0]);
    assert.deepEqual(setFields(polls[0].updateRef.workflowExecution), { workflowId: "w", runId: "run-1" });
    assert.deepEqual([polls[0].waitPolicy.lifecycleStage, polls[0].identity], [3, "tester"]);
  });

  test("UPD-31 its own deadlines are invisible", async () => {
    const { client, calls } = await connectFake({
      updateWorkflowExecution: (_, call) => {
        if (call === 0) throw new ConnectError("slow", Code.DeadlineExceeded);
        return accepted;
      },
      pollWorkflowExecutionUpdate: (_, call) => {
        if (call === 0) throw new ConnectError("slow", Code.DeadlineExceeded);
        return { outcome: success(1) };
      },
    });
    assert.equal(await client.workflow.getHandle("w").executeUpdate("u"), 1);
    assert.equal(calls.length, 4);
  });

  test("a rejected or failed update", async () => {
    const { client } = await connectFake({
      updateWorkflowExecution: { ...accepted, stage: 3, outcome: await failed() },
    });
    const error: any = await client.workflow.getHandle("w").executeUpdate("u").catch((error) => error);
    assert.deepEqual([error.name, error.message], ["WorkflowUpdateFailedError", "Workflow update failed"]);
    assert.ok(error.cause instanceof ApplicationError);
    assert.deepEqual([error.cause.message, error.cause.type], ["rejected", "Bad"]);
  });

  for (const [code, status] of [[Code.DeadlineExceeded, "took too long"], [Code.Canceled, "was cancelled"]] as const) {
    test(`a call that ${status}`, async () => {
      const { client } = await connectFake({
        updateWorkflowExecution: () => {
          throw new ConnectError("over", code);
        },
      });
      const update = client.workflow.getHandle("w").executeUpdate("u", { rpcTimeout: "1s" });
      await assert.rejects(update, {
        name: "WorkflowUpdateRPCTimeoutOrCancelledError",
        code: "WORKFLOW_UPDATE_RPC_TIMEOUT_OR_CANCELLED",
        message: new RegExp(status),
      });
    });
  }

  test("an aborted signal", async () => {
    const { client } = await connectFake({ updateWorkflowExecution: accepted });
    const update = client.workflow.getHandle("w").executeUpdate("u", { signal: AbortSignal.abort() });
    await assert.rejects(update, { name: "WorkflowUpdateRPCTimeoutOrCancelledError" });
  });

  test("a closed workflow", async () => {
    const { client } = await connectFake({
      updateWorkflowExecution: () => {
        throw new ConnectError("workflow execution already completed", Code.NotFound);
      },
    });
    await assert.rejects(client.workflow.getHandle("w").executeUpdate("u"), {
      name: "NotFoundError",
      message: "workflow execution already completed",
    });
  });

  test("bad options fail before any call", async () => {
    const { client, calls } = await connectFake({});
    const handle = client.workflow.getHandle("w");
    const bad: [() => Promise<unknown>, RegExp][] = [
      [() => handle.executeUpdate("u", { args: "x" as any }), /args of workflow\.executeUpdate is not an array/],
      [() => handle.executeUpdate({ kind: "signal", name: "s" } as any), /this is a signal definition/],
      [() => handle.startUpdate("u", {} as any), /^workflow\.startUpdate: missing `waitForStage`; give "ACCEPTED"/],
      [() => handle.startUpdate("u", { waitForStage: "ADMITTED" as any }), /`waitForStage` is "ADMITTED"/],
    ];
    for (const [call, message] of bad) await assert.rejects(call(), { name: "ValueError", message });
    assert.equal(calls.length, 0);
  });
});

describe("handle.startUpdate", () => {
  test("ACCEPTED: a handle whose result is polled for, once", async () => {
    const { client, requests } = await connectFake({
      updateWorkflowExecution: accepted,
      pollWorkflowExecutionUpdate: { outcome: success("done") },
    });
    const update = await client.workflow.getHandle("w").startUpdate("u", { waitForStage: "ACCEPTED", id: "u-1" });
    assert.deepEqual([update.id, update.workflowId, update.workflowRunId], ["u-1", "w", "run-1"]);
    assert.equal(requests("updateWorkflowExecution")[0].waitPolicy.lifecycleStage, 2);
    assert.equal(await update.result(), "done");
    assert.equal(await update.result(), "done");
    assert.equal(requests("pollWorkflowExecutionUpdate").length, 1);
  });

  test("COMPLETED: waits for the outcome, which needs no call later", async () => {
    const { client, calls } = await connectFake({
      updateWorkflowExecution: accepted,
      pollWorkflowExecutionUpdate: { outcome: success("done") },
    });
    const update = await client.workflow.getHandle("w").startUpdate("u", { waitForStage: "COMPLETED" });
    assert.equal(calls.length, 2);
    assert.equal(await update.result(), "done");
    assert.equal(calls.length, 2);
  });

  test("its signal and time-out are for that call alone, those of the handle for later ones too", async () => {
    const { client, calls } = await connectFake({
      updateWorkflowExecution: accepted,
      pollWorkflowExecutionUpdate: { outcome: success("done") },
    });
    const abort = new AbortController();
    const handle = client.workflow.getHandle("w").with({ rpcTimeout: "9s", rpcMetadata: { own: "1" } });
    const options = { signal: abort.signal, rpcTimeout: "3s", waitForStage: "ACCEPTED" } as const;
    const update = await handle.startUpdate("u", options);
    abort.abort();
    assert.equal(await update.result(), "done");
    assert.deepEqual(calls.map(({ timeout, headers }) => [timeout, headers.get("own")]), [[3_000, "1"], [9_000, "1"]]);
  });

  test("COMPLETED: the options of the call hold until it is", async () => {
    const { client, calls } = await connectFake({
      updateWorkflowExecution: accepted,
      pollWorkflowExecutionUpdate: { outcome: success("done") },
    });
    await client.workflow.getHandle("w").startUpdate("u", { rpcTimeout: "3s", waitForStage: "COMPLETED" });
    await client.workflow.getHandle("w").executeUpdate("u", { rpcTimeout: "4s" });
    assert.deepEqual(calls.map(({ timeout }) => timeout), [3_000, 3_000, 4_000, 4_000]);
  });

  test("a rejected update throws at the result", async () => {
    const { client } = await connectFake({
      updateWorkflowExecution: { ...accepted, stage: 3, outcome: await failed() },
    });
    const update = await client.workflow.getHandle("w").startUpdate("u", { waitForStage: "ACCEPTED" });
    await assert.rejects(update.result(), { name: "WorkflowUpdateFailedError" });
  });
});

describe("handle.getUpdateHandle", () => {
  test("makes no call before its result is asked for", async () => {
    const { client, calls } = await connectFake({ pollWorkflowExecutionUpdate: { outcome: success(1) } });
    const update = client.workflow.getHandle("w", { runId: "run-1" }).getUpdateHandle("u-1");
    assert.deepEqual([update.id, update.workflowId, update.workflowRunId, calls.length], ["u-1", "w", "run-1", 0]);
    assert.equal(await update.result({ rpcTimeout: "4s" }), 1);
    assert.equal(calls[0].timeout, 4_000);
    const other = client.workflow.getHandle("w").getUpdateHandle("u-1", { workflowRunId: "run-2" });
    assert.equal(other.workflowRunId, "run-2");
  });

  test("an unknown update", async () => {
    const { client } = await connectFake({
      pollWorkflowExecutionUpdate: () => {
        throw new ConnectError("update not found", Code.NotFound);
      },
    });
    await assert.rejects(client.workflow.getHandle("w").getUpdateHandle("u").result(), {
      name: "NotFoundError",
      resource: "UPDATE",
    });
  });

  test("a time-out of the result", async () => {
    const { client } = await connectFake({
      pollWorkflowExecutionUpdate: () => {
        throw new ConnectError("over", Code.DeadlineExceeded);
      },
    });
    const update = client.workflow.getHandle("w").getUpdateHandle("u");
    await assert.rejects(update.result({ rpcTimeout: 1 }), { name: "WorkflowUpdateRPCTimeoutOrCancelledError" });
  });
});
