import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { runProgram, startProgram } from "../support/processes.ts";

// Test runners take unhandled rejections for themselves: these run in processes of their own.
const program = new URL("./programs/rejections.ts", import.meta.url);

describe("unhandled rejections", () => {
  for (const place of ["on the own thread", "thread"]) {
    test(`in a workflow fail its task alone; what was cancelled is no fault (${place})`, () => testWorkflows(place));
  }

  async function testWorkflows(place: string): Promise<void> {
    const { atLoad, ...others } = JSON.parse(await runProgram(program, place === "thread" ? [place] : []));
    assert.deepEqual(others, {
      atOnce: "nobody looks rejects.ts:4",
      later: "later rejects.ts:10",
      inTimer: "in a timer rejects.ts:36",
      seenInTime: "completeWorkflow",
      cancelled: "cancelTimer,completeWorkflow",
      other: "successful",
    });
    assert.match(atLoad, /^workflow module does not load: \S*rejects_at_load\.ts:1:\d+: Error: at load$/);
  }

  for (const state of ["open", "closed"]) {
    test(`elsewhere end the process as ever, with a host that is ${state}`, async () => {
      const child = startProgram(program, [state]);
      child.stdout!.resume();
      const [code] = await once(child, "close");
      assert.equal(code, 1);
    });
  }
});
