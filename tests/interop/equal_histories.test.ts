/** The same workflow run by our worker and by that of the official TypeScript SDK writes equal histories. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Client, type WorkflowHandle, type WorkflowHistory, type WorkflowStartOptions } from "@anywhen/temporal/client";
import type { UntypedWorkflow } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import { startServer } from "../../scripts/server.mjs";
import { createLog } from "../activity/support.ts";
import { unique } from "../support/server.ts";
import { canonical } from "./canonical.ts";
import * as activities from "./golden_activities.ts";

const modules = ["basics", "children", "local", "values", "versions"];
const workflows = modules.map((name) => new URL(`../worker/workflows/golden_typescript/${name}.ts`, import.meta.url));
const searchAttributes = { GoldenKeyword: "KEYWORD", GoldenInt: "INT" } as const;

/** What drives a scenario: as tests/histories/programs/typescript/record.js does. */
interface Stage {
  client: Client;
  start(type: string, args?: unknown[], more?: Partial<WorkflowStartOptions<UntypedWorkflow>>): Promise<WorkflowHandle>;
  /** Runs a workflow to its end. */
  run(type: string, args?: unknown[], more?: Partial<WorkflowStartOptions<UntypedWorkflow>>): Promise<WorkflowHandle>;
}

/**
 * The scenarios in which nothing depends on what comes first: no two things are under way at once whose order the clock
 * would decide. The others are compared by replay, in tests/worker/golden.test.ts.
 */
const scenarios: Record<string, (stage: Stage) => Promise<WorkflowHandle>> = {
  cancelled: async ({ start }) => {
    const handle = await start("cancelled");
    await see(handle, "timerStartedEventAttributes");
    await handle.cancel();
    return await end(handle);
  },
  childAbandoned: ({ run }) => run("childCancellation", ["ABANDON"]),
  childCancelled: ({ run }) => run("childCancellation", ["WAIT_CANCELLATION_COMPLETED"]),
  childCancelledEarly: ({ run }) => run("childCancelledEarly"),
  continued: async ({ client, run }) => client.workflow.getHandle((await run("continued", [1])).id),
  continuing: async ({ client, run }) => firstRun(client, await run("continued", [1])),
  continuedFromHandler: async ({ client, start }) => {
    const handle = await start("continuedFromHandler", [0]);
    await see(handle, "timerStartedEventAttributes");
    await handle.signal("poke");
    return firstRun(client, await end(handle));
  },
  continuedWithValues: async ({ client, run }) => {
    const first = firstRun(client, await run("continuedWithValues", [2]));
    const { attributes } = (await first.fetchHistory()).events.at(-1)!;
    assert.equal(attributes.case, "workflowExecutionContinuedAsNewEventAttributes");
    return client.workflow.getHandle(first.id, { runId: attributes.value.newExecutionRunId });
  },
  external: async ({ start, run }) => {
    const target = await start("waiting");
    return await run("external", [target.id]);
  },
  failing: ({ run }) => run("failing"),
  localBackoff: ({ run }) => run("localBackoff"),
  localHeartbeat: ({ run }) => run("localHeartbeat", [], { taskTimeout: "2s" }),
  parentCancelled: async ({ start }) => {
    const handle = await start("parentCancelled");
    await see(handle, "childWorkflowExecutionStartedEventAttributes");
    await see(handle, "workflowTaskCompletedEventAttributes", 2);
    await handle.cancel();
    return await end(handle);
  },
  patchDeprecated: ({ run }) => run("patchDeprecated"),
  patchedOnce: ({ run }) => run("patchedOnce"),
  signalsInTurn: async ({ start }) => {
    const handle = await start("signals");
    await see(handle, "timerStartedEventAttributes");
    await handle.signal("add", "a");
    await see(handle, "workflowTaskCompletedEventAttributes", 3);
    await handle.signal("finish");
    return await end(handle);
  },
  updatesInTurn: async ({ start }) => {
    const handle = await start("updates");
    await see(handle, "workflowTaskCompletedEventAttributes");
    await handle.executeUpdate("raise", { args: [1], id: "first" });
    await handle.executeUpdate("raise", { args: [-1], id: "refused" }).catch(() => {});
    await handle.executeUpdate("raiseSlowly", { args: [2], id: "slow" });
    await handle.executeUpdate("raise", { args: [3], id: "last" });
    await handle.signal("finish");
    return await end(handle);
  },
  timedOut: ({ run }) => run("waiting", [], { runTimeout: "2s" }),
  upserts: ({ run }) => run("upserts"),
};

const telemetry = { logger: createLog().logger };

/** The servers on which our worker runs. */
const servers = {
  "the embedded server": async () => {
    const server = await DevServer.start({ telemetry, searchAttributes });
    return { client: await Client.connect(server, { telemetry }), stop: () => server.shutdown() };
  },
  "the official server": async () => {
    const args = ["--search-attribute", "GoldenKeyword=Keyword", "--search-attribute", "GoldenInt=Int"];
    const server = await startServer({ port: 0, args });
    return { client: await Client.connect(server.address, { telemetry }), stop: () => server.stop() };
  },
};

for (const [name, open] of Object.entries(servers)) {
  describe(`on ${name}, a history equals that of the official TypeScript SDK:`, () => {
    let client: Client;
    let stop: () => Promise<void>;
    let worker: Worker;
    let running: Promise<void>;
    const taskQueue = unique("equal");

    before(async () => {
      ({ client, stop } = await open());
      worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
      running = worker.run();
    });

    after(async () => {
      await worker.shutdown();
      await running;
      await client.close();
      await stop();
    });

    for (const [scenario, play] of Object.entries(scenarios)) {
      test(`REPLAY-06 ${scenario}`, async () => {
        const handle = await play(stageOf(client, taskQueue));
        const ours = await handle.fetchHistory();
        assert.deepEqual(canonical(toJson(ours)), canonical(readRecorded(scenario)));
      });
    }
  });
}

function stageOf(client: Client, taskQueue: string): Stage {
  const start: Stage["start"] = (type, args = [], more = {}) =>
    client.workflow.start(type, { id: unique(`typescript-${type}`), taskQueue, args, ...more });
  return {
    client,
    start,
    run: async (type, args, more) => await end(await start(type, args, more)),
  };
}

/** The run that a handle's workflow began with. */
function firstRun(client: Client, { id, firstExecutionRunId }: WorkflowHandle): WorkflowHandle {
  return client.workflow.getHandle(id, { runId: firstExecutionRunId });
}

/** Waits for the end, good or bad. */
async function end(handle: WorkflowHandle): Promise<WorkflowHandle> {
  await handle.result().catch(() => {});
  return handle;
}

/** Waits until the first run has so many events of a kind. */
async function see(handle: WorkflowHandle, kind: string, count: number = 1): Promise<void> {
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case === kind && --count === 0) return;
  }
  throw new Error(`${handle.id} ended without ${kind}`);
}

function toJson(history: WorkflowHistory): Parameters<typeof canonical>[0] {
  return history.toJSON() as Parameters<typeof canonical>[0];
}

function readRecorded(scenario: string): Parameters<typeof canonical>[0] {
  const url = new URL(`../histories/typescript-1.24.0/${scenario}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}
