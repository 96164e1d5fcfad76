// Runs the workflows whose histories are replayed, and names them.
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { createRequire } from "node:module";
import { recorded } from "../workload.ts";

Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } as never });
const address = process.env.BENCH_ADDRESS!;
const taskQueue = `bench-${process.pid}`;
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection: await Connection.connect({ address }) });
const worker = await Worker.create({
  connection,
  taskQueue,
  maxConcurrentActivityTaskExecutions: 300,
  workflowsPath: createRequire(import.meta.url).resolve("./workflows.ts"),
  activities: { composeGreeting: (greeting: string, name: string) => `${greeting}, ${name}!` },
});

await worker.runUntil(() =>
  Promise.all(
    Object.entries(recorded).map(([name, shape]) =>
      client.workflow.execute("fan", { workflowId: name, taskQueue, args: [shape] })
    ),
  )
);
console.log(JSON.stringify({ workflowIds: Object.keys(recorded) }));
process.exit(0);
