import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "@anywhen/temporal/activity";
import { type Client, type HistoryEvent, WorkflowAlreadyStartedError } from "@anywhen/temporal/client";
import { RawValue, SearchAttributeKey } from "@anywhen/temporal/common";
import { defaultPayloadConverter } from "@anywhen/temporal/converter";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { registerSearchAttributes } from "../support/search_attributes.ts";
import { connect, unique } from "../support/server.ts";
import * as shared from "./activities.ts";
import * as start from "./workflows/start.ts";

const activities = { ...shared, describePriority: () => activity.info().priority };
const options = { workflows: new URL("./workflows/start.ts", import.meta.url), activities };

type StartedAttributes = Extract<
  HistoryEvent["attributes"],
  { case: "workflowExecutionStartedEventAttributes" }
>["value"];

/** The event that started a workflow. */
async function startedEvent(
  client: Client,
  id: string,
): Promise<{ event: HistoryEvent; attributes: StartedAttributes }> {
  const [event] = (await client.workflow.getHandle(id).fetchHistory()).events;
  return { event, attributes: event.attributes.value as StartedAttributes };
}

function readText(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined): unknown {
  return payload && defaultPayloadConverter.fromPayload(payload);
}

function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime!.seconds) * 1000 + eventTime!.nanos / 1e6;
}

