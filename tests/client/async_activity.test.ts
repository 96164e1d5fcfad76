// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApplicationError } from "../../src/common/errors.ts";
import type { SerializationContext } from "../../src/converter/context.ts";
import { connectFake, setFields, values } from "./fake_service.ts";

const taskToken = new Uint8Array([1, 2]);
const answers = {
  recordActivityTaskHeartbeat: {},
  recordActivityTaskHeartbeatById: {},
  respondActivityTaskCompleted: {},
  respondActivityTaskCompletedById: {},
  respondActivityTaskFailed: {},
  respondActivityTaskFailedById: {},
  respondActivityTaskCanceled: {},
  respondActivityTaskCanceledById: {},
};

const references = [
  ["by token", { taskToken }, "", { taskToken }],
  ["by ids", { workflowId: "w", runId: "r", activityId: "a" }, "ById", {
    workflowId: "w",
    runId: "r",
    activityId: "a",
  }],
  ["standalone", { activityId: "a" }, "ById", { activityId: "a" }],
] as const;

for (const [how, reference, suffix, fields] of references) {
  describe(`an activity completed ${how}`, () => {
    const common = { ...fields, namespace: "default", identity: "tester" };

    test("complete: no payload, a null one, a value", async () => {
      const { client, calls } = await connectFake(answers);
      const handle = client.activity.getAsyncHandle(reference);
      await handle.complete();
      await handle.complete(undefined);
      await handle.complete(null);
      await handle.complete({ n: 1 });
      assert.deepEqual([...new Set(calls.map(({ method }) => method))], [`respondActivityTaskCompleted${suffix}`]);
      assert.deepEqual(setFields(calls[0].request), common);
      const results = calls.map(({ request }) => values(request.result));
      assert.deepEqual(results, [undefined, [undefined], [null], [{ n: 1 }]]);
    });

    test("fail, with the last heartbeat's details", async () => {
      const { client, calls } = await connectFake(answers);
      const handle = client.activity.getAsyncHandle(reference);
      await handle.fail(new ApplicationError("no", { type: "Bad" }), { lastHeartbeatDetails: [3], rpcTimeout: "1s" });
      const [{ method, request, timeout }] = calls;
      assert.equal(method, `respondActivityTaskFailed${suffix}`);
      assert.equal(request.failure.message, "no");
      assert.equal(request.failure.failureInfo.value.type, "Bad");
      assert.deepEqual(values(request.lastHeartbeatDetails), [3]);
      assert.equal(timeout, 1_000);
    });

    test("heartbeat and reportCancellation", async () => {
      const { client, calls } = await connectFake(answers);
      const handle = client.activity.getAsyncHandle(reference);
      await handle.heartbeat("half", 0.5);
      await handle.heartbeat();
      await handle.reportCancellation("left");
      assert.deepEqual(calls.map(({ method }) => method), [
        `recordActivityTaskHeartbeat${suffix}`,
        `recordActivityTaskHeartbeat${suffix}`,
        `respondActivityTaskCanceled${suffix}`,
      ]);
      assert.deepEqual(calls.map(({ request }) => values(request.details)), [["half", 0.5], undefined, ["left"]]);
      assert.deepEqual(setFields(calls[1].request), common);
    });
  });
}

describe("async handles", () => {
  test("a heartbeat tells to stop, and why", async () => {
    const flags = [{ cancelRequested: true }, { activityPaused: true }, { activityReset: true }];
    const { client } = await connectFake({ recordActivityTaskHeartbeat: (_, call) => flags[call] });
    const handle = client.activity.getAsyncHandle({ taskToken });
    for (const [word, key] of [["cancelled", "cancelRequested"], ["paused", "paused"], ["reset", "reset"]]) {
      const error: any = await handle.heartbeat().catch((error) => error);
      assert.deepEqual([error.name, error.message], ["AsyncActivityCancelledError", `the activity has been ${word}`]);
      assert.deepEqual(Object.entries(error.details).filter(([, value]) => value), [[key, true]]);
    }
  });

  test("an unknown or closed activity", async () => {
    const { client } = await connectFake({
      respondActivityTaskCompletedById: () => {
        throw new ConnectError("activity not found", Code.NotFound);
      },
    });
    const handle = client.activity.getAsyncHandle({ activityId: "a", workflowId: "w" });
    await assert.rejects(handle.complete(), { name: "NotFoundError", resource: "ACTIVITY" });
  });

  test("with: options for all calls, and the converter's context", async () => {
    const seen: (SerializationContext | undefined)[] = [];
    const payloadCodec = {
      encode: (payloads: any[], context?: SerializationContext) => (seen.push(context), Promise.resolve(payloads)),
      decode: (payloads: any[]) => Promise.resolve(payloads),
    };
    const { client, calls } = await connectFake(answers, { dataConverter: { payloadCodec } });
    const context = { kind: "workflow", namespace: "n", workflowId: "x" } as const;
    const byToken = client.activity.getAsyncHandle({ taskToken });
    await byToken.with({ rpcTimeout: 7, serializationContext: context }).with({ rpcMetadata: { k: "v" } }).complete(1);
    await byToken.complete(1);
    await client.activity.getAsyncHandle({ activityId: "a", workflowId: "w" }).complete(1);
    const activity = { kind: "activity", namespace: "default", activityId: "a", workflowId: "w", isLocal: false };
    assert.deepEqual(seen, [context, undefined, activity]);
    assert.deepEqual([calls[0].timeout, calls[0].headers.get("k"), calls[1].headers.get("k")], [7, "v", null]);
  });

  test("a token that is undefined is no token", async () => {
    const { client, calls } = await connectFake(answers);
    await client.activity.getAsyncHandle({ taskToken: undefined, activityId: "a" } as any).complete();
    assert.equal(calls[0].method, "respondActivityTaskCompletedById");
  });

  test("a reference to nothing", async () => {
    const { client } = await connectFake({});
    for (const reference of [undefined, {}, { taskToken: new Uint8Array() }, { activityId: "" }]) {
      const get = (): unknown => client.activity.getAsyncHandle(reference as any);
      assert.throws(get, { name: "ValueError", message: /^activity\.getAsyncHandle: give a `taskToken`/ });
    }
  });
});
