/** Workflows that block. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LogAttributes, Logger } from "@anywhen/temporal/common";
import type { WorkflowHandle } from "@anywhen/temporal/client";
import { Replayer, type WorkerOptions } from "@anywhen/temporal/worker";
import { runScene } from "../support/behaviour.ts";
import { add, adds, finish, total } from "./workflows/deadlock.ts";

const workflows = new URL("./workflows/deadlock.ts", import.meta.url);

/** Waits until the history has a workflow task that failed, and gives the failure's message. */
async function waitForFailure(handle: WorkflowHandle): Promise<string> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    for (const { attributes } of events) {
      if (attributes.case === "workflowTaskFailedEventAttributes") return attributes.value.failure?.message ?? "";
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function countFailures(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return events.filter(({ attributes }) => attributes.case === "workflowTaskFailedEventAttributes").length;
}

/** How far this machine counts in about so many milliseconds. */
function calibrate(milliseconds: number): number {
  const turns = 5_000_000;
  const begun = performance.now();
  let sum = 0;
  for (let i = 0; i < turns; i++) sum = (sum + i) % 1_000_003;
  assert.ok(sum >= 0);
  return Math.round(turns * milliseconds / (performance.now() - begun));
}

function keepLines(): { lines: { message: string; attributes?: LogAttributes }[]; logger: Logger } {
  const lines: { message: string; attributes?: LogAttributes }[] = [];
  const write = (message: string, attributes?: LogAttributes) => void lines.push({ message, attributes });
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

describe("a workflow that blocks", () => {
  for (const type of ["blocks", "blocksLater"]) {
    test(`EVICT-06 ${type}: its task fails, others go on and their tasks do not fail`, async () => {
      const { lines, logger } = keepLines();
      const options: SceneOptions = { workflows, deadlockTimeout: 600, telemetry: { logger } };
      await runScene(options, async ({ client, taskQueue, id }) => {
        const neighbours = await Promise.all(
          [1, 2, 3].map((n) => client.workflow.start(adds, { id: id(`adds-${n}`), taskQueue })),
        );
        for (const neighbour of neighbours) await neighbour.executeUpdate(add, { args: [1] });
        const blocked = await client.workflow.start(type, { id: `${type}-${crypto.randomUUID()}`, taskQueue });
        const failure = waitForFailure(blocked);
        for (const neighbour of neighbours) {
          assert.equal(await neighbour.executeUpdate(add, { args: [2] }), 3);
          assert.equal(await neighbour.query(total), 3);
        }
        assert.match(
          await failure,
          new RegExp(
            `^\\[TMPRL1101\\] Potential deadlock detected: workflow ${type} \\(${blocked.id}\\) did not yield within 0.6 s`,
          ),
        );
        await blocked.terminate("it blocks");
        for (const neighbour of neighbours) {
          await neighbour.signal(finish);
          assert.equal(await neighbour.result(), 3);
          assert.equal(await countFailures(neighbour), 0);
        }
        const line = lines.find(({ message }) => message.includes("[TMPRL1101]"));
        assert.equal(line?.attributes?.workflowId, blocked.id);
        if (type === "blocks") assert.ok(lines.some(({ message }) => message === "about to block"));
      });
    });
  }

  test("EVICT-07 more of them than threads and CPUs: others complete, shutdown does not hang", async () => {
    const options: SceneOptions = { workflows, deadlockTimeout: 600, workflowThreads: 2 };
    await runScene(options, async ({ client, taskQueue, id }) => {
      const start = (type: string) => client.workflow.start(type, { id: `${type}-${crypto.randomUUID()}`, taskQueue });
      const blocked = await Promise.all(Array.from({ length: 5 }, () => start("blocks")));
      const handle = await client.workflow.start(adds, { id: id("adds"), taskQueue });
      assert.equal(await handle.executeUpdate(add, { args: [5] }), 5);
      await handle.signal(finish);
      assert.equal(await handle.result(), 5);
      for (const { failure } of blocked.map((handle) => ({ failure: waitForFailure(handle) }))) {
        assert.match(await failure, /TMPRL1101/);
      }
      // Their next tasks are under way when the worker shuts down.
      await Promise.all(blocked.map((handle) => handle.terminate("it blocks")));
    });
  });

  test("EVICT-06 in the replayer: the replay fails, others replay", async () => {
    let histories: Awaited<ReturnType<WorkflowHandle["fetchHistory"]>>[] = [];
    await runScene({ workflows }, async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start("computes", { id: id(), taskQueue, args: [10] });
      await handle.result();
      histories = await Promise.all([handle.fetchHistory(), handle.fetchHistory(), handle.fetchHistory()]);
    });
    const [first, second, third] = histories.map((history) => JSON.parse(JSON.stringify(history)));
    second.events[0].workflowExecutionStartedEventAttributes.workflowType.name = "blocks";
    await using replayer = await Replayer.create({ workflows, deadlockTimeout: 600 });
    const errors = [];
    for await (const { error } of replayer.replayWorkflows([first, second, third])) errors.push(error?.message);
    assert.deepEqual([errors[0], errors[2]], [undefined, undefined]);
    assert.match(errors[1] ?? "", /^\[TMPRL1101\] Potential deadlock detected: workflow blocks \(/);
  });
});

describe("a workflow that computes for long", () => {
  const modes: Record<string, Partial<SceneOptions>> = {
    "EVICT-06 without a time-out": { deadlockTimeout: false },
    "EVICT-08 in debug mode": { deadlockTimeout: 100, debugMode: true },
    "EVICT-06 within the time-out": { deadlockTimeout: "20s" },
  };
  for (const [name, options] of Object.entries(modes)) {
    test(`${name} completes`, async () => {
      await runScene({ workflows, ...options }, async ({ client, taskQueue, id }) => {
        await client.workflow.execute("computes", { id: id(), taskQueue, args: [calibrate(400)] });
      });
    });
  }

  test("EVICT-06 on the worker's own thread it is told in the log", async () => {
    const { lines, logger } = keepLines();
    const options: SceneOptions = { workflows, workflowThreads: 0, deadlockTimeout: 100, telemetry: { logger } };
    await runScene(options, async ({ client, taskQueue, id }) => {
      await client.workflow.execute("computes", { id: id("slow"), taskQueue, args: [calibrate(400)] });
    });
    assert.ok(
      lines.some(({ message }) => /TMPRL1101.* workflow computes \(slow-/.test(message)),
      JSON.stringify(lines),
    );
  });

  test("EVICT-08 debug mode runs workflows on the worker's own thread", async () => {
    const externFunctions = { isOwnThread: (call: () => void) => call() };
    for (const options of [{ debugMode: true }, { workflowThreads: 0 }]) {
      await runScene({ workflows, externFunctions, ...options }, async ({ client, taskQueue }) => {
        const id = `own-${crypto.randomUUID()}`;
        assert.equal(await client.workflow.execute("runsWithWorker", { id, taskQueue }), true);
      });
    }
  });
});

type SceneOptions = Omit<WorkerOptions, "client" | "taskQueue"> & { workflows: URL };
