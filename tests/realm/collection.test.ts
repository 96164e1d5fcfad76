import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "../support/processes.ts";

test("EVICT-03 the realms of runs that were evicted are garbage, 1,000 of 1,000", async () => {
  const { shown, kept } = JSON.parse(await runProgram(new URL("./programs/collection.ts", import.meta.url)));
  assert.equal(shown, 1_000);
  // Some that the stack still points at, on runtimes that read it like that.
  assert.ok(kept <= 10, `${kept} are kept`);
});
