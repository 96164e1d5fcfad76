import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Client } from "@anywhen/temporal/client";
import type { Logger } from "@anywhen/temporal/common";
import { Replayer, Worker, type WorkerOptions } from "@anywhen/temporal/worker";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import { changing, finish, go, inCondition, inHandler, later, seen, steps, twice } from "./workflows/patches/old.ts";
import { asksInQuery, early } from "./workflows/patches/early.ts";
import { asking } from "./workflows/patches/patched.ts";

type Version = "old" | "patched" | "deprecated" | "removed" | "early";

/** One task queue whose worker is replaced from time to time; no run is cached unless a test says so. */
class Rollout {
  readonly client: Client;
  readonly taskQueue: string = unique("patches");

  constructor(client: Client) {
    this.client = client;
  }

  async with<T>(version: Version, work: () => Promise<T>, more: Partial<WorkerOptions> = {}): Promise<T> {
    const worker = await Worker.create({
      client: this.client,
      taskQueue: this.taskQueue,
      workflows: modules[version],
      activities,
      shutdownSignals: [],
      maxCachedWorkflows: 0,
      ...more,
    });
    return await worker.runUntil(work);
  }

  start<T>(workflow: () => Promise<T>) {
    return this.client.workflow.start(workflow, { id: unique("patched"), taskQueue: this.taskQueue });
  }
}

const modules: Record<Version, URL> = {
  old: new URL("./workflows/patches/old.ts", import.meta.url),
  patched: new URL("./workflows/patches/patched.ts", import.meta.url),
  deprecated: new URL("./workflows/patches/deprecated.ts", import.meta.url),
  removed: new URL("./workflows/patches/removed.ts", import.meta.url),
  early: new URL("./workflows/patches/early.ts", import.meta.url),
};

function patchTest(name: string, body: (rollout: Rollout) => Promise<void>): void {
  test(name, async () => {
    const client = await connect();
    await body(new Rollout(client));
    await client.close();
  });
}

interface Historic {
  fetchHistory(): Promise<unknown>;
}

interface Event {
  attributes: { case?: string; value?: { failure?: { message: string } } };
}

async function eventsOf(handle: Historic, type: string): Promise<Event[]> {
  const name = type.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const { events } = await handle.fetchHistory() as { events: Event[] };
  return events.filter(({ attributes }) => attributes.case === `${name}EventAttributes`);
}

async function countOf(handle: Historic, type: string): Promise<number> {
  return (await eventsOf(handle, type)).length;
}

