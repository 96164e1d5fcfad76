import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import { createLog } from "../activity/support.ts";
import * as replayed from "./workflows/replayed.ts";

const workflows = new URL("./workflows/replayed.ts", import.meta.url);

/** A door to a server whose open calls can be cut, as when a connection drops. */
function createCuttableDoor(fetch: (request: Request) => Promise<Response>) {
  const open = new Map<(error: Error) => void, string>();
  let cuts = 0;
  return {
    fetch: (request: Request): Promise<Response> => {
      const { promise, reject } = Promise.withResolvers<never>();
      const gone = new AbortController(); // what the server sees of a connection that is gone
      const cut = (error: Error) => (reject(error), gone.abort());
      open.set(cut, new URL(request.url).pathname.split("/").at(-1)!);
      const signal = AbortSignal.any([request.signal, gone.signal]);
      return Promise.race([fetch(new Request(request, { signal })), promise]).finally(() => open.delete(cut));
    },
    /** Cuts all open calls of a method. */
    cut: (method: string): void => {
      for (const [reject, name] of open) {
        if (name !== method) continue;
        cuts++;
        reject(new TypeError("connection lost"));
      }
    },
    /** Waits until so many calls are open. */
    opened: async (count: number): Promise<void> => {
      while (open.size < count) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    cuts: () => cuts,
  };
}

describe("dropped connections", () => {
  test("open polls and calls that are cut come back", async () => {
    const { logger, lines } = createLog();
    await using server = await DevServer.start({ telemetry: { logger: createLog().logger } });
    const door = createCuttableDoor((request) => server.fetch(request));
    const client = await Client.connect({ fetch: door.fetch, telemetry: { logger } });
    const taskQueue = "survival";
    const activities = { greet: (name: string) => `Hello, ${name}!` };
    const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
    await worker.runUntil(async () => {
      const handle = await client.workflow.start(replayed.greeting, { id: "w", taskQueue, args: ["Ada"] });
      assert.equal(await handle.query(replayed.name), "Ada");
      const result = handle.result();
      await door.opened(11); // five polls of each kind, and the one for the result
      for (const method of ["PollWorkflowTaskQueue", "PollActivityTaskQueue", "GetWorkflowExecutionHistory"]) {
        door.cut(method);
      }
      assert.equal(door.cuts(), 11);
      assert.equal(await handle.executeUpdate(replayed.setName, { args: ["Grace"] }), "Ada");
      assert.equal(await result, "Hello, Grace!");
    });
    assert.equal(worker.state, "STOPPED");
    assert.ok(
      lines.some(({ level, message }) => level === "warn" && /poll failed: .*next try in \d+ ms/.test(message)),
    );
  });
});
