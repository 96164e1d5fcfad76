import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as activity from "@anywhen/temporal/activity";
import type { Client, WorkflowFailureError } from "@anywhen/temporal/client";
import { ApplicationError } from "@anywhen/temporal/common";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour, runScene } from "../support/behaviour.ts";
import * as work from "./local_work.ts";
import * as workflows from "./workflows/local_activities.ts";

const options = { workflows: new URL("./workflows/local_activities.ts", import.meta.url), activities: work };

/** The types of the events of a workflow, without those of its tasks. */
async function eventsOf(client: Client, id: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const types = events.map(({ attributes }) => attributes.case!.replace("EventAttributes", ""));
  return types.filter((type) => !/^workflowTask(Scheduled|Started)$/.test(type));
}

async function countOf(client: Client, id: string, type: string): Promise<number> {
  return (await eventsOf(client, id)).filter((found) => found === type).length;
}

/** Waits until a task of the workflow fails, and gives the message of its failure. */
async function taskFailure(client: Client, id: string): Promise<string> {
  for (;; await setTimeout(20)) {
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    for (const { attributes } of events) {
      if (attributes.case === "workflowTaskFailedEventAttributes") return attributes.value.failure!.message;
    }
  }
}

/** Waits until `isTrue`. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!await isTrue()) await setTimeout(20);
}

describe("local activities", () => {
  behaviour("LOCAL-01 three in a row in one task leave three markers", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(workflows.simple, { id: id("simple"), taskQueue }), [
      1,
      2,
      3,
      "third",
    ]);
  });

  behaviour("LOCAL-01 those at once end in their own order", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(workflows.parallel, { id: id(), taskQueue }), [10, 80, 150]);
  });

  behaviour("LOCAL-01 among activities and timers", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(workflows.mixed, { id: id(), taskQueue }), [1, 2, null, 4]);
  });

  test("LOCAL-01 META-12 the history has a marker for each, with its summary", () =>
    runScene(options, async ({ client, taskQueue, id }) => {
      const workflowId = id();
      await client.workflow.execute(workflows.simple, { id: workflowId, taskQueue });
      assert.deepEqual(await eventsOf(client, workflowId), [
        "workflowExecutionStarted",
        "workflowTaskCompleted",
        "markerRecorded",
        "markerRecorded",
        "markerRecorded",
        "workflowExecutionCompleted",
      ]);
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const markers = events.filter(({ attributes }) => attributes.case === "markerRecordedEventAttributes");
      assert.equal(new TextDecoder().decode(markers[2].userMetadata?.summary?.data), '"the third one"');
    }));

  behaviour("know their attempt", options, async ({ client, taskQueue, id }) => {
    const args = ["describeAttempt", { activityId: "me", startToCloseTimeout: "7s" }] as const;
    assert.deepEqual(await client.workflow.execute(workflows.run, { id: id(), taskQueue, args: [...args] }), {
      activityId: "me",
      activityType: "describeAttempt",
      attempt: 1,
      workflowType: "run",
      startToCloseTimeout: 7000,
      inWorkflow: true,
      isLocal: true,
    });
  });

  behaviour("do not heartbeat, and nobody completes them", options, async ({ client, taskQueue, id }) => {
    const run = (name: string) => client.workflow.execute(workflows.run, { id: id(name), taskQueue, args: [name, {}] });
    assert.equal(await run("heartbeats"), "went on");
    const { message } = await run("completesElsewhere") as Record<string, string>;
    assert.match(message, /cannot be completed from elsewhere/);
  });

  behaviour("are tried again in the worker", options, async ({ client, taskQueue, id }) => {
    const workflowId = id();
    const args = ["succeedOn", { retryPolicy: { initialInterval: 10 } }, 3] as [string, object, number];
    assert.equal(await client.workflow.execute(workflows.run, { id: workflowId, taskQueue, args }), 3);
    assert.deepEqual(work.attemptsOf(workflowId), [1, 2, 3]);
    assert.equal(await countOf(client, workflowId, "markerRecorded"), 1);
  });

  behaviour("are not tried again where that is ruled out", options, async ({ client, taskQueue, id }) => {
    const fail = async (policy: object, error: object) => {
      const workflowId = id();
      const args = ["failWith", { retryPolicy: { initialInterval: 1, ...policy } }, error] as [string, object, object];
      const failure = await client.workflow.execute(workflows.run, { id: workflowId, taskQueue, args });
      return [work.attemptsOf(workflowId).length, (failure as { message: string }).message];
    };
    assert.deepEqual(await fail({ maximumAttempts: 2 }, { type: "Bad" }), [2, "no luck"]);
    assert.deepEqual(await fail({}, { type: "Bad", nonRetryable: true }), [1, "no luck"]);
    assert.deepEqual(await fail({ nonRetryableErrorTypes: ["bad"] }, { type: "Bad" }), [1, "no luck"]);
    assert.deepEqual(
      await fail({ initialInterval: "1h", maximumAttempts: 2 }, { type: "Bad", nextRetryDelay: 5 }),
      [2, "no luck"],
    );
  });

  behaviour("time out", options, async ({ client, taskQueue, id }) => {
    const run = (more: object, ms: number) =>
      client.workflow.execute(workflows.run, { id: id(), taskQueue, args: ["rest", more, ms] });
    const timedOut = (causeType: string) => ({
      name: "ActivityError",
      message: "Local Activity timed out",
      cause: "TimeoutError",
      causeMessage: "Activity timed out",
      causeType,
    });
    const once = { maximumAttempts: 1 };
    assert.deepEqual(await run({ startToCloseTimeout: 50, retryPolicy: once }, 200), timedOut("START_TO_CLOSE"));
    assert.deepEqual(await run({ scheduleToCloseTimeout: 50 }, 200), timedOut("SCHEDULE_TO_CLOSE"));
    const retried = { startToCloseTimeout: 30, scheduleToCloseTimeout: 150, retryPolicy: { initialInterval: 10 } };
    assert.deepEqual(await run(retried, 200), timedOut("SCHEDULE_TO_CLOSE"));
  });

  behaviour("fail their workflow with their own error", options, async ({ client, taskQueue, id }) => {
    const failing = client.workflow.execute(workflows.fails, { id: id(), taskQueue });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      return cause instanceof ApplicationError && cause.type === "BadLuck" && cause.message === "no luck";
    });
  });

  behaviour("TIME workflow time goes on with them, the same in replay", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.times, { id: id(), taskQueue });
    const seen = await handle.result();
    assert.ok(seen[1] - seen[0] >= 29 && seen[2] - seen[1] >= 59, `${seen}`);
    assert.deepEqual(await handle.query("times"), seen);
  });

  behaviour("LOCAL-03 a long back-off is a marker and a timer", options, async ({ client, taskQueue, id }) => {
    const workflowId = id();
    const more = { localRetryThreshold: 5, retryPolicy: { initialInterval: 20 } };
    const args = ["succeedOn", more, 3] as [string, object, number];
    assert.equal(await client.workflow.execute(workflows.run, { id: workflowId, taskQueue, args }), 3);
    assert.deepEqual(work.attemptsOf(workflowId), [1, 2, 3]);
    const kinds = (await eventsOf(client, workflowId)).filter((type) => /^(marker|timer)/.test(type));
    const once = ["markerRecorded", "timerStarted", "timerFired"];
    assert.deepEqual(kinds, [...once, ...once, "markerRecorded"]);
  });

  behaviour("LOCAL-06 one that outlives its task keeps that alive by new ones", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(workflows.outlives, {
      id: id(),
      taskQueue,
      taskTimeout: "4s",
      args: [7_000],
    });
    await handle.signal("note", "meanwhile");
    assert.deepEqual(await handle.query("notes"), ["meanwhile"]);
    assert.deepEqual(await handle.result(), [7_000, ["meanwhile"]]);
    assert.ok(await countOf(client, handle.id, "workflowTaskCompleted") >= 3);
    assert.equal(await countOf(client, handle.id, "workflowTaskTimedOut"), 0);
    assert.equal(await countOf(client, handle.id, "markerRecorded"), 1);
  });

  for (const obeys of [true, false]) {
    const name = `LOCAL-07 CANC-15 TRY_CANCEL rejects at once and tells the activity, which ${
      obeys ? "obeys" : "does not"
    }`;
    behaviour(name, options, async ({ client, taskQueue, id }) => {
      const args: ["TRY_CANCEL", boolean] = ["TRY_CANCEL", obeys];
      const [before, { name, message, cause }, heard] = await client.workflow.execute(workflows.cancels, {
        id: id(),
        taskQueue,
        args,
      }) as [boolean, Record<string, string>, boolean];
      assert.deepEqual([before, heard], [false, true]);
      assert.deepEqual([name, message, cause], ["ActivityError", "Local Activity cancelled", "CancelledError"]);
    });
  }

  behaviour("LOCAL-07 CANC-15 WAIT_CANCELLATION_COMPLETED hears the activity out", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const cancels = (obeys: boolean) =>
      client.workflow.execute(workflows.cancels, {
        id: id(),
        taskQueue,
        args: ["WAIT_CANCELLATION_COMPLETED", obeys],
      });
    const [, { name, cause }] = await cancels(true) as [boolean, Record<string, string>];
    assert.deepEqual([name, cause], ["ActivityError", "CancelledError"]);
    assert.deepEqual(await cancels(false), [false, "was asked to stop"]);
  });

  behaviour("LOCAL-07 CANC-15 ABANDON rejects at once and does not tell the activity", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const [before, { name, cause }, heard] = await client.workflow.execute(workflows.cancels, {
      id: id(),
      taskQueue,
      args: ["ABANDON", true],
    }) as [boolean, Record<string, string>, boolean];
    assert.deepEqual([before, heard], [false, false]);
    assert.deepEqual([name, cause], ["ActivityError", "CancelledError"]);
  });

  behaviour("CANC-09 cancelled in the turn that asks for them, they do not run", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    const endings = await client.workflow.execute(workflows.cancelsAtOnce, { id: workflowId, taskQueue });
    for (const ending of endings as Record<string, string>[]) {
      assert.deepEqual([ending.name, ending.cause], ["ActivityError", "CancelledError"]);
    }
    assert.deepEqual(work.attemptsOf(workflowId), []);
  });

  behaviour("LOCAL-07 cancelled while the worker waits before the next attempt", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    const [isCancelled, { name }] = await client.workflow.execute(workflows.cancelsBackOff, {
      id: workflowId,
      taskQueue,
      taskTimeout: "1s",
      args: ["2h"],
    }) as [boolean, Record<string, string>];
    assert.deepEqual([isCancelled, name], [true, "ActivityError"]);
    assert.equal(await countOf(client, workflowId, "markerRecorded"), 2);
  });

  behaviour("LOCAL-07 cancelled while a timer waits before the next attempt", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    const [isCancelled, { name }] = await client.workflow.execute(workflows.cancelsBackOff, {
      id: workflowId,
      taskQueue,
      args: [1],
    }) as [boolean, Record<string, string>];
    assert.deepEqual([isCancelled, name], [true, "CancelledError"]);
    assert.equal(await countOf(client, workflowId, "timerCanceled"), 1);
  });

  behaviour("are cancelled when their workflow ends first", options, async ({ client, taskQueue, id, worker }) => {
    const workflowId = id();
    assert.equal(await client.workflow.execute(workflows.closesEarly, { id: workflowId, taskQueue }), "done");
    assert.equal(await countOf(client, workflowId, "markerRecorded"), 1);
    await until(() => Promise.resolve(worker.status().runningLocalActivities === 0));
  });

  test("LOCAL-05 what is done is recorded, what is to be tried again begins anew after a crash", () =>
    runScene(options, async ({ client, taskQueue, id, worker }) => {
      const workflowId = id();
      const handle = await client.workflow.start(workflows.oneOfTwo, { id: workflowId, taskQueue, taskTimeout: "1s" });
      await until(async () => await countOf(client, workflowId, "markerRecorded") === 2);
      await worker.shutdown();
      const begunAnew: string[] = [];
      const activities = {
        echo: () => begunAnew.push("echo"),
        succeedOn: () => begunAnew.push("succeedOn"),
        failWith: () => {
          begunAnew.push(`attempt ${activity.info().attempt} of failWith`);
          throw new activity.ApplicationError("no luck again");
        },
      };
      await using second = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options, activities });
      await second.runUntil(async () => {
        await until(() => Promise.resolve(begunAnew.length > 0));
        await handle.terminate();
      });
      assert.deepEqual(begunAnew, ["attempt 1 of failWith"]);
      assert.equal(await countOf(client, workflowId, "markerRecorded"), 2);
    }));

  test("LOCAL-07 a worker that shuts down cancels them, and another one begins them anew", () =>
    runScene(options, async ({ client, taskQueue, id, worker }) => {
      const handle = await client.workflow.start(workflows.untilStopped, { id: id(), taskQueue });
      await until(() => Promise.resolve(worker.status().runningLocalActivities === 1));
      await worker.shutdown();
      assert.equal(worker.status().runningLocalActivities, 0);
      const activities = { ...work, untilCancelled: () => "by another worker" };
      await using second = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options, activities });
      await second.runUntil(async () => assert.deepEqual(await handle.result(), ["first", "by another worker"]));
    }));

  test("LOCAL-08 an unregistered one fails the task; replay does not ask for it", () =>
    runScene(options, async ({ client, taskQueue, id, worker }) => {
      const handle = await client.workflow.start(workflows.queriedLater, { id: id(), taskQueue, args: ["ekko"] });
      const message = await taskFailure(client, handle.id);
      assert.match(message, /^local activity ekko is not registered on this worker, registered: .*echo/);
      await handle.terminate();

      const known = await client.workflow.start(workflows.queriedLater, { id: id(), taskQueue, args: ["echo"] });
      await until(async () => await countOf(client, known.id, "timerStarted") === 1);
      await worker.shutdown();
      const none = { client, taskQueue, shutdownSignals: [], workflows: options.workflows };
      await using second = await Worker.create(none);
      await second.runUntil(async () => assert.equal(await known.query("result"), "recorded"));
      await known.terminate();
    }));

  const dynamic = activity.define({
    dynamic: true,
    run: (args: unknown[]) => `${activity.info().activityType} with ${args.length}`,
  });

  behaviour("LOCAL-09 a dynamic activity serves all names", { ...options, activities: { dynamic } }, async (scene) => {
    const { client, taskQueue, id } = scene;
    const args = ["anything", {}, 1, 2] as [string, object, number, number];
    assert.equal(await client.workflow.execute(workflows.run, { id: id(), taskQueue, args }), "anything with 2");
  });

  behaviour("LOCAL-10 a worker without activities says so", { workflows: options.workflows }, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(workflows.run, { id: id(), taskQueue, args: ["echo", {}] });
    const message = await taskFailure(client, handle.id);
    assert.match(message, /^local activity echo is not registered on this worker, it has no activities/);
    await handle.terminate();
  });

  behaviour("LOCAL-11 run where remote ones do not", { ...options, noRemoteActivities: true }, async (scene) => {
    const { client, taskQueue, id } = scene;
    assert.deepEqual(await client.workflow.execute(workflows.simple, { id: id(), taskQueue }), [1, 2, 3, "third"]);
  });

  test("at most maxConcurrentLocalActivities run at once", () =>
    runScene({ ...options, maxConcurrentLocalActivities: 2 }, async ({ client, taskQueue, id }) => {
      work.load.most = 0;
      await client.workflow.execute(workflows.loaded, { id: id(), taskQueue, args: [5] });
      assert.equal(work.load.most, 2);
    }));
});
