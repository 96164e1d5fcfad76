import assert from "node:assert/strict";
import { once } from "node:events";
import process from "node:process";
import { describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { startProgram, waitForOutput } from "../support/processes.ts";

const PROGRAM = new URL("../../src/cli/bin.ts", import.meta.url);

describe("the anywhen executable", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`serves in a process of its own and ends cleanly at ${signal}, with calls and connections open`, async () => {
      const child = startProgram(PROGRAM, ["server", "start-dev", "--port", "0"]);
      try {
        const output = await waitForOutput(child, "Ctrl-C ends it\n");
        const address = /^Address: +(\S+) /m.exec(output)![1];
        await using client = await Client.connect(address);
        const handle = await client.workflow.start("nobody", { id: "w", taskQueue: "q", args: [] });
        const result = handle.result({ rpcTimeout: 20_000 }).then(() => "done", () => "failed");
        await client.workflow.count();
        const exited = once(child, "exit");
        const started = Date.now();
        // Not child.kill: after that Deno reports the signal in place of the exit code.
        process.kill(child.pid!, signal);
        assert.deepEqual(await exited, [0, null]);
        assert.ok(Date.now() - started < 5_000, `it took ${Date.now() - started} ms`);
        await client.close();
        assert.equal(await result, "failed");
      } finally {
        child.kill("SIGKILL");
      }
    });
  }

  test("exits with 2 for a command line it does not understand", async () => {
    const child = startProgram(PROGRAM, ["version"]);
    assert.deepEqual(await once(child, "exit"), [0, null]);
    const wrong = startProgram(PROGRAM, ["serve"]);
    assert.deepEqual(await once(wrong, "exit"), [2, null]);
  });
});
