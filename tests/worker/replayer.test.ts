import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, type WorkflowHandle, WorkflowHistory } from "@anywhen/temporal/client";
import { type Logger, NondeterminismError, ValueError } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { createLog } from "../activity/support.ts";
import { oddOrder } from "./odd_order.ts";
import * as replayed from "./workflows/replayed.ts";

const workflows = new URL("./workflows/replayed.ts", import.meta.url);
const changed = new URL("./workflows/changed.ts", import.meta.url);

/** Histories of the workflows, made on a server of this test's own. */
async function record(): Promise<
  Record<"open" | "closed" | "failed" | "chatty", WorkflowHistory> & { listed: WorkflowHistory[] }
> {
  const telemetry = { logger: createLog().logger };
  await using server = await DevServer.start({ telemetry });
  const client = await Client.connect(server, { telemetry });
  const taskQueue = "replay";
  const activities = { greet: (name: string) => `Hello, ${name}!` };
  const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
  const chatty = await client.workflow.start(replayed.chatty, { id: "chatty", taskQueue });
  const ended = await worker.runUntil(async () => {
    await seeTimer(chatty);
    const failed = await client.workflow.start(replayed.failing, { id: "failed", taskQueue });
    await assert.rejects(failed.result());
    const handle = await client.workflow.start(replayed.greeting, { id: "greeting", taskQueue, args: ["Ada"] });
    assert.equal(await handle.query(replayed.name), "Ada");
    const open = await handle.fetchHistory();
    assert.equal(await handle.executeUpdate(replayed.setName, { args: ["Grace"] }), "Ada");
    assert.equal(await handle.result(), "Hello, Grace!");
    return { open, closed: await handle.fetchHistory(), failed: await failed.fetchHistory() };
  });
  await chatty.signal(replayed.rename, "pending");
  const listed = await collect(client.workflow.list().mapHistories());
  return { ...ended, chatty: await chatty.fetchHistory(), listed };
}

async function seeTimer(handle: WorkflowHandle): Promise<void> {
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case === "timerStartedEventAttributes") return;
  }
}

