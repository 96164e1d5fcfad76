import assert from "node:assert/strict";
import { describe } from "node:test";
import { TimeoutError, type WorkflowUpdateFailedError } from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import * as locks from "./workflows/locks.ts";

const options = { workflows: new URL("./workflows/locks.ts", import.meta.url) };

describe("UPD-34 locks", () => {
  behaviour("let one update at a time go on, first come, first served", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(locks.guarded, { id: id(), taskQueue, args: [1] });
    const names = ["a", "b", "c"];
    const updates = [];
    for (const name of names) {
      updates.push(await handle.startUpdate(locks.work, { args: [name], waitForStage: "ACCEPTED" }));
    }
    assert.deepEqual(await Promise.all(updates.map((update) => update.result())), names);
    await handle.signal(locks.stop);
    assert.deepEqual(await handle.result(), {
      order: ["a in", "a out", "b in", "b out", "c in", "c out"],
      most: 1,
    });
  });

  behaviour("bound how many updates run", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(locks.guarded, { id: id(), taskQueue, args: [2] });
    const names = ["a", "b", "c", "d", "e"];
    await Promise.all(names.map((name) => handle.executeUpdate(locks.work, { args: [name] })));
    await handle.signal(locks.stop);
    const { order, most } = await handle.result();
    assert.equal(order.length, 2 * names.length);
    assert.ok(most === 1 || most === 2, `${most} at a time`);
  });

  behaviour("give up after a time, or when they are cancelled", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(locks.held, { id: id(), taskQueue });
    await assert.rejects(handle.executeUpdate(locks.hurried), ({ cause }: WorkflowUpdateFailedError) => {
      assert.ok(cause instanceof TimeoutError);
      assert.match(cause.message, /no permit came free within 5/);
      return true;
    });
    await handle.signal(locks.release);
    assert.deepEqual(await handle.result(), [
      "CancelledError",
      "CancelledError",
      "release",
      "next",
      "last",
      "function",
    ]);
  });

  behaviour("take a whole number of permits", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(locks.badLocks, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["ValueError", "ValueError", "ValueError"]);
  });
});

describe("TIME-09 asCompleted", () => {
  behaviour("gives results in the order in which they come", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(locks.inOrder, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["at once", "quick", "slow", "fails", "after", "true"]);
  });
});
