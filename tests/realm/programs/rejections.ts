/** Leaves rejections unhandled in workflows, then says what became of them; with `own` leaves one of its own too. */
import process from "node:process";
import type { Job } from "../../../src/workflow/activation.ts";
import { openHost, signalJob, start, TestRun } from "../../workflow/support.ts";

const rejects = await openHost(new URL("../workflows/rejects.ts", import.meta.url));
const fired: Job = { kind: "fireTimer", seq: 1 };

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
  return await openHost(url).then(() => "loaded", (error) => error.message);
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
if (process.argv[2]) {
  void Promise.reject(new Error("of the program itself"));
  setTimeout(() => process.exit(0), 1000);
} else {
  await rejects.host.close();
}
