import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RPCError, type WorkflowHandle } from "@anywhen/temporal/client";
import type { QueryDefinition } from "@anywhen/temporal/common";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as info from "./workflows/info.ts";

const options = { workflows: new URL("./workflows/info.ts", import.meta.url), activities };

/** Asks until there is an answer: a query that the server hands to a worker which just stopped is lost. */
async function ask<R>(handle: WorkflowHandle, query: QueryDefinition<R, []>): Promise<R> {
  const patient = handle.with({ rpcTimeout: "3s" });
  for (let tries = 1;; tries++) {
    try {
      return await patient.query(query);
    } catch (error) {
      if (!(error instanceof RPCError) || tries === 5) throw error;
    }
  }
}

describe("info", () => {
  behaviour("START-05 info tells what the start says, unset is unset", options, async ({ client, taskQueue, id }) => {
    const retryPolicy = { initialInterval: 1_500, maximumAttempts: 3, nonRetryableErrorTypes: ["Never"] };
    const handle = await client.workflow.start(info.describeStart, {
      id: id(),
      taskQueue,
      retryPolicy,
      runTimeout: "1h",
    });
    const told = await handle.result();
    const { events } = await handle.fetchHistory();
    const times = events.map(({ eventTime }) => Number(eventTime!.seconds) * 1000 + eventTime!.nanos / 1e6);
    const firstTask = events.findIndex(({ attributes }) => attributes.case === "workflowTaskStartedEventAttributes");
    const { startTime, workflowStartTime, retryPolicy: policy, now, time, timeNs, buildId, ...rest } = told;
    assert.deepEqual(rest, {
      attempt: 1,
      firstExecutionRunId: handle.firstExecutionRunId,
      namespace: client.namespace,
      priority: {},
      rawMemo: [],
      headers: [],
      runId: handle.resultRunId,
      runTimeout: 3_600_000,
      searchAttributes: {},
      taskQueue,
      taskTimeout: 10_000,
      workflowId: handle.id,
      workflowType: "describeStart",
      hasDates: true,
      deploymentVersion: "none",
      targetVersionChanged: false,
      inWorkflow: true,
      instance: true,
    });
    assert.deepEqual(policy, { ...retryPolicy, backoffCoefficient: 2, maximumInterval: 150_000 });
    assert.equal(startTime, new Date(times[firstTask]).toISOString());
    assert.equal(workflowStartTime, new Date(times[0]).toISOString());
    assert.equal(now, Math.floor(times[firstTask]));
    assert.ok(Math.abs(Number(time) - times[firstTask]) < 0.001);
    assert.ok(Math.abs(Number(BigInt(timeNs as string)) / 1e6 - times[firstTask]) < 0.001);
    assert.match(buildId as string, /^[0-9a-f]{32}$/);
  });

  behaviour("START-05 info is a copy each time", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(info.changesInfo, { id: id(), taskQueue }), true);
    assert.equal(await client.workflow.execute(info.Selfish, { id: id(), taskQueue }), true);
  });

  behaviour(
    "START-06 history length and size grow task by task, queries see the last task's",
    options,
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const handle = await client.workflow.start(info.progresses, { id: id(), taskQueue, args: [3] });
      const asked = [];
      for (let i = 0; i < 3; i++) {
        asked.push(await handle.query(info.progress));
        assert.deepEqual(await handle.query(info.progress), asked[i]);
        await handle.signal(info.advance);
      }
      const seen = await handle.result();
      assert.deepEqual(asked, seen.slice(0, 3));
      const { events } = await handle.fetchHistory();
      const started = events.filter(({ attributes }) => attributes.case === "workflowTaskStartedEventAttributes");
      assert.deepEqual(seen.map(({ length }) => length), started.map(({ eventId }) => Number(eventId)));
      const sizes = started.map(({ attributes }) => attributes.value as { historySizeBytes: bigint });
      assert.deepEqual(seen.map(({ size }) => size), sizes.map(({ historySizeBytes }) => Number(historySizeBytes)));
      assert.ok(seen.every(({ size }, index) => index === 0 || size > seen[index - 1].size));
      assert.ok(seen.every(({ isContinueAsNewSuggested }) => !isContinueAsNewSuggested));
    },
  );

  behaviour("DET-22 the first new line after a query runs live, at the right length", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(info.lineByLine, { id: id(), taskQueue });
    for (let i = 0; i < 3; i++) await handle.query(info.progress);
    await handle.signal(info.advance);
    const lines = await handle.result();
    const { events } = await handle.fetchHistory();
    const last = events.findLast(({ attributes }) => attributes.case === "workflowTaskStartedEventAttributes")!;
    assert.equal(lines.length, 1);
    const { length, isReplaying } = lines[0] as { length: number; isReplaying: boolean };
    assert.deepEqual([length, isReplaying], [Number(last.eventId), false]);
  });

  test("START-26 the build id is that of the worker which did the task, also in replay by a newer one", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const base = { client, taskQueue, ...options, shutdownSignals: [], maxCachedWorkflows: 0 };
    const one = await Worker.create({ ...base, buildId: "1.0" });
    const handle = await one.runUntil(async () => {
      const handle = await client.workflow.start(info.builds, { id: unique("workflow"), taskQueue });
      assert.equal(await handle.query(info.buildId), "1.0");
      return handle;
    });
    const two = await Worker.create({ ...base, buildId: "2.0" });
    await two.runUntil(async () => {
      assert.equal(await ask(handle, info.buildId), "1.0");
      assert.equal(await ask(handle, info.atStart), "1.0");
      await handle.signal(info.advance);
      assert.deepEqual(await handle.result(), ["1.0", "2.0"]);
      const { events } = await handle.fetchHistory();
      const completed = events.filter(({ attributes }) => attributes.case === "workflowTaskCompletedEventAttributes");
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: client.namespace,
        workflowExecution: { workflowId: handle.id, runId: handle.resultRunId },
        workflowTaskFinishEventId: completed[1].eventId,
        requestId: crypto.randomUUID(),
        reason: "a test",
      });
      const again = client.workflow.getHandle<typeof info.builds>(handle.id, { runId });
      assert.deepEqual(await again.result(), ["1.0", "2.0"]);
      await using replayer = await Replayer.create({ workflows: options.workflows, buildId: "3.0" });
      await replayer.replayWorkflow(await again.fetchHistory());
    });
    await client.close();
  });

  behaviour("START-06 the suggestion to continue as new comes after many events", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const { steps, length } = await client.workflow.execute(info.growsLong, { id: id(), taskQueue });
    assert.ok(steps > 1 && length > 4_000, `after ${steps} steps and ${length} events`);
  });
});
