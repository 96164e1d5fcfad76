import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { WorkflowEnvironment } from "@anywhen/temporal/testing";

describe("WorkflowEnvironment", () => {
  test("startLocal has a server and a client of its own", async () => {
    await using first = await WorkflowEnvironment.startLocal();
    await using second = await WorkflowEnvironment.startLocal({ namespace: "mine", identity: "me" });
    assert.deepEqual([second.client.namespace, second.client.identity], ["mine", "me"]);
    assert.deepEqual([second.server?.address, second.supportsTimeSkipping], [undefined, false]);
    await second.client.workflow.start("greet", { id: "w", taskQueue: "nobody" });
    assert.equal((await second.client.workflow.count()).count, 1);
    assert.equal((await first.client.workflow.count()).count, 0);
  });

  test("options reach the server", async () => {
    await using environment = await WorkflowEnvironment.startLocal({ namespace: "a", namespaces: ["b"] });
    const other = await environment.connectClient({ namespace: "b" });
    assert.equal((await other.workflow.count()).count, 0);
    await assert.rejects(environment.client.with({ namespace: "c" }).workflow.count(), { resource: "NAMESPACE" });
  });

  test("connectClient: the first client's options, changed", async () => {
    await using environment = await WorkflowEnvironment.startLocal({ identity: "me" });
    const other = await environment.connectClient({ identity: "you" });
    assert.deepEqual([other.namespace, other.identity], ["default", "you"]);
    await environment.client.workflow.start("greet", { id: "w", taskQueue: "nobody" });
    assert.equal((await other.workflow.getHandle("w").describe()).status, "RUNNING");
    await other.close();
    assert.equal((await environment.client.workflow.getHandle("w").describe()).status, "RUNNING");
  });

  test("time", async () => {
    await using environment = await WorkflowEnvironment.startLocal();
    const start = await environment.now();
    await environment.sleep(20);
    assert.ok((await environment.now()).getTime() - start.getTime() >= 19);
    await assert.rejects(environment.sleep("soon"), { name: "ValueError", message: /^duration is not a duration/ });
  });

  test("a real sleep may be longer than timers can be set", async () => {
    await using own = await WorkflowEnvironment.startLocal();
    const environment = WorkflowEnvironment.fromClient(own.client);
    const { setTimeout } = globalThis;
    const delays: (number | undefined)[] = [];
    const fake = (callback: () => void, delay?: number): unknown => (delays.push(delay), setTimeout(callback));
    globalThis.setTimeout = fake as typeof setTimeout;
    try {
      await environment.sleep("30 days");
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assert.deepEqual(delays, [2_147_483_647, 444_516_353]);
  });

  test("shutdown twice; nothing works after it", async () => {
    const environment = await WorkflowEnvironment.startLocal();
    await environment.shutdown();
    await environment.shutdown();
    await assert.rejects(environment.client.workflow.count(), { name: "IllegalStateError" });
  });

  test("fromClient leaves your client open", async () => {
    await using own = await WorkflowEnvironment.startLocal();
    const client = await Client.connect(own.server!);
    const environment = WorkflowEnvironment.fromClient(client);
    assert.equal(environment.client, client);
    assert.equal(environment.server, undefined);
    assert.ok(Math.abs((await environment.now()).getTime() - Date.now()) < 1_000);
    assert.equal((await environment.connectClient({ identity: "you" })).identity, "you");
    await environment.sleep(1);
    await environment.shutdown();
    assert.equal((await client.workflow.count()).count, 0);
  });

  test("options that cannot be", async () => {
    await using environment = await WorkflowEnvironment.startLocal({ rpcTimeout: -1 });
    await assert.rejects(environment.client.workflow.count(), {
      name: "ValueError",
      message: /^rpcTimeout is negative/,
    });
    await assert.rejects(WorkflowEnvironment.startLocal({ namespaces: [] }), { name: "ValueError" });
  });
});
