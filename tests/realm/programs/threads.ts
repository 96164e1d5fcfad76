/** Leaves a workflow thread idle: the process is to end all the same. */
import { bundleWorkflows } from "../../../src/realm/bundle.ts";
import { createThreadedHost } from "../../../src/realm/thread/host.ts";
import { start, TestRun } from "../../workflow/support.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const bundle = bundleWorkflows({ workflows: new URL("../workflows/threads.ts", import.meta.url) });
const host = await createThreadedHost({ logger, settings: bundle.then((bundle) => ({ bundle })), threads: 2 });
const run = new TestRun({ host, lines: [] });
// Nothing but the thread holds the process meanwhile.
await run.result(start("computes", [50_000_000]));
console.log("completed");
console.log("idle");
