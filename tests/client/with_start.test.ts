// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WithStartWorkflowOperation } from "../../src/client/with_start.ts";
import { ApplicationError } from "../../src/common/errors.ts";
import { DataConverter } from "../../src/converter/data.ts";
import {
  MultiOperationExecutionFailureSchema,
  WorkflowExecutionAlreadyStartedFailureSchema,
} from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { connectFake, payloads, setFields, values } from "./fake_service.ts";

const start = { id: "w", taskQueue: "q", args: ["order"], idConflictPolicy: "USE_EXISTING" } as const;

function operation(): WithStartWorkflowOperation {
  return new WithStartWorkflowOperation("Approval", { ...start, args: [...start.args], requestEagerStart: true });
}

function answer(stage: number, outcome?: any): any {
  const updateRef = { workflowExecution: { workflowId: "w", runId: "run-1" }, updateId: "u" };
  return {
    responses: [
      { response: { case: "startWorkflow", value: { runId: "run-1", started: true } } },
      { response: { case: "updateWorkflow", value: { stage, outcome, updateRef } } },
    ],
  };
}

const success = { value: { case: "success", value: payloads("done") } };

function multiError(code: Code, statuses: any[]): ConnectError {
  const details = statuses.length ? [{ desc: MultiOperationExecutionFailureSchema, value: { statuses } }] : [];
  return new ConnectError("Update-with-Start could not be executed.", code, undefined, details);
}

const aborted = { code: Code.Aborted, message: "Operation was aborted." };

describe("update-with-start", () => {
  test("sends start and update in one call", async () => {
    const { client, calls } = await connectFake({ executeMultiOperation: answer(3, success) });
    const startWorkflowOperation = operation();
    const result = await client.workflow.executeUpdateWithStart("setLimit", {
      args: [5],
      id: "u-1",
      startWorkflowOperation,
    });
    assert.equal(result, "done");
    assert.equal(calls.length, 1);
    const [{ request, timeout }] = calls;
    assert.equal(timeout, 70_000);
    const [first, second] = request.operations.map(({ operation }: any) => operation);
    assert.deepEqual([first.case, second.case], ["startWorkflow", "updateWorkflow"]);
    assert.deepEqual([first.value.workflowId, first.value.workflowIdConflictPolicy], ["w", 2]);
    assert.deepEqual(values(first.value.input), ["order"]);
    assert.equal(first.value.requestEagerExecution, false);
    assert.deepEqual(setFields(second.value.workflowExecution), { workflowId: "w" });
    assert.deepEqual(setFields(second.value.request.meta), { updateId: "u-1", identity: "tester" });
    assert.deepEqual([second.value.firstExecutionRunId, second.value.waitPolicy.lifecycleStage], ["", 3]);
    const handle = await startWorkflowOperation.workflowHandle();
    assert.deepEqual([handle.id, handle.resultRunId, handle.firstExecutionRunId], ["w", "run-1", "run-1"]);
  });

  test("repeats the same call until the update is durable, then polls", async () => {
    const { client, requests } = await connectFake({
      executeMultiOperation: (_, call) => answer(call),
      pollWorkflowExecutionUpdate: { outcome: success } as any,
    });
    const options = { startWorkflowOperation: operation(), waitForStage: "ACCEPTED" } as const;
    const update = await client.workflow.startUpdateWithStart("u", options);
    const seen = requests("executeMultiOperation");
    assert.equal(seen.length, 3);
    assert.deepEqual(seen[0], seen[2]);
    assert.deepEqual([update.workflowId, update.workflowRunId], ["w", "run-1"]);
    assert.equal(await update.result(), "done");
  });

  test("a failed update leaves the handle usable", async () => {
    const value = await DataConverter.default.encodeFailure(new ApplicationError("rejected"));
    const { client } = await connectFake({ executeMultiOperation: answer(3, { value: { case: "failure", value } }) });
    const startWorkflowOperation = operation();
    const update = client.workflow.executeUpdateWithStart("u", { startWorkflowOperation });
    await assert.rejects(update, { name: "WorkflowUpdateFailedError" });
    assert.equal((await startWorkflowOperation.workflowHandle()).id, "w");
  });

  test("an operation is used once", async () => {
    const { client, calls } = await connectFake({ executeMultiOperation: answer(3, success) });
    const startWorkflowOperation = operation();
    await client.workflow.executeUpdateWithStart("u", { startWorkflowOperation });
    const again = client.workflow.executeUpdateWithStart("u", { startWorkflowOperation });
    await assert.rejects(again, { name: "IllegalStateError", message: /has been used/ });
    assert.equal(calls.length, 1);
  });

  test("bad options fail before any call", async () => {
    const { client, calls } = await connectFake({});
    const make = (options: any): unknown => new WithStartWorkflowOperation("x", options);
    assert.throws(() => make({ id: "w", taskQueue: "q" }), {
      name: "ValueError",
      message: /missing `idConflictPolicy`/,
    });
    assert.throws(() => make({ taskQueue: "q" }), { name: "ValueError", message: /missing `id`/ });
    const missing = client.workflow.executeUpdateWithStart("u", {} as any);
    await assert.rejects(missing, { name: "ValueError", message: /missing `startWorkflowOperation`/ });
    const stage = client.workflow.startUpdateWithStart("u", { startWorkflowOperation: operation() } as any);
    await assert.rejects(stage, { name: "ValueError", message: /missing `waitForStage`/ });
    assert.equal(calls.length, 0);
  });

  test("an invalid part keeps the operation usable", async () => {
    const { client } = await connectFake({ executeMultiOperation: answer(3, success) });
    const startWorkflowOperation = operation();
    const bad = client.workflow.executeUpdateWithStart("u", { startWorkflowOperation, args: 1 as any });
    await assert.rejects(bad, { name: "ValueError" });
    assert.equal(await client.workflow.executeUpdateWithStart("u", { startWorkflowOperation }), "done");
  });
});

