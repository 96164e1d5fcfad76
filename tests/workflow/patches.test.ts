import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";
import { IllegalStateError, ReadOnlyContextError, ValueError } from "../../src/common/errors.ts";
import { type DecidePatch, Patches } from "../../src/workflow/runtime/facts/patches.ts";
import { createParts, type RunParts } from "../../src/workflow/runtime/parts.ts";
import type { Context, ContextStorage } from "../../src/workflow/runtime/waiting/scopes.ts";
import { start } from "./support.ts";

/** The parts of a run that has begun, live. */
function makeRun(decidePatch?: DecidePatch): RunParts {
  const silent = () => {};
  const options = {
    runId: "run-1",
    storage: new AsyncLocalStorage<Context>() as ContextStorage,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    mapStack: (stack: string) => stack,
    decidePatch,
  };
  const parts = createParts(options as unknown as Parameters<typeof createParts>[0]);
  parts.state.start = start("patched");
  parts.state.attach({ intrinsics: { Array, Error, JSON, Promise, Uint8Array }, converters: {} } as never);
  return parts;
}

function isReplaying({ state }: RunParts, value: boolean): void {
  state.activation = { ...state.activation, isReplaying: value };
}

describe("the decision on a patch", () => {
  test("is made once, with one marker", () => {
    const { patches, commands } = makeRun();
    assert.deepEqual([patches.isOn("a", false), patches.isOn("a", false), patches.isOn("a", true)], [true, true, true]);
    assert.deepEqual(commands.take(), [{ kind: "setPatchMarker", patchId: "a", deprecated: false }]);
  });

  test("follows the marker in replay; without one it is no, until a live call", () => {
    const run = makeRun();
    const { patches, commands } = run;
    isReplaying(run, true);
    patches.note("known");
    assert.deepEqual([patches.isOn("known", false), patches.isOn("new", false)], [true, false]);
    assert.deepEqual(commands.take(), [{ kind: "setPatchMarker", patchId: "known", deprecated: false }]);
    isReplaying(run, false);
    assert.equal(patches.isOn("new", false), true);
    assert.deepEqual(commands.take(), [{ kind: "setPatchMarker", patchId: "new", deprecated: false }]);
  });

  test("PATCH-08 asks the callback live only, and remembers a no", () => {
    const asked: string[] = [];
    const run = makeRun(({ patchId }) => asked.push(patchId) < 0);
    const { patches, commands } = run;
    isReplaying(run, true);
    patches.note("known");
    patches.isOn("new", false);
    isReplaying(run, false);
    assert.deepEqual(["known", "gone", "new", "new"].map((id) => patches.isOn(id, id === "gone")), [
      true,
      true,
      false,
      false,
    ]);
    assert.deepEqual(asked, ["new"]);
    assert.equal(commands.take().length, 2);
  });

  test("PATCH-07 keeps the callback from changing anything", () => {
    const faults: unknown[] = [];
    const run = makeRun(() => {
      const { patches, random, state, timers } = run;
      const settler = { resolve: () => {}, reject: () => {} };
      const attempts = [
        () => timers.sleep(1, undefined, settler),
        () => random.next(),
        () => patches.isOn("other", false),
        () => state.assertWritable("anything"),
      ];
      for (const attempt of attempts) {
        try {
          attempt();
        } catch (error) {
          faults.push(error);
        }
      }
      return true;
    });
    assert.equal(run.patches.isOn("a", false), true);
    assert.equal(faults.length, 4);
    for (const fault of faults) {
      assert.ok(fault instanceof ReadOnlyContextError);
      assert.match(fault.message, /is not allowed in a patchActivationCallback/);
    }
    assert.equal(run.state.readOnly, undefined);
  });

  test("PATCH-11 fails the task where the callback does, even if the code goes on", () => {
    const run = makeRun(() => {
      throw "no reason";
    });
    assert.throws(() => run.patches.isOn("a", false), IllegalStateError);
    assert.equal(run.ending.taskFailure?.failure.message, 'patchActivationCallback failed for patch "a": no reason');
  });

  test("needs a name, and a workflow that runs", () => {
    for (const id of ["", 7, undefined]) assert.throws(() => makeRun().patches.isOn(id as string, false), ValueError);
    const run = makeRun();
    run.state.start = undefined;
    assert.throws(() => run.patches.isOn("a", false), IllegalStateError);
    assert.ok(run.patches instanceof Patches);
  });
});
