import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RPCError } from "../../src/common/errors.ts";
import { type PollerOptions, runPoller } from "../../src/worker/poller.ts";
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
    run: ({ poll, ...options }: Pick<PollerOptions<string>, "handle" | "patience"> & { poll: Poll }) =>
      runPoller<string>({
        what: "test",
        abort: stop.signal,
        stop: stop.signal,
        logger,
        next: () => ({ lane: slots.lane(), run: poll }),
        ...options,
      }),
  };
}

type Poll = (signal: AbortSignal) => Promise<string | undefined>;

describe("poller", () => {
  test("holds a permit while it polls and hands it over with the task", async () => {
    const { stop, slots, run } = setUp();
    const answers = [undefined, "task"];
    const handled: string[] = [];
    await run({
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
    const { stop, slots, run } = setUp();
    const held = await slots.lane().acquire();
    let polls = 0;
    const running = run({
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
    const { stop, slots, lines, run } = setUp();
    let polls = 0;
    await run({
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
    const { run } = setUp();
    const error = new RPCError("no such namespace", { status: "NOT_FOUND" });
    const running = run({ patience: 0, poll: () => Promise.reject(error), handle: () => {} });
    await assert.rejects(running, (thrown) => thrown === error);
  });

  test("an aborted poll ends it quietly", async () => {
    const { stop, lines, run } = setUp();
    await run({
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
