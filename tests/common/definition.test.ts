import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attachDefinition, definitionName, findDefinition, readArgs } from "../../src/common/definition.ts";
import { ValueError } from "../../src/common/errors.ts";

async function greet(): Promise<void> {}
class Approval {
  async run(): Promise<void> {}
}

describe("definitionName", () => {
  test("takes a name, a function, a class or a definition", () => {
    assert.equal(definitionName("Greet", "workflow"), "Greet");
    assert.equal(definitionName(greet, "workflow"), "greet");
    assert.equal(definitionName(Approval, "workflow"), "Approval");
    assert.equal(definitionName({ kind: "signal", name: "approve" }, "signal"), "approve");
  });

  test("prefers the name given in a definition", () => {
    class Order {}
    class SpecialOrder extends Order {}
    attachDefinition(Order, { kind: "workflow", name: "order-v2" });
    assert.equal(definitionName(Order, "workflow"), "order-v2");
    assert.equal(definitionName(SpecialOrder, "workflow"), "SpecialOrder");
    assert.equal(findDefinition(SpecialOrder), undefined);
    assert.equal(findDefinition(Order)?.kind, "workflow");
    assert.deepEqual(Object.keys(Order), []);
  });

  test("refuses what has no name", () => {
    const message = (reference: unknown): string => {
      try {
        return definitionName(reference, "workflow");
      } catch (error) {
        assert.ok(error instanceof ValueError);
        return error.message;
      }
    };
    assert.match(message(() => {}), /^workflow is a function without a name; give it one, or pass the name$/);
    assert.match(message(""), /^workflow has no name: "";/);
    assert.match(message(undefined), /^workflow has no name: undefined;/);
    assert.match(message({ name: 1 }), /^workflow has no name/);
  });
});

describe("readArgs", () => {
  test("takes a list or nothing", () => {
    const args = [1, undefined];
    assert.equal(readArgs(args, "workflow greet"), args);
    assert.deepEqual(readArgs(undefined, "workflow greet"), []);
  });

  test("refuses anything else", () => {
    assert.throws(
      () => readArgs("World", "workflow greet"),
      /ValueError: args of workflow greet is not an array; write args: \[World\]/,
    );
    assert.throws(() => readArgs({}, "x"), ValueError);
    assert.throws(() => readArgs(null, "x"), ValueError);
  });
});
