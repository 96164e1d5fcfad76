import assert from "node:assert/strict";
import { describe } from "node:test";
import { CancelledError, TerminatedError, WorkflowFailureError } from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import * as activities from "./activities.ts";
import * as cancellation from "./workflows/cancellation.ts";

const options = {
  workflows: new URL("./workflows/cancellation.ts", import.meta.url),
  activities,
  // Activities hear of a cancellation by the answer to a heartbeat.
  maxHeartbeatThrottleInterval: 100,
};

describe("cancellation", () => {
  behaviour("CANC-01 a cancelled workflow ends as cancelled", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.sleepsLong, { id: id(), taskQueue });
    await handle.cancel("not needed");
    await assert.rejects(handle.result(), (error: WorkflowFailureError) => {
      assert.ok(error instanceof WorkflowFailureError);
      assert.ok(error.cause instanceof CancelledError);
      return true;
    });
    assert.equal((await handle.describe()).status, "CANCELED");
  });

  behaviour("CANC-08 a workflow may swallow its cancellation", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.swallows, { id: id(), taskQueue });
    await handle.cancel("not needed");
    assert.equal(await handle.result(), "cancelled: not needed");
  });

  behaviour("a workflow cleans up under a shield", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.cleansUp, { id: id(), taskQueue });
    await handle.cancel();
    await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof CancelledError);
    const { events } = await handle.fetchHistory();
    assert.ok(events.some(({ attributes }) => attributes.case === "activityTaskCompletedEventAttributes"));
  });

  behaviour("CANC-15 TRY_CANCEL resolves at once", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(cancellation.cancelsActivity, {
      id: id(),
      taskQueue,
      args: ["TRY_CANCEL"],
    });
    assert.equal(result, "ActivityError: CancelledError");
  });

  behaviour("CANC-15 ABANDON resolves at once", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(cancellation.cancelsActivity, {
      id: id(),
      taskQueue,
      args: ["ABANDON"],
    });
    assert.equal(result, "ActivityError: CancelledError");
  });

  behaviour("CANC-15 WAIT_CANCELLATION_COMPLETED waits for its end", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.cancelsActivity, {
      id: id(),
      taskQueue,
      args: ["WAIT_CANCELLATION_COMPLETED"],
    });
    assert.equal(await handle.result(), "ActivityError: CancelledError");
    const { events } = await handle.fetchHistory();
    assert.ok(events.some(({ attributes }) => attributes.case === "activityTaskCanceledEventAttributes"));
  });

  behaviour("CANC-09 what is cancelled unsent leaves no trace", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.cancelsAtOnce, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["timer CancelledError", "activity ActivityError"]);
    const { events } = await handle.fetchHistory();
    assert.equal(events.filter(({ attributes }) => /timer|activity/.test(attributes.case ?? "")).length, 0);
  });

  behaviour("a scope cancels what is in it and nothing else", options, async ({ client, taskQueue, id }) => {
    const seen = await client.workflow.execute(cancellation.scopes, { id: id(), taskQueue });
    assert.deepEqual(seen, ["CancelledError", "TimeoutError", "false"]);
  });

  behaviour("a terminated workflow says why", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(cancellation.sleepsLong, { id: id(), taskQueue });
    await handle.terminate("enough", { details: ["a", 1] });
    await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof TerminatedError);
      assert.equal(cause.message, "enough");
      assert.deepEqual(cause.details, ["a", 1]);
      return true;
    });
    assert.equal((await handle.describe()).status, "TERMINATED");
  });
});
