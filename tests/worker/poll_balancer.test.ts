import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PollBalancer, type WorkflowQueue } from "../../src/worker/poll_balancer.ts";

function setUp(pollers: number, ratio: number) {
  const clock = { now: 0 };
  const balancer = new PollBalancer(pollers, ratio, () => clock.now);
  const opened = Array.from({ length: pollers }, () => balancer.open());
  return {
    clock,
    opened,
    /** A poll ends and the next one begins. */
    turn: (queue: WorkflowQueue, waited?: number) => {
      balancer.close(queue, waited);
      return balancer.open();
    },
  };
}

function count(queues: WorkflowQueue[]): Record<WorkflowQueue, number> {
  const normal = queues.filter((queue) => queue === "normal").length;
  return { normal, sticky: queues.length - normal };
}

describe("poll balancer", () => {
  test("while nothing waits the ratio holds, with a poll on each queue at least", () => {
    assert.deepEqual(count(setUp(5, 0.2).opened), { normal: 1, sticky: 4 });
    assert.deepEqual(count(setUp(10, 0.5).opened), { normal: 5, sticky: 5 });
    assert.deepEqual(count(setUp(2, 0.01).opened), { normal: 1, sticky: 1 });
    assert.deepEqual(count(setUp(2, 0.99).opened), { normal: 1, sticky: 1 });
  });

  test("tasks that wait on the normal queue draw all polls but one", () => {
    const { turn } = setUp(5, 0.2);
    assert.equal(turn("normal", 300), "normal");
    for (let i = 0; i < 3; i++) assert.equal(turn("sticky", 50), "normal");
    assert.equal(turn("sticky", 50), "sticky");
  });

  test("polls go where tasks wait longer, and back when they do not wait", () => {
    const { turn } = setUp(5, 0.2);
    turn("normal", 300);
    assert.equal(turn("sticky", 200), "normal");
    assert.equal(turn("sticky", 400), "sticky");
    assert.equal(turn("normal", 99), "sticky");
    assert.equal(turn("sticky", 99), "sticky");
  });

  test("however long the normal queue is, sticky tasks do not wait until they time out", () => {
    const { turn } = setUp(5, 0.2);
    turn("normal", 3_600_000);
    assert.equal(turn("sticky", 999), "normal");
    assert.equal(turn("sticky", 1_000), "sticky");
  });

  test("what was long ago, a poll without a task and one that failed tell of no wait", () => {
    const { turn, clock } = setUp(5, 0.2);
    turn("normal", 300);
    clock.now = 999;
    assert.equal(turn("sticky", 0), "normal");
    clock.now = 1_000;
    assert.equal(turn("sticky", 0), "sticky");
    turn("normal", 300);
    assert.equal(turn("normal"), "sticky");
  });
});
