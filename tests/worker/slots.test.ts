import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Slots } from "../../src/worker/slots.ts";

describe("slots", () => {
  test("waiters are served in order as permits come back", async () => {
    const slots = new Slots(1);
    const lane = slots.lane();
    const first = await lane.acquire();
    const order: number[] = [];
    const second = lane.acquire().then((permit) => (order.push(2), permit));
    const third = lane.acquire().then((permit) => (order.push(3), permit));
    assert.equal(lane.tryAcquire(), undefined);
    assert.equal(slots.used, 1);
    first!.release();
    (await second)!.release();
    (await third)!.release();
    assert.deepEqual(order, [2, 3]);
    assert.equal(slots.used, 0);
  });

  test("a permit counts once however often it is released", async () => {
    const slots = new Slots(2);
    const lane = slots.lane();
    const permit = (await lane.acquire())!;
    permit.release();
    permit.release();
    assert.equal(slots.used, 0);
  });

  test("a lane at its limit lets others pass", async () => {
    const slots = new Slots(2);
    const sticky = slots.lane(1);
    const normal = slots.lane(1);
    const held = (await sticky.acquire())!;
    let served = false;
    const waiting = sticky.acquire().then((permit) => (served = true, permit));
    const other = await normal.acquire();
    assert.ok(other, "the other lane must not wait for the first");
    other.release();
    await Promise.resolve();
    assert.equal(served, false);
    held.release();
    assert.ok(await waiting);
  });

  test("closing lets all waiters go without a permit", async () => {
    const slots = new Slots(1);
    const lane = slots.lane();
    await lane.acquire();
    const waiting = lane.acquire();
    slots.close();
    assert.equal(await waiting, undefined);
    assert.equal(await lane.acquire(), undefined);
    assert.equal(lane.tryAcquire(), undefined);
  });
});
