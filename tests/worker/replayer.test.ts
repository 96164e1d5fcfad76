import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Client, type WorkflowHistory } from "@anywhen/temporal/client";
import { NondeterminismError, ValueError } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { createLog } from "../activity/support.ts";
import * as replayed from "./workflows/replayed.ts";

const workflows = new URL("./workflows/replayed.ts", import.meta.url);
const changed = new URL("./workflows/changed.ts", import.meta.url);

/** Histories of the workflows, made on a server of this test's own. */
async function record(): Promise<Record<"open" | "closed" | "failed", WorkflowHistory>> {
  const telemetry = { logger: createLog().logger };
  await using server = await DevServer.start({ telemetry });
  const client = await Client.connect(server, { telemetry });
  const taskQueue = "replay";
  const activities = { greet: (name: string) => `Hello, ${name}!` };
  const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
  return await worker.runUntil(async () => {
    const failed = await client.workflow.start(replayed.failing, { id: "failed", taskQueue });
    await assert.rejects(failed.result());
    const handle = await client.workflow.start(replayed.greeting, { id: "greeting", taskQueue, args: ["Ada"] });
    assert.equal(await handle.query(replayed.name), "Ada");
    const open = await handle.fetchHistory();
    assert.equal(await handle.executeUpdate(replayed.setName, { args: ["Grace"] }), "Ada");
    assert.equal(await handle.result(), "Hello, Grace!");
    return { open, closed: await handle.fetchHistory(), failed: await failed.fetchHistory() };
  });
}

describe("replayer", () => {
  let histories: Awaited<ReturnType<typeof record>>;
  let replayer: Replayer;
  let changedReplayer: Replayer;

  before(async () => {
    const telemetry = { logger: createLog().logger };
    histories = await record();
    replayer = await Replayer.create({ workflows, telemetry });
    changedReplayer = await Replayer.create({ workflows: changed, telemetry });
  });

  test("closed, open and failed histories replay", async () => {
    for (const history of Object.values(histories)) {
      const result = await replayer.replayWorkflow(history);
      assert.equal(result.error, undefined);
      assert.equal(result.workflowId, history.workflowId);
      assert.equal(result.runId, history.runId);
    }
  });

  test("JSON is a history too, as text and parsed", async () => {
    const json = JSON.stringify(histories.closed);
    assert.equal((await replayer.replayWorkflow(json)).workflowId, "greeting");
    assert.equal((await replayer.replayWorkflow(JSON.parse(json))).runId, histories.closed.runId);
  });

  test("code that has changed is nondeterminism: thrown, or reported on demand", async () => {
    await assert.rejects(changedReplayer.replayWorkflow(histories.closed), NondeterminismError);
    const result = await changedReplayer.replayWorkflow(histories.closed, { raiseOnReplayFailure: false });
    assert.ok(result.error instanceof NondeterminismError);
    assert.doesNotMatch(result.error.message, /\n/);
  });

  test("many are reported in their order", async () => {
    const results: [string, boolean][] = [];
    const list = [histories.open, histories.closed, histories.closed];
    for await (const { workflowId, error } of changedReplayer.replayWorkflows(list, { concurrency: 2 })) {
      results.push([workflowId, error !== undefined]);
    }
    assert.deepEqual(results, [["greeting", true], ["greeting", true], ["greeting", true]]);
    await assert.rejects(async () => {
      for await (const _ of changedReplayer.replayWorkflows(list, { raiseOnReplayFailure: true }));
    }, NondeterminismError);
  });

  test("an unregistered type and what is no history are plain errors", async () => {
    await assert.rejects(changedReplayer.replayWorkflow(histories.failed), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.equal(error.message, "workflow type failing of the history is not registered; registered: greeting");
      return true;
    });
    await assert.rejects(replayer.replayWorkflow({ nothing: true }), ValueError);
    await assert.rejects(Replayer.create({}), /no workflows; pass `workflows`/);
  });
});
