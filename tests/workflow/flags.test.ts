import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IllegalStateError } from "../../src/common/errors.ts";
import { sdkName } from "../../src/common/version.ts";
import { PythonFlag, RunFlags, type TypeScriptFlag } from "../../src/workflow/runtime/flags.ts";
import { RunState } from "../../src/workflow/runtime/state.ts";

interface Task {
  isReplaying: boolean;
  flags: number[];
  name: string;
  version: string;
  buildId: string;
}

const numbers = { RULE: 7, OTHER: 8 };

/** The flags of a run, and how to begin its next task. */
function makeFlags(own?: Record<string, number>): { flags: RunFlags; begin(task: Partial<Task>): RunFlags } {
  const state = new RunState("run", (stack) => stack);
  const flags = new RunFlags(state, own);
  const begin = (
    { isReplaying = true, flags: recorded = [], name = sdkName, version = "0.1.0", buildId = "" }: Partial<Task>,
  ) => {
    state.activation = { ...state.activation, isReplaying, flags: recorded, sdk: { name, version }, buildId };
    return flags;
  };
  return { flags, begin };
}

describe("DET-04 a flag of this SDK", () => {
  test("is taken up by a live task, recorded once and never forgotten", () => {
    const { flags, begin } = makeFlags(numbers);
    begin({ isReplaying: false, name: "" });
    assert.equal(flags.uses("RULE"), true);
    assert.equal(flags.uses("RULE"), true);
    assert.deepEqual(flags.takeUsed(), [7]);
    assert.deepEqual(flags.takeUsed(), []);
    begin({ isReplaying: false, flags: [7] });
    assert.equal(flags.uses("OTHER"), true);
    assert.deepEqual(flags.takeUsed(), [8]);
  });

  test("trap 21: is never taken up in replay, only found there", () => {
    const { flags, begin } = makeFlags(numbers);
    assert.equal(begin({}).uses("RULE"), false);
    assert.equal(begin({ flags: [7] }).uses("RULE"), true);
    assert.deepEqual(flags.takeUsed(), []);
    assert.equal(
      begin({ flags: [7], name: "temporal-go" }).uses("RULE"),
      false,
      "another SDK's number means something else",
    );
    assert.equal(begin({ isReplaying: false }).uses("RULE"), true);
    assert.deepEqual(flags.takeUsed(), [7], "the first new task records it");
  });
});

describe("DET-06 an unknown flag", () => {
  test("of this SDK is refused with its number", () => {
    const { begin } = makeFlags(numbers);
    begin({ flags: [7, 8] }).check();
    assert.throws(() => begin({ flags: [7, 99] }).check(), (error: Error) => {
      assert.ok(error instanceof IllegalStateError);
      assert.equal(
        error.message,
        "the history relies on SDK flag 99, which version 0.1.0 of this SDK recorded and this one does not know; " +
          "upgrade @anywhen/temporal on this worker",
      );
      return true;
    });
  });

  test("of another SDK says nothing here", () => {
    makeFlags(numbers).begin({ flags: [99], name: "temporal-typescript" }).check();
    makeFlags().begin({ flags: [1], name: "temporal-python" }).check();
  });
});

describe("DET-05 flags of the official TypeScript SDK", () => {
  const has = (flag: TypeScriptFlag, task: Partial<Task>) => {
    return makeFlags().begin({ name: "temporal-typescript", ...task }).hasTypeScript(flag);
  };

  test("hold where they are recorded", () => {
    assert.equal(has(2, { flags: [1, 2] }), true);
    assert.equal(has(2, { flags: [1] }), false);
    assert.equal(has(6, { version: "1.30.0" }), false);
  });

  test("hold in tasks of releases that forgot to record them", () => {
    for (const flag of [1, 2] as const) {
      assert.equal(has(flag, { buildId: "@temporalio/worker@1.11.0+abc" }), true);
      assert.equal(has(flag, { buildId: "@temporalio/worker@1.11.1+abc", name: "" }), true);
      assert.equal(has(flag, { buildId: "@temporalio/worker@1.11.2+abc" }), false);
      assert.equal(has(flag, { buildId: "@temporalio/worker@1.10.1+abc", name: "" }), false);
    }
  });

  test("hold in tasks of later releases than those that brought the rule", () => {
    assert.deepEqual(["1.11.4", "1.11.5", "1.12.0", "2.0.0"].map((version) => has(3, { version })), [
      false,
      true,
      true,
      true,
    ]);
    assert.deepEqual(["1.11.5", "1.11.6", ""].map((version) => has(4, { version })), [false, true, false]);
    assert.deepEqual(["1.13.1", "1.13.2", "none"].map((version) => has(5, { version })), [false, true, false]);
  });

  test("are no matter of live tasks and of other SDKs", () => {
    assert.equal(has(2, { isReplaying: false }), true);
    assert.equal(has(2, { name: "temporal-python" }), true);
    assert.equal(has(2, { name: sdkName }), true);
  });
});

test("flags of the official Python SDK hold where they are recorded", () => {
  const begin = (task: Partial<Task>) => makeFlags().begin({ name: "temporal-python", ...task });
  assert.equal(begin({}).hasPython(PythonFlag.SINGLE_BATCH), false);
  assert.equal(begin({ flags: [2] }).hasPython(PythonFlag.SINGLE_BATCH), true);
  assert.equal(begin({ isReplaying: false }).hasPython(PythonFlag.SINGLE_BATCH), true);
});

test("a replayed task goes by the rules of whoever recorded it, a live one by those of this SDK", () => {
  const author = (task: Partial<Task>) => makeFlags().begin(task).author;
  assert.equal(author({ name: "temporal-typescript" }), "typescript");
  assert.equal(author({ name: "temporal-python" }), "python");
  assert.equal(author({ name: "temporal-java" }), "other");
  assert.equal(author({ name: "" }), "this");
  assert.equal(author({ name: "", buildId: "@temporalio/worker@1.5.0+abc" }), "typescript");
  assert.equal(author({ name: "temporal-python", isReplaying: false }), "this");
});
