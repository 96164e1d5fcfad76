import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RunCache } from "../../src/worker/run_cache.ts";

function setUp(limit: number) {
  const disposed: string[] = [];
  const cache = new RunCache<string, string>(limit, (state) => disposed.push(state));
  const load = (runId: string) => {
    const run = cache.claim(runId);
    cache.begin(run);
    run.state ??= runId;
    return run;
  };
  return { cache, disposed, load };
}

describe("run cache", () => {
  test("the least recently used idle run leaves first", () => {
    const { cache, disposed, load } = setUp(2);
    for (const id of ["a", "b"]) cache.settle(load(id));
    cache.settle(load("a"));
    cache.settle(load("c"));
    assert.deepEqual(disposed, ["b"]);
    assert.equal(cache.size, 2);
  });

  test("busy runs stay, even beyond the limit", () => {
    const { cache, disposed, load } = setUp(1);
    const a = load("a");
    const b = load("b");
    assert.deepEqual(disposed, []);
    cache.settle(a);
    assert.deepEqual(disposed, ["a"]);
    cache.settle(b);
    assert.equal(cache.size, 1);
  });

  test("with a limit of 0 nothing stays", () => {
    const { cache, disposed, load } = setUp(0);
    cache.settle(load("a"));
    assert.deepEqual(disposed, ["a"]);
    assert.equal(cache.size, 0);
  });

  test("an evicted run is loaded anew", () => {
    const { cache, disposed, load } = setUp(5);
    const run = load("a");
    cache.evict(run);
    cache.evict(run);
    cache.settle(run);
    assert.deepEqual(disposed, ["a"]);
    assert.equal(cache.size, 0);
    assert.notEqual(cache.claim("a"), run);
  });

  test("runs that weigh too much together leave, the least recently used first, but one", () => {
    const disposed: string[] = [];
    const weight = { maxBytes: 10, measure: (state: { bytes: number }) => state.bytes };
    const cache = new RunCache<string, { id: string; bytes: number }>(5, ({ id }) => void disposed.push(id), weight);
    const use = (id: string, bytes: number) => {
      const run = cache.claim(id);
      cache.begin(run);
      run.state ??= { id, bytes };
      run.state.bytes = bytes;
      cache.settle(run);
    };
    for (const id of ["a", "b", "c"]) use(id, 3);
    assert.deepEqual(disposed, []);
    use("a", 5);
    assert.deepEqual(disposed, ["b"]);
    use("d", 100);
    assert.deepEqual(disposed, ["b", "c", "a"]);
    use("e", 1);
    assert.deepEqual(disposed, ["b", "c", "a", "d"]);
    use("f", 9);
    assert.deepEqual([disposed.length, cache.size], [4, 2]);
    cache.clear();
    assert.equal(cache.size, 0);
  });

  test("clear disposes of all", () => {
    const { cache, disposed, load } = setUp(5);
    for (const id of ["a", "b"]) cache.settle(load(id));
    cache.clear();
    assert.deepEqual(disposed.sort(), ["a", "b"]);
  });
});
