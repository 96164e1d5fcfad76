import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Client } from "@anywhen/temporal/client";
import { inWorkflow } from "@anywhen/temporal/workflow";
import { behaviour } from "../support/behaviour.ts";
import { readPayload } from "../worker/support.ts";
import * as activities from "./activities.ts";
import * as time from "./workflows/time.ts";

const options = { workflows: new URL("./workflows/time.ts", import.meta.url), activities };

/** The timers that a run started: milliseconds and summary. */
async function timersOf(client: Client, id: string): Promise<[number, unknown][]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  return events.flatMap(({ attributes, userMetadata }): [number, unknown][] => {
    if (attributes.case !== "timerStartedEventAttributes") return [];
    const { seconds, nanos } = attributes.value.startToFireTimeout!;
    return [[Number(seconds) * 1000 + nanos / 1e6, userMetadata?.summary && readPayload(userMetadata.summary)]];
  });
}

describe("time", () => {
  behaviour("TIME-01 sleep takes numbers, texts and fields, one timer each", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    assert.equal(await client.workflow.execute(time.sleeps, { id: workflowId, taskQueue }), "rested");
    assert.deepEqual(await timersOf(client, workflowId), [[1, "by number"], [2, "by text"], [3, undefined]]);
  });

  behaviour(
    "TIME-02 timers started together carry each its own summary",
    options,
    async ({ client, taskQueue, id }) => {
      const workflowId = id();
      await client.workflow.execute(time.sleepsTogether, { id: workflowId, taskQueue, args: [3] });
      const summaries = (await timersOf(client, workflowId)).map(([, summary]) => summary);
      assert.deepEqual(summaries, ["nap 0", "nap 1", "nap 2"]);
    },
  );

  behaviour("TIME-03 a duration that is none can be caught, and nothing is sent", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    const names = await client.workflow.execute(time.badDurations, { id: workflowId, taskQueue });
    assert.deepEqual(names, Array.from({ length: 5 }, () => "ValueError"));
    assert.deepEqual(await timersOf(client, workflowId), []);
  });

  behaviour("TIME-05 TIME-06 TIME-07 a condition is true, or false when its time is over", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    const handle = await client.workflow.start(time.conditions, { id: workflowId, taskQueue });
    while ((await timersOf(client, workflowId)).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    await handle.signal(time.open);
    assert.deepEqual(await handle.result(), [false, false, true, true]);
    assert.deepEqual(await timersOf(client, workflowId), [[1, "too long"], [1, undefined], [3_600_000, undefined]]);
  });

  behaviour("TIME-08 every kind of time-out is one timer of its length", options, async ({ client, taskQueue, id }) => {
    const workflowId = id();
    const ends = await client.workflow.execute(time.timeouts, { id: workflowId, taskQueue });
    assert.deepEqual(ends, ["scope TimeoutError", "condition false", "signal ActivityError", "setTimeout"]);
    assert.deepEqual((await timersOf(client, workflowId)).map(([duration]) => duration), [200, 200, 200, 200]);
  });

  behaviour("TIME-09 waits end in the order of their ends", options, async ({ client, taskQueue, id }) => {
    const order = await client.workflow.execute(time.asCompletedOrder, { id: id(), taskQueue });
    assert.deepEqual(order, ["1", "20", "40"]);
  });

  behaviour("TIME-12 thirty timers at once fire", options, async ({ client, taskQueue, id }) => {
    const order = await client.workflow.execute(time.sleepsTogether, { id: id(), taskQueue, args: [30] });
    assert.deepEqual(order.sort((one, other) => one - other), Array.from({ length: 30 }, (_, i) => i));
  });

  behaviour("TIME-13 code knows whether it is part of a workflow", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(time.insideCheck, { id: id(), taskQueue }), true);
  });

  test("TIME-13 code outside knows too", () => assert.equal(inWorkflow(), false));

  behaviour("DET-17 setTimeout and clearTimeout are timers of the asked length", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    assert.deepEqual(await client.workflow.execute(time.languageTimers, { id: workflowId, taskQueue }), [
      "early",
      "late",
    ]);
    assert.deepEqual((await timersOf(client, workflowId)).map(([duration]) => duration), [20, 1, 10]);
  });
});
