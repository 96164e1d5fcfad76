// Our side of the benchmark: worker and client in one process, on a running server or on the embedded one.
import { Client } from "@anywhen/temporal/client";
import { Worker } from "@anywhen/temporal/worker";
import { measure } from "../measure.ts";

const address = process.env.BENCH_ADDRESS;
const target = address ?? (await (await import("@anywhen/temporal/server")).DevServer.start());
const taskQueue = `bench-${process.pid}`;
const silent = { debug() {}, info() {}, warn: console.error, error: console.error };
const client = await Client.connect(target, { telemetry: { logger: silent } });
const worker = await Worker.create({
  client,
  taskQueue,
  workflows: new URL("./workflows.ts", import.meta.url),
  activities: { composeGreeting: (greeting: string, name: string) => `${greeting}, ${name}!` },
});

await worker.runUntil(() => measure((id) => client.workflow.execute("greet", { id, taskQueue, args: ["World"] })));
process.exit(0);
