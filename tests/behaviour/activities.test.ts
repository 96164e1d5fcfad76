import assert from "node:assert/strict";
import { describe } from "node:test";
import { behaviour } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as workflows from "./workflows/activities.ts";

const options = { workflows: new URL("./workflows/activities.ts", import.meta.url), activities };

describe("activities", () => {
  behaviour("start to close", options, async ({ client, taskQueue, id }) => {
    const failure = await client.workflow.execute(workflows.runActivity, {
      id: id(),
      taskQueue,
      args: ["hangs", { startToCloseTimeout: 200 }, []],
    });
    assert.deepEqual(failure, {
      name: "TimeoutError",
      message: "activity StartToClose timeout",
      type: "START_TO_CLOSE",
      retryState: "MAXIMUM_ATTEMPTS_REACHED",
    });
  });

  behaviour("schedule to close", options, async ({ client, taskQueue, id }) => {
    const failure = await client.workflow.execute(workflows.runActivity, {
      id: id(),
      taskQueue,
      args: ["hangs", { scheduleToCloseTimeout: 200 }, []],
    });
    const { name, type } = failure as Record<string, string>;
    assert.equal(name, "TimeoutError");
    assert.match(type, /^(SCHEDULE_TO_CLOSE|START_TO_CLOSE)$/);
  });

  behaviour("schedule to start", options, async ({ client, taskQueue, id }) => {
    const failure = await client.workflow.execute(workflows.onOtherQueue, {
      id: id(),
      taskQueue,
      args: [unique("nobody")],
    });
    const { name, type } = failure as Record<string, string>;
    assert.deepEqual([name, type], ["TimeoutError", "SCHEDULE_TO_START"]);
  });

  behaviour("heartbeat", options, async ({ client, taskQueue, id }) => {
    const failure = await client.workflow.execute(workflows.runActivity, {
      id: id(),
      taskQueue,
      args: ["hangs", { startToCloseTimeout: "30s", heartbeatTimeout: 200 }, []],
    });
    const { name, type } = failure as Record<string, string>;
    assert.deepEqual([name, type], ["TimeoutError", "HEARTBEAT"]);
  });

  behaviour("heartbeat details reach the next attempt", options, async ({ client, taskQueue, id }) => {
    assert.deepEqual(await client.workflow.execute(workflows.resumed, { id: id(), taskQueue }), [{ done: 7 }]);
  });

  behaviour("an unregistered activity names the registered ones", options, async ({ client, taskQueue, id }) => {
    const failure = await client.workflow.execute(workflows.runActivity, {
      id: id(),
      taskQueue,
      args: ["grete", { startToCloseTimeout: "5s" }, []],
    });
    const { message, type } = failure as Record<string, string>;
    assert.equal(type, "NotFoundError");
    assert.match(message, /grete.*greet/);
    assert.ok(!message.includes("\n"));
  });
});
