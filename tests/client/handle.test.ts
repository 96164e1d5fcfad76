// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PayloadCodec } from "../../src/converter/codec.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { ApplicationError } from "../../src/common/errors.ts";
import { QueryFailedFailureSchema } from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { toProtoFailure } from "../../src/client/proto.ts";
import { connectFake, payloads, setFields, values } from "./fake_service.ts";

const uuid = /^[0-9a-f-]{36}$/;

describe("handle.signal", () => {
  test("sends name, arguments and a request id of its own", async () => {
    const { client, requests } = await connectFake({ signalWorkflowExecution: {} });
    const handle = client.workflow.getHandle("w", { runId: "run-1" });
    await handle.signal("approve", "Ada", 2);
    await handle.signal({ kind: "signal", name: "stop" });
    const [first, second] = requests("signalWorkflowExecution");
    assert.deepEqual(setFields(first.workflowExecution), { workflowId: "w", runId: "run-1" });
    assert.deepEqual([first.signalName, values(first.input), first.identity], ["approve", ["Ada", 2], "tester"]);
    assert.match(first.requestId, uuid);
    assert.notEqual(first.requestId, second.requestId);
    assert.deepEqual([second.signalName, second.input], ["stop", undefined]);
  });

  test("what is no signal fails before any call", async () => {
    const { client, calls } = await connectFake({ signalWorkflowExecution: {} });
    const handle = client.workflow.getHandle("w");
    const query = { kind: "query", name: "q" } as any;
    await assert.rejects(handle.signal(query), { name: "ValueError", message: /this is a query definition/ });
    await assert.rejects(handle.signal(undefined as any), { name: "ValueError", message: /^workflow\.signal: give/ });
    assert.equal(calls.length, 0);
  });
});

describe("handle.query", () => {
  test("sends name and arguments, gives the first payload", async () => {
    const { client, calls } = await connectFake({ queryWorkflow: { queryResult: payloads({ by: "Ada" }) } });
    const handle = client.workflow.getHandle("w");
    assert.deepEqual(await handle.query("approver", 1), { by: "Ada" });
    const [{ request, timeout }] = calls;
    assert.deepEqual([request.query.queryType, values(request.query.queryArgs)], ["approver", [1]]);
    assert.deepEqual([request.queryRejectCondition, request.execution.runId, timeout], [0, "", 30_000]);
  });

  test("no payload: undefined", async () => {
    const { client } = await connectFake({ queryWorkflow: {} });
    assert.equal(await client.workflow.getHandle("w").query("q"), undefined);
  });

  test("reject condition: the client's, else the handle's", async () => {
    const { client, requests } = await connectFake(
      { queryWorkflow: {} },
      { defaultWorkflowQueryRejectCondition: "NOT_OPEN" },
    );
    await client.workflow.getHandle("w").query("q");
    await client.workflow.getHandle("w").with({ rejectCondition: "NOT_COMPLETED_CLEANLY" }).query("q");
    await client.workflow.getHandle("w").with({ rejectCondition: "NONE" }).with({ rpcTimeout: 5 }).query("q");
    assert.deepEqual(requests("queryWorkflow").map((request) => request.queryRejectCondition), [2, 3, 1]);
  });

  test("rejected", async () => {
    const { client } = await connectFake({ queryWorkflow: { queryRejected: { status: 3 } } });
    await assert.rejects(client.workflow.getHandle("w").query("q"), {
      name: "WorkflowQueryRejectedError",
      status: "FAILED",
      message: "query q was rejected, workflow status: FAILED",
    });
  });

  test("failed: the server's message, the handler's failure as cause where it is sent", async () => {
    const failure = toProtoFailure(await DataConverter.default.encodeFailure(new ApplicationError("bad query")));
    const { client } = await connectFake({
      queryWorkflow: (_, call) => {
        const details = call === 0 ? [{ desc: QueryFailedFailureSchema, value: { failure } }] : [];
        throw new ConnectError("unknown query q", Code.InvalidArgument, undefined, details);
      },
    });
    const handle = client.workflow.getHandle("w");
    const error: any = await handle.query("q").catch((error) => error);
    assert.deepEqual([error.name, error.message], ["WorkflowQueryFailedError", "unknown query q"]);
    assert.equal(error.cause.message, "bad query");
    const other: any = await handle.query("q").catch((error) => error);
    assert.deepEqual([other.name, other.cause.name], ["WorkflowQueryFailedError", "RPCError"]);
  });

  test("failed: the handler's failure is decoded as one of the workflow", async () => {
    const contexts: unknown[] = [];
    const payloadCodec: PayloadCodec = {
      encode: (given) => Promise.resolve(given),
      decode: (given, context) => (contexts.push(context), Promise.resolve(given)),
    };
    const failure = toProtoFailure(
      await DataConverter.default.encodeFailure(new ApplicationError("", { details: [1] })),
    );
    const { client } = await connectFake({
      queryWorkflow: () => {
        const details = [{ desc: QueryFailedFailureSchema, value: { failure } }];
        throw new ConnectError("bad query", Code.InvalidArgument, undefined, details);
      },
    }, { dataConverter: { payloadCodec } });
    await assert.rejects(client.workflow.getHandle("w").query("q"), { name: "WorkflowQueryFailedError" });
    assert.deepEqual(contexts, [{ kind: "workflow", namespace: "default", workflowId: "w" }]);
  });

  test("other errors stay RPCErrors", async () => {
    const { client } = await connectFake({
      queryWorkflow: () => {
        throw new ConnectError("no worker", Code.FailedPrecondition);
      },
    });
    await assert.rejects(client.workflow.getHandle("w").query("q"), {
      name: "RPCError",
      status: "FAILED_PRECONDITION",
    });
  });
});

