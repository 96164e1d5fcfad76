import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WorkflowFailureError } from "@anywhen/temporal/client";
import type { Logger } from "@anywhen/temporal/common";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { behaviour, runScene, type Scene } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as determinism from "./workflows/determinism.ts";

const options = { workflows: new URL("./workflows/determinism.ts", import.meta.url), activities };

function pause(milliseconds = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

describe("order", () => {
  behaviour("DET-01 DET-07 UPD-24 signals, updates, activities and timers come as recorded", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(determinism.ordering, { id: id(), taskQueue });
    await Promise.all([
      handle.signal(determinism.poke, "a"),
      handle.executeUpdate(determinism.raise, { args: ["b"] }),
      handle.signal(determinism.poke, "c"),
    ]);
    const soFar = await handle.query(determinism.view) as string[];
    await handle.signal(determinism.finish);
    const order = await handle.result();
    assert.deepEqual(order.slice(0, soFar.length), soFar);
    assert.deepEqual(
      [...order].sort(),
      [
        "activity",
        "condition",
        "signal a",
        "signal a done",
        "signal c",
        "signal c done",
        "timer",
        "update b",
        "update b done",
      ],
    );
  });

  behaviour("DET-08 promise jobs come in one order", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(determinism.microtasks, { id: id(), taskQueue }), [
      "a0",
      "b0",
      "c0",
      "a1",
      "b1",
      "a2",
      "fast",
      "slow",
      "queued",
      "any",
    ]);
  });

  for (const first of [false, true]) {
    const what = first ? "the main function's value" : "the first failure";
    test(`DET-09 of ends in one task ${what} is the result`, async () => {
      const client = await connect();
      const taskQueue = unique("ends");
      const handle = await client.workflow.start(determinism.failingHandlers, {
        id: unique("ends"),
        taskQueue,
        args: [first],
      });
      await handle.signal(determinism.poke, "one");
      await handle.signal(determinism.poke, "two");
      const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
      await worker.runUntil(async () => {
        const result = await handle.result().catch((error: WorkflowFailureError) => (error.cause as Error).message);
        assert.equal(result, first ? "main" : "handler one failed");
      });
      await client.close();
    });
  }

  for (const how of ["returns", "fails"] as const) {
    behaviour(`DET-10 a workflow that ${how} asks for no more`, options, async ({ client, taskQueue, id }) => {
      const workflowId = id();
      const handle = await client.workflow.start(determinism.afterTheEnd, { id: workflowId, taskQueue, args: [how] });
      if (how === "returns") assert.equal(await handle.result(), "over");
      else await assert.rejects(handle.result(), WorkflowFailureError);
      const { events } = await handle.fetchHistory();
      assert.equal(events.length, 5);
    });
  }
});

