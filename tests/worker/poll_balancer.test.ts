import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PollBalancer, type WorkflowQueue } from "../../src/worker/poll_balancer.ts";

function count(queues: WorkflowQueue[]): Record<WorkflowQueue, number> {
  const normal = queues.filter((queue) => queue === "normal").length;
  return { normal, sticky: queues.length - normal };
}

function openAll(pollers: number, ratio: number): { balancer: PollBalancer; queues: WorkflowQueue[] } {
  const balancer = new PollBalancer(pollers, ratio);
  return { balancer, queues: Array.from({ length: pollers }, () => balancer.open()) };
}

describe("poll balancer", () => {
  test("while nothing waits the ratio holds, with a poll on each queue at least", () => {
    assert.deepEqual(count(openAll(5, 0.2).queues), { normal: 1, sticky: 4 });
    assert.deepEqual(count(openAll(10, 0.5).queues), { normal: 5, sticky: 5 });
    assert.deepEqual(count(openAll(2, 0.01).queues), { normal: 1, sticky: 1 });
    assert.deepEqual(count(openAll(2, 0.99).queues), { normal: 1, sticky: 1 });
  });

  test("a backlog of the normal queue draws all polls but one", () => {
    const { balancer } = openAll(5, 0.2);
    balancer.close("normal", 7);
    assert.equal(balancer.open(), "normal");
    for (let i = 0; i < 3; i++) {
      balancer.close("sticky", 0);
      assert.equal(balancer.open(), "normal");
    }
    balancer.close("sticky", 0);
    assert.equal(balancer.open(), "sticky");
  });

  test("polls go back as soon as nothing waits", () => {
    const { balancer } = openAll(5, 0.2);
    balancer.close("normal", 7);
    balancer.open();
    balancer.close("sticky", 0);
    assert.equal(balancer.open(), "normal");
    balancer.close("normal", 0);
    assert.equal(balancer.open(), "sticky");
  });

  test("more sticky tasks than polls come first", () => {
    const { balancer } = openAll(5, 0.2);
    balancer.close("normal", 7);
    balancer.open();
    balancer.close("sticky", 4);
    assert.equal(balancer.open(), "sticky");
    balancer.close("sticky", 3);
    assert.equal(balancer.open(), "normal");
  });

  test("a failed poll says nothing about the backlog", () => {
    const { balancer } = openAll(5, 0.2);
    balancer.close("normal", 7);
    balancer.open();
    balancer.close("sticky", undefined);
    assert.equal(balancer.open(), "normal");
  });
});
