// The official SDK's side of the replay benchmark: one history from its JSON, again and again.
import { bundleWorkflowCode, Runtime, Worker } from "@temporalio/worker";
import { createRequire } from "node:module";
import { measureReplays, readHistory } from "../replays.ts";

Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } as never });
const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } as never;
const workflowsPath = createRequire(import.meta.url).resolve("./workflows.ts");
const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
const history = readHistory();

await measureReplays(history, async function* (count) {
  const histories = Array.from({ length: count }, () => ({ workflowId: "fan", history }));
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) yield error;
});
process.exit(0);
