import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IllegalStateError } from "@anywhen/temporal/common";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as basics from "./workflows/basics.ts";

const options = { workflows: new URL("./workflows/basics.ts", import.meta.url), activities, shutdownSignals: [] };

describe("lifecycle", () => {
  behaviour("200 workflows at once share a cache of 10", { ...options, maxCachedWorkflows: 10 }, async (scene) => {
    const { client, taskQueue, id } = scene;
    const ids = Array.from({ length: 200 }, () => id());
    const results = await Promise.all(
      ids.map((id) => client.workflow.execute(basics.napping, { id, taskQueue, args: [2] })),
    );
    assert.deepEqual(results, ids.map(() => 2));
  });

  test("a workflow outlives its worker", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const first = await Worker.create({ client, taskQueue, ...options });
    const handle = await first.runUntil(async () => {
      const handle = await client.workflow.start(basics.conditionTimeout, { id: unique("workflow"), taskQueue });
      for await (const event of handle.history({ waitNewEvent: true })) {
        if (event.attributes.case === "timerStartedEventAttributes") break;
      }
      return handle;
    });
    assert.equal(first.state, "STOPPED");
    await using second = await Worker.create({ client, taskQueue, ...options });
    assert.equal(await second.runUntil(handle.result()), false);
  });

  test("a worker tells its state and runs once", async () => {
    const client = await connect();
    const worker = await Worker.create({ client, taskQueue: unique("queue"), ...options });
    assert.deepEqual([worker.state, worker.isRunning, worker.isShutdown], ["INITIALIZED", false, false]);
    const running = worker.run();
    assert.deepEqual([worker.state, worker.isRunning], ["RUNNING", true]);
    await assert.rejects(worker.run(), IllegalStateError);
    await worker.shutdown();
    await running;
    assert.deepEqual([worker.state, worker.isRunning, worker.isShutdown], ["STOPPED", false, true]);
    await assert.rejects(worker.run(), IllegalStateError);
  });

  test("an error of the body of runUntil is thrown after the worker has stopped", async () => {
    const client = await connect();
    const worker = await Worker.create({ client, taskQueue: unique("queue"), ...options });
    const body = () => Promise.reject(new Error("from the body"));
    await assert.rejects(worker.runUntil(body), /from the body/);
    assert.equal(worker.state, "STOPPED");
  });
});
