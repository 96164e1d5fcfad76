// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientParts } from "../../src/client/client.ts";
import { attachDefinition } from "../../src/common/definition.ts";
import { SearchAttributeKey } from "../../src/common/search.ts";
import { WorkflowExecutionAlreadyStartedFailureSchema } from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { connectFake, setFields, values } from "./fake_service.ts";

async function greet(name: string): Promise<string> {
  return await Promise.resolve(`Hello, ${name}!`);
}

class Approval {
  run(order: string): Promise<string> {
    return Promise.resolve(order);
  }
}

const started = { runId: "run-1", started: true };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function alreadyStarted(): ConnectError {
  return new ConnectError("already started", Code.AlreadyExists, undefined, [
    { desc: WorkflowExecutionAlreadyStartedFailureSchema, value: { runId: "run-0", startRequestId: "r" } },
  ]);
}

describe("workflow.start", () => {
  test("sends what is set and leaves unset what is not", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    await client.workflow.start(greet, { id: "w-1", taskQueue: "q", args: ["World"] });
    const [request] = requests("startWorkflowExecution");
    const { requestId, input, workflowType, taskQueue, ...rest } = setFields(request) as any;
    assert.deepEqual(rest, { namespace: "default", workflowId: "w-1", identity: "tester" });
    assert.match(requestId, uuid);
    assert.equal(workflowType.name, "greet");
    assert.equal(taskQueue.name, "q");
    assert.deepEqual(values(input), ["World"]);
  });

  test("sends every option", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    await client.workflow.start("greet", {
      id: "w-1",
      taskQueue: "q",
      args: ["World", null, undefined, { n: 1 }],
      executionTimeout: "1h",
      runTimeout: { minutes: 5 },
      taskTimeout: 1500,
      retryPolicy: {
        initialInterval: 0.5,
        backoffCoefficient: 3,
        maximumInterval: "10s",
        maximumAttempts: 4,
        nonRetryableErrorTypes: ["Bad"],
      },
      memo: { note: "m", left: undefined },
      searchAttributes: [SearchAttributeKey.forKeyword("CustomerId").valueSet("c-1")],
      staticSummary: "summary",
      staticDetails: "details",
      priority: { priorityKey: 2, fairnessKey: "f", fairnessWeight: 1.5 },
      idReusePolicy: "REJECT_DUPLICATE",
      idConflictPolicy: "USE_EXISTING",
      cronSchedule: "0 * * * *",
      startDelay: "3s",
      requestId: "mine",
      versioningOverride: { behavior: "PINNED", version: { deploymentName: "d", buildId: "b.1" } },
    });
    const [request] = requests("startWorkflowExecution");
    assert.deepEqual(values(request.input), ["World", null, undefined, { n: 1 }]);
    assert.equal(request.workflowExecutionTimeout.seconds, 3600n);
    assert.equal(request.workflowRunTimeout.seconds, 300n);
    assert.deepEqual([request.workflowTaskTimeout.seconds, request.workflowTaskTimeout.nanos], [1n, 500_000_000]);
    assert.equal(request.retryPolicy.initialInterval.nanos, 500_000);
    assert.equal(request.retryPolicy.backoffCoefficient, 3);
    assert.equal(request.retryPolicy.maximumInterval.seconds, 10n);
    assert.equal(request.retryPolicy.maximumAttempts, 4);
    assert.deepEqual(request.retryPolicy.nonRetryableErrorTypes, ["Bad"]);
    assert.deepEqual(Object.keys(request.memo.fields), ["note"]);
    assert.deepEqual(values({ payloads: [request.memo.fields.note] }), ["m"]);
    const attribute = request.searchAttributes.indexedFields.CustomerId;
    assert.equal(new TextDecoder().decode(attribute.metadata.type), "Keyword");
    assert.deepEqual(values({ payloads: [request.userMetadata.summary, request.userMetadata.details] }), [
      "summary",
      "details",
    ]);
    assert.deepEqual(setFields(request.priority), { priorityKey: 2, fairnessKey: "f", fairnessWeight: 1.5 });
    assert.equal(request.workflowIdReusePolicy, 3);
    assert.equal(request.workflowIdConflictPolicy, 2);
    assert.equal(request.cronSchedule, "0 * * * *");
    assert.equal(request.workflowStartDelay.seconds, 3n);
    assert.equal(request.requestId, "mine");
    assert.equal(request.versioningOverride.behavior, 1);
    assert.equal(request.versioningOverride.pinnedVersion, "d.b.1");
    assert.equal(request.versioningOverride.override.case, "pinned");
    assert.equal(request.versioningOverride.override.value.version.buildId, "b.1");
  });

  test("search attributes as a record leave their types to the server", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    await client.workflow.start("greet", { id: "w", taskQueue: "q", searchAttributes: { Price: 3, Tags: ["a"] } });
    const { indexedFields } = requests("startWorkflowExecution")[0].searchAttributes;
    assert.deepEqual([indexedFields.Price.metadata.type, indexedFields.Tags.metadata.type], [undefined, undefined]);
    assert.deepEqual(values({ payloads: [indexedFields.Price, indexedFields.Tags] }), [3, ["a"]]);
    const unset = [SearchAttributeKey.forInt("Price").valueUnset()] as any;
    const options = { id: "w", taskQueue: "q", searchAttributes: unset };
    await assert.rejects(client.workflow.start("greet", options), {
      name: "ValueError",
      message: /Price is of type INT/,
    });
  });

  test("AUTO_UPGRADE is sent in old and new fields", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    const versioningOverride = { behavior: "AUTO_UPGRADE" } as const;
    await client.workflow.start("greet", { id: "w", taskQueue: "q", versioningOverride });
    const [{ versioningOverride: sent }] = requests("startWorkflowExecution");
    assert.equal(sent.behavior, 2);
    assert.deepEqual(sent.override, { case: "autoUpgrade", value: true });
  });

  test("no arguments: no input", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    await client.workflow.start("greet", { id: "w", taskQueue: "q" });
    await client.workflow.start("greet", { id: "w", taskQueue: "q", args: [] });
    for (const request of requests("startWorkflowExecution")) assert.equal(request.input, undefined);
  });

  test("names: function, class, decorated class, definition, text", async () => {
    const { client, requests } = await connectFake({ startWorkflowExecution: started });
    const options = { id: "w", taskQueue: "q", args: ["x"] as [string] };
    const Decorated = attachDefinition(class Decorated extends Approval {}, { kind: "workflow", name: "custom" });
    const definition = { kind: "workflow" as const, name: "defined", run: (_: string) => Promise.resolve(1) };
    await client.workflow.start(greet, options);
    await client.workflow.start(Approval, options);
    await client.workflow.start(Decorated, options);
    await client.workflow.start(definition, options);
    await client.workflow.start("text", options);
    const names = requests("startWorkflowExecution").map((request) => request.workflowType.name);
    assert.deepEqual(names, ["greet", "Approval", "custom", "defined", "text"]);
  });

  test("a started handle follows the id and is guarded by its chain", async () => {
    const { client } = await connectFake({ startWorkflowExecution: started });
    const handle = await client.workflow.start(greet, { id: "w-1", taskQueue: "q", args: ["x"] });
    const { id, runId, resultRunId, firstExecutionRunId, eagerlyStarted } = handle;
    assert.deepEqual([id, runId, resultRunId, firstExecutionRunId, eagerlyStarted], [
      "w-1",
      undefined,
      "run-1",
      "run-1",
      false,
    ]);
  });

  test("START-02 an eager start is asked for while a worker on the connection has a slot", async () => {
    const eagerWorkflowTask = { taskToken: new Uint8Array([1]) };
    const { client, requests } = await connectFake({
      startWorkflowExecution: ({ requestEagerExecution }) =>
        requestEagerExecution ? { ...started, eagerWorkflowTask } : started,
    });
    const seen: string[] = [];
    let slots = 1;
    const slot = { use: () => void seen.push("used"), release: () => void seen.push("released") };
    const { eagerStarts } = clientParts(client).link;
    const worker = { namespace: "default", taskQueue: "q", reserve: () => slots-- > 0 ? slot : undefined };
    const leave = eagerStarts.add(worker);
    const options = { id: "w", taskQueue: "q", args: ["x"], requestEagerStart: true } as const;
    const run = (more: object, on = client) => on.workflow.start(greet, { ...options, args: ["x"], ...more });
    assert.equal((await run({ requestEagerStart: false })).eagerlyStarted, false);
    assert.equal((await run({ taskQueue: "other" })).eagerlyStarted, false);
    assert.equal((await run({}, client.with({ namespace: "elsewhere" }))).eagerlyStarted, false);
    assert.deepEqual(seen, []);
    assert.equal((await run({})).eagerlyStarted, true);
    assert.deepEqual(seen, ["used", "released"]);
    assert.equal((await run({})).eagerlyStarted, false);
    slots = 1;
    leave();
    assert.equal((await run({})).eagerlyStarted, false);
    const asked = requests("startWorkflowExecution").map(({ requestEagerExecution }) => requestEagerExecution);
    assert.deepEqual(asked, [false, false, false, true, false, false]);
  });

  test("START-02 a slot is given back where the start fails or is an ordinary one", async () => {
    const answers = [started, alreadyStarted()];
    const { client } = await connectFake({
      startWorkflowExecution: (_, call) => {
        const answer = answers[call];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const seen: string[] = [];
    const slot = { use: () => void seen.push("used"), release: () => void seen.push("released") };
    clientParts(client).link.eagerStarts.add({ namespace: "default", taskQueue: "q", reserve: () => slot });
    const options = { id: "w", taskQueue: "q", requestEagerStart: true };
    assert.equal((await client.workflow.start("any", options)).eagerlyStarted, false);
    await assert.rejects(client.workflow.start("any", options));
    assert.deepEqual(seen, ["released", "released"]);
  });

  test("joining an existing run takes the chain that the server names, or none", async () => {
    const answers = [{ runId: "run-2", firstExecutionRunId: "run-1" }, { runId: "run-2" }];
    const { client } = await connectFake({ startWorkflowExecution: (_, call) => answers[call] });
    const options = { id: "w", taskQueue: "q", idConflictPolicy: "USE_EXISTING" } as const;
    assert.equal((await client.workflow.start("g", options)).firstExecutionRunId, "run-1");
    assert.equal((await client.workflow.start("g", options)).firstExecutionRunId, undefined);
  });

  test("one request id per call, kept over retries", async () => {
    const { client, requests } = await connectFake({
      startWorkflowExecution: (_, call) => {
        if (call === 0) throw new ConnectError("later", Code.Unavailable);
        return started;
      },
    }, { retryConfig: { initialInterval: 1 } });
    await client.workflow.start("g", { id: "w", taskQueue: "q" });
    await client.workflow.start("g", { id: "w", taskQueue: "q" });
    const ids = requests("startWorkflowExecution").map((request) => request.requestId);
    assert.equal(ids.length, 3);
    assert.equal(ids[0], ids[1]);
    assert.notEqual(ids[1], ids[2]);
  });

  test("already started: an error with the other run's id", async () => {
    const { client } = await connectFake({
      startWorkflowExecution: () => {
        throw alreadyStarted();
      },
    });
    await assert.rejects(client.workflow.start(greet, { id: "w-1", taskQueue: "q", args: ["x"] }), {
      name: "WorkflowAlreadyStartedError",
      code: "WORKFLOW_ALREADY_STARTED",
      workflowId: "w-1",
      workflowType: "greet",
      runId: "run-0",
    });
  });

  test("ALREADY_EXISTS without the detail stays an RPCError", async () => {
    const { client } = await connectFake({
      startWorkflowExecution: () => {
        throw new ConnectError("no details", Code.AlreadyExists);
      },
    });
    await assert.rejects(client.workflow.start("g", { id: "w", taskQueue: "q" }), {
      name: "RPCError",
      status: "ALREADY_EXISTS",
      message: "no details",
    });
  });

  test("an unknown namespace says so", async () => {
    const { client } = await connectFake({
      startWorkflowExecution: () => {
        throw new ConnectError("Namespace nowhere is not found.", Code.NotFound);
      },
    }, { namespace: "nowhere" });
    await assert.rejects(client.workflow.start("g", { id: "w", taskQueue: "q" }), {
      name: "NotFoundError",
      resource: "NAMESPACE",
      message: /^namespace "nowhere" does not exist .*; create it/,
    });
  });
});

describe("bad options fail before any call", () => {
  const cases: [what: string, options: any, message: RegExp][] = [
    ["no options", undefined, /^workflow\.start: missing `id`/],
    ["no id", { taskQueue: "q" }, /^workflow\.start: missing `id`; /],
    ["empty id", { id: "", taskQueue: "q" }, /missing `id`/],
    ["no task queue", { id: "w" }, /^workflow\.start: missing `taskQueue`; /],
    ["args no array", { id: "w", taskQueue: "q", args: "World" }, /args of workflow\.start is not an array/],
    ["args an object", { id: "w", taskQueue: "q", args: {} }, /args of workflow\.start is not an array/],
    ["bad retry policy", { id: "w", taskQueue: "q", retryPolicy: { backoffCoefficient: 0.5 } }, /retryPolicy\.backoff/],
    ["bad duration", { id: "w", taskQueue: "q", runTimeout: "soon" }, /^runTimeout is not a duration/],
    [
      "bad reuse policy",
      { id: "w", taskQueue: "q", idReusePolicy: "NEVER" },
      /^idReusePolicy: unknown value "NEVER"; choose one of ALLOW/,
    ],
    [
      "bad conflict policy",
      { id: "w", taskQueue: "q", idConflictPolicy: "UNSPECIFIED" },
      /^idConflictPolicy: unknown value/,
    ],
    ["bad priority", { id: "w", taskQueue: "q", priority: { priorityKey: -1 } }, /^priority\.priorityKey: -1/],
    ["a dot in the deployment", {
      id: "w",
      taskQueue: "q",
      versioningOverride: { behavior: "PINNED", version: { deploymentName: "a.b", buildId: "1" } },
    }, /has a "\." in it/],
    [
      "bad metadata",
      { id: "w", taskQueue: "q", rpcMetadata: { "key-bin": "text" } },
      /rpcMetadata\["key-bin"\] must be a Uint8Array/,
    ],
    [
      "bytes without -bin",
      { id: "w", taskQueue: "q", rpcMetadata: { key: new Uint8Array(1) } },
      /rpcMetadata\["key"\] must be a string/,
    ],
    ["bad time-out", { id: "w", taskQueue: "q", rpcTimeout: -1 }, /^rpcTimeout is negative/],
    ["a value that does not convert", { id: "w", taskQueue: "q", args: [1n] }, /BigInt|bigint/],
  ];
  for (const [what, options, message] of cases) {
    test(what, async () => {
      const { client, calls } = await connectFake({ startWorkflowExecution: started });
      await assert.rejects(client.workflow.start("g", options), { name: "ValueError", message });
      assert.equal(calls.length, 0);
    });
  }

  test("execute names itself", async () => {
    const { client } = await connectFake({});
    await assert.rejects(client.workflow.execute("g", { id: "w" } as any), {
      message: /^workflow\.execute: missing `taskQueue`/,
    });
  });

  test("a reference without a name", async () => {
    const { client } = await connectFake({});
    const options = { id: "w", taskQueue: "q" };
    await assert.rejects(client.workflow.start("", options), { name: "ValueError", message: /workflow has no name/ });
    await assert.rejects(client.workflow.start((() => Promise.resolve()) as any, options), { name: "ValueError" });
    await assert.rejects(client.workflow.start(undefined as any, options), { name: "ValueError" });
  });
});

describe("workflow.signalWithStart", () => {
  test("sends start and signal in one call", async () => {
    const { client, requests } = await connectFake({
      signalWithStartWorkflowExecution: { runId: "run-1", started: true },
    });
    const approve = { kind: "signal", name: "approve" } as const;
    const handle = await client.workflow.signalWithStart(Approval, {
      id: "w",
      taskQueue: "q",
      args: ["order"],
      startSignal: approve,
      startSignalArgs: ["Ada"],
      startDelay: "1s",
      requestEagerStart: true,
    });
    const [request] = requests("signalWithStartWorkflowExecution");
    assert.equal(request.signalName, "approve");
    assert.deepEqual(values(request.signalInput), ["Ada"]);
    assert.deepEqual(values(request.input), ["order"]);
    assert.equal(request.workflowStartDelay.seconds, 1n);
    assert.match(request.requestId, uuid);
    assert.deepEqual([handle.resultRunId, handle.firstExecutionRunId, handle.runId], ["run-1", undefined, undefined]);
  });

  test("already started", async () => {
    const { client } = await connectFake({
      signalWithStartWorkflowExecution: () => {
        throw alreadyStarted();
      },
    });
    const options = { id: "w", taskQueue: "q", startSignal: "s" };
    await assert.rejects(client.workflow.signalWithStart("g", options), {
      name: "WorkflowAlreadyStartedError",
      runId: "run-0",
    });
  });

  test("a missing signal fails before any call", async () => {
    const { client, calls } = await connectFake({});
    const options = { id: "w", taskQueue: "q" } as any;
    await assert.rejects(client.workflow.signalWithStart("g", options), {
      name: "ValueError",
      message: /^workflow\.signalWithStart: give the signal's name/,
    });
    assert.equal(calls.length, 0);
  });
});
