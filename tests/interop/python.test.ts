import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import { startServer } from "../../scripts/server.mjs";
import * as activities from "./activities.ts";
import { runPython, startPython } from "./programs.ts";

const VALUES = [
  "text",
  "",
  'ünïcödé 🦊 "quoted" \n\t\\',
  0,
  -1,
  1.5,
  1e21,
  9_007_199_254_740_991,
  true,
  false,
  null,
  [],
  {},
  [1, "two", null, [3]],
  { name: "Ada", tags: ["a", "b"], nested: { deep: { deeper: [null, { x: 1 }] } }, "ключ": "значение" },
  new Date(Date.UTC(2025, 0, 31, 12)).toISOString(),
];

/** Each kind of server: how it is started, and what closes it. */
const SERVERS: Record<string, () => Promise<{ address: string; stop: () => Promise<void> }>> = {
  "the embedded server": async () => {
    const server = await DevServer.start({ port: 0 });
    return { address: server.address!, stop: () => server.shutdown() };
  },
  "the official dev server": () => startServer({ port: 0 }),
};

for (const [name, start] of Object.entries(SERVERS)) {
  describe(`Python on ${name}`, () => {
    let server: { address: string; stop: () => Promise<void> };
    let client: Client;

    before(async () => {
      server = await start();
      client = await Client.connect(server.address);
    });
    after(async () => {
      await client.close();
      await server.stop();
    });

    test("a Python worker and client run workflows with activities, handlers, failures and cancellation", async () => {
      const report = JSON.parse(await runPython("tour.py", [server.address, unique("tour")]));
      assert.deepEqual(report, {
        echoed: "hi",
        attempts: 3,
        handlers: {
          old: 1,
          rejected: "limit must not be negative",
          count: 2,
          names: ["Ada", "Bob"],
          started_twice: false,
          status: "COMPLETED",
          is_contiguous: true,
        },
        failure: { message: "Expired: too late", type: "Expired", details: [{ order: 7 }] },
        cancelled: "cancelled activity",
      });
    });

    test("our worker runs what the Python client starts", async () => {
      const taskQueue = unique("ours");
      const workflows = new URL("./workflows.ts", import.meta.url);
      await using worker = await Worker.create({ client, taskQueue, workflows, activities });
      const out = await worker.runUntil(() =>
        runPython("client.py", [server.address, taskQueue, "anywhenEcho"], JSON.stringify({ values: VALUES }))
      );
      assert.deepEqual(JSON.parse(out), { results: VALUES, bytes: [0, 1, 254, 255] });
    });

    test("a Python worker runs what our client starts", async () => {
      const taskQueue = unique("python");
      await using _worker = await startPython("worker.py", [server.address, taskQueue]);
      const run = (value: unknown): Promise<unknown> =>
        client.workflow.execute("PythonEcho", { id: unique("echo"), taskQueue, args: [value] });
      // Python's None is "no value" on the wire, which reads as undefined here.
      const expected = VALUES.map((value) => value === null ? undefined : value);
      assert.deepEqual(await Promise.all(VALUES.map(run)), expected);
      assert.deepEqual(await run(new Uint8Array([0, 1, 254, 255])), new Uint8Array([0, 1, 254, 255]));
      assert.equal(await run(new Date(Date.UTC(2025, 0, 31, 12))), "2025-01-31T12:00:00.000Z");
    });
  });
}

function unique(name: string): string {
  return `${name}-${crypto.randomUUID()}`;
}