describe("replayer", () => {
  let histories: Awaited<ReturnType<typeof record>>;
  let replayer: Replayer;
  let changedReplayer: Replayer;

  before(async () => {
    histories = await record();
    replayer = await Replayer.create({ workflows });
    changedReplayer = await Replayer.create({ workflows: changed });
  });

  after(async () => {
    await replayer.close();
    await changedReplayer.close();
  });

  test("REPLAY-01 closed, open and failed histories replay", async () => {
    const { listed: _, ...each } = histories;
    for (const history of Object.values(each)) {
      const result = await replayer.replayWorkflow(history);
      assert.equal(result.error, undefined);
      assert.equal(result.workflowId, history.workflowId);
      assert.equal(result.runId, history.runId);
      assert.equal(result.history, history);
    }
  });

  test("REPLAY-01 a history replays up to each of its workflow tasks", async () => {
    const { workflowId, events } = histories.closed;
    const starts = events.filter(({ attributes }) => attributes.case === "workflowTaskStartedEventAttributes");
    assert.ok(starts.length > 2);
    for (const { eventId } of starts) {
      await replayer.replayWorkflow(new WorkflowHistory(workflowId, events.slice(0, Number(eventId))));
    }
    await replayer.replayWorkflow(new WorkflowHistory(workflowId, events.slice(0, 1)));
  });

  test("REPLAY-01 JSON is a history too, as text and parsed, alone or in an answer of the server", async () => {
    const json = JSON.stringify(histories.closed);
    const parsed = JSON.parse(json);
    for (const form of [json, parsed, { history: parsed }, parsed.events, JSON.stringify(parsed.events)]) {
      const { workflowId, runId } = await replayer.replayWorkflow(form);
      assert.deepEqual([workflowId, runId], ["greeting", histories.closed.runId]);
    }
  });

  test("REPLAY-01 a history without the workflow's id is one of workflow replay", async () => {
    const parsed = JSON.parse(JSON.stringify(histories.closed));
    delete parsed.events[0].workflowExecutionStartedEventAttributes.workflowId;
    assert.equal((await replayer.replayWorkflow(parsed)).workflowId, "replay");
  });

  test("REPLAY-01 fields and enum values of newer servers are passed over", async () => {
    const parsed = JSON.parse(JSON.stringify(histories.closed));
    const [start] = parsed.events;
    start.workflowExecutionStartedEventAttributes.ofTheFuture = { deep: ["down"] };
    start.workflowExecutionStartedEventAttributes.initiator = "CONTINUE_AS_NEW_INITIATOR_OF_THE_FUTURE";
    start.unheardOf = 7;
    await replayer.replayWorkflow(parsed);
  });

  test("REPLAY-01 an unregistered type is a ValueError that names it and those registered", async () => {
    const message = "workflow type failing of the history is not registered; registered: greeting";
    await assert.rejects(changedReplayer.replayWorkflow(histories.failed), { name: "ValueError", message });
    const results = await collect(changedReplayer.replayWorkflows([histories.failed]));
    assert.deepEqual(results.map(({ error }) => [error?.name, error?.message]), [["ValueError", message]]);
  });

  test("what is no history is a ValueError, whatever is asked for", async () => {
    const quiet = { raiseOnReplayFailure: false };
    await assert.rejects(replayer.replayWorkflow({ nothing: true }, quiet), ValueError);
    await assert.rejects(replayer.replayWorkflow("{", quiet), /is not JSON/);
    const { events } = JSON.parse(JSON.stringify(histories.closed));
    for (const some of [[], events.slice(1)]) {
      await assert.rejects(replayer.replayWorkflow({ events: some }, quiet), /does not begin with its started event/);
    }
    await assert.rejects(Replayer.create({}), /no workflows; pass `workflows`/);
  });

  test("REPLAY-02 code that has changed is nondeterminism: thrown, or reported on demand", async () => {
    await assert.rejects(changedReplayer.replayWorkflow(histories.closed), NondeterminismError);
    const result = await changedReplayer.replayWorkflow(histories.closed, { raiseOnReplayFailure: false });
    assert.ok(result.error instanceof NondeterminismError);
    assert.doesNotMatch(result.error.message, /\n/);
  });

  test("REPLAY-04 many are reported in their order", async () => {
    const list = [histories.open, histories.closed, histories.closed];
    const results = await collect(changedReplayer.replayWorkflows(list, { concurrency: 2 }));
    assert.deepEqual(
      results.map(({ workflowId, error }) => [workflowId, error instanceof NondeterminismError]),
      [["greeting", true], ["greeting", true], ["greeting", true]],
    );
    const thrown = collect(changedReplayer.replayWorkflows(list, { raiseOnReplayFailure: true }));
    await assert.rejects(thrown, NondeterminismError);
    assert.throws(() => replayer.replayWorkflows([], { concurrency: 0 }), /`concurrency` is 0/);
  });

  test("REPLAY-04 all that a client lists and downloads replays", async () => {
    const results = await collect(replayer.replayWorkflows(histories.listed));
    assert.deepEqual(results.map(({ workflowId }) => workflowId).sort(), ["chatty", "failed", "greeting"]);
    for (const { error } of results) assert.equal(error, undefined);
  });

  test("REPLAY-04 no more are read than are replayed at once, and none once the consumer stops", async () => {
    let read = 0;
    let isClosed = false;
    async function* source() {
      try {
        for (;; read++) yield histories.closed;
      } finally {
        isClosed = true;
      }
    }
    for await (const { error } of replayer.replayWorkflows(source(), { concurrency: 3 })) {
      assert.equal(error, undefined);
      break;
    }
    assert.ok(isClosed);
    assert.ok(read <= 4, String(read));
  });

  test("REPLAY-04 a result does not wait for histories that are still to come", async () => {
    async function* source() {
      yield histories.closed;
      await new Promise(() => {});
    }
    for await (const { workflowId } of replayer.replayWorkflows(source())) {
      assert.equal(workflowId, "greeting");
      break;
    }
  });

  test("REPLAY-04 a source that fails fails after the histories before", async () => {
    async function* source() {
      yield histories.closed;
      throw new Error("the source is dry");
    }
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { workflowId } of replayer.replayWorkflows(source())) seen.push(workflowId);
    }, /the source is dry/);
    assert.deepEqual(seen, ["greeting"]);
  });

  test("REPLAY-05 what fails the workflow task is the failure of that history", async () => {
    await using broken = await Replayer.create({ workflows: new URL("./workflows/broken.ts", import.meta.url) });
    const results = await collect(broken.replayWorkflows([histories.closed, histories.failed]));
    assert.match(String(results[0].error), /undefined.*is not a function|is not a function/);
    assert.ok(!(results[0].error instanceof NondeterminismError));
    assert.equal(results[1].error, undefined);
    await assert.rejects(broken.replayWorkflow(histories.closed), /is not a function/);
  });

  test("REPLAY-07 logs and sinks are silent, but for sinks that want to be called in replay", async () => {
    const lines: string[] = [];
    const write = (message: string) => void lines.push(message);
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    const calls: string[] = [];
    const sinks = {
      audit: {
        always: { fn: (_: unknown, text: string) => void calls.push(`always ${text}`), callDuringReplay: true },
        once: { fn: (_: unknown, text: string) => void calls.push(`once ${text}`) },
      },
    };
    await using loud = await Replayer.create({ workflows, telemetry: { logger }, sinks });
    const { events } = histories.chatty;
    assert.equal(events.at(-1)!.attributes.case, "workflowTaskScheduledEventAttributes");
    await loud.replayWorkflow(histories.chatty);
    assert.deepEqual(lines, []);
    assert.deepEqual(calls, ["always started", "always pending"]);
  });

  test("REPLAY-07 workflows see the namespace; config gives the options back", async () => {
    const options = { workflows, namespace: "mine", identity: "me" };
    await using named = await Replayer.create(options);
    assert.deepEqual(named.config(), options);
    const calls: string[] = [];
    const sinks = {
      audit: {
        always: { fn: ({ namespace }: { namespace: string }) => void calls.push(namespace), callDuringReplay: true },
      },
    };
    for (const namespace of [undefined, "mine"]) {
      await using replayer = await Replayer.create({ workflows, namespace, sinks });
      await replayer.replayWorkflow(histories.chatty);
    }
    assert.deepEqual([...new Set(calls)], ["ReplayNamespace", "mine"]);
  });

  test("REPLAY-07 replays run on a thread, where code that blocks fails its own history", async () => {
    const broken = new URL("./workflows/broken.ts", import.meta.url);
    await using threaded = await Replayer.create({ workflows: broken, deadlockTimeout: "300ms" });
    const results = await collect(threaded.replayWorkflows([histories.failed, histories.chatty, histories.failed]));
    assert.deepEqual(results.map(({ error }) => error === undefined), [true, false, true]);
    assert.match(results[1].error!.message, /TMPRL1101/);
  });

  test("REPLAY-08 an activity that started and ended while a workflow task waited replays", async () => {
    const { workflowId } = await changedReplayer.replayWorkflow(oddOrder());
    assert.equal(workflowId, "odd");
  });

  test("close waits for what is under way, and refuses what comes later", async () => {
    const other = await Replayer.create({ workflows });
    const replay = other.replayWorkflow(histories.closed);
    await other.close();
    await other.close();
    assert.equal((await replay).error, undefined);
    await assert.rejects(other.replayWorkflow(histories.closed), {
      name: "IllegalStateError",
      message: "the replayer is closed; create another",
    });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
