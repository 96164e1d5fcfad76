import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TaskQueueKind } from "../../src/gen/temporal/api/enums/v1/task_queue_pb.ts";
import { WorkflowSide } from "../../src/worker/workflow_side.ts";
import type { LocalActivities } from "../../src/worker/local_activities.ts";
import type { WorkflowTasks } from "../../src/worker/workflow_tasks.ts";
import { createLog } from "../activity/support.ts";
import { createFakeService, workflowTask } from "./support.ts";

/** Local activities of which there are none. */
const local = { running: 0, endAfter: () => () => {}, drain: () => Promise.resolve() } as unknown as LocalActivities;

/** Polls until there were 60 polls; the kinds of queue that they went to. */
async function poll(waited: number, settings: { stickyQueue?: string } = {}): Promise<TaskQueueKind[]> {
  const stop = new AbortController();
  const kinds: TaskQueueKind[] = [];
  const { service } = createFakeService({
    pollWorkflowTaskQueue: ({ taskQueue }) => {
      if (kinds.push(taskQueue.kind) === 60) stop.abort();
      if (taskQueue.kind === TaskQueueKind.STICKY) return {};
      return workflowTask({ scheduledTime: { seconds: 100n }, startedTime: { seconds: 100n + BigInt(waited) } });
    },
  }, settings);
  const tasks = { cached: 0, handle: () => Promise.resolve(), clear: () => {} } as unknown as WorkflowTasks;
  const { logger } = createLog();
  const side = new WorkflowSide({
    service,
    tasks,
    local,
    logger,
    buildId: "b",
    slots: 100,
    pollers: 5,
    nonstickyRatio: 0.2,
  });
  await side.poll({ stop: stop.signal, abort: stop.signal });
  await side.drain(0);
  return kinds;
}

/** A side that gets no tasks; those it is given end when told. */
function createIdle(slots: number) {
  const { service } = createFakeService({ pollWorkflowTaskQueue: () => ({}) });
  const handled: unknown[] = [];
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  const handle = (task: unknown) => {
    handled.push(task);
    return promise;
  };
  const tasks = { cached: 0, handle, clear: () => {} } as unknown as WorkflowTasks;
  const { logger } = createLog();
  const side = new WorkflowSide({
    service,
    tasks,
    local,
    logger,
    buildId: "b",
    slots,
    pollers: 1,
    nonstickyRatio: 0.2,
  });
  return { side, handled, finish };
}

function countNormal(kinds: TaskQueueKind[]): number {
  return kinds.filter((kind) => kind === TaskQueueKind.NORMAL).length;
}

describe("workflow side", () => {
  test("polls go to the queue whose tasks wait", async () => {
    assert.ok(countNormal(await poll(0)) < 20);
    assert.ok(countNormal(await poll(5)) > 40);
  });

  test("trap 18: with two slots each queue keeps its poll while a task of the other holds a slot", async () => {
    for (const busy of [TaskQueueKind.NORMAL, TaskQueueKind.STICKY]) {
      const open = new Map<TaskQueueKind, number>();
      const stop = new AbortController();
      const { promise: over, resolve: end } = Promise.withResolvers<object>();
      const { service } = createFakeService({
        pollWorkflowTaskQueue: ({ taskQueue: { kind } }) => {
          if (kind === busy) return workflowTask({});
          open.set(kind, (open.get(kind) ?? 0) + 1);
          return over;
        },
      });
      const { promise: handled, resolve: finish } = Promise.withResolvers<void>();
      const tasks = { cached: 0, handle: () => handled, clear: () => {} } as unknown as WorkflowTasks;
      const { logger } = createLog();
      const side = new WorkflowSide({
        service,
        tasks,
        local,
        logger,
        buildId: "b",
        slots: 2,
        pollers: 4,
        nonstickyRatio: 0.5,
      });
      const polling = side.poll({ stop: stop.signal, abort: stop.signal });
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(side.running, 1, "no poll without a slot");
      assert.deepEqual([...open.values()], [1], "the other queue has its poll");
      stop.abort();
      end({});
      finish();
      await polling;
      await side.drain(0);
    }
  });

  test("without a cache there is one queue", async () => {
    const kinds = await poll(0, { stickyQueue: undefined });
    assert.equal(countNormal(kinds), kinds.length);
  });

  test("START-02 its free slots take first tasks of starts, one each", async () => {
    const { side, handled, finish } = createIdle(2);
    const offer = side.offer();
    assert.deepEqual([offer.namespace, offer.taskQueue], ["default", "greetings"]);
    const [one, two, three] = [offer.reserve(), offer.reserve(), offer.reserve()];
    assert.equal(three, undefined);
    const task = workflowTask({});
    one!.use(task);
    one!.use(task);
    one!.release();
    assert.deepEqual([handled, side.running], [[task], 1]);
    assert.equal(offer.reserve(), undefined);
    two!.release();
    two!.use(task);
    assert.equal(handled.length, 1);
    const again = offer.reserve();
    assert.ok(again);
    again.release();
    finish();
    await side.drain(0);
    assert.equal(side.running, 0);
  });

  test("START-02 a worker that shuts down waits for what it has offered, and offers no more", async () => {
    const { side, handled, finish } = createIdle(2);
    const offer = side.offer();
    const slot = offer.reserve()!;
    const stop = AbortSignal.abort();
    await side.poll({ stop, abort: stop });
    let isDrained = false;
    const drained = side.drain(0).then(() => isDrained = true);
    assert.equal(offer.reserve(), undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(isDrained, false);
    slot.use(workflowTask({}));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual([handled.length, isDrained], [1, false]);
    finish();
    await drained;
  });
});
