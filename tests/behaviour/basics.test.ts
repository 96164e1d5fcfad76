import assert from "node:assert/strict";
import { describe } from "node:test";
import { ActivityError, ApplicationError, WorkflowFailureError } from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import * as activities from "./activities.ts";
import * as basics from "./workflows/basics.ts";

const options = { workflows: new URL("./workflows/basics.ts", import.meta.url), activities };

describe("basics", () => {
  behaviour("a workflow calls an activity and returns", options, async ({ client, taskQueue, id }) => {
    assert.equal(
      await client.workflow.execute(basics.hello, { id: id(), taskQueue, args: ["World"] }),
      "Hello, World!",
    );
  });

  behaviour("arguments and results keep their values", options, async ({ client, taskQueue, id }) => {
    const args = ["text", 1.5, true, null, { nested: [1, { ünïcode: "☃" }] }, [], ""];
    assert.deepEqual(await client.workflow.execute(basics.echo, { id: id(), taskQueue, args }), args);
    assert.equal(await client.workflow.execute(basics.nothing, { id: id(), taskQueue }), undefined);
  });

  behaviour("timers fire one after another", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(basics.napping, { id: id(), taskQueue, args: [5] }), 5);
  });

  behaviour("timers fire in the order of their times", options, async ({ client, taskQueue, id }) => {
    const order = await client.workflow.execute(basics.raceTimers, { id: id(), taskQueue });
    assert.deepEqual(order, ["fast", "middle", "slow"]);
  });

  behaviour("setTimeout and clearTimeout are durable timers", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(basics.setTimeouts, { id: id(), taskQueue }), ["once"]);
  });

  behaviour("a condition that stays false times out", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(basics.conditionTimeout, { id: id(), taskQueue }), false);
  });

  behaviour("activities run side by side", options, async ({ client, taskQueue, id }) => {
    const results = await client.workflow.execute(basics.parallel, { id: id(), taskQueue, args: [20] });
    assert.deepEqual(results, Array.from({ length: 20 }, (_, i) => `Hello, ${i}!`));
  });

  behaviour("an activity is retried until it succeeds", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(basics.retried, { id: id(), taskQueue, args: [2] }), 3);
  });

  behaviour("an activity knows what it is", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(basics.attempted, { id: id(), taskQueue }), {
      activityId: "1",
      activityType: "describeAttempt",
      attempt: 1,
      workflowType: "attempted",
      startToCloseTimeout: 20_000,
      inWorkflow: true,
      isLocal: false,
    });
  });

  behaviour("an activity is called by name", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(basics.executesByName, { id: id(), taskQueue, args: ["Ada"] });
    assert.equal(result, "Ahoy, Ada!");
  });

  behaviour("time and chance are those of the history", options, async ({ client, taskQueue, id }) => {
    const values = await client.workflow.execute(basics.random, { id: id(), taskQueue });
    const [chance, uuid, cryptoUuid, time, now, laterChance, laterUuid, later] = values;
    assert.equal(typeof chance, "number");
    assert.match(String(uuid), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(uuid, cryptoUuid);
    assert.equal(time, now);
    assert.notEqual(chance, laterChance);
    assert.notEqual(uuid, laterUuid);
    assert.equal(later, true);
  });

  behaviour("a workflow fails with what it threw", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(basics.fails, { id: id(), taskQueue, args: ["no"] });
    await assert.rejects(handle.result(), (error: WorkflowFailureError) => {
      assert.ok(error instanceof WorkflowFailureError);
      const cause = error.cause as ApplicationError;
      assert.ok(cause instanceof ApplicationError);
      assert.deepEqual([cause.message, cause.type, cause.details, cause.nonRetryable], [
        "no",
        "Broken",
        [1, { two: 2 }],
        true,
      ]);
      assert.match(cause.stack ?? "", /basics\.ts:\d+/);
      return true;
    });
    assert.equal((await handle.describe()).status, "FAILED");
  });

  behaviour("the failure of an activity reaches the caller", options, async ({ client, taskQueue, id }) => {
    const failing = client.workflow.execute(basics.activityFails, { id: id(), taskQueue });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof ActivityError);
      assert.equal(cause.activityType, "alwaysFails");
      assert.equal(cause.retryState, "NON_RETRYABLE_FAILURE");
      assert.equal((cause.cause as ApplicationError).type, "BadLuck");
      assert.equal((cause.cause as ApplicationError).message, "no luck");
      return true;
    });
  });

  behaviour("a workflow catches the failure of an activity", options, async ({ client, taskQueue, id }) => {
    const caught = await client.workflow.execute(basics.catches, { id: id(), taskQueue });
    assert.deepEqual(caught, ["ActivityError", "ApplicationError", "true"]);
  });

  behaviour("a workflow continues as new and its result is the last run's", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(basics.continues, { id: id(), taskQueue, args: [3] });
    assert.deepEqual(await handle.result(), [3, 2, 1]);
    assert.notEqual((await handle.describe()).runId, handle.resultRunId);
  });
});
