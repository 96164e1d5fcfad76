// The official SDK's side of the benchmark: worker and client in one process on a running server.
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { createRequire } from "node:module";
import { measure } from "../measure.ts";

Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } as never });
const address = process.env.BENCH_ADDRESS!;
const taskQueue = `bench-${process.pid}`;
const [connection, native] = await Promise.all([
  Connection.connect({ address }),
  NativeConnection.connect({ address }),
]);
const client = new Client({ connection });
const worker = await Worker.create({
  connection: native,
  taskQueue,
  workflowsPath: createRequire(import.meta.url).resolve("./workflows.ts"),
  activities: { composeGreeting: (greeting: string, name: string) => `${greeting}, ${name}!` },
});

await worker.runUntil(() =>
  measure((workflowId) => client.workflow.execute("greet", { workflowId, taskQueue, args: ["World"] }))
);
process.exit(0);
