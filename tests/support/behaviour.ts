/** Runs a test of workflows in every way in which a worker may run them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, ConnectOptions } from "@anywhen/temporal/client";
import { Replayer, Worker, type WorkerOptions } from "@anywhen/temporal/worker";
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

/**
 * Registers a test that runs twice, with cached runs and with a cache size of 0, and that ends each time by replaying
 * the history of every workflow it named with `id()`.
 */
export function behaviour(name: string, options: SceneOptions, body: (scene: Scene) => Promise<void>): void {
  test(`${name}, cached`, () => runScene(options, body));
  test(`${name}, replayed at each task`, () => runScene({ ...options, maxCachedWorkflows: 0 }, body));
}

/** Runs `body` while a worker of its own task queue runs, then replays every workflow it named. */
export async function runScene(options: SceneOptions, body: (scene: Scene) => Promise<void>): Promise<void> {
  const { connection, ...workerOptions } = options;
  const client = await connect(connection);
  const taskQueue = unique("queue");
  const ids: string[] = [];
  const id = (label = "workflow") => {
    ids.push(unique(label));
    return ids.at(-1)!;
  };
  const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...workerOptions });
  await worker.runUntil(() => body({ client, worker, taskQueue, id }));
  await replayAll(client, options, ids);
  await client.close();
}

async function replayAll(client: Client, options: SceneOptions, ids: string[]): Promise<void> {
  const { workflows, connection: { dataConverter, headerCodecBehavior } = {} } = options;
  const { namespace } = client;
  const replayer = await Replayer.create({ workflows, namespace, dataConverter, headerCodecBehavior });
  for (const id of ids) {
    const history = await client.workflow.getHandle(id).fetchHistory();
    const { error } = await replayer.replayWorkflow(history, { raiseOnReplayFailure: false });
    assert.equal(error, undefined, `${id} does not replay: ${error?.message}`);
  }
}
