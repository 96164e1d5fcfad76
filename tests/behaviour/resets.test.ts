/** Resets: what a workflow had been sent after the place to which it goes back reaches it again. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Client, WorkflowHandle, WorkflowHistory } from "@anywhen/temporal/client";
import { Replayer } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import * as resets from "./workflows/resets.ts";

const options = { workflows: new URL("./workflows/resets.ts", import.meta.url) };

/** Resets a workflow to the task of that number, counted from 1, and gives the new run. */
async function reset(client: Client, handle: WorkflowHandle, task: number): Promise<WorkflowHandle> {
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.namespace,
    workflowExecution: { workflowId: handle.id, runId: handle.resultRunId },
    workflowTaskFinishEventId: await findCompletion(handle, task),
    requestId: crypto.randomUUID(),
    reason: "a test",
  });
  return client.workflow.getHandle(handle.id, { runId });
}

/** The id of the event with which a task ended, once there is one. */
async function findCompletion(handle: WorkflowHandle, task: number): Promise<bigint> {
  for await (const { eventId, attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case === "workflowTaskCompletedEventAttributes" && --task === 0) return eventId;
  }
  throw new Error("the workflow ended before");
}

function kindsOf({ events }: WorkflowHistory): string[] {
  return events.map(({ attributes }) => attributes.case!.replace("EventAttributes", ""));
}

async function replay(history: WorkflowHistory): Promise<void> {
  await using replayer = await Replayer.create(options);
  await replayer.replayWorkflow(history);
}

describe("a reset", () => {
  behaviour("UPD asks again for updates, which the history has admitted", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(resets.sum, { id: id(), taskQueue });
    for (const n of [1, 2]) await handle.executeUpdate(resets.add, { args: [n] });
    const again = await reset(client, handle, 1);
    assert.equal(await again.executeUpdate(resets.add, { args: [4] }), 7);
    await again.signal(resets.finish);
    assert.equal(await again.result(), 7);
    const history = await again.fetchHistory();
    const requests = history.events.flatMap(({ attributes: { case: kind, value } }) =>
      kind === "workflowExecutionUpdateAcceptedEventAttributes" ? [value.acceptedRequest !== undefined] : []
    );
    assert.deepEqual(requests, [false, false, true]);
    await replay(history);
  });

  behaviour("CHILD tells again of a child that has ended since", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const childId = id("child");
    const handle = await client.workflow.start(resets.parent, { id: id(), taskQueue, args: [childId] });
    await findCompletion(handle, 2);
    await client.workflow.getHandle(childId).signal(resets.finish);
    await findCompletion(handle, 3);
    const again = await reset(client, handle, 2);
    await again.signal(resets.finish);
    assert.equal(await again.result(), "from the child");
    const history = await again.fetchHistory();
    const kinds = kindsOf(history);
    const ended = kinds.indexOf("childWorkflowExecutionCompleted");
    assert.ok(ended > kinds.indexOf("workflowTaskFailed"), `${kinds}`);
    await replay(history);
  });

  behaviour("CHILD leaves a child that runs to the run that goes on", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const childId = id("child");
    const handle = await client.workflow.start(resets.parent, { id: id(), taskQueue, args: [childId] });
    await findCompletion(handle, 2);
    const { runId } = await client.workflow.getHandle(childId).describe();
    const again = await reset(client, handle, 2);
    await client.workflow.getHandle(childId, { runId }).signal(resets.finish);
    await again.signal(resets.finish);
    assert.equal(await again.result(), "from the child");
    await replay(await again.fetchHistory());
  });

  behaviour(
    "CHILD lets a child go on for which it had not asked yet, so that its id is taken",
    options,
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const childId = id("child");
      const handle = await client.workflow.start(resets.parent, { id: id(), taskQueue, args: [childId] });
      await findCompletion(handle, 2);
      const again = await reset(client, handle, 1);
      await assert.rejects(again.result(), ({ cause }: Error) => /has already been started/.test(String(cause)));
      const child = client.workflow.getHandle(childId);
      await child.signal(resets.finish);
      assert.equal(await child.result(), "from the child");
    },
  );
});
