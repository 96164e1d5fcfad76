import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { define, defn, findActivityRecord, isActivityDefinition } from "../../src/activity/definition.ts";
import { ValueError } from "../../src/common/errors.ts";

/** Calls a decorator as a compiler does. */
function decorate(target: object, name: string, decorator: unknown): void {
  const method = (target as Record<string, unknown>)[name];
  (decorator as (method: unknown, context: object) => void)(method, {
    kind: "method",
    name,
    static: false,
    private: false,
  });
}

describe("activity definitions", () => {
  test("define keeps name, schemas and function", async () => {
    const text = { "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) } };
    const greet = define({ name: "greet", args: [text], run: (name: unknown) => `Hello, ${name}` });
    assert.equal(greet.name, "greet");
    assert.equal(await greet.run("Ada"), "Hello, Ada");
    assert.deepEqual(findActivityRecord(greet)?.args, [text]);
    assert.ok(isActivityDefinition(greet));
  });

  test("without a name it is that of the function, and none for one called run", () => {
    async function wave(): Promise<void> {}
    assert.equal(define({ run: wave }).name, "wave");
    assert.equal(define({ run: async () => {} }).name, "");
  });

  test("faults are named", () => {
    assert.throws(() => define({} as never), (error) => error instanceof ValueError && /`run`/.test(error.message));
    assert.throws(() => define({ name: "", run: () => {} }), /`name` must not be empty/);
    assert.throws(() => defn({ name: "" }), /`name` must not be empty/);
  });

  test("defn marks methods, bare and with options", () => {
    class Greeter {
      greet(): void {}
      wave(): void {}
      plain(): void {}
    }
    decorate(Greeter.prototype, "greet", defn);
    decorate(Greeter.prototype, "wave", defn({ name: "wave-hand", dynamic: true }));
    assert.deepEqual(findActivityRecord(Greeter.prototype.greet), { kind: "activity", name: "greet" });
    assert.deepEqual(findActivityRecord(Greeter.prototype.wave), {
      kind: "activity",
      name: "wave-hand",
      dynamic: true,
    });
    assert.equal(findActivityRecord(Greeter.prototype.plain), undefined);
  });
});
