/** Runs that leave the cache. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WorkerOptions } from "@anywhen/temporal/worker";
import { runScene } from "../support/behaviour.ts";
import { cleansUp, finish, poke, pokes, remembers, swallows } from "./workflows/eviction.ts";

const workflows = new URL("./workflows/eviction.ts", import.meta.url);

type SceneOptions = Omit<WorkerOptions, "client" | "taskQueue"> & { workflows: URL };

const caches: Record<string, Partial<SceneOptions>> = {
  "no cache": { maxCachedWorkflows: 0 },
  "no cache, on the worker's own thread": { maxCachedWorkflows: 0, workflowThreads: 0 },
  "a cache that is too small": { maxCachedWorkflows: 2 },
};

/** A sink that keeps what workflows mark, once for each time they come past it live. */
function keepMarks(): { marks: string[]; sinks: NonNullable<WorkerOptions["sinks"]> } {
  const marks: string[] = [];
  return { marks, sinks: { trail: { mark: { fn: (_info, text: string) => void marks.push(text) } } } };
}

describe("an evicted run", () => {
  for (const [name, options] of Object.entries(caches)) {
    test(`EVICT-03 EVICT-04 does not clean up before it ends, ${name}`, async () => {
      const { marks, sinks } = keepMarks();
      const activities = { waits: (text: string) => new Promise((resolve) => setTimeout(() => resolve(text), 100)) };
      await runScene({ workflows, sinks, activities, ...options }, async ({ client, taskQueue, id }) => {
        const handles = await Promise.all(
          [1, 2, 3].map((n) => client.workflow.start(cleansUp, { id: id(`cleans-up-${n}`), taskQueue })),
        );
        for (let i = 1; i <= 4; i++) {
          for (const handle of handles) {
            await handle.signal(poke);
            assert.equal(await handle.query(pokes), i);
          }
        }
        for (const handle of handles) await handle.signal(finish);
        for (const handle of handles) assert.equal(await handle.result(), 4);
      });
      const count = (text: string) => marks.filter((mark) => mark === text).length;
      for (const text of ["begun", "activity", "child", "timer", "condition", "cleaned up"]) {
        assert.equal(count(text), 3, `${text}: ${marks}`);
      }
      assert.equal(marks.length, 18, marks.join());
    });

    test(`EVICT-05 has nothing to swallow, and does not keep the worker from shutting down, ${name}`, async () => {
      const { marks, sinks } = keepMarks();
      const ids: string[] = [];
      let start = 0;
      await runScene({ workflows, sinks, ...options }, async ({ client, taskQueue }) => {
        const handles = await Promise.all([1, 2, 3].map((n) => {
          ids.push(`swallows-${n}-${crypto.randomUUID()}`);
          return client.workflow.start(swallows, { id: ids.at(-1)!, taskQueue });
        }));
        for (const handle of handles) assert.equal(await handle.query(pokes), 0); // they wait now
        await handles[0].signal(finish);
        assert.equal(await handles[0].result(), "done");
        await Promise.all(handles.slice(1).map((handle) => handle.terminate("over")));
        start = performance.now();
      });
      assert.ok(performance.now() - start < 5_000, "the shutdown took long");
      assert.deepEqual(marks, ["cleaned up"]);
    });

    test(`EVICT-10 EVICT-11 leaves the async context of others alone, ${name}`, async () => {
      await runScene({ workflows, ...options }, async ({ client, taskQueue, id }) => {
        const texts = Array.from({ length: 6 }, (_, i) => `text ${i}`);
        const handles = await Promise.all(
          texts.map((text) => client.workflow.start(remembers, { id: id(), taskQueue, args: [text] })),
        );
        for (const handle of handles) await handle.signal(finish);
        for (const [i, text] of texts.entries()) {
          const expected = ["undefined", text, text, text, text, "undefined"];
          assert.deepEqual(await handles[i].result(), expected);
        }
      });
    });
  }

  test("EVICT-02 the cache holds no more runs than it is to", async () => {
    await runScene({ workflows, maxCachedWorkflows: 3 }, async ({ client, taskQueue, worker }) => {
      const ids = Array.from({ length: 8 }, () => `swallows-${crypto.randomUUID()}`);
      const handles = await Promise.all(ids.map((id) => client.workflow.start(swallows, { id, taskQueue })));
      for (const handle of handles) await handle.signal(finish);
      for (const handle of handles) assert.equal(await handle.result(), "done");
      const { cachedWorkflows, runningWorkflowTasks } = worker.status();
      assert.ok(cachedWorkflows <= 3 + runningWorkflowTasks, `${cachedWorkflows} cached`);
    });
  });
});
