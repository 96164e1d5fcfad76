/** What reaches a run while a task of its is under way, and more tasks than a worker takes at once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as activity from "@anywhen/temporal/activity";
import { type Client, NotFoundError, type WorkflowHandle, WorkflowUpdateFailedError } from "@anywhen/temporal/client";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { behaviour, runScene } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as crossings from "./workflows/crossings.ts";

/** Workflows for which {@link once} has done its work: a task that fails runs its local activities again. */
const done = new Set<string>();

async function once(work: (handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const { workflowId } = activity.info();
  if (done.has(workflowId!)) return;
  done.add(workflowId!);
  await work(activity.client<Client>().workflow.getHandle(workflowId!));
}

/** Resolves when the server has that update of a workflow, which nobody has accepted yet. */
async function untilAdmitted(client: Client, workflowId: string, updateId: string): Promise<void> {
  const { namespace } = client;
  const updateRef = { workflowExecution: { workflowId }, updateId };
  for (;;) {
    try {
      await client.workflowService.pollWorkflowExecutionUpdate({ namespace, updateRef });
      return;
    } catch (error) {
      if (!(error instanceof NotFoundError) && (error as { status?: string }).status !== "NOT_FOUND") throw error;
      await pause(10);
    }
  }
}

/** Answers of updates that were sent from within tasks, by workflow. */
const answers = new Map<string, Promise<string>>();

/** Workflows of which a query was answered. */
const answered = new Set<string>();

const activities = {
  untilAnswered: async () => {
    while (!answered.has(activity.info().workflowId!)) await pause(10);
  },
  echo: (text: string): string => text,
  pokes: () => once((handle) => handle.signal(crossings.poke, 1)),
  asks: () =>
    once(async (handle) => {
      const answer = handle.executeUpdate(crossings.ask, { id: "asked" });
      answers.set(handle.id, answer);
      answer.catch(() => {});
      await untilAdmitted(activity.client<Client>(), handle.id, "asked");
    }),
  updatesItself: async (): Promise<string> => {
    const handle = activity.client<Client>().workflow.getHandle(activity.info().workflowId!);
    await handle.executeUpdate(crossings.set, { id: activity.info().activityId, args: ["from the activity"] });
    return "after the activity";
  },
};

const options = { workflows: new URL("./workflows/crossings.ts", import.meta.url), activities };

/** The kinds of the events of a run, and causes where a task failed. */
async function eventsOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return events.map(({ attributes }) => {
    const failed = attributes.case === "workflowTaskFailedEventAttributes" ? ` ${attributes.value.cause}` : "";
    return attributes.case!.replace("EventAttributes", "") + failed;
  });
}

/** As events of failed tasks have it. */
const unhandledCommand = "workflowTaskFailed 1";

describe("what comes while a task is under way", () => {
  behaviour("SIGQ-08 a signal makes a task of its own", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(crossings.goesOn, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["local activity", "signal"]);
    const events = await eventsOf(handle);
    assert.ok(!events.some((event) => event.startsWith("workflowTaskFailed")), events.join());
  });

  behaviour("SIGQ-09 a signal that the workflow has not seen keeps it from ending", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(crossings.ends, { id: id(), taskQueue });
    assert.equal(await handle.result(), 1);
    assert.equal((await eventsOf(handle)).filter((event) => event === unhandledCommand).length, 1);
  });

  behaviour(
    "SIGQ-10 a signal that the workflow has not seen keeps it from continuing as new",
    options,
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const handle = await client.workflow.start(crossings.continues, { id: id(), taskQueue, args: [] });
      assert.equal(await handle.result(), 1);
      const first = client.workflow.getHandle(handle.id, { runId: handle.resultRunId });
      assert.equal((await eventsOf(first)).filter((event) => event === unhandledCommand).length, 1);
    },
  );

  behaviour("SIGQ-11 an update that the workflow has not seen goes to the next run", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(crossings.passesOn, { id: id(), taskQueue });
    await handle.result();
    const runId = await answers.get(handle.id);
    assert.equal(runId, (await handle.describe()).runId);
    assert.notEqual(runId, handle.resultRunId);
    const first = client.workflow.getHandle(handle.id, { runId: handle.resultRunId });
    assert.ok(!(await eventsOf(first)).includes(unhandledCommand));
  });

  behaviour("SIGQ-34 signals of many clients arrive once each", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(crossings.collects, { id: id(), taskQueue });
    const indexes = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(indexes.toReversed().map((index) => handle.signal(crossings.poke, index)));
    await handle.signal(crossings.finish);
    assert.deepEqual((await handle.result()).sort((one, other) => one - other), indexes);
  });
});

describe("queries", () => {
  behaviour("are answered while a local activity runs", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(crossings.stalls, { id: id(), taskQueue, taskTimeout: "1s" });
    for (let n = 0; n < 3; n++) assert.equal(await handle.query(crossings.seen), "still here");
    answered.add(handle.id);
    await handle.result();
    assert.equal(await handle.query(crossings.seen), "still here");
  });
});

