import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import { operation, type OperationInput, type OperationOutput, service } from "../../src/nexus/definition.ts";

describe("nexus definitions", () => {
  test("an operation is named after its key unless it has a name", () => {
    const greeter = service("greeter", {
      greet: operation<string, string>(),
      wave: operation<number, void>({ name: "wave-hand" }),
      bow: operation<void, void>({ name: undefined }),
    });
    assert.equal(greeter.name, "greeter");
    assert.equal(greeter.operations.greet.name, "greet");
    assert.equal(greeter.operations.wave.name, "wave-hand");
    assert.equal(greeter.operations.bow.name, "bow");
    const input: OperationInput<typeof greeter, "greet"> = "Ada";
    const output: OperationOutput<typeof greeter, "greet"> = input;
    assert.equal(output, "Ada");
  });

  test("faults are named", () => {
    const faults: [() => unknown, RegExp][] = [
      [() => service("", { greet: operation() }), /the service needs a name/],
      [() => service("greeter", {}), /greeter has no operations/],
      [
        () => service("greeter", { a: operation({ name: "x" }), b: operation({ name: "x" }) }),
        /two operations named x \(a and b\)/,
      ],
      [() => service("greeter", { a: operation(), b: operation({ name: "a" }) }), /two operations named a \(a and b\)/],
      [() => service("greeter", { greet: {} as never }), /greeter\.greet must be made by nexus\.operation/],
      [() => operation({ name: "" }), /`name` must not be empty/],
    ];
    for (const [make, message] of faults) {
      assert.throws(make, (error: unknown) => error instanceof ValueError && message.test(error.message));
    }
  });
});
