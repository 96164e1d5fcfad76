// Records races.json with the official TypeScript SDK; needs the `temporal` command: node record_races.js ADDRESS FOLDER
import { Client, Connection } from "@temporalio/client";
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as activities from "./activities.js";

const [address, folder] = process.argv.slice(2);
const namespace = "default";
const taskQueue = `races-${Date.now()}`;
Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} } });
const connection = await Connection.connect({ address });
const native = await NativeConnection.connect({ address });
const client = new Client({ connection, identity: "recorder" });

function createWorker(taskQueue) {
  const workflowsPath = fileURLToPath(new URL("./races.js", import.meta.url));
  return Worker.create({ connection: native, namespace, identity: "recorder", taskQueue, workflowsPath, activities });
}

async function count(handle, name) {
  return (await handle.fetchHistory()).events.filter((event) => event[name]).length;
}

const workflowId = `typescript-races-${crypto.randomUUID()}`;
const children = await createWorker(`${taskQueue}-children`);
const childrenEnd = children.run();
const first = await createWorker(taskQueue);
const { started, activityId } = await first.runUntil(async () => {
  const started = await client.workflow.start("races", { taskQueue, workflowId });
  while (await count(started, "timerStartedEventAttributes") < 5) await setTimeout(20);
  while (await count(started, "childWorkflowExecutionStartedEventAttributes") < 3) await setTimeout(20);
  const { events } = await started.fetchHistory();
  const later = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType.name === "later");
  return { started, activityId: later.activityTaskScheduledEventAttributes.activityId };
});
// The worker is away: what happens now comes with one task.
for (const name of ["child", "whole"]) await client.workflow.getHandle(`${workflowId}-${name}`).signal("close");
await client.activity.complete({ workflowId, activityId }, "late");
while (await count(started, "childWorkflowExecutionCompletedEventAttributes") < 2) await setTimeout(20);
await started.signal("open");
while (await count(started, "timerFiredEventAttributes") < 1) await setTimeout(20);
const second = await createWorker(taskQueue);
await second.runUntil(() => started.result());
children.shutdown();
await childrenEnd;
const which = ["--workflow-id", workflowId, "--address", address, "--output", "json"];
const json = execFileSync("temporal", ["workflow", "show", ...which], { encoding: "utf8" });
const events = JSON.parse(json).events.map((event) => JSON.stringify(event));
writeFileSync(join(folder, "races.json"), `{"events": [\n${events.join(",\n")}\n]}\n`);
console.log(`races: ${events.length} events`);
process.exit(0);
