import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Clock } from "../../../src/server/engine/clock.ts";
import { close, completeWorkflow, errorOf, ms, openOwn, payloads, Scene, scheduleActivity, settle } from "./harness.ts";

after(close);

describe("polls", () => {
  test("that were given up get no task: the next poll does", async () => {
    const scene = new Scene();
    const leaving = new AbortController();
    const abandoned = scene.client.pollWorkflowTaskQueue(
      { namespace: "default", taskQueue: { name: scene.taskQueue }, identity: "gone" },
      { signal: leaving.signal, timeoutMs: 10_000 },
    );
    await settle();
    leaving.abort();
    assert.match(await errorOf(abandoned), /^Canceled: /);
    await settle();
    await scene.start();
    const task = await scene.poll();
    assert.equal(task.attempt, 1);
    await scene.complete(task, [completeWorkflow()]);
  });

  test("end empty a little before their caller's deadline", async () => {
    const scene = new Scene();
    const before = performance.now();
    const answer = await scene.tryPoll({ timeoutMs: 2200 });
    assert.equal(answer.taskToken.length, 0);
    assert.ok(performance.now() - before < 2200);
  });

  test("need a namespace, a queue and a little time", async () => {
    const { client } = new Scene();
    const options = { timeoutMs: 3000 };
    assert.equal(
      await errorOf(client.pollWorkflowTaskQueue({ taskQueue: { name: "q" } }, options)),
      "InvalidArgument: Namespace is empty.",
    );
    assert.equal(
      await errorOf(client.pollWorkflowTaskQueue({ namespace: "nowhere", taskQueue: { name: "q" } }, options)),
      "NotFound: Namespace nowhere is not found.",
    );
    assert.equal(
      await errorOf(client.pollActivityTaskQueue({ namespace: "default" }, options)),
      "InvalidArgument: taskQueue is not set",
    );
    assert.equal(
      await errorOf(
        client.pollWorkflowTaskQueue({ namespace: "default", taskQueue: { name: "q" } }, { timeoutMs: 1000 }),
      ),
      "FailedPrecondition: Context timeout is too short.",
    );
  });

  test("are served in the order of the tasks", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(...["1", "2", "3"].map((id) => scheduleActivity(scene, id, { input: payloads(id) })));
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await scene.pollActivity()).activityId);
    assert.deepEqual(ids.sort(), ["1", "2", "3"]);
    await scene.terminate();
  });

  test("keep to a queue's rate", async () => {
    const { service, client } = openOwn();
    const scene = new Scene(client);
    await scene.start();
    await scene.step(...["1", "2", "3"].map((id) => scheduleActivity(scene, id)));
    const before = performance.now();
    for (let i = 0; i < 3; i++) {
      await client.pollActivityTaskQueue({
        namespace: "default",
        taskQueue: { name: scene.taskQueue },
        identity: "slow",
        taskQueueMetadata: { maxTasksPerSecond: 20 },
      }, { timeoutMs: 5000 });
    }
    assert.ok(performance.now() - before >= 80, "two waits of 50 ms");
    await service.shutdown();
  });

  test("of a worker that shuts down end at once", async () => {
    const { service, client } = openOwn();
    const scene = new Scene(client);
    const polling = scene.tryPoll({ sticky: "mine", timeoutMs: 20_000 });
    await settle();
    await client.shutdownWorker({ namespace: "default", stickyTaskQueue: "mine", identity: "tester" });
    assert.equal((await polling).taskToken.length, 0);
    await service.shutdown();
  });

  test("parked at shutdown end at once", async () => {
    const { service, client } = openOwn();
    const polling = new Scene(client).tryPoll({ timeoutMs: 20_000 });
    await settle();
    await service.shutdown();
    assert.equal((await polling).taskToken.length, 0);
  });
});

describe("a queue nobody polls", () => {
  test("is hinted at once, by name, with the queues that are polled", async () => {
    const lines: string[] = [];
    const ignore = (): void => {};
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (line: string) => void lines.push(line) };
    const { service, client } = openOwn({ logger, limits: { unpolledHint: 100 } });
    const scene = new Scene(client);
    const polled = client.pollWorkflowTaskQueue(
      { namespace: "default", taskQueue: { name: "busy" }, identity: "w" },
      { timeoutMs: 20_000 },
    );
    await scene.start();
    await new Scene(client).start({ taskQueue: { name: scene.taskQueue } });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual(lines, [
      `task queue "${scene.taskQueue}" has a workflow waiting but no worker polls it; queues being polled: "busy"`,
    ]);
    await service.shutdown();
    await polled;
  });
});

describe("the clock", () => {
  test("calls in the order of time, then of scheduling, and not what was cancelled", async () => {
    const clock = new Clock();
    const calls: string[] = [];
    const now = clock.now();
    await new Promise<void>((resolve) => {
      clock.schedule(now + 40, () => {
        calls.push("last");
        resolve();
      }, true);
      clock.schedule(now + 20, () => void calls.push("second"));
      clock.schedule(now + 20, () => void calls.push("third"));
      clock.schedule(now - 5, () => void calls.push("first"));
      clock.cancel(clock.schedule(now + 10, () => void calls.push("never")));
    });
    assert.deepEqual(calls, ["first", "second", "third", "last"]);
    clock.stop();
  });

  test("keeps thousands of entries in order while some are taken out", async () => {
    let time = 0;
    const clock = new Clock(() => time);
    const fired: number[] = [];
    const entries = Array.from({ length: 2000 }, (_, index) => {
      const due = (index * 7919) % 1000;
      return clock.schedule(due, () => void fired.push(due));
    });
    entries.forEach((entry, index) => {
      if (index % 3 === 0) clock.cancel(entry);
    });
    time = 1000;
    await new Promise<void>((resolve) => clock.schedule(1000, resolve, true));
    assert.equal(fired.length, 2000 - Math.ceil(2000 / 3));
    assert.deepEqual(fired, fired.toSorted((one, other) => one - other));
    clock.stop();
  });
});

describe("workflow time", () => {
  test("is the clock's that the service was given", async () => {
    const { service, client } = openOwn({ now: () => Date.UTC(2030, 0, 1) });
    const scene = new Scene(client);
    await scene.start({ workflowRunTimeout: ms(60_000) });
    const [started] = await scene.events();
    assert.equal(started.eventTime?.seconds, BigInt(Date.UTC(2030, 0, 1) / 1000));
    assert.equal(service.now(), Date.UTC(2030, 0, 1));
    await service.shutdown();
  });
});
