/** Time and memory of a realm with a hello workflow that waits for an activity: one JSON line. `realm_size.ts [count]` */
import process from "node:process";
import { bundleWorkflows } from "../../src/realm/bundle.ts";
import { createRealmHost, type WorkflowRealm } from "../../src/realm/host.ts";
import { completed, start } from "../workflow/support.ts";
import type { Activation, Job } from "../../src/workflow/activation.ts";

const count = Number(process.argv[2] ?? 2000);
const runtime = process.versions.bun ? "bun" : process.versions.deno ? "deno" : "node";
const logger = { debug() {}, info() {}, warn() {}, error() {} };

const bundling = performance.now();
const bundle = await bundleWorkflows({ workflows: new URL("../workflow/workflows/hello.ts", import.meta.url) });
const bundleTime = performance.now() - bundling;
const host = await createRealmHost({ bundle, logger });

function activation(runId: string, ...jobs: Job[]): Activation {
  const numbers = { time: 1_700_000_000_000, historyLength: 3, historySize: 0 };
  const flags = { isReplaying: false, continueAsNewSuggested: false, targetVersionChanged: false, flags: [] };
  return { runId, ...numbers, ...flags, buildId: "", sdk: { name: "", version: "" }, jobs };
}

function memory(): number {
  const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  Bun?.gc(true);
  gc?.();
  return process.memoryUsage().rss;
}

async function open(runId: string): Promise<WorkflowRealm> {
  const realm = host.createRun({ runId });
  await realm.activate(activation(runId, start("hello", ["World"])));
  return realm;
}

const realms: WorkflowRealm[] = [];
for (let i = 0; i < 100; i++) realms.push(await open(`warm-${i}`));
const bytes = memory();
const opening = process.cpuUsage();
for (let i = 0; i < count; i++) realms.push(await open(`run-${i}`));
const opened = process.cpuUsage(opening);
const size = (memory() - bytes) / count / 1024;
const closing = process.cpuUsage();
for (const realm of realms) await realm.activate(activation("run", completed(1, "Hello, World!")));
const closed = process.cpuUsage(closing);

console.log(JSON.stringify({
  runtime,
  count,
  bundleMs: Math.round(bundleTime),
  cpuMsOfFirstActivation: Number(((opened.user + opened.system) / 1000 / count).toFixed(3)),
  cpuMsOfSecondActivation: Number(((closed.user + closed.system) / 1000 / realms.length).toFixed(4)),
  kilobytes: Math.round(size),
}));
await host.close();
process.exit(0);
