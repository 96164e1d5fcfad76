import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { define, defn } from "../../src/activity/definition.ts";
import { collectActivities, findActivity } from "../../src/worker/activity_registry.ts";

class Greeter {
  greeting: string;
  constructor(greeting: string) {
    this.greeting = greeting;
  }
  greet(name: string): string {
    return `${this.greeting}, ${name}!`;
  }
  helper(): void {}
}
const mark = defn({ name: "greet" }) as (method: unknown, context: unknown) => void;
mark(Greeter.prototype.greet, { kind: "method", name: "greet", static: false, private: false });

function collect(...sources: object[]) {
  const faults: string[] = [];
  return { faults, registry: collectActivities(sources, faults) };
}

describe("activity registry", () => {
  test("records, modules, definitions, instances and functions are sources", () => {
    const definition = define({ name: "defined", run: () => 1 });
    const module = Object.assign(Object.create(null), {
      one: () => 1,
      limit: 5,
      named: define({ run: () => 2 }),
    });
    function plain(): void {}
    const { faults, registry } = collect(module, definition, new Greeter("Hi"), plain);
    assert.deepEqual(faults, []);
    assert.deepEqual([...registry.named.keys()].sort(), ["defined", "greet", "named", "one", "plain"]);
    assert.equal(findActivity(registry, "greet")?.run("Ada"), "Hi, Ada!");
  });

  test("a method of a subclass replaces that of its base", () => {
    class Loud extends Greeter {
      override greet(name: string): string {
        return super.greet(name).toUpperCase();
      }
    }
    mark(Loud.prototype.greet, { kind: "method", name: "greet", static: false, private: false });
    const { registry } = collect(new Loud("hi"));
    assert.equal(findActivity(registry, "greet")?.run("Ada"), "HI, ADA!");
  });

  test("a dynamic activity serves what nothing else does", () => {
    const fallback = define({ name: "any", dynamic: true, run: () => "dynamic" });
    const { registry } = collect({ known: () => "known" }, fallback);
    assert.equal(findActivity(registry, "known")?.run(), "known");
    assert.equal(findActivity(registry, "other")?.run(), "dynamic");
    assert.equal(findActivity(collect({ known: () => 1 }).registry, "other"), undefined);
  });

  test("faults are all reported", () => {
    const dynamic = () => define({ name: "any", dynamic: true, run: () => 1 });
    const cases: [object[], RegExp][] = [
      [[{ a: () => 1 }, { a: () => 2 }], /a is registered twice/],
      [[dynamic(), dynamic()], /two dynamic activities/],
      [[Greeter], /Greeter is a class; pass an instance: new Greeter\(…\)/],
      [[{ Greeter }], /Greeter is a class; pass an instance/],
      [[{}], /no function in it/],
      [[() => 1], /a function without a name/],
      [[{ __temporal_x: () => 1 }], /"__temporal_", which is reserved/],
      [[define({ name: "__temporal_x", run: () => 1 })], /"__temporal_", which is reserved/],
      [[define({ run: () => 1 })], /a definition without a name; give `activity.define` a `name`/],
      [[5 as never], /5 is neither a module/],
      [[null as never], /null is neither a module/],
    ];
    for (const [sources, message] of cases) {
      const { faults } = collect(...sources);
      assert.ok(faults.some((fault) => message.test(fault)), `${faults.join(" | ")} does not match ${message}`);
    }
  });
});
