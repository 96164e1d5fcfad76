import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HeartbeatSender, throttleInterval } from "../../src/worker/heartbeat.ts";

describe("heartbeats", () => {
  test("trap 23: the interval is 80 % of the time-out, a default without one, and never above the maximum", () => {
    const limits = { maximum: 60_000, fallback: 30_000 };
    assert.equal(throttleInterval(10_000, limits), 8_000);
    assert.equal(throttleInterval(undefined, limits), 30_000);
    assert.equal(throttleInterval(0, limits), 30_000);
    assert.equal(throttleInterval(600_000, limits), 60_000);
  });

  test("the first goes at once, of a burst the newest follows after the interval", async () => {
    const sent: unknown[] = [];
    const times: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const sender = new HeartbeatSender({
      interval: 30,
      send: (details) => {
        times.push(performance.now());
        if (sent.push(details) === 2) resolve();
        return Promise.resolve(true);
      },
    });
    for (let i = 0; i < 100; i++) sender.record([i]);
    await promise;
    assert.deepEqual(sent, [[0], [99]]);
    assert.ok(times[1] - times[0] >= 25, `sent after ${times[1] - times[0]} ms`);
    assert.equal(await sender.end(), undefined);
  });

  test("what was held back is returned at the end, and nothing is sent after it", async () => {
    const sent: unknown[] = [];
    const sender = new HeartbeatSender({
      interval: 1_000_000,
      send: (details) => Promise.resolve(sent.push(details) > 0),
    });
    sender.record(["first"]);
    sender.record(["last"]);
    assert.deepEqual(await sender.end(), ["last"]);
    sender.record(["rogue"]);
    assert.deepEqual(sent, [["first"]]);
  });

  test("a slow send is not overtaken", async () => {
    const sent: unknown[] = [];
    const { promise: slow, resolve: finish } = Promise.withResolvers<boolean>();
    const { promise: second, resolve: secondSent } = Promise.withResolvers<void>();
    const sender = new HeartbeatSender({
      interval: 1,
      send: (details) => {
        if (sent.push(details) === 1) return slow;
        secondSent();
        return Promise.resolve(true);
      },
    });
    sender.record([1]);
    sender.record([2]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(sent, [[1]]);
    sender.record([3]);
    finish(true);
    await second;
    assert.deepEqual(sent, [[1], [3]]);
    await sender.end();
  });

  test("a send that says stop is the last one", async () => {
    const sent: unknown[] = [];
    const sender = new HeartbeatSender({ interval: 1, send: (details) => Promise.resolve(sent.push(details) < 0) });
    sender.record([1]);
    sender.record([2]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await sender.end(), [2]);
    assert.deepEqual(sent, [[1]]);
  });
});