describe("updates between tasks", () => {
  /** Without a cache the task stays: its history went to the worker, so that the server cannot take it back. */
  test("UPD-08 all rejected, leave no trace of their task, and the run goes on", () =>
    runScene(options, async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start(crossings.collects, { id: id(), taskQueue });
      await handle.query(crossings.seen);
      const before = await eventsOf(handle);
      assert.equal(before.at(-1), "workflowTaskCompleted");
      for (let round = 1; round <= 2; round++) {
        await Promise.all(
          [1, 2].map(() => assert.rejects(handle.executeUpdate(crossings.refuse), WorkflowUpdateFailedError)),
        );
      }
      assert.deepEqual(await eventsOf(handle), before);
      await handle.signal(crossings.poke, 7);
      await handle.signal(crossings.finish);
      assert.deepEqual(await handle.result(), [7]);
    }));

  behaviour("UPD-20 a workflow may be updated by its own activity", options, async ({ client, taskQueue, id }) => {
    const texts = await client.workflow.execute(crossings.asksItself, { id: id(), taskQueue });
    assert.deepEqual(texts, ["from the activity", "after the activity"]);
  });
});

describe("a reset", () => {
  for (const isRunning of [true, false]) {
    const what = isRunning ? "a running" : "a closed";
    behaviour(`of ${what} workflow goes on from there with a new seed`, options, async (scene) => {
      const { client, taskQueue, id } = scene;
      const handle = await client.workflow.start(crossings.draws, { id: id(), taskQueue });
      const completed = await findCompletion(handle, 2);
      if (!isRunning) await handle.signal(crossings.finish);
      const first = isRunning ? undefined : await handle.result();
      const { runId } = await client.workflowService.resetWorkflowExecution({
        namespace: client.namespace,
        workflowExecution: { workflowId: handle.id, runId: handle.resultRunId },
        workflowTaskFinishEventId: completed,
        requestId: crypto.randomUUID(),
        reason: "a test",
      });
      const again = client.workflow.getHandle<typeof crossings.draws>(handle.id, { runId });
      if (isRunning) await again.signal(crossings.finish);
      const second = await again.result();
      if (first) assert.equal(second[0], first[0], "what came before stays");
      assert.notEqual(second[1], first?.[1]);
      await using replayer = await Replayer.create({ workflows: options.workflows });
      await replayer.replayWorkflow(await again.fetchHistory());
    });
  }
});

/** The id of the event with which the task of that number ended, counted from 1, once there is one. */
async function findCompletion(handle: WorkflowHandle, number: number): Promise<bigint> {
  for await (const { eventId, attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case === "workflowTaskCompletedEventAttributes" && --number === 0) return eventId;
  }
  throw new Error("the workflow ended before");
}

describe("tasks", () => {
  for (const limits of [{ maxConcurrentWorkflowTasks: 2, maxCachedWorkflows: 1 }, { maxConcurrentWorkflowTasks: 1 }]) {
    const cache = { maxCachedWorkflows: 0, ...limits };
    const name = `${cache.maxConcurrentWorkflowTasks} at once and ${cache.maxCachedWorkflows} cached`;
    test(`of 50 workflows are all done with ${name}`, async () => {
      await runScene({ ...options, ...cache }, async ({ client, taskQueue, id, worker }) => {
        const ids = Array.from({ length: 50 }, () => id());
        let most = 0;
        const watch = setInterval(() => most = Math.max(most, worker.status().runningWorkflowTasks), 1);
        const results = await Promise.all(
          ids.map((id) => client.workflow.execute(crossings.short, { id, taskQueue, args: [id] })),
        );
        clearInterval(watch);
        assert.deepEqual(results, ids);
        assert.ok(most <= cache.maxConcurrentWorkflowTasks, `${most} at once`);
        const { cachedWorkflows, runningWorkflowTasks } = worker.status();
        assert.ok(cachedWorkflows <= cache.maxCachedWorkflows + runningWorkflowTasks, `${cachedWorkflows} cached`);
      });
    });
  }

  behaviour("DET-20 of a long mixed history replay", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(crossings.mixed, { id: id(), taskQueue, args: [6] });
    for (let index = 0; index < 10; index++) await handle.signal(crossings.poke, index);
    await handle.executeUpdate(crossings.set, { args: ["update"] });
    await handle.signal(crossings.finish);
    const results = await handle.result();
    const kinds = ["activity", "local", "child", "timer"];
    const rounds = Array.from({ length: 6 }, (_, round) => kinds.map((kind) => `${kind} ${round}`));
    assert.deepEqual(results.filter((text) => text !== "update"), [...rounds.flat(), "10 signals"]);
    assert.ok((await handle.fetchHistory()).events.length > 100);
  });

  test("SIGQ-20 UPD-06 that nobody takes keep queries and updates waiting as long as they like", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
    const handle = await worker.runUntil(async () => {
      const handle = await client.workflow.start(crossings.collects, { id: unique("workflow"), taskQueue });
      await handle.query(crossings.seen);
      return handle;
    });
    const begun = performance.now();
    await Promise.all([
      assert.rejects(handle.with({ rpcTimeout: "1s" }).query(crossings.seen), { status: "DEADLINE_EXCEEDED" }),
      assert.rejects(
        handle.startUpdate(crossings.refuse, { waitForStage: "ACCEPTED", signal: AbortSignal.timeout(1_000) }),
        {
          name: "WorkflowUpdateRPCTimeoutOrCancelledError",
        },
      ),
    ]);
    assert.ok(performance.now() - begun > 950, "the update waits for its acceptance");
    await handle.terminate();
    await client.close();
  });
});