describe("start", () => {
  behaviour("START-01 a workflow with one argument returns its value", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(start.hello, { id: id(), taskQueue, args: ["Ada"] }), "Hello, Ada!");
  });

  behaviour("START-02 an eager start hands its first task to the worker without a poll", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const eager = { id: id(), taskQueue, args: ["Ada"] as [string], taskTimeout: "1h", requestEagerStart: true };
    const handle = await client.workflow.start(start.hello, eager);
    assert.equal(handle.eagerlyStarted, true);
    assert.equal(handle.with({}).eagerlyStarted, true);
    assert.equal(await handle.result(), "Hello, Ada!");
    const { attributes } = await startedEvent(client, handle.id);
    assert.equal(attributes.eagerExecutionAccepted, true);
    const derived = client.with({ identity: "derived" });
    assert.equal(await derived.workflow.execute(start.hello, { ...eager, id: id() }), "Hello, Ada!");
  });

  behaviour("START-02 signals reach a run that was started eagerly", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(start.waits, { id: id(), taskQueue, requestEagerStart: true });
    await handle.signal(start.go);
    assert.equal(await handle.result(), handle.resultRunId);
  });

  behaviour("START-03 without a worker on its connection an eager start is an ordinary one", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const other = await connect();
    const eager = { id: id(), taskQueue, args: ["Ada"] as [string], requestEagerStart: true };
    const handle = await other.workflow.start(start.hello, eager);
    assert.equal(handle.eagerlyStarted, false);
    assert.equal(await handle.result(), "Hello, Ada!");
    await other.close();
    const elsewhere = await client.workflow.start(start.hello, { ...eager, id: unique("w"), taskQueue: unique("q") });
    assert.equal(elsewhere.eagerlyStarted, false);
    await elsewhere.terminate();
  });

  behaviour("START-03 where the server has reasons an eager start is an ordinary one", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const eager = { id: id(), taskQueue, args: ["Ada"] as [string], requestEagerStart: true, startDelay: "1s" };
    const delayed = await client.workflow.start(start.hello, eager);
    assert.equal(delayed.eagerlyStarted, false);
    const open = { id: id(), taskQueue, requestEagerStart: true };
    const first = await client.workflow.start(start.waits, { ...open, requestEagerStart: false });
    assert.equal(first.eagerlyStarted, false);
    const joined = await client.workflow.start(start.waits, { ...open, idConflictPolicy: "USE_EXISTING" });
    assert.deepEqual([joined.eagerlyStarted, joined.resultRunId], [false, first.resultRunId]);
    await assert.rejects(client.workflow.start(start.waits, open), WorkflowAlreadyStartedError);
    await first.signal(start.go);
    assert.equal(await first.result(), first.resultRunId);
    assert.equal(await delayed.result(), "Hello, Ada!");
  });

  test("START-03 after its worker has stopped a client starts as ever", async () => {
    const client = await connect();
    const taskQueue = unique("queue");
    const eager = { taskQueue, requestEagerStart: true };
    const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
    const idle = await client.workflow.start(start.waits, { ...eager, id: unique("workflow") });
    assert.equal(idle.eagerlyStarted, false);
    await worker.runUntil(async () => {
      const handle = await client.workflow.start(start.waits, { ...eager, id: unique("workflow") });
      assert.equal(handle.eagerlyStarted, true);
      await handle.terminate();
    });
    const late = await client.workflow.start(start.waits, { ...eager, id: unique("workflow") });
    assert.equal(late.eagerlyStarted, false);
    await idle.terminate();
    await late.terminate();
    await client.close();
  });

  behaviour(
    "START-04 arguments of several types, left out, null and raw",
    options,
    async ({ client, taskQueue, id }) => {
      const run = (...args: [text: string, flag: boolean, value?: unknown]) =>
        client.workflow.execute(start.threeArguments, { id: id(), taskQueue, args });
      assert.deepEqual(await run("a", true, { b: [1] }), ["a", true, { b: [1] }]);
      assert.deepEqual(await run("a", false), ["a", false, "default"]);
      assert.deepEqual(await run("a", false, null), ["a", false, null]);
      const payload = {
        metadata: { encoding: new TextEncoder().encode("json/plain") },
        data: new TextEncoder().encode("[7]"),
      };
      assert.deepEqual(await run("a", false, new RawValue(payload)), ["a", false, [7]]);
    },
  );

  behaviour("START-10 a start delay holds the first task back", options, async ({ client, taskQueue, id }) => {
    const delayed = { id: id(), taskQueue, startDelay: "1500ms" };
    const signalled = { ...delayed, id: id(), startSignal: start.go };
    const handles = await Promise.all([
      client.workflow.start(start.waits, delayed),
      client.workflow.signalWithStart(start.waits, signalled),
    ]);
    await handles[0].signal(start.go);
    for (const handle of handles) {
      await handle.result();
      const { event, attributes } = await startedEvent(client, handle.id);
      const { firstWorkflowTaskBackoff: wait } = attributes;
      assert.deepEqual([wait?.seconds, wait?.nanos], [1n, 500_000_000]);
      const task = (await handle.fetchHistory()).events.find(({ attributes }) => {
        return attributes.case === "workflowTaskStartedEventAttributes";
      })!;
      const waited = timeOf(task) - timeOf(event);
      assert.ok(waited >= 1_499, `the first task came ${waited} ms after the start`);
      const { startTime, executionTime } = await handle.describe();
      assert.equal(executionTime!.getTime() - startTime.getTime(), 1_500);
    }
  });

  behaviour("START-13 conflict policies of a signal-with-start", options, async ({ client, taskQueue, id }) => {
    const common = { id: id(), taskQueue, startSignal: start.go };
    const first = await client.workflow.start(start.stays, { ...common, startDelay: "1h" });
    const joined = await client.workflow.signalWithStart(start.waits, { ...common, idConflictPolicy: "USE_EXISTING" });
    assert.equal(joined.resultRunId, first.resultRunId);
    const refused = client.workflow.signalWithStart(start.waits, { ...common, idConflictPolicy: "FAIL" });
    await assert.rejects(refused, { status: "INVALID_ARGUMENT" });
    const next = await client.workflow.signalWithStart(start.waits, {
      ...common,
      idConflictPolicy: "TERMINATE_EXISTING",
    });
    assert.notEqual(next.resultRunId, first.resultRunId);
    assert.equal(await next.result(), next.resultRunId);
    const replaced = client.workflow.getHandle(common.id, { runId: first.resultRunId });
    assert.equal((await replaced.describe()).status, "TERMINATED");
  });

  behaviour("START-14 START-15 options of a start are in the history, others are unset", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    await registerSearchAttributes(client);
    const full = await client.workflow.start(start.hello, {
      id: id(),
      taskQueue,
      args: ["Ada"],
      executionTimeout: "3h",
      runTimeout: "2h",
      taskTimeout: "20s",
      memo: { note: "a note" },
      searchAttributes: [SearchAttributeKey.forKeyword("AnywhenKeyword").valueSet("one")],
      retryPolicy: { initialInterval: "2s", maximumAttempts: 4 },
      staticSummary: "in short",
      staticDetails: "at length",
    });
    await full.result();
    const { event, attributes } = await startedEvent(client, full.id);
    const { workflowExecutionTimeout, workflowRunTimeout, workflowTaskTimeout, retryPolicy } = attributes;
    const timeouts = [workflowExecutionTimeout, workflowRunTimeout, workflowTaskTimeout];
    assert.deepEqual(timeouts.map((timeout) => timeout?.seconds), [10_800n, 7_200n, 20n]);
    assert.equal(attributes.taskQueue?.name, taskQueue);
    assert.equal(readText(attributes.memo?.fields.note), "a note");
    assert.equal(readText(attributes.searchAttributes?.indexedFields.AnywhenKeyword), "one");
    assert.deepEqual([retryPolicy?.initialInterval?.seconds, retryPolicy?.maximumAttempts], [2n, 4]);
    const { summary, details } = event.userMetadata ?? {};
    assert.deepEqual([readText(summary), readText(details)], ["in short", "at length"]);
    const description = await full.describe();
    assert.equal(await description.staticSummary(), "in short");
    assert.equal(await description.staticDetails(), "at length");

    const monthly = { id: unique("workflow"), taskQueue, cronSchedule: "0 0 1 * *" };
    const cron = await client.workflow.start(start.waits, monthly);
    assert.equal((await startedEvent(client, cron.id)).attributes.cronSchedule, "0 0 1 * *");
    await cron.terminate();

    const bare = await client.workflow.start(start.waits, { id: id(), taskQueue });
    await bare.signal(start.go);
    await bare.result();
    const plain = await startedEvent(client, bare.id);
    assert.equal(plain.event.userMetadata, undefined);
    const { memo, searchAttributes, input, continuedFailure, cronSchedule } = plain.attributes;
    assert.deepEqual(
      [memo, searchAttributes, plain.attributes.retryPolicy, input, continuedFailure],
      Array(5).fill(undefined),
    );
    assert.equal(cronSchedule, "");
  });

  behaviour("START-16 a priority reaches the workflow and its activities unless overridden", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const priority = { priorityKey: 2, fairnessKey: "team", fairnessWeight: 1.5 };
    const own = { priorityKey: 4, fairnessKey: "mine", fairnessWeight: 0.5 };
    const told = await client.workflow.execute(start.priorities, { id: id(), taskQueue, priority });
    assert.deepEqual(told, [priority, priority, own, { ...priority, priorityKey: 1 }]);
    const none = await client.workflow.execute(start.priorities, { id: id(), taskQueue });
    assert.deepEqual(none, [{}, {}, own, { priorityKey: 1 }]);
    const children = await client.workflow.execute(start.childPriorities, { id: id(), taskQueue, priority });
    assert.deepEqual(children, [priority, { ...priority, priorityKey: 5 }]);
  });

  behaviour("START-17 a bad priority of an activity is refused", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(start.badPriorities, { id: id(), taskQueue }), [
      "ValueError: priority.priorityKey: -1 is not a whole number of at least 1",
      "ValueError: priority.priorityKey: 1 is not a whole number of at least 1",
      "ValueError: priority.fairnessKey is of type number; give a text",
      "ValueError: priority.fairnessWeight: 0 is not a number above 0",
    ]);
  });

  test("START-17 a bad priority of a start is refused before the call", async () => {
    const client = await connect();
    const bad = { id: unique("workflow"), taskQueue: unique("queue"), priority: { fairnessKey: 7 as never } };
    await assert.rejects(client.workflow.start("any", bad), /ValueError: priority\.fairnessKey is of type number/);
    await client.close();
  });

  behaviour("START-19 the next attempt reads the last failure", options, async ({ client, taskQueue, id }) => {
    const retryPolicy = { initialInterval: 100, maximumAttempts: 2 };
    assert.deepEqual(await client.workflow.execute(start.failsOnce, { id: id(), taskQueue, retryPolicy }), {
      isApplicationError: true,
      message: "the first one fails",
      type: "First",
      details: [{ a: 1 }],
      hasLastCompletionResult: false,
      lastCompletionResult: "none",
    });
  });

  behaviour("START-19 a run of a schedule reads the last result", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(start.countsRuns, { id: id(), taskQueue, cronSchedule: "@every 1s" });
    assert.deepEqual(await untilAnswered(() => handle.query(start.lastResult)), [2, 4, true]);
    await handle.terminate();
  });

  behaviour("START-24 an abstract class stands for an implementation by its name", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    abstract class Hello {
      abstract run(name: string): Promise<string>;
    }
    const text: string = await client.workflow.execute<typeof Hello>("hello", { id: id(), taskQueue, args: ["Ada"] });
    assert.equal(text, "Hello, Ada!");
  });

  behaviour("START-25 options from one object behave as those given one by one", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(start.spreads, { id: id(), taskQueue });
    const [one, other] = await handle.result() as Record<string, unknown>[];
    assert.deepEqual({ ...one, activityId: "" }, { ...other, activityId: "" });
    const scheduled = (await handle.fetchHistory()).events.filter(({ attributes }) => {
      return attributes.case === "activityTaskScheduledEventAttributes";
    });
    const [first, second] = scheduled.map(({ attributes, userMetadata }) => ({
      ...(attributes.value as object),
      activityId: "",
      workflowTaskCompletedEventId: 0n,
      summary: readText(userMetadata?.summary),
    }));
    assert.equal(scheduled.length, 2);
    assert.equal(first.summary, "the same");
    assert.deepEqual(first, second);
  });

  behaviour("META-12 TIME-01 TIME-02 summaries are in the events of their commands", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const child = id();
    const handle = await client.workflow.start(start.summaries, { id: id(), taskQueue, args: [child] });
    await handle.result();
    const { events } = await handle.fetchHistory();
    const found = events.filter(({ userMetadata }) => userMetadata).map(({ attributes, userMetadata }) => [
      attributes.case,
      readText(userMetadata?.summary),
    ]);
    const timer = "timerStartedEventAttributes";
    assert.deepEqual(found, [
      ["activityTaskScheduledEventAttributes", "an activity"],
      [timer, "a timer"],
      [timer, "timer 1"],
      [timer, "timer 2"],
      [timer, "timer 3"],
      [timer, "a condition"],
      ["markerRecordedEventAttributes", "a local activity"],
      ["startChildWorkflowExecutionInitiatedEventAttributes", "a child"],
      [timer, "a scope"],
    ]);
    const started = (await startedEvent(client, child)).event.userMetadata;
    assert.deepEqual([readText(started?.summary), readText(started?.details)], ["a child", "of many words"]);
  });
});

/** Asks again until somebody answers. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