describe("handle.cancel and terminate", () => {
  test("cancel is guarded by the chain", async () => {
    const { client, requests } = await connectFake({
      startWorkflowExecution: { runId: "run-1" },
      requestCancelWorkflowExecution: {},
    });
    const handle = await client.workflow.start("g", { id: "w", taskQueue: "q" });
    await handle.cancel();
    await handle.cancel("enough");
    const [first, second] = requests("requestCancelWorkflowExecution");
    const { requestId, workflowExecution, ...rest } = setFields(first) as any;
    assert.match(requestId, uuid);
    assert.deepEqual(setFields(workflowExecution), { workflowId: "w" });
    assert.deepEqual(rest, { namespace: "default", identity: "tester", firstExecutionRunId: "run-1" });
    assert.equal(second.reason, "enough");
  });

  test("terminate sends reason and details", async () => {
    const { client, requests } = await connectFake({ terminateWorkflowExecution: {} });
    const handle = client.workflow.getHandle("w", { runId: "run-1", firstExecutionRunId: "run-0" });
    await handle.terminate("why", { details: [1, "two"] });
    await handle.terminate();
    const [first, second] = requests("terminateWorkflowExecution");
    assert.deepEqual([first.reason, values(first.details)], ["why", [1, "two"]]);
    assert.deepEqual([first.workflowExecution.runId, first.firstExecutionRunId], ["run-1", "run-0"]);
    assert.deepEqual([second.reason, second.details], ["", undefined]);
  });

  test("an unknown workflow", async () => {
    const { client } = await connectFake({
      requestCancelWorkflowExecution: () => {
        throw new ConnectError("workflow not found", Code.NotFound);
      },
    });
    await assert.rejects(client.workflow.getHandle("w").cancel(), { name: "NotFoundError", resource: "WORKFLOW" });
  });
});

describe("options of calls", () => {
  test("metadata: the call's over the handle's over the client's", async () => {
    const { client, calls } = await connectFake(
      { signalWorkflowExecution: {}, requestCancelWorkflowExecution: {} },
      { rpcMetadata: { a: "client", b: "client", c: "client" } },
    );
    const handle = client.workflow.getHandle("w").with({ rpcMetadata: { b: "handle", c: "handle" } });
    await handle.signal("s");
    await handle.cancel("", { rpcMetadata: { c: "call", "d-bin": new Uint8Array([1, 2]) } });
    const [first, second] = calls.map(({ headers }) => ["a", "b", "c", "d-bin"].map((key) => headers.get(key)));
    assert.deepEqual(first, ["client", "handle", "handle", null]);
    assert.deepEqual(second, ["client", "handle", "call", "AQI"]);
  });

  test("time-outs: the call's over the client's", async () => {
    const { client, calls } = await connectFake({ requestCancelWorkflowExecution: {} }, { rpcTimeout: "9s" });
    const handle = client.workflow.getHandle("w");
    await handle.cancel();
    await handle.cancel("", { rpcTimeout: "2s" });
    await client.with({ rpcTimeout: 3000 }).workflow.getHandle("w").cancel();
    assert.deepEqual(calls.map(({ timeout }) => timeout), [9_000, 2_000, 3_000]);
  });

  test("getHandle makes no call and needs an id", async () => {
    const { client, calls } = await connectFake({});
    const handle = client.workflow.getHandle("w", { runId: "run-1", firstExecutionRunId: "run-0" });
    const { id, runId, firstExecutionRunId, resultRunId } = handle;
    assert.deepEqual([id, runId, firstExecutionRunId, resultRunId], ["w", "run-1", "run-0", "run-1"]);
    assert.throws(() => client.workflow.getHandle(""), { name: "ValueError", message: /missing `id`/ });
    assert.equal(calls.length, 0);
  });
});
