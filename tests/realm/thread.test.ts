import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Logger } from "../../src/common/logger.ts";
import { bundleWorkflows } from "../../src/realm/bundle.ts";
import type { RealmHost } from "../../src/realm/host.ts";
import { DeadlockError, RealmLostError } from "../../src/realm/errors.ts";
import { createThreadedHost, type ThreadedHostOptions } from "../../src/realm/thread/host.ts";
import { pack, unpack } from "../../src/realm/thread/packing.ts";
import { runProgram } from "../support/processes.ts";
import { cancelJob, kinds, signalJob, start, TestRun } from "../workflow/support.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const workflows = new URL("./workflows/threads.ts", import.meta.url);

async function open(options: Partial<ThreadedHostOptions> = {}): Promise<RealmHost & AsyncDisposable> {
  const settings = bundleWorkflows({ workflows }).then((bundle) => ({ bundle }));
  const host = await createThreadedHost({ logger, settings, threads: 1, ...options });
  return Object.assign(host, { [Symbol.asyncDispose]: () => host.close() });
}

function run(host: RealmHost, runId: string): TestRun {
  return new TestRun({ host, lines: [] }, runId);
}

/** How far this machine counts in about so many milliseconds. */
function calibrate(milliseconds: number): number {
  const turns = 5_000_000;
  const begun = performance.now();
  let sum = 0;
  for (let i = 0; i < turns; i++) sum = (sum + i) % 1_000_003;
  assert.ok(sum >= 0);
  return Math.round(turns * milliseconds / (performance.now() - begun));
}

describe("packing", () => {
  const values: Record<string, unknown> = {
    "plain data": { a: [1, "two", true, null], b: { c: -0.5 } },
    "big integers": { seed: 2n ** 64n - 1n, negative: -5n },
    "bytes": {
      none: new Uint8Array(),
      few: new Uint8Array([0, 127, 128, 255]),
      all: Uint8Array.from({ length: 256 }, (_, i) => i),
    },
    "many bytes": {
      many: Uint8Array.from({ length: 100_000 }, (_, i) => i % 251),
      more: [new Uint8Array(5_000).fill(7)],
    },
    "numbers that JSON lacks": [Infinity, -Infinity],
    "keys that look like ours": { $bytes: "a", $at: 1, $big: "2", $number: "x", $$at: 2, $: 3, a: { $$: { $at: 0 } } },
    "texts": ['\u0000\u001f"\\', "\ud800", "🙂", "__proto__"],
    "nothing": null,
  };
  for (const [name, value] of Object.entries(values)) {
    test(name, () => assert.deepEqual(unpack(structuredClone(pack(value))), value));
  }

  test("what is undefined is left out, views are copied without the rest of their buffer", () => {
    const view = new Uint8Array(10_000).fill(9).subarray(10, 20);
    assert.deepEqual(unpack(pack({ a: undefined, view })), { view: new Uint8Array(10).fill(9) });
    const packed = pack({ view: new Uint8Array(1_000_000).subarray(5, 5_000) }) as { bytes: Uint8Array[] };
    assert.equal(packed.bytes[0].buffer.byteLength, 4_995);
  });

  test("a key named __proto__ stays a key", () => {
    const value = JSON.parse('{"__proto__":{"a":1},"$b":{"__proto__":2}}');
    const result = unpack(pack(value)) as object;
    assert.deepEqual(Object.keys(result), ["__proto__", "$b"]);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
  });

  test("messages that are not packed are told from those that are", () => {
    assert.equal(unpack({ kind: "opened" }), undefined);
  });
});

