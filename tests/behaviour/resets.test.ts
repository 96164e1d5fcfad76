/** Resets: what a workflow had been sent after the place to which it goes back reaches it again. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Client, WorkflowHandle } from "@anywhen/temporal/client";
import { behaviour, type Scene } from "../support/behaviour.ts";
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

/** A parent and its child, which both run. */
async function startParent(
  { client, taskQueue, id }: Scene,
): Promise<{ parent: WorkflowHandle; child: WorkflowHandle }> {
  const childId = id("child");
  const parent = await client.workflow.start(resets.parent, { id: id(), taskQueue, args: [childId] });
  await findCompletion(parent, 2);
  return { parent, child: client.workflow.getHandle(childId) };
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
  });

  behaviour("CHILD tells again of a child that has ended since", options, async (scene) => {
    const { parent, child } = await startParent(scene);
    await child.signal(resets.finish);
    await findCompletion(parent, 3);
    const again = await reset(scene.client, parent, 2);
    await again.signal(resets.finish);
    assert.equal(await again.result(), "from the child");
    const { events } = await again.fetchHistory();
    const kinds = events.map(({ attributes }) => attributes.case!);
    const ended = kinds.indexOf("childWorkflowExecutionCompletedEventAttributes");
    assert.ok(ended > kinds.indexOf("workflowTaskFailedEventAttributes"), `${kinds}`);
  });

  behaviour("CHILD leaves a child that runs to the run that goes on", options, async (scene) => {
    const { parent, child } = await startParent(scene);
    const { runId } = await child.describe();
    const again = await reset(scene.client, parent, 2);
    await scene.client.workflow.getHandle(child.id, { runId }).signal(resets.finish);
    await again.signal(resets.finish);
    assert.equal(await again.result(), "from the child");
  });

  behaviour("CHILD lets go on a child for which it had not asked yet: its id is taken", options, async (scene) => {
    const { parent, child } = await startParent(scene);
    const again = await reset(scene.client, parent, 1);
    await assert.rejects(again.result(), ({ cause }: Error) => /has already been started/.test(String(cause)));
    await child.signal(resets.finish);
    assert.equal(await child.result(), "from the child");
  });
});
