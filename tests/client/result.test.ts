// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TypeHint } from "../../src/common/definition.ts";
import { ApplicationError } from "../../src/common/errors.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { completed, connectFake, history, payloads } from "./fake_service.ts";

const token = new Uint8Array([1]);

function closed(name: string, value: object = {}): any {
  return { case: `workflowExecution${name}EventAttributes`, value };
}

describe("handle.result", () => {
  test("asks for the close event by long poll", async () => {
    const { client, calls } = await connectFake({ getWorkflowExecutionHistory: history([completed({ n: 1 })]) });
    assert.deepEqual(await client.workflow.getHandle("w-1", { runId: "run-1" }).result(), { n: 1 });
    const [{ request, timeout }] = calls;
    assert.deepEqual([request.execution.workflowId, request.execution.runId], ["w-1", "run-1"]);
    assert.equal(request.waitNewEvent, true);
    assert.equal(request.historyEventFilterType, 2);
    assert.equal(request.skipArchival, true);
    assert.equal(timeout, 70_000);
  });

  test("without a run id it asks for the newest run", async () => {
    const { client, requests } = await connectFake({ getWorkflowExecutionHistory: history([completed(1)]) });
    await client.workflow.getHandle("w-1").result();
    assert.equal(requests("getWorkflowExecutionHistory")[0].execution.runId, "");
  });

  test("a started handle sets out from its own run", async () => {
    const { client, requests } = await connectFake({
      startWorkflowExecution: { runId: "run-1" },
      getWorkflowExecutionHistory: history([completed("done")]),
    });
    assert.equal(await client.workflow.execute("g", { id: "w", taskQueue: "q" }), "done");
    assert.equal(requests("getWorkflowExecutionHistory")[0].execution.runId, "run-1");
  });

  test("polls again while nothing has happened, with the token of the last poll", async () => {
    const answers = [history([], token), history([], token), history([completed("late")])];
    const { client, requests } = await connectFake({ getWorkflowExecutionHistory: (_, call) => answers[call] });
    assert.equal(await client.workflow.getHandle("w").result(), "late");
    const tokens = requests("getWorkflowExecutionHistory").map((request) => [...request.nextPageToken]);
    assert.deepEqual(tokens, [[], [1], [1]]);
  });

  test("its own deadline is invisible, the user's is not", async () => {
    const answer = (_: unknown, call: number): unknown => {
      if (call === 0) throw new ConnectError("slow", Code.DeadlineExceeded);
      return history([completed("late")]);
    };
    const first = await connectFake({ getWorkflowExecutionHistory: answer });
    assert.equal(await first.client.workflow.getHandle("w").result(), "late");
    const second = await connectFake({ getWorkflowExecutionHistory: answer });
    await assert.rejects(second.client.workflow.getHandle("w").result({ rpcTimeout: "5s" }), {
      name: "RPCError",
      status: "DEADLINE_EXCEEDED",
    });
    assert.equal(second.calls.length, 1);
    assert.equal(second.calls[0].timeout, 5_000);
  });

  test("a poll that fails in passing is made again", async () => {
    const { client, calls } = await connectFake({
      getWorkflowExecutionHistory: (_, call) => {
        if (call < 2) throw new ConnectError("away", Code.Unavailable);
        return history([completed("back")]);
      },
    }, { retryConfig: { initialInterval: 1, maxElapsedTime: "60s" } });
    assert.equal(await client.workflow.getHandle("w").result(), "back");
    assert.equal(calls.length, 3);
  });

  test("follows continue-as-new, retry, cron and a timed-out run", async () => {
    const runs: Record<string, unknown> = {
      "": history([closed("ContinuedAsNew", { newExecutionRunId: "b" })]),
      b: history([closed("Failed", { newExecutionRunId: "c" })]),
      c: history([closed("TimedOut", { newExecutionRunId: "d" })]),
      d: history([completed("round", "e")]),
      e: history([completed("end")]),
    };
    const { client, requests } = await connectFake({
      getWorkflowExecutionHistory: (request) => runs[request.execution!.runId],
    });
    assert.equal(await client.workflow.getHandle("w").result(), "end");
    const ids = requests("getWorkflowExecutionHistory").map((request) => request.execution.runId);
    assert.deepEqual(ids, ["", "b", "c", "d", "e"]);
  });

  test("a new run begins without the token of the last", async () => {
    const answers = [
      history([], token),
      history([closed("ContinuedAsNew", { newExecutionRunId: "b" })]),
      history([completed(1)]),
    ];
    const { client, requests } = await connectFake({ getWorkflowExecutionHistory: (_, call) => answers[call] });
    await client.workflow.getHandle("w").result();
    assert.equal(requests("getWorkflowExecutionHistory")[2].nextPageToken.length, 0);
  });

  test("not following: this run's own outcome", async () => {
    const { client } = await connectFake({
      getWorkflowExecutionHistory: ({ execution }) =>
        execution!.runId === "a"
          ? history([closed("ContinuedAsNew", { newExecutionRunId: "b" })])
          : history([completed("round", "c")]),
    });
    await assert.rejects(client.workflow.getHandle("w", { runId: "a" }).result({ followRuns: false }), {
      name: "WorkflowContinuedAsNewError",
      newExecutionRunId: "b",
    });
    assert.equal(await client.workflow.getHandle("w", { runId: "b" }).result({ followRuns: false }), "round");
  });

  test("no payload: undefined", async () => {
    const { client } = await connectFake({ getWorkflowExecutionHistory: history([closed("Completed")]) });
    assert.equal(await client.workflow.getHandle("w").result(), undefined);
  });

  test("a schema reads the result", async () => {
    const date = {
      "~standard": { version: 1, vendor: "test", validate: (value: any) => ({ value: new Date(value) }) },
    };
    const resultType = date as unknown as TypeHint<Date>;
    const { client } = await connectFake({
      startWorkflowExecution: { runId: "r" },
      getWorkflowExecutionHistory: history([completed("2020-01-01")]),
    });
    assert.deepEqual(await client.workflow.getHandle("w").result({ resultType }), new Date("2020-01-01"));
    const options = { id: "w", taskQueue: "q", resultType };
    assert.deepEqual(await client.workflow.execute("g", options), new Date("2020-01-01"));
    assert.deepEqual(await (await client.workflow.start("g", options)).result(), new Date("2020-01-01"));
  });

  test("a schema also reads the undefined of a result without payload", async () => {
    const text = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value: any) => typeof value === "string" ? { value } : { issues: [{ message: "no text" }] },
      },
    };
    const { client } = await connectFake({ getWorkflowExecutionHistory: history([closed("Completed")]) });
    const result = client.workflow.getHandle("w").result({ resultType: text as unknown as TypeHint<any> });
    await assert.rejects(result, { name: "ApplicationError", type: "PayloadValidationError" });
  });
});

