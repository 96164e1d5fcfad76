import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { Alea, RandomSource } from "../../src/workflow/runtime/facts/random.ts";
import { RunFlags } from "../../src/workflow/runtime/flags.ts";
import { type Context, type ContextStorage, Scopes } from "../../src/workflow/runtime/waiting/scopes.ts";
import { RunState } from "../../src/workflow/runtime/state.ts";
import { Values } from "../../src/workflow/runtime/values.ts";

function source(seed: bigint, time = 0): RandomSource {
  const state = new RunState("run", (stack) => stack);
  state.activation = { ...state.activation, time };
  const storage = new AsyncLocalStorage<Context>() as ContextStorage;
  const random = new RandomSource(state, new Scopes(storage, new Values(state, false), new RunFlags(state)));
  random.reseed(seed);
  return random;
}

describe("random numbers", () => {
  test("are those of Alea", () => {
    const alea = new Alea([1, 2, 3]);
    const numbers = Array.from({ length: 4 }, () => alea.next());
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const same = new Alea([1, 2, 3]);
    assert.deepEqual(Array.from({ length: 4 }, () => same.next()), numbers);
    assert.notEqual(new Alea([1, 2, 4]).next(), numbers[0]);
  });

  test("give the ids that the official TypeScript SDK gave in a recorded history", () => {
    const random = source(2190767061165566105n);
    for (let i = 0; i < 5; i++) random.next();
    assert.equal(random.uuid4(), "c33cd353-e087-4be1-9d53-ae25f181c1a8");
  });

  test("start anew with a seed", () => {
    const random = source(5n);
    const first = random.uuid4();
    assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(random.uuid4(), first);
    random.reseed(5n);
    assert.equal(random.uuid4(), first);
    assert.equal(random.seed, 5n);
    random.reseed(6n);
    assert.notEqual(random.uuid4(), first);
  });

  test("have named streams, those of the official TypeScript SDK, beside the main one", () => {
    const random = source(0x0123456789abcdefn);
    const other = source(0x0123456789abcdefn);
    const expected: [string, number, number, string][] = [
      ["", 0.8396823881193995, 0.6353254474233836, "724069e5-6e44-4b4e-bbe2-f9bdcf8bd25a"],
      ["library", 0.18543980829417706, 0.8697307410184294, "b45c94f4-22a9-4a1b-bccd-051880d80786"],
      ["größe \u{1F600}", 0.2814925129059702, 0.28486599191091955, "0c8e4c5c-b7e7-4fd2-918f-38ed271eae40"],
    ];
    for (const [name, one, two, id] of expected) {
      assert.deepEqual([random.next({ name }), random.next({ name }), random.uuid4({ name })], [one, two, id]);
    }
    assert.equal(random.next(), other.next(), "the main stream is where it was");
    random.reseed(1n);
    assert.notEqual(random.next({ name: "library" }), 0.18543980829417706);
  });

  test("come from the stream that work is to use, also after it has waited", async () => {
    const random = source(9n);
    const other = source(9n);
    const inside = await random.with({ name: "mine" }, async () => {
      const before = random.next();
      await Promise.resolve();
      return [before, random.next(), random.with({}, () => random.next())];
    });
    assert.deepEqual(inside, [other.next({ name: "mine" }), other.next({ name: "mine" }), other.next()]);
    assert.equal(random.next(), other.next());
  });

  test("make version 7 UUIDs of workflow time", () => {
    const id = source(3n, 1_700_000_000_123.75).uuid7();
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(parseInt(id.replaceAll("-", "").slice(0, 12), 16), 1_700_000_000_123);
    assert.equal(source(3n, 1_700_000_000_123).uuid7(), id);
    assert.notEqual(source(4n, 1_700_000_000_123).uuid7(), id);
    const bits = Array.from({ length: 200 }, (_, i) => source(BigInt(i), 0).uuid7().replaceAll("-", ""));
    for (let digit = 13; digit < 32; digit++) {
      assert.ok(new Set(bits.map((bit) => bit[digit])).size > 3, `digit ${digit} is random`);
    }
  });

  test("fill bytes", () => {
    const bytes = new Uint8Array(1000);
    source(7n).fill(bytes);
    assert.ok(new Set(bytes).size > 200);
  });
});
