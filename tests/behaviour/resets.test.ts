/** Resets: what a workflow had been sent after the place to which it goes back reaches it again. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { Replayer } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import * as resets from "./workflows/resets.ts";

const options = { workflows: new URL("./workflows/resets.ts", import.meta.url) };

describe("a reset", () => {
  behaviour("UPD asks again for updates, which the history has admitted", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(resets.sum, { id: id(), taskQueue });
    for (const n of [1, 2]) await handle.executeUpdate(resets.add, { args: [n] });
    const { events } = await handle.fetchHistory();
    const { eventId } = events.find(({ attributes: { case: kind } }) =>
      kind === "workflowTaskCompletedEventAttributes"
    )!;
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace: client.namespace,
      workflowExecution: { workflowId: handle.id, runId: handle.resultRunId },
      workflowTaskFinishEventId: eventId,
      requestId: crypto.randomUUID(),
      reason: "a test",
    });
    const again = client.workflow.getHandle<typeof resets.sum>(handle.id, { runId });
    assert.equal(await again.executeUpdate(resets.add, { args: [4] }), 7);
    await again.signal(resets.finish);
    assert.equal(await again.result(), 7);
    const history = await again.fetchHistory();
    const accepted = history.events.map(({ attributes: { case: kind, value } }) =>
      kind === "workflowExecutionUpdateAcceptedEventAttributes" ? value.acceptedRequest !== undefined : undefined
    );
    assert.deepEqual(accepted.filter((hasRequest) => hasRequest !== undefined), [false, false, true]);
    await using replayer = await Replayer.create({ workflows: options.workflows });
    await replayer.replayWorkflow(history);
  });
});
