/** Cancellation scopes, and what reaches them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as activity from "@anywhen/temporal/activity";
import {
  CancelledError,
  type Client,
  NotFoundError,
  TerminatedError,
  type WorkflowFailureError,
  type WorkflowHandle,
} from "@anywhen/temporal/client";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour, runScene } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import { greet, untilCancelled } from "./activities.ts";
import * as scopes from "./workflows/scopes.ts";

/** Cancels the workflow that called it; returns once that is in its history. */
async function cancelsCaller(): Promise<string> {
  const handle = activity.client<Client>().workflow.getHandle(activity.info().workflowId!);
  await handle.cancel();
  while (!(await eventsOf(handle)).includes("workflowExecutionCancelRequested")) await pause(10);
  return "cancelled";
}

const options = {
  workflows: new URL("./workflows/scopes.ts", import.meta.url),
  activities: { greet, untilCancelled, cancelsCaller },
};

/** The kinds of the events of a run. */
async function eventsOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return events.map(({ attributes }) => attributes.case!.replace("EventAttributes", ""));
}

function count(events: string[], kind: RegExp): number {
  return events.filter((event) => kind.test(event)).length;
}

async function untilSteps(handle: WorkflowHandle, isEnough: (steps: unknown[]) => boolean): Promise<void> {
  while (!isEnough(await handle.query(scopes.steps).catch(() => []) as unknown[])) await pause(10);
}

async function assertCancelled(handle: WorkflowHandle): Promise<void> {
  await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof CancelledError);
  assert.equal((await handle.describe()).status, "CANCELED");
}

describe("the cancellation of a workflow", () => {
  behaviour("CANC-03 has a reason, which that of a scope is not", options, async ({ client, taskQueue, id }) => {
    for (const reason of ["not needed", undefined]) {
      const handle = await client.workflow.start(scopes.reasons, { id: id(), taskQueue });
      await untilSteps(handle, (steps) => steps.length === 2);
      await handle.cancel(reason);
      assert.deepEqual(await handle.result(), [null, null, reason ?? ""]);
    }
  });

  for (const timeout of [undefined, "1h"]) {
    const what = timeout ? "with" : "without";
    behaviour(
      `CANC-05 comes after a signal of its task and counts once, ${what} a time-out`,
      options,
      async (scene) => {
        const { client, id } = scene;
        const taskQueue = unique("waits");
        const openWorker = () => Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
        const args: [timeout?: string] = timeout ? [timeout] : [];
        const handle = await client.workflow.start(scopes.waits, { id: id(), taskQueue, args });
        const before = await openWorker();
        await before.runUntil(() => untilSteps(handle, (steps) => steps.length === 1));
        // With nobody to take tasks, both come in one; the order in which they were sent does not count.
        const send = [() => handle.cancel(), () => handle.signal(scopes.open)];
        for (const one of timeout ? send : send.toReversed()) await one();
        const after = await openWorker();
        const [_, ...outcomes] = await after.runUntil(handle.result());
        assert.deepEqual(outcomes, ["went on", "CancelledError", "went on"]);
      },
    );
  }

  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const logger = { debug() {}, info() {}, warn: note, error: note };

  behaviour(
    "CANC-21 reaches a running activity without a word in the log",
    { ...options, telemetry: { logger } },
    async (scene) => {
      const { client, taskQueue, id } = scene;
      lines.length = 0;
      const handle = await client.workflow.start(scopes.transaction, { id: id(), taskQueue, args: ["1h"] });
      await untilSteps(handle, (steps) => steps.length === 1);
      await handle.cancel();
      await assertCancelled(handle);
      assert.deepEqual(lines, []);
    },
  );

  behaviour("CANC-22 surfaces among quick activities, at whichever wait is next", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    for (const after of [1, 2, 4]) {
      const handle = await client.workflow.start(scopes.loops, { id: id(), taskQueue });
      await untilSteps(handle, ([done]) => (done as number) >= after);
      await handle.cancel();
      await assertCancelled(handle);
    }
  });

  behaviour("CANC-36 with open children leaves all as cancelled", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(scopes.parent, { id: id(), taskQueue });
    await untilSteps(handle, (steps) => steps.length === 3);
    await handle.cancel();
    await assertCancelled(handle);
    for (const n of [1, 2, 3]) await assertCancelled(client.workflow.getHandle(`${handle.id}-${n}`));
  });

  test("CANC-34 a handle ends the last run of its chain, one of a run that run alone", async () => {
    await runScene(options, async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start(scopes.continues, { id: id(), taskQueue });
      const first = client.workflow.getHandle(handle.id, { runId: handle.resultRunId });
      while ((await handle.describe()).runId === handle.resultRunId) await pause(10);
      await assert.rejects(first.terminate("too late"), NotFoundError);
      await handle.terminate("enough");
      await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof TerminatedError);
    });
  });
});

describe("scopes", () => {
  behaviour("CANC-19 CANC-33 a timer is cancelled by a command, or never sent", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(scopes.cancelsTimers, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["CancelledError", "CancelledError"]);
    const events = await eventsOf(handle);
    assert.deepEqual([count(events, /timerStarted/), count(events, /timerFired/), count(events, /timerCanceled/)], [
      2,
      1,
      1,
    ]);
  });

  behaviour("CANC-24 what is shielded goes on, also where it is awaited outside", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(scopes.shields, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["cancelled", "Hello, inside!", "Hello, outside!", "CancelledError"]);
  });

  behaviour("CANC-25 of a group only what is not shielded is cancelled", options, async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(scopes.partialShields, { id: id(), taskQueue });
    assert.deepEqual(seen, ["plain CancelledError", "shielded", "shielded twice", "its own CancelledError"]);
  });

  behaviour("CANC-28 CANC-29 end in time, and cancel only what began in them", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(scopes.limits, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["TimeoutError", "Hello, root!", "rested"]);
    const events = await eventsOf(handle);
    assert.deepEqual([count(events, /timerStarted/), count(events, /timerFired/), count(events, /timerCanceled/)], [
      5,
      3,
      2,
    ]);
    assert.equal(count(events, /activityTaskCancelRequested/), 0);
  });

  behaviour("CANC-30 set-up, call and clean-up each have the scope that fits", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const late = await client.workflow.start(scopes.transaction, { id: id("late"), taskQueue, args: ["300ms"] });
    const cancelled = await client.workflow.start(scopes.transaction, { id: id(), taskQueue, args: ["1h"] });
    await untilSteps(cancelled, (steps) => steps.length === 1);
    await cancelled.cancel();
    await assertCancelled(cancelled);
    assert.equal(await late.result(), "too late");
    for (const [handle, fired] of [[late, 1], [cancelled, 0]] as const) {
      const events = await eventsOf(handle);
      assert.deepEqual([count(events, /activityTaskScheduled/), count(events, /activityTaskCancelRequested/)], [3, 1]);
      assert.deepEqual([count(events, /timerFired/), count(events, /timerCanceled/)], [fired, 1 - fired]);
    }
  });

  behaviour("CANC-31 reject promises around callbacks", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(scopes.callbacks, { id: id(), taskQueue });
    assert.equal(await handle.result(), "CancelledError");
    assert.equal(count(await eventsOf(handle), /timerCanceled/), 1);
  });
});
