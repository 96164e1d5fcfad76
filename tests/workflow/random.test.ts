import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Alea, RandomSource } from "../../src/workflow/runtime/random.ts";
import { RunState } from "../../src/workflow/runtime/state.ts";

function source(seed: bigint): RandomSource {
  const random = new RandomSource(new RunState("run", (stack) => stack));
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

  test("fill bytes", () => {
    const bytes = new Uint8Array(1000);
    source(7n).fill(bytes);
    assert.ok(new Set(bytes).size > 200);
  });
});
