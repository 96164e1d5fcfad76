/** Makes runs, evicts them and tells how many realms the garbage collector has left. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bundleWorkflows } from "../../../src/realm/bundle.ts";
import { createRealmHost } from "../../../src/realm/host.ts";
import { start, TestRun } from "../../workflow/support.ts";

const runs = 1_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const shown: WeakRef<object>[] = [];
const collectGarbage = findCollector();

const host = await createRealmHost({
  bundle: await bundleWorkflows({ workflows: new URL("../workflows/threads.ts", import.meta.url) }),
  logger,
  callExtern: (_, [value]) => void shown.push(new WeakRef(value as object)),
});
for (let i = 0; i < runs; i++) await makeAndEvict(`run-${i}`);
const kept = await countKept();
await host.close();
console.log(JSON.stringify({ shown: shown.length, kept }));

async function makeAndEvict(runId: string): Promise<void> {
  const run = new TestRun({ host, lines: [] }, runId);
  await run.commands(start("shows"));
  run.realm.dispose();
}

async function countKept(): Promise<number> {
  let kept = runs;
  for (let i = 0; i < 20 && kept > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
    kept = shown.filter((reference) => reference.deref() !== undefined).length;
  }
  return kept;
}

function findCollector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
