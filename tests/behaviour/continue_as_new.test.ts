import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  type Client,
  WorkflowContinuedAsNewError,
  type WorkflowFailureError,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/client";
import { behaviour, type Scene } from "../support/behaviour.ts";
import { registerSearchAttributes } from "../support/search_attributes.ts";
import * as workflows from "./workflows/continue_as_new.ts";

const options = { workflows: new URL("./workflows/continue_as_new.ts", import.meta.url) };
const { keyword } = workflows;

function withAttributes(name: string, body: (scene: Scene) => Promise<void>): void {
  behaviour(name, options, async (scene) => {
    await registerSearchAttributes(scene.client);
    await body(scene);
  });
}

/** The close of one run. */
async function closeOf(client: Client, id: string, runId: string): Promise<Record<string, unknown>> {
  const { events } = await client.workflow.getHandle(id, { runId }).fetchHistory();
  const { attributes } = events.at(-1)!;
  assert.equal(attributes.case, "workflowExecutionContinuedAsNewEventAttributes");
  return attributes.value as unknown as Record<string, unknown>;
}

describe("continue as new", () => {
  withAttributes("CHILD-08 five times keeps what the start gave", async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(workflows.goesOn, {
      id: id(),
      taskQueue,
      args: [5],
      memo: { note: "kept" },
      searchAttributes: [keyword.valueSet("kept")],
      retryPolicy: { maximumAttempts: 7 },
      runTimeout: "30m",
      taskTimeout: "6s",
    });
    assert.equal(seen.length, 6);
    seen.forEach(({ runId, firstExecutionRunId, continuedRunId, ...kept }, index) => {
      assert.equal(firstExecutionRunId, seen[0].runId);
      assert.equal(continuedRunId, seen[index - 1]?.runId);
      assert.deepEqual(kept, {
        memo: { note: "kept" },
        keyword: "kept",
        maximumAttempts: 7,
        runTimeout: 1_800_000,
        taskTimeout: 6000,
      }, `run ${index}, ${runId}`);
    });
  });

  withAttributes("CHILD-09 takes other options", async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(workflows.changesAll, {
      id: id(),
      taskQueue,
      args: [taskQueue],
      memo: { note: "old" },
      searchAttributes: [keyword.valueSet("old")],
      retryPolicy: { maximumAttempts: 7 },
    });
    const { runId, firstExecutionRunId, continuedRunId, ...changed } = seen as unknown as Record<string, unknown>;
    assert.notEqual(runId, firstExecutionRunId);
    assert.equal(continuedRunId, firstExecutionRunId);
    assert.deepEqual(changed, {
      args: ["new", 1],
      workflowType: "tellsAll",
      taskQueue,
      memo: { note: "new" },
      keyword: "new",
      maximumAttempts: 9,
      runTimeout: 1_200_000,
      taskTimeout: 8000,
      headers: [],
    });
  });

  withAttributes("CHILD-09 keeps search attributes as upserts left them", async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(workflows.upsertsAndGoesOn, {
      id: id(),
      taskQueue,
      memo: { note: "kept" },
      searchAttributes: [keyword.valueSet("old")],
    });
    const { memo, keyword: found } = seen as unknown as Record<string, unknown>;
    assert.deepEqual([memo, found], [{ note: "kept" }, "upserted"]);
  });

  behaviour("is asked for by signal handlers", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.goesOnFromHandler, { id: id(), taskQueue });
    await handle.signal(workflows.go);
    assert.equal(await handle.result(), "run 2");
  });

  behaviour("is asked for by update handlers", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.goesOnFromHandler, { id: id(), taskQueue });
    const update = handle.executeUpdate(workflows.next, { args: ["x"] });
    await assert.rejects(update, WorkflowUpdateFailedError);
    assert.equal(await handle.result(), "run 3");
  });

  behaviour("is an error that goes through the code", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(workflows.rethrows, { id: id(), taskQueue }), "went on");
  });

  behaviour("CHILD-11 is what result tells when it follows no runs", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.goesOn, { id: id(), taskQueue, args: [1] });
    const seen = await handle.result();
    await assert.rejects(handle.result({ followRuns: false }), (error: WorkflowContinuedAsNewError) => {
      assert.ok(error instanceof WorkflowContinuedAsNewError);
      assert.equal(error.newExecutionRunId, seen[1].runId);
      return true;
    });
  });

  behaviour("CHILD-12 a handle follows its own chain only", options, async ({ client, taskQueue, id }) => {
    const start = { id: id(), taskQueue };
    const first = await client.workflow.start(workflows.goesOn, { ...start, args: [1] });
    const seen = await first.result();
    const second = await client.workflow.signalWithStart(workflows.goesOn, {
      ...start,
      args: [2],
      startSignal: workflows.go,
    });
    assert.equal((await second.result()).length, 3);
    const runs = async (handle: { result(): Promise<{ runId: string }[]> }) => (await handle.result()).length;
    const byRun = client.workflow.getHandle<typeof workflows.goesOn>(start.id, { runId: first.resultRunId });
    const byChain = client.workflow.getHandle<typeof workflows.goesOn>(start.id, {
      runId: seen[1].runId,
      firstExecutionRunId: seen[0].runId,
    });
    const latest = client.workflow.getHandle<typeof workflows.goesOn>(start.id);
    assert.deepEqual(await Promise.all([first, byRun, byChain, second, latest].map(runs)), [2, 2, 2, 3, 3]);
  });

  behaviour("CHILD-13 waits as long as it is asked to", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.waitsToGoOn, { id: id(), taskQueue });
    assert.equal(await handle.result(), "went on");
    const { backoffStartInterval } = await closeOf(client, handle.id, handle.resultRunId!);
    const { seconds, nanos } = backoffStartInterval as { seconds: bigint; nanos: number };
    assert.deepEqual([seconds, nanos], [0n, 1_000_000]);
  });

  behaviour("is refused for options that are not right", options, async ({ client, taskQueue, id }) => {
    const [args, backoff, behaviour, name] = await client.workflow.execute(workflows.misspells, {
      id: id(),
      taskQueue,
    });
    assert.match(args, /^ValueError: args of continueAsNew is not an array/);
    assert.match(backoff, /^ValueError: backoffStartInterval/);
    assert.equal(
      behaviour,
      'ValueError: initialVersioningBehavior is "PINNED"; give one of AUTO_UPGRADE, USE_RAMPING_VERSION',
    );
    assert.match(name, /^ValueError: workflow has no name/);
  });

  behaviour("leaves what is unfinished to the run that ends", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.leavesWork, { id: id(), taskQueue });
    assert.equal(await handle.result(), "second run");
    const child = client.workflow.getHandle(`${handle.id}-child`);
    await assert.rejects(
      child.result(),
      ({ cause }: WorkflowFailureError) => (cause as Error).name === "TerminatedError",
    );
  });
});
