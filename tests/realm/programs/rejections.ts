/**
 * Leaves rejections unhandled in workflows, which run on a thread with `thread`, then says what became of them; with
 * `open` and `closed` leaves one of its own too.
 */
import process from "node:process";
import type { Job } from "../../../src/workflow/activation.ts";
import { bundleWorkflows } from "../../../src/realm/bundle.ts";
import { createThreadedHost } from "../../../src/realm/thread/host.ts";
import { openHost, signalJob, start, type TestHost, TestRun } from "../../workflow/support.ts";

const isThreaded = process.argv[2] === "thread";
const rejects = await open(new URL("../workflows/rejects.ts", import.meta.url));
const fired: Job = { kind: "fireTimer", seq: 1 };

async function open(workflows: URL): Promise<TestHost> {
  if (!isThreaded) return await openHost(workflows);
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const settings = bundleWorkflows({ workflows }).then((bundle) => ({ bundle }));
  return { host: await createThreadedHost({ logger, settings, threads: 1 }), lines: [] };
}

async function run(type: string, ...later: Job[]): Promise<string> {
  const run = new TestRun(rejects);
  let completion = await run.activate(start(type));
  for (const job of later) completion = await run.activate(job);
  if (completion.kind === "failed") {
    return `${completion.failure.message} ${/rejects\.ts:\d+/.exec(completion.failure.stackTrace)}`;
  }
  return completion.commands.map(({ kind }) => kind).join();
}

async function loadError(): Promise<string> {
  const url = new URL("../workflows/rejects_at_load.ts", import.meta.url);
  return await open(url).then(() => "loaded", (error) => error.message);
}

const waiting = new TestRun(rejects);
await waiting.activate(start("forgetsLater"));
console.log(JSON.stringify({
  atOnce: await run("forgets"),
  later: await run("forgetsLater", fired),
  inTimer: await run("throwsInTimer", fired),
  seenInTime: await run("looksLater"),
  cancelled: await run("leavesCancelled", { kind: "fireTimer", seq: 2 }),
  other: (await waiting.activate(signalJob("x"))).kind,
  atLoad: await loadError(),
}));

if (process.argv[2] === "closed") await rejects.host.close();
if (process.argv[2] && !isThreaded) {
  void Promise.reject(new Error("of the program itself"));
  setTimeout(() => process.exit(0), 1000);
} else {
  await rejects.host.close();
}
