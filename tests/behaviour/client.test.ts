import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  NotFoundError,
  TimeoutError,
  WorkflowAlreadyStartedError,
  WorkflowContinuedAsNewError,
  type WorkflowFailureError,
} from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as basics from "./workflows/basics.ts";

const options = { workflows: new URL("./workflows/basics.ts", import.meta.url), activities };

/** A start that no worker takes up: its workflow stays open. */
function openStart(name = "workflow") {
  return { id: unique(name), taskQueue: unique("nobody") };
}

describe("client", () => {
  test("START-12 an open workflow of the same id is refused, used or replaced", async () => {
    const client = await connect();
    const start = openStart();
    const first = await client.workflow.start("sleeps", start);
    await assert.rejects(client.workflow.start("sleeps", start), (error: WorkflowAlreadyStartedError) => {
      assert.ok(error instanceof WorkflowAlreadyStartedError);
      assert.deepEqual([error.workflowId, error.runId], [start.id, first.resultRunId]);
      return true;
    });
    const same = await client.workflow.start("sleeps", { ...start, idConflictPolicy: "USE_EXISTING" });
    assert.equal(same.resultRunId, first.resultRunId);
    const next = await client.workflow.start("sleeps", { ...start, idConflictPolicy: "TERMINATE_EXISTING" });
    assert.notEqual(next.resultRunId, first.resultRunId);
    const replaced = client.workflow.getHandle(start.id, { runId: first.resultRunId });
    assert.equal((await replaced.describe()).status, "TERMINATED");
    await next.terminate();
  });

  test("START-11 a closed workflow's id is used again unless the policy refuses", async () => {
    const client = await connect();
    const start = openStart();
    const first = await client.workflow.start("sleeps", start);
    await first.terminate();
    await assert.rejects(
      client.workflow.start("sleeps", { ...start, idReusePolicy: "REJECT_DUPLICATE" }),
      WorkflowAlreadyStartedError,
    );
    const second = await client.workflow.start("sleeps", { ...start, idReusePolicy: "ALLOW_DUPLICATE_FAILED_ONLY" });
    assert.notEqual(second.resultRunId, first.resultRunId);
    await assert.rejects(first.cancel(), NotFoundError);
    await second.terminate();
  });

  test("START-15 describe tells what was started", async () => {
    const client = await connect();
    const start = openStart();
    const handle = await client.workflow.start("sleeps", {
      ...start,
      args: [1],
      memo: { note: "a note", list: [1, 2] },
      executionTimeout: "1h",
      staticSummary: "in short",
      staticDetails: "at length",
    });
    const description = await handle.describe();
    assert.equal(description.id, start.id);
    assert.equal(description.runId, handle.resultRunId);
    assert.equal(description.workflowType, "sleeps");
    assert.equal(description.taskQueue, start.taskQueue);
    assert.equal(description.status, "RUNNING");
    assert.equal(description.closeTime, undefined);
    assert.equal(description.parentId, undefined);
    assert.ok(Math.abs(Date.now() - description.startTime.getTime()) < 60_000);
    assert.deepEqual(await description.memo(), { note: "a note", list: [1, 2] });
    assert.equal(await description.memoValue("note"), "a note");
    assert.equal(await description.staticSummary(), "in short");
    assert.equal(await description.staticDetails(), "at length");
    await handle.terminate();
  });

  test("list and count find workflows by type, id and status", async () => {
    const client = await connect();
    const type = unique("Type").replaceAll("-", "");
    const handles = await Promise.all([1, 2, 3].map(() => client.workflow.start(type, openStart())));
    await handles[0].terminate();
    await eventually(async () => {
      const listed: string[] = [];
      for await (const { id } of client.workflow.list(`WorkflowType = '${type}'`, { pageSize: 2 })) listed.push(id);
      assert.deepEqual(listed.sort(), handles.map(({ id }) => id).sort());
      assert.equal((await client.workflow.count(`WorkflowType = "${type}" AND ExecutionStatus = "Running"`)).count, 2);
      assert.equal((await client.workflow.count(`WorkflowId = '${handles[0].id}'`)).count, 1);
    });
    await Promise.all(handles.slice(1).map((handle) => handle.terminate()));
  });

  test("a run that takes too long times out", async () => {
    const client = await connect();
    const handle = await client.workflow.start("sleeps", { ...openStart(), runTimeout: "1s" });
    await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof TimeoutError);
    assert.equal((await handle.describe()).status, "TIMED_OUT");
  });

  test("an unknown workflow is a NotFoundError", async () => {
    const client = await connect();
    const handle = client.workflow.getHandle(unique("unknown"));
    const calls = [
      () => handle.describe(),
      () => handle.signal("x"),
      () => handle.cancel(),
      () => handle.terminate(),
      () => handle.result(),
    ];
    for (const call of calls) {
      await assert.rejects(call, (error: NotFoundError) => {
        assert.ok(error instanceof NotFoundError);
        assert.equal(error.resource, "WORKFLOW");
        return true;
      });
    }
  });

  test("a start is made once, however often its request arrives", async () => {
    const client = await connect();
    const start = { ...openStart(), requestId: crypto.randomUUID() };
    const first = await client.workflow.start("sleeps", start);
    const again = await client.workflow.start("sleeps", start);
    assert.equal(again.resultRunId, first.resultRunId);
    await first.terminate();
  });

  behaviour("history is read whole, in pages, and as it grows", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(basics.napping, { id: id(), taskQueue, args: [3] });
    const followed: number[] = [];
    for await (const { eventId } of handle.history({ waitNewEvent: true })) followed.push(Number(eventId));
    const { events } = await handle.fetchHistory();
    assert.deepEqual(followed, events.map(({ eventId }) => Number(eventId)));
    const paged: number[] = [];
    for await (const { items } of handle.history({ pageSize: 2 }).pages()) {
      paged.push(...items.map(({ eventId }) => Number(eventId)));
    }
    assert.deepEqual(paged, followed);
    const close = await handle.fetchHistory({ eventFilterType: "CLOSE_EVENT" });
    assert.equal(close.events.at(-1)?.attributes.case, "workflowExecutionCompletedEventAttributes");
  });

  behaviour("a result need not follow the chain", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(basics.continues, { id: id(), taskQueue, args: [1] });
    await assert.rejects(handle.result({ followRuns: false }), (error: WorkflowContinuedAsNewError) => {
      assert.ok(error instanceof WorkflowContinuedAsNewError);
      assert.notEqual(error.newExecutionRunId, handle.resultRunId);
      return true;
    });
    assert.deepEqual(await handle.result(), [1]);
  });
});

/** Visibility of a real server lags: repeats `check` until it holds or 10 s are over. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
