import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadLogger } from "../../src/realm/thread/logger.ts";

/** What arrives of attributes on the other side. */
function pass(attributes: Record<string, unknown>): Record<string, unknown> {
  const passed: unknown[] = [];
  new ThreadLogger((message) => passed.push(structuredClone(message))).info("text", attributes);
  return (passed[0] as { attributes: Record<string, unknown> }).attributes;
}

const one = () => 1;

describe("the log of a workflow thread", () => {
  test("passes on what can be copied beside what cannot", () => {
    const error = new RangeError("too far");
    const { fn, symbol, nested, ...others } = pass({
      fn: one,
      symbol: Symbol("s"),
      nested: { error, promise: Promise.resolve(), list: [1, one] },
      date: new Date(5),
      big: 1n,
    });
    assert.deepEqual([fn, symbol], [String(one), "Symbol(s)"]);
    assert.deepEqual(others, { date: new Date(5), big: 1n });
    const { error: copy, promise, list } = nested as { error: Error; promise: unknown; list: unknown[] };
    assert.deepEqual([copy.name, copy.message, promise, list], ["RangeError", "too far", {}, [1, String(one)]]);
  });

  test("tells of circles as text", () => {
    const attributes: Record<string, unknown> = { fn: one };
    attributes.self = attributes;
    assert.deepEqual(pass(attributes), { fn: String(one), self: "[Circular]" });
  });
});