/** Waits until the run is past its first step. */
async function settled(handle: { query(name: typeof seen): Promise<string> }): Promise<string> {
  for (;;) {
    const version = await handle.query(seen);
    if (version !== "none") return version;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("patches", () => {
  patchTest("PATCH-01 old, patched, deprecated and removed code each answer for all live runs", async (rollout) => {
    const first = await rollout.start(changing);
    await rollout.with("old", async () => assert.equal(await settled(first), "old"));

    const second = await rollout.start(changing);
    await rollout.with("patched", async () => {
      assert.equal(await settled(first), "old");
      assert.equal(await settled(second), "new");
      await first.signal(finish);
      assert.equal(await first.result(), "old");
    });
    assert.equal(await countOf(first, "MARKER_RECORDED"), 0);
    assert.equal(await countOf(second, "MARKER_RECORDED"), 1);

    const third = await rollout.start(changing);
    await rollout.with("deprecated", async () => {
      assert.equal(await settled(second), "deprecated");
      assert.equal(await settled(third), "deprecated");
      await second.signal(finish);
      await second.result();
    });
    assert.equal(await countOf(third, "MARKER_RECORDED"), 1);
    assert.equal(await countOf(third, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"), 1);

    const fourth = await rollout.start(changing);
    await rollout.with("removed", async () => {
      assert.equal(await settled(third), "removed");
      assert.equal(await settled(fourth), "removed");
      await Promise.all([third.signal(finish), fourth.signal(finish)]);
      assert.deepEqual(await Promise.all([third.result(), fourth.result()]), ["removed", "removed"]);
    });
    assert.equal(await countOf(fourth, "MARKER_RECORDED"), 0);
    for (const [version, handles] of [["patched", [first, second]], ["removed", [third, fourth]]] as const) {
      await using replayer = await Replayer.create({ workflows: modules[version] });
      for (const handle of handles) await replayer.replayWorkflow(await handle.fetchHistory());
    }
  });

  patchTest(
    "PATCH-02 a patch is the same wherever a new run asks; an old run has it where it asks live",
    async (rollout) => {
      const old = await rollout.start(twice);
      await rollout.with("old", async () => await waitForTask(old));
      const young = await rollout.start(twice);
      await rollout.with("patched", async () => {
        await Promise.all([old.signal(go), young.signal(go)]);
        assert.deepEqual(await young.result(), ["first true", "second true"]);
        assert.deepEqual(await old.result(), ["first false", "second true"]);
      });
      await using replayer = await Replayer.create({ workflows: modules.patched });
      for (const handle of [old, young]) await replayer.replayWorkflow(await handle.fetchHistory());
    },
  );

  patchTest("PATCH-03 a condition that asks for a patch replays on every worker to come", async (rollout) => {
    const handle = await rollout.start(inCondition);
    await rollout.with("old", async () => {
      await handle.signal(go);
      await waitForEvent(handle, "TIMER_FIRED");
    });
    await rollout.with("patched", async () => await waitForEvent(handle, "MARKER_RECORDED", () => handle.signal(go)));
    assert.equal(await rollout.with("patched", () => handle.result()), "after 2");
    await using replayer = await Replayer.create({ workflows: modules.patched });
    await replayer.replayWorkflow(await handle.fetchHistory());
  });

  patchTest(
    "PATCH-04 a patch in a handler stays out of signals handled before it, also after a query",
    async (rollout) => {
      const handle = await rollout.start(inHandler);
      await rollout.with("old", async () => {
        await handle.signal(go);
        while ((await handle.query(steps)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      });
      await rollout.with("patched", async () => {
        assert.deepEqual(await handle.query(steps), ["handled"]);
        await handle.signal(finish);
        assert.deepEqual(await handle.result(), ["handled"]);
      }, { maxCachedWorkflows: 10 });
      assert.equal(await countOf(handle, "MARKER_RECORDED"), 0);
    },
  );

  patchTest(
    "PATCH-12 a patch asked for while the module loads is refused, and the workflow still runs",
    async (rollout) => {
      const handle = await rollout.start(early);
      assert.equal(
        await rollout.with("early", () => handle.result()),
        "patched cannot be used before the workflow starts; call it inside the workflow; then true",
      );
    },
  );

  patchTest("a query may not ask for a patch", async (rollout) => {
    const handle = await rollout.start(asksInQuery);
    await rollout.with("early", async () => {
      await assert.rejects(handle.query("ask" as never), /patched is not allowed in a query/);
      await handle.signal(finish);
      assert.equal(await handle.result(), "finished");
    });
    assert.equal(await countOf(handle, "MARKER_RECORDED"), 0);
  });
});

describe("the patch activation callback", () => {
  patchTest("PATCH-06 is asked once a patch, with the run's info, and not for deprecated ones", async (rollout) => {
    const asked: [string, string, string][] = [];
    const handle = await rollout.start(asking);
    await rollout.with("patched", async () => {
      assert.deepEqual(await handle.result(), [true, true, true, true]);
    }, {
      maxCachedWorkflows: 10,
      patchActivationCallback: ({ workflowInfo, patchId }) => {
        asked.push([patchId, workflowInfo.workflowId, workflowInfo.workflowType]);
        return true;
      },
    });
    assert.deepEqual(asked, [["asked", handle.id, "asking"]]);
    assert.equal(await countOf(handle, "MARKER_RECORDED"), 2);
  });

  patchTest("PATCH-06 may decline, which leaves no marker and replays", async (rollout) => {
    const handle = await rollout.start(asking);
    const patchActivationCallback = () => false;
    await rollout.with("patched", async () => {
      assert.deepEqual(await handle.result(), [false, false, false, true]);
    }, { patchActivationCallback });
    assert.equal(await countOf(handle, "MARKER_RECORDED"), 1, "that of the deprecated patch");
  });

  for (const answer of [undefined, Promise.resolve(true), "yes"]) {
    patchTest(`PATCH-06 must answer at once by true or false, not ${typeof answer}`, async (rollout) => {
      const handle = await rollout.start(asking);
      await rollout.with("patched", () => waitForEvent(handle, "WORKFLOW_TASK_FAILED"), {
        patchActivationCallback: () => answer as unknown as boolean,
      });
      assert.match(await taskFailure(handle), /^patchActivationCallback failed for patch "asked": it returned /);
      await handle.terminate();
    });
  }

  patchTest("PATCH-08 is not asked by a call in replay, but by the first live one", async (rollout) => {
    const handle = await rollout.start(later);
    await rollout.with("old", async () => await waitForTask(handle));
    const asked: string[] = [];
    await rollout.with("patched", async () => {
      await handle.signal(go);
      assert.deepEqual(await handle.result(), ["early false", "late true"]);
    }, { patchActivationCallback: ({ patchId }) => asked.push(patchId) > 0 });
    assert.deepEqual(asked, ["later"]);
  });

  patchTest("PATCH-09 a declined patch goes back to old code; a recorded one ignores who declines", async (rollout) => {
    const declined = await rollout.start(changing);
    await rollout.with("patched", async () => assert.equal(await settled(declined), "old"), {
      patchActivationCallback: () => false,
    });
    await rollout.with("old", async () => assert.equal(await settled(declined), "old"));
    const recorded = await rollout.start(changing);
    await rollout.with("patched", async () => assert.equal(await settled(recorded), "new"));
    await rollout.with("patched", async () => {
      await Promise.all([declined.signal(finish), recorded.signal(finish)]);
      assert.deepEqual(await Promise.all([declined.result(), recorded.result()]), ["old", "new"]);
    }, { patchActivationCallback: () => false });
  });

  patchTest("PATCH-10 gets a snapshot: what it does to it stays outside", async (rollout) => {
    const handle = await rollout.start(asking);
    await rollout.with("patched", async () => {
      assert.deepEqual(await handle.result(), [true, true, true, true]);
    }, {
      patchActivationCallback: ({ workflowInfo }) => {
        const info = workflowInfo as unknown as Record<string, unknown>;
        for (const name of Object.keys(info)) Reflect.set(info, name, "changed");
        return true;
      },
    });
  });

  patchTest("PATCH-11 that throws fails the task in one line; the log has the error", async (rollout) => {
    const lines: [string, unknown][] = [];
    const write = (message: string, attributes: Record<string, unknown> = {}) => {
      if (message.startsWith("patchActivationCallback")) lines.push([message, attributes.error]);
    };
    const logger: Logger = { debug() {}, info() {}, warn() {}, error: write };
    const fault = new RangeError("no such feature");
    const handle = await rollout.start(asking);
    await rollout.with("patched", () => waitForEvent(handle, "WORKFLOW_TASK_FAILED"), {
      telemetry: { logger },
      patchActivationCallback: () => {
        throw fault;
      },
    });
    assert.equal(await taskFailure(handle), 'patchActivationCallback failed for patch "asked": no such feature');
    assert.ok(lines.length > 0);
    assert.equal(lines[0][0], 'patchActivationCallback failed for patch "asked"');
    assert.equal((lines[0][1] as Error).message, fault.message);
    await handle.terminate();
  });
});

async function waitForEvent(handle: Historic, type: string, meanwhile?: () => Promise<unknown>): Promise<void> {
  await meanwhile?.();
  while (await countOf(handle, type) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function waitForTask(handle: Historic): Promise<void> {
  await waitForEvent(handle, "WORKFLOW_TASK_COMPLETED");
}

async function taskFailure(handle: Historic): Promise<string> {
  const [failed] = await eventsOf(handle, "WORKFLOW_TASK_FAILED");
  return failed?.attributes.value?.failure?.message ?? "";
}
