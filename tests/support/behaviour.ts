/** Runs a test of workflows in every way in which a worker may run them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, ConnectOptions } from "@anywhen/temporal/client";
import { bundleWorkflows, Replayer, Worker, type WorkerOptions, type WorkflowBundle } from "@anywhen/temporal/worker";
import { connect, unique } from "./server.ts";

/** What a test of workflows works with. */
export interface Scene {
  client: Client;
  worker: Worker;
  taskQueue: string;
  /** A workflow id of this test's own; its history is replayed when the test is over. */
  id(name?: string): string;
}

type SceneOptions = Omit<WorkerOptions, "client" | "taskQueue"> & {
  workflows: URL;
  /** How the client of the scene is made, its converters for example. */
  connection?: ConnectOptions;
};

/** Bundles by the URL of their module: the scenes of a file share one. */
const bundles = new Map<string, Promise<WorkflowBundle>>();

/**
 * Registers a test that runs twice, with cached runs and with a cache size of 0, and that ends each time by replaying
 * the history of every workflow it named with `id()`.
 */
export function behaviour(name: string, options: SceneOptions, body: (scene: Scene) => Promise<void>): void {
  test(`${name}, cached`, () => runScene(options, body));
  // Without a thread, so that both ways of hosting workflows see every scene.
  const uncached = { workflowThreads: 0, ...options, maxCachedWorkflows: 0 };
  test(`${name}, replayed at each task`, () => runScene(uncached, body));
}

/** Runs `body` while a worker of its own task queue runs, then replays every workflow it named. */
export async function runScene(options: SceneOptions, body: (scene: Scene) => Promise<void>): Promise<void> {
  const { connection, ...workerOptions } = options;
  const client = await connect(connection);
  const workflows = await bundle(options);
  const taskQueue = unique("queue");
  const ids: string[] = [];
  const id = (label = "workflow") => {
    ids.push(unique(label));
    return ids.at(-1)!;
  };
  const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...workerOptions, workflows });
  await worker.runUntil(() => body({ client, worker, taskQueue, id }));
  await replayAll(client, { ...options, workflows }, ids);
  await client.close();
}

/** Converters by module are part of a bundle: scenes with a connection of their own have the worker make theirs. */
function bundle({ workflows, connection }: SceneOptions): Promise<WorkflowBundle> | URL {
  if (connection) return workflows;
  const known = bundles.get(workflows.href) ?? bundleWorkflows({ workflows });
  bundles.set(workflows.href, known);
  return known;
}

async function replayAll(
  client: Client,
  options: Omit<SceneOptions, "workflows"> & Pick<WorkerOptions, "workflows">,
  ids: string[],
): Promise<void> {
  if (ids.length === 0) return;
  const { workflows, workflowFailureExceptionTypes, connection: { dataConverter, headerCodecBehavior } = {} } = options;
  const { namespace } = client;
  const replayer = await Replayer.create({
    workflows,
    workflowFailureExceptionTypes,
    workflowThreads: 0,
    namespace,
    dataConverter,
    headerCodecBehavior,
  });
  for (const id of ids) {
    const history = await client.workflow.getHandle(id).fetchHistory();
    const { error } = await replayer.replayWorkflow(history, { raiseOnReplayFailure: false });
    assert.equal(error, undefined, `${id} does not replay: ${error?.message}`);
  }
  await replayer.close();
}
