import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endProgram, startProgram, waitForOutput } from "../support/processes.ts";
import { openServer, unique } from "../support/server.ts";
import type * as workflows from "./workflows/survival.ts";

const program = new URL("./programs/worker.ts", import.meta.url);

describe("survival", () => {
  test("a worker killed in the middle of a timer is replaced by another", async () => {
    await using server = await openServer();
    const taskQueue = unique("queue");
    const first = startProgram(program, [server.address, taskQueue]);
    const handle = await server.client.workflow.start<typeof workflows.survives>("survives", {
      id: unique("workflow"),
      taskQueue,
      args: ["World"],
    });
    for await (const event of handle.history({ waitNewEvent: true })) {
      if (event.attributes.case === "timerStartedEventAttributes") break;
    }
    await endProgram(first, "SIGKILL");

    const second = startProgram(program, [server.address, taskQueue]);
    assert.deepEqual(await handle.result(), ["Hello, World!", "Good bye, World!"]);
    await endProgram(second);
  });

  test("a worker ends cleanly at SIGTERM", async () => {
    await using server = await openServer();
    const taskQueue = unique("queue");
    const worker = startProgram(program, [server.address, taskQueue]);
    await server.client.workflow.execute<typeof workflows.answers>("answers", { id: unique("workflow"), taskQueue });
    worker.kill("SIGTERM");
    await waitForOutput(worker, "ended cleanly");
  });
});