describe("errors of update-with-start", () => {
  async function fails(error: ConnectError, expected: object): Promise<void> {
    const { client } = await connectFake({
      executeMultiOperation: () => {
        throw error;
      },
    });
    const startWorkflowOperation = operation();
    await assert.rejects(client.workflow.executeUpdateWithStart("u", { startWorkflowOperation }), expected);
    await assert.rejects(startWorkflowOperation.workflowHandle(), expected);
  }

  test("the part that failed by itself", async () => {
    const status = { code: Code.ResourceExhausted, message: "too many updates" };
    const expected = { name: "RPCError", status: "RESOURCE_EXHAUSTED", message: "too many updates" };
    await fails(multiError(Code.ResourceExhausted, [aborted, status]), expected);
    await fails(multiError(Code.ResourceExhausted, [{ code: 0, message: "" }, status]), expected);
    const closed = { code: Code.NotFound, message: "workflow execution already completed" };
    await fails(multiError(Code.NotFound, [aborted, closed]), { name: "NotFoundError", resource: "WORKFLOW" });
  });

  test("already started", async () => {
    const desc = WorkflowExecutionAlreadyStartedFailureSchema;
    const value = toBinary(desc, create(desc, { runId: "run-0" }));
    const details = [{ typeUrl: `type.googleapis.com/${desc.typeName}`, value }];
    const status = { code: Code.AlreadyExists, message: "exists", details };
    await fails(multiError(Code.AlreadyExists, [status, aborted]), {
      name: "WorkflowAlreadyStartedError",
      workflowId: "w",
      workflowType: "Approval",
      runId: "run-0",
    });
  });

  test("without details the error stays as it is", async () => {
    const message = "Update-with-Start could not be executed.";
    await fails(multiError(Code.InvalidArgument, []), { name: "RPCError", status: "INVALID_ARGUMENT", message });
    await fails(multiError(Code.Aborted, [aborted, aborted]), { name: "RPCError", status: "ABORTED", message });
  });

  test("a time-out", async () => {
    const { client } = await connectFake({
      executeMultiOperation: () => {
        throw new ConnectError("over", Code.DeadlineExceeded);
      },
    });
    const options = { startWorkflowOperation: operation(), rpcTimeout: "1s" };
    const update = client.workflow.executeUpdateWithStart("u", options);
    await assert.rejects(update, { name: "WorkflowUpdateRPCTimeoutOrCancelledError" });
  });

  test("an ignored handle is no unhandled rejection", async () => {
    const { client } = await connectFake({
      executeMultiOperation: () => {
        throw multiError(Code.InvalidArgument, []);
      },
    });
    const update = client.workflow.executeUpdateWithStart("u", { startWorkflowOperation: operation() });
    await assert.rejects(update, { status: "INVALID_ARGUMENT" });
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
});