describe("a workflow thread", () => {
  test("runs workflows as the worker's own thread does", async () => {
    await using host = await open();
    assert.deepEqual(host.workflowTypes.sort(), [
      "blocks",
      "computes",
      "echoes",
      "remembers",
      "shows",
      "tells",
      "worksOn",
    ]);
    const large = "x".repeat(200_000);
    const echoes = run(host, "run-1");
    assert.deepEqual(await echoes.commands(start("echoes", [large])), []);
    assert.equal(await echoes.query("echo", "hello"), "hello");
    assert.equal(await echoes.query("echo", large), large);
    assert.equal(await echoes.result(signalJob("stop")), large);
    echoes.realm.dispose();
    assert.deepEqual(await echoes.commands(cancelJob), []);
  });

  test("takes many runs at once, spread over threads, each with modules of its own", async () => {
    await using host = await open({ threads: 3 });
    const results = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      return await run(host, `run-${i}`).result(start("remembers", [`${i};`]));
    }));
    assert.deepEqual(results, Array.from({ length: 40 }, (_, i) => `${i};`));
  });

  test("modules that do not load are told as ever", async () => {
    const bundle = bundleWorkflows({ workflows: new URL("./workflows/throws_at_load.ts", import.meta.url) });
    const settings = bundle.then((bundle) => ({ bundle }));
    await assert.rejects(createThreadedHost({ logger, settings, threads: 2 }), {
      name: "ValueError",
      message: /^workflow module does not load: \S*throws_at_load\.ts:1:\d+: Error: at load$/,
    });
    const broken = Promise.reject(new Error("no bundle"));
    await assert.rejects(createThreadedHost({ logger, settings: broken, threads: 1 }), { message: "no bundle" });
  });

  test("EVICT-06 one that blocks is ended; runs that it held are lost, new ones begin on another", async () => {
    await using host = await open({ deadlockTimeout: 300 });
    const before = run(host, "before");
    await before.commands(start("echoes", ["before"]));
    const blocked = assert.rejects(run(host, "blocked").activate(start("blocks")), (error) => {
      assert.ok(error instanceof DeadlockError);
      assert.match(error.message, /^\[TMPRL1101\] .*: workflow blocks \(workflow-1\) did not yield within 0\.3 s; /);
      return true;
    });
    const behind = run(host, "behind");
    assert.deepEqual(await behind.commands(start("echoes", ["behind"])), []);
    await assert.rejects(before.query("echo", 1), (error) => error instanceof RealmLostError);
    assert.equal(await behind.query("echo", 2), 2);
    await blocked;
    assert.equal(await behind.query("echo", 3), 3);
    assert.deepEqual(await run(host, "before").commands(start("echoes", ["again"])), []);
  });

  test("EVICT-06 one that is slow keeps its runs; those that waited begin elsewhere, once", async () => {
    const started: string[] = [];
    await using host = await open({
      deadlockTimeout: 8_000,
      sinks: {
        functions: new Map([["test.started", true]]),
        take: (calls) => started.push(...calls.map(({ args }) => String(args[0]))),
      },
    });
    const neighbour = run(host, "neighbour");
    await neighbour.commands(start("echoes"));
    // Slow begins a quarter of the time-out after it was begun, at the earliest.
    const slow = run(host, "slow").activate(start("computes", [calibrate(3_000)]));
    const waiting = run(host, "waiting").activate(start("tells", ["waiting"]));
    assert.equal((await waiting).kind, "successful");
    assert.equal((await slow).kind, "successful");
    assert.equal(await neighbour.query("echo", 4), 4);
    assert.deepEqual(started, ["waiting"]);
  });

  test("EVICT-06 to find a place in code takes as long as the replay did, and is no deadlock", async () => {
    await using host = await open({ deadlockTimeout: 500 });
    const neighbour = run(host, "neighbour");
    await neighbour.commands(start("echoes"));
    const long = run(host, "long");
    long.isReplaying = true;
    await long.commands(start("worksOn", [calibrate(60)]));
    for (let n = 1; n <= 15; n++) assert.deepEqual(kinds(await long.commands(signalJob("stop"))), ["startTimer"]);
    assert.match(String(await long.realm.locate("startTimer", 15)), /threads\.ts:\d+:\d+/);
    assert.equal(await neighbour.query("echo", 5), 5);
  });

  test("closing ends what is under way", async () => {
    const host = await open({ deadlockTimeout: 60_000 });
    const blocked = assert.rejects(run(host, "blocked").activate(start("blocks")));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.close();
    await blocked;
    await assert.rejects(run(host, "late").activate(start("echoes")), { message: /shut down/ });
  });

  test("tells the kinds of commands it was asked for", async () => {
    await using host = await open();
    assert.deepEqual(kinds(await run(host, "r").commands(start("remembers", ["a"]))), ["completeWorkflow"]);
  });

  test("does not keep the process while it is idle, and does while it works", async () => {
    const output = await runProgram(new URL("./programs/threads.ts", import.meta.url));
    assert.equal(output.trim(), "completed\nidle");
  });
});
