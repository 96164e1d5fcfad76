import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client, NotFoundError, RPCError, type WorkflowHandle } from "@anywhen/temporal/client";
import { ValueError } from "@anywhen/temporal/common";
import { Worker } from "@anywhen/temporal/worker";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as basics from "./workflows/basics.ts";

const workflows = new URL("./workflows/basics.ts", import.meta.url);

/** Asserts that `promise` rejects with one line of text that matches every pattern. */
async function assertOneLine(
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => Error,
  ...patterns: RegExp[]
): Promise<void> {
  await assert.rejects(promise, (error: Error) => {
    assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
    assert.ok(!error.message.includes("\n"), `more than one line: ${error.message}`);
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

/** The failure of the newest workflow task that failed. */
async function taskFailure(handle: WorkflowHandle): Promise<{ cause: number; message: string }> {
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case !== "workflowTaskFailedEventAttributes") continue;
    return { cause: attributes.value.cause, message: attributes.value.failure?.message ?? "" };
  }
  throw new Error("no workflow task failed");
}

describe("bad input", () => {
  test("no server at the address", async () => {
    await assertOneLine(Client.connect("127.0.0.1:1"), RPCError, /127\.0\.0\.1:1/, /no Temporal server/i);
  });

  test("an unknown namespace", async () => {
    const client = await connect({ namespace: "nowhere" });
    await assertOneLine(
      Worker.create({ client, taskQueue: "q", workflows, shutdownSignals: [] }),
      NotFoundError,
      /nowhere/,
    );
    await assertOneLine(
      client.workflow.start(basics.hello, { id: "w", taskQueue: "q", args: ["x"] }),
      NotFoundError,
      /nowhere/,
    );
  });

  test("a start without id or task queue", async () => {
    const client = await connect();
    const start = client.workflow.start as (workflow: string, options: object) => Promise<unknown>;
    await assertOneLine(start("hello", { taskQueue: "q" }), ValueError, /\bid\b/);
    await assertOneLine(start("hello", { id: "w" }), ValueError, /taskQueue/);
  });

  test("args that are no array", async () => {
    const client = await connect();
    const options = { id: "w", taskQueue: "q", args: "World" as unknown as [string] };
    await assertOneLine(client.workflow.start(basics.hello, options), ValueError, /args/, /array/);
  });

  test("a payload over the server's limit", async () => {
    const client = await connect();
    const args: [string] = ["x".repeat(3 * 2 ** 20)];
    const options = { id: unique("workflow"), taskQueue: "q", args };
    await assertOneLine(client.workflow.start(basics.hello, options), RPCError, /limit|large|size/i);
  });

  test("a worker with no workflows and no activities", async () => {
    const client = await connect();
    await assertOneLine(Worker.create({ client, taskQueue: "q" }), ValueError, /workflows/, /activities/);
  });

  test("all faults of a worker's options are named at once", async () => {
    const client = await connect();
    const creating = Worker.create({ client, taskQueue: "", maxCachedWorkflows: -1, activities: {} });
    await assertOneLine(creating, ValueError, /taskQueue/, /maxCachedWorkflows/, /activities/);
  });

  test("workflow modules that do not load", async () => {
    const client = await connect();
    const create = (module: string) =>
      Worker.create({
        client,
        taskQueue: "q",
        workflows: new URL(`./workflows/broken/${module}`, import.meta.url),
        shutdownSignals: [],
      });
    await assertOneLine(create("unparsable.ts"), ValueError, /unparsable\.ts:2/);
    await assertOneLine(create("throwing.ts"), ValueError, /throwing\.ts:4/, /cannot load: no name/);
    await assertOneLine(create("missing_import.ts"), ValueError, /missing_import\.ts:1/, /is_not_there/);
    await assertOneLine(create("is_not_there.ts"), ValueError, /is_not_there\.ts/);
  });

  test("START-08 a workflow type that no worker knows waits, and its task says which are known", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
    await worker.runUntil(async () => {
      const handle = await client.workflow.start("helo", { id: unique("workflow"), taskQueue, args: ["World"] });
      const { message } = await taskFailure(handle);
      assert.match(message, /helo.*hello/);
      assert.ok(!message.includes("\n"));
      assert.equal((await handle.describe()).status, "RUNNING");
      await handle.terminate();
    });
  });

  test("workflow code that breaks the rules fails its task, with the line and the way out", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const worker = await Worker.create({
      client,
      taskQueue,
      workflows: new URL("./workflows/restricted.ts", import.meta.url),
      shutdownSignals: [],
    });
    await worker.runUntil(async () => {
      for (const [type, api] of [["fetches", "fetch"], ["readsFile", "node:fs"], ["readsEnvironment", "process"]]) {
        const handle = await client.workflow.start(type, { id: unique("workflow"), taskQueue });
        const { message } = await taskFailure(handle);
        assert.ok(message.includes(api), message);
        assert.match(message, /restricted\.ts:\d+/);
        assert.match(message, /activity/);
        await handle.terminate();
      }
    });
  });

  test("a task queue that nobody polls has no pollers", async () => {
    const client = await connect();
    const taskQueue = unique("nobody");
    const handle = await client.workflow.start("hello", { id: unique("workflow"), taskQueue });
    const description = await handle.describe();
    assert.deepEqual(await description.pollers(), []);
    await handle.terminate();
  });
});
