import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RPCError } from "../../src/common/errors.ts";
import { runPoller } from "../../src/worker/poller.ts";
import { Slots } from "../../src/worker/slots.ts";
import { createLog } from "../activity/support.ts";

function setUp(size = 1) {
  const stop = new AbortController();
  const slots = new Slots(size);
  const { logger, lines } = createLog();
  return {
    stop,
    slots,
    lines,
    common: { what: "test", abort: stop.signal, stop: stop.signal, logger },
    next: (run: Poll<string>["run"]) => () => ({ lane: slots.lane(), run }),
  };
}

describe("poller", () => {
  test("holds a permit while it polls and hands it over with the task", async () => {
    const { stop, slots, common } = setUp();
    const answers = [undefined, "task"];
    const handled: string[] = [];
    await runPoller<string>({
      ...common,
      poll: () => {
        assert.equal(slots.used, 1);
        return Promise.resolve(answers.shift());
      },
      handle: (task, permit) => {
        handled.push(task);
        assert.equal(slots.used, 1);
        stop.abort();
        permit.release();
      },
    });
    assert.deepEqual(handled, ["task"]);
    assert.equal(slots.used, 0);
  });

  test("does not poll without a permit", async () => {
    const { stop, slots, common } = setUp();
    const held = await slots.lane().acquire();
    let polls = 0;
    const running = runPoller<string>({
      ...common,
      poll: () => {
        polls++;
        stop.abort();
        return Promise.resolve(undefined);
      },
      handle: () => {},
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(polls, 0);
    held!.release();
    await running;
    assert.equal(polls, 1);
  });

  test("survives errors in passing and warns of the first", async () => {
    const { stop, slots, lines, common } = setUp();
    let polls = 0;
    await runPoller<string>({
      ...common,
      poll: () => {
        if (++polls === 1) return Promise.reject(new RPCError("connection lost", { status: "UNAVAILABLE" }));
        stop.abort();
        return Promise.resolve(undefined);
      },
      handle: () => {},
    });
    assert.equal(polls, 2);
    assert.equal(slots.used, 0);
    assert.match(lines[0].message, /^test poll failed: connection lost; next try in \d+ ms$/);
  });

  test("gives up once an error that will not mend outlasts the patience", async () => {
    const { common } = setUp();
    const error = new RPCError("no such namespace", { status: "NOT_FOUND" });
    const running = runPoller<string>({ ...common, patience: 0, poll: () => Promise.reject(error), handle: () => {} });
    await assert.rejects(running, (thrown) => thrown === error);
  });

  test("an aborted poll ends it quietly", async () => {
    const { stop, lines, common } = setUp();
    await runPoller<string>({
      ...common,
      poll: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new RPCError("cancelled", { status: "CANCELLED" })));
          stop.abort();
        }),
      handle: () => {},
    });
    assert.deepEqual(lines, []);
  });
});