describe("what a workflow fails with", () => {
  async function failure(event: any): Promise<any> {
    const { client } = await connectFake({ getWorkflowExecutionHistory: history([event]) });
    return await client.workflow.getHandle("w").result().then(() => assert.fail("resolved"), (error) => error);
  }

  test("an application error, with its cause", async () => {
    const thrown = new ApplicationError("no", { type: "Refused", details: [7], cause: new ApplicationError("inner") });
    const encoded = await DataConverter.default.encodeFailure(thrown);
    const error = await failure(closed("Failed", { failure: encoded }));
    assert.equal(error.name, "WorkflowFailureError");
    assert.equal(error.message, "Workflow execution failed");
    assert.ok(error.cause instanceof ApplicationError);
    assert.deepEqual([error.cause.message, error.cause.type, error.cause.details], ["no", "Refused", [7]]);
    assert.equal((error.cause.cause as Error).message, "inner");
  });

  test("cancelled, with details", async () => {
    const { name, cause } = await failure(closed("Canceled", { details: payloads("left", 1) }));
    assert.equal(name, "WorkflowFailureError");
    assert.deepEqual([cause.name, cause.message, cause.details], ["CancelledError", "Workflow cancelled", ["left", 1]]);
  });

  test("terminated, with reason and details", async () => {
    const { cause } = await failure(closed("Terminated", { reason: "why", details: payloads("d") }));
    assert.deepEqual([cause.name, cause.message, cause.details], ["TerminatedError", "why", ["d"]]);
    const other = await failure(closed("Terminated"));
    assert.deepEqual([other.cause.message, other.cause.details], ["Workflow terminated", []]);
  });

  test("timed out", async () => {
    const { cause } = await failure(closed("TimedOut"));
    assert.deepEqual([cause.name, cause.message, cause.type], ["TimeoutError", "Workflow timed out", "START_TO_CLOSE"]);
  });

  test("a failure of nothing is still a failure", async () => {
    const error = await failure(closed("Failed"));
    assert.deepEqual([error.name, error.cause.message], ["WorkflowFailureError", "Workflow failed"]);
  });

  test("an unknown workflow", async () => {
    const { client } = await connectFake({
      getWorkflowExecutionHistory: () => {
        throw new ConnectError("workflow not found for ID: w", Code.NotFound);
      },
    });
    await assert.rejects(client.workflow.getHandle("w").result(), { name: "NotFoundError", resource: "WORKFLOW" });
  });
});

describe("giving up", () => {
  test("an aborted signal ends the wait at once with its reason", async () => {
    const release = Promise.withResolvers<unknown>();
    const { client } = await connectFake({ getWorkflowExecutionHistory: () => release.promise });
    const abort = new AbortController();
    const wait = client.workflow.getHandle("w").result({ signal: abort.signal });
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(wait, { name: "RPCError", status: "CANCELLED" });
    release.resolve(history([completed(1)]));
  });

  test("a signal of handle.with ends it too", async () => {
    const { client } = await connectFake({ getWorkflowExecutionHistory: history([completed(1)]) });
    const handle = client.workflow.getHandle("w").with({ signal: AbortSignal.abort() });
    await assert.rejects(handle.result(), { name: "RPCError", status: "CANCELLED" });
  });
});
