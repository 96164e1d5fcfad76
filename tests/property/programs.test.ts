/**
 * Random programs run on an embedded server and replay, at every task of their histories, to the commands that they gave.
 * `PROPERTY_SEED` names the first seed, `PROPERTY_CASES` how many there are.
 */
import { after, before, describe, test } from "node:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bundleWorkflows, type WorkflowBundle } from "@anywhen/temporal/worker";
import type { WorkflowHistory } from "@anywhen/temporal/client";
import { loadDataConverter } from "../../src/converter/data.ts";
import { createWorkflowHost } from "../../src/worker/workflow_host.ts";
import type { ReplayParts } from "../../src/worker/replay.ts";
import { decidePatch, Farm } from "./farm.ts";
import { makeCase } from "./generator.ts";
import { checkRun } from "./prefixes.ts";
import type { Case } from "./program.ts";
import { shrink } from "./shrink.ts";

/** How many cases a runtime has: Bun is the fastest and comes first, the others show that they are no different. */
const casesByRuntime = { bun: 2_000, deno: 300, node: 300 };

const { PROPERTY_SEED, PROPERTY_CASES } = process.env;
const firstSeed = Number(PROPERTY_SEED ?? 1);
const cases = Number(PROPERTY_CASES ?? (PROPERTY_SEED ? 1 : casesByRuntime[findRuntime()]));

/** Cases that share a server and its workers, and how many of them run at once. */
const batchSize = 100;
const concurrency = 32;

/** Milliseconds for which a smaller case is looked for. */
const shrinkingTime = 30_000;

function findRuntime(): keyof typeof casesByRuntime {
  if ("Bun" in globalThis) return "bun";
  return "Deno" in globalThis ? "deno" : "node";
}

describe("random programs", () => {
  let bundle: WorkflowBundle;
  let parts: ReplayParts;

  before(async () => {
    bundle = await bundleWorkflows({ workflows: new URL("./workflows/interpreter.ts", import.meta.url) });
    parts = await createReplayParts(bundle);
  });

  after(() => parts.host.realms.close());

  for (let seed = firstSeed; seed < firstSeed + cases; seed += batchSize) {
    const end = Math.min(seed + batchSize, firstSeed + cases);
    test(`${seed} to ${end - 1} run and replay to the same commands at every task`, async () => {
      await using farm = await Farm.start(bundle);
      await runBatch(seed, end, farm, parts);
      await farm.settle();
    });
  }
});

/** Runs the cases of these seeds; the first that fails is shrunk and reported once all that were begun have ended. */
async function runBatch(begin: number, end: number, farm: Farm, parts: ReplayParts): Promise<void> {
  let next = begin;
  let failed: { seed: number; error: unknown } | undefined;
  const work = async () => {
    while (next < end && !failed) {
      const seed = next++;
      await check(`p${seed}`, makeCase(seed), farm, parts).catch((error) => failed ??= { seed, error });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failed) throw await explain(failed.seed, failed.error, farm, parts);
}

/** What a case did wrong, with the history that shows it, if any. */
class CaseFault extends Error {
  override name = "CaseFault";
  readonly history: WorkflowHistory | undefined;

  constructor(error: unknown, history?: WorkflowHistory) {
    super(String(error), { cause: error });
    this.history = history;
  }
}

async function check(name: string, subject: Case, farm: Farm, parts: ReplayParts): Promise<void> {
  const runs = await farm.run(name, subject).catch((error) => {
    throw new CaseFault(error);
  });
  for (const run of runs) {
    await checkRun(run, parts).catch((error) => {
      throw new CaseFault(error, run.history);
    });
  }
}

async function explain(seed: number, error: unknown, farm: Farm, parts: ReplayParts): Promise<Error> {
  let last = error;
  const fails = async (smaller: Case) => {
    const attempts = Array.from({ length: 8 }, (_, index) => check(`p${seed}-${index}`, smaller, farm, parts));
    const results = await Promise.allSettled(attempts);
    const failed = results.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") last = failed.reason;
    return failed !== undefined;
  };
  const smallest = await shrink(makeCase(seed), fails, shrinkingTime);
  const { history } = last as CaseFault;
  const place = history ? `\nhistory: ${save(seed, history)}` : "";
  const program = JSON.stringify(smallest);
  return new Error(`PROPERTY_SEED=${seed} fails: ${last}${place}\nshrunk to ${program}\nat first: ${error}`);
}

function save(seed: number, history: WorkflowHistory): string {
  const path = join(mkdtempSync(join(tmpdir(), "property-")), `${seed}.json`);
  writeFileSync(path, JSON.stringify(history));
  return path;
}

async function createReplayParts(bundle: WorkflowBundle): Promise<ReplayParts> {
  const dataConverter = await loadDataConverter(undefined);
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const host = await createWorkflowHost(bundle, {
    logger,
    dataConverter,
    hosting: { threads: 0 },
    outlets: { decidePatch, callExtern: () => false },
  });
  return { namespace: "default", host, dataConverter };
}
