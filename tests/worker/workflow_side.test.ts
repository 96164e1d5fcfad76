import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TaskQueueKind } from "../../src/gen/temporal/api/enums/v1/task_queue_pb.ts";
import { WorkflowSide } from "../../src/worker/workflow_side.ts";
import type { WorkflowTasks } from "../../src/worker/workflow_tasks.ts";
import { createLog } from "../activity/support.ts";
import { createFakeService, workflowTask } from "./support.ts";

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
  const side = new WorkflowSide({ service, tasks, logger, slots: 100, pollers: 5, nonstickyRatio: 0.2 });
  await side.poll({ stop: stop.signal, abort: stop.signal });
  await side.drain();
  return kinds;
}

function countNormal(kinds: TaskQueueKind[]): number {
  return kinds.filter((kind) => kind === TaskQueueKind.NORMAL).length;
}

describe("workflow side", () => {
  test("polls go to the queue whose tasks wait", async () => {
    assert.ok(countNormal(await poll(0)) < 20);
    assert.ok(countNormal(await poll(5)) > 40);
  });

  test("without a cache there is one queue", async () => {
    const kinds = await poll(0, { stickyQueue: undefined });
    assert.equal(countNormal(kinds), kinds.length);
  });
});