describe("random numbers", () => {
  behaviour("DET-11 DET-12 follow from the run, on every worker", options, async ({ client, taskQueue, id }) => {
    const run = async () => await client.workflow.execute(determinism.randomNumbers, { id: id(), taskQueue });
    const [one, other] = [await run(), await run()];
    for (const { values, time } of [one, other]) {
      const [uuid7, later] = [values[5], values[8]] as string[];
      assert.match(uuid7, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(Number.parseInt(uuid7.replaceAll("-", "").slice(0, 12), 16), Math.floor(time));
      assert.ok(later > uuid7);
      for (const uuid4 of values.slice(3, 5)) assert.match(String(uuid4), /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      assert.equal(new Set(values.map(String)).size, values.length);
    }
    assert.notEqual(one.seed, other.seed);
    for (const [index, value] of one.values.entries()) assert.notDeepEqual(value, other.values[index]);
  });

  behaviour("DET-14 named streams leave the main one alone", options, async ({ client, taskQueue, id }) => {
    const { main, named } = await client.workflow.execute(determinism.streams, { id: id(), taskQueue, args: [true] });
    assert.equal(new Set([...main, ...named]).size, main.length + named.length);
    const numbers = await Promise.all(
      Array.from(
        { length: 3 },
        () => client.workflow.execute(determinism.streams, { id: id(), taskQueue, args: [true] }),
      ),
    );
    assert.equal(new Set(numbers.flatMap((found) => [...found.main, ...found.named])).size, 3 * 9);
  });

  test("DET-13 a reset gives a new seed, and says so once", async () => {
    const client = await connect();
    const taskQueue = unique("seeds");
    const workflowId = unique("seeds");
    const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
    await worker.runUntil(async () => {
      const handle = await client.workflow.start(determinism.reseeded, { id: workflowId, taskQueue });
      assert.deepEqual(await handle.query(determinism.view), []);
      await handle.signal(determinism.poke, "now");
      assert.deepEqual(await handle.query(determinism.view), []);
      await handle.signal(determinism.finish);
      const first = await handle.result();
      assert.deepEqual(first.seeds, []);
      const { events } = await handle.fetchHistory();
      const isCompletion = ({ attributes }: typeof events[number]) => {
        return attributes.case === "workflowTaskCompletedEventAttributes";
      };
      const [, completed] = events.filter(isCompletion);
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: client.namespace,
        workflowExecution: { workflowId, runId: handle.resultRunId },
        workflowTaskFinishEventId: completed.eventId,
        requestId: crypto.randomUUID(),
        reason: "a test",
      });
      const again = client.workflow.getHandle<typeof determinism.reseeded>(workflowId, { runId });
      const second = await again.result();
      assert.equal(second.seeds.length, 1);
      assert.equal(second.before, first.before);
      assert.notEqual(second.after[0], first.after[0]);
      assert.notEqual(second.after[1], first.after[1]);
      await using replayer = await Replayer.create({ workflows: options.workflows });
      await replayer.replayWorkflow(await again.fetchHistory());
    });
    await client.close();
  });
});

describe("the surroundings", () => {
  behaviour("DET-16 dates are those of the task", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(determinism.dates, { id: id(), taskQueue }), {
      isConstant: true,
      isLater: true,
      isTaskStart: true,
      parsed: "2020-01-02T03:04:05.678Z",
      parts: "2020-02-02T00:00:00.000Z",
      text: true,
    });
  });

  behaviour("DET-18 weak references are refused, with the reason", options, async ({ client, taskQueue, id }) => {
    const messages = await client.workflow.execute(determinism.weakReferences, { id: id(), taskQueue });
    assert.equal(messages.length, 2);
    for (const message of messages) assert.match(message, /garbage collection/);
  });

  behaviour("real time and random numbers are there for telemetry", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(determinism.realities, { id: id(), taskQueue }), [true, true]);
  });

  for (const maxCachedWorkflows of [0, 10]) {
    test(`DET-21 nothing is logged again, with a cache of ${maxCachedWorkflows}`, async () => {
      const lines: string[] = [];
      const write = (message: string) => void lines.push(message);
      const logger: Logger = { debug: write, info: write, warn: write, error: write };
      await runScene(
        { ...options, maxCachedWorkflows, telemetry: { logger } },
        async ({ client, taskQueue, id }: Scene) => {
          const handle = await client.workflow.start(determinism.logging, { id: id(), taskQueue });
          while (!lines.includes("printed")) await pause();
          await handle.signal(determinism.finish);
          await handle.result();
        },
      );
      const found = lines.filter((line) => /line|printed/.test(line));
      assert.deepEqual(found, ["line 0", "line 1", "line 2", "printed", "last line"]);
    });
  }

  behaviour("DET-22 the first new line after a query is no replay", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(determinism.replaying, { id: id(), taskQueue });
    assert.equal(await handle.query(determinism.view), "answer");
    await handle.signal(determinism.poke, "first");
    assert.equal(await handle.query(determinism.view), "answer");
    await handle.signal(determinism.finish);
    const notes = await handle.result();
    assert.ok(notes.length === 1);
  });
});
