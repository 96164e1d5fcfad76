import assert from "node:assert/strict";
import { describe } from "node:test";
import { ApplicationError, type Client, type WorkflowFailureError } from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import * as workflows from "./workflows/externals.ts";

const options = { workflows: new URL("./workflows/externals.ts", import.meta.url) };

const notFound = (what: string) => ({
  name: "ApplicationError",
  message: what,
  type: "ExternalWorkflowExecutionNotFound",
});
const notSignalled = notFound("Unable to signal external workflow because it was not found");
const notCancelled = notFound("Unable to cancel external workflow because not found");

/** How many events of one kind the history of a workflow has. */
async function count(client: Client, id: string, kind: string): Promise<number> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  return events.filter(({ attributes }) => attributes.case === kind).length;
}

describe("a signal to another workflow", () => {
  behaviour("CHILD-06 arrives by id, and by id and run", options, async ({ client, taskQueue, id }) => {
    for (const byRun of [false, true]) {
      const target = await client.workflow.start(workflows.takesSignal, { id: id("target"), taskQueue });
      const runId = byRun ? target.resultRunId : undefined;
      const sent = await client.workflow.execute(workflows.signals, { id: id(), taskQueue, args: [target.id, runId] });
      assert.equal(sent, "done");
      assert.deepEqual(await target.result(), ["hello", 7]);
    }
  });

  behaviour("CHILD-06 goes by the name of a method", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.Counter, { id: id("target"), taskQueue });
    await client.workflow.execute(workflows.signalsByName, { id: id(), taskQueue, args: [target.id] });
    assert.equal(await target.result(), 5);
  });

  behaviour("CHILD-06 fails where nobody is there", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.takesSignal, { id: id("target"), taskQueue });
    const run = "00000000-0000-0000-0000-000000000000";
    for (const args of [[unique("nobody")], [target.id, run]] as const) {
      const sent = await client.workflow.execute(workflows.signals, { id: id(), taskQueue, args: [...args] });
      assert.deepEqual(sent, notSignalled);
    }
    await target.terminate();
    const sent = await client.workflow.execute(workflows.signals, { id: id(), taskQueue, args: [target.id] });
    assert.deepEqual(sent, notSignalled, "nor where the workflow has ended");
    const failed = client.workflow.execute(workflows.failsToSignal, { id: id(), taskQueue, args: [target.id] });
    await assert.rejects(failed, ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof ApplicationError);
      assert.equal(cause.message, notSignalled.message);
      return true;
    });
  });

  behaviour("is refused without a target or a name", options, async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(workflows.callsNobody, { id: id(), taskQueue });
    const errors = (seen as Record<string, string>[]).map(({ name, message }) => `${name}: ${message}`);
    assert.deepEqual(errors, [
      'ValueError: the id of the other workflow is ""; give a text',
      "ValueError: the id of the other workflow is undefined; give a text",
      'ValueError: signal has no name: ""; pass a name, a function, a class or a definition',
    ]);
  });

  behaviour("is taken back before it is sent", options, async ({ client, taskQueue, id }) => {
    const sender = id();
    const outcome = await client.workflow.execute(workflows.takesBack, { id: sender, taskQueue, args: ["whoever"] });
    assert.deepEqual(outcome, { name: "CancelledError", message: "Signal was cancelled before being sent" });
    assert.equal(await count(client, sender, "signalExternalWorkflowExecutionInitiatedEventAttributes"), 0);
  });

  behaviour("is not taken back once it is sent", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.takesSignal, { id: id("target"), taskQueue });
    const outcome = client.workflow.execute(workflows.cancelsTooLate, { id: id(), taskQueue, args: [target.id] });
    assert.equal(await outcome, "done");
    assert.deepEqual(await target.result(), ["late", 1]);
  });

  behaviour("CANC-20 under a shield is sent once", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.takesSignal, { id: id("target"), taskQueue });
    const sender = id();
    const outcome = await client.workflow.execute(workflows.shieldsSignal, {
      id: sender,
      taskQueue,
      args: [target.id],
    });
    assert.equal(outcome, "done");
    assert.deepEqual(await target.result(), ["shielded", 1]);
    assert.equal(await count(client, sender, "signalExternalWorkflowExecutionInitiatedEventAttributes"), 1);
  });
});

describe("a request to cancel another workflow", () => {
  behaviour("CANC-16 arrives by id, and by id and run", options, async ({ client, taskQueue, id }) => {
    for (const byRun of [false, true]) {
      const target = await client.workflow.start(workflows.reportsReason, { id: id("target"), taskQueue });
      const runId = byRun ? target.resultRunId : undefined;
      const args: [string, string | undefined, string] = [target.id, runId, "not needed"];
      assert.equal(await client.workflow.execute(workflows.cancels, { id: id(), taskQueue, args }), "done");
      assert.match(await target.result(), /not needed/);
    }
  });

  behaviour("CANC-04 tells who asks, and why", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.reportsReason, { id: id("target"), taskQueue });
    const sender = await client.workflow.start(workflows.cancels, {
      id: id(),
      taskQueue,
      args: [target.id, undefined, "from outside"],
    });
    assert.equal(
      await target.result(),
      `Cancel requested by workflow with run id ${sender.resultRunId} with reason: from outside`,
    );
  });

  behaviour("CANC-16 fails where nobody is there", options, async ({ client, taskQueue, id }) => {
    const outcome = client.workflow.execute(workflows.cancels, { id: id(), taskQueue, args: [unique("nobody")] });
    assert.deepEqual(await outcome, notCancelled);
  });

  behaviour("CANC-17 need not be waited for", options, async ({ client, taskQueue, id }) => {
    const target = await client.workflow.start(workflows.reportsReason, { id: id("target"), taskQueue });
    const sender = id();
    const outcome = await client.workflow.execute(workflows.stopsWaiting, { id: sender, taskQueue, args: [target.id] });
    assert.deepEqual(outcome, { name: "CancelledError", message: "enough of waiting" });
    assert.match(await target.result(), /stop/);
    assert.equal(await count(client, sender, "requestCancelExternalWorkflowExecutionInitiatedEventAttributes"), 1);
  });
});
