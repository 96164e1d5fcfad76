import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Activation, Job } from "../../src/workflow/activation.ts";
import { completed, openHost, queryJob, start, type TestHost, TestRun } from "./support.ts";

const workflows = new URL("./workflows/functions.ts", import.meta.url);
let functions: TestHost;

before(async () => {
  functions = await openHost(workflows);
});

after(() => functions.host.close());

/** A run in replay that has called an activity, and another one. */
async function replay(...more: Job[]): Promise<TestRun> {
  const run = new TestRun(functions);
  run.isReplaying = true;
  await run.commands(start("calls"));
  await run.commands(completed(1, "one"), ...more);
  return run;
}

/** The place of a word in the line of the workflows' file that has `text`, as `line:column`. */
function placeOf(text: string, word: string): string {
  const lines = readFileSync(workflows, "utf8").split("\n");
  const line = lines.findIndex((candidate) => candidate.includes(text));
  return `${line + 1}:${lines[line].indexOf(word) + 1}`;
}

describe("where a command was made", () => {
  test("is known in replay", async () => {
    const run = await replay();
    const file = "tests/workflow/workflows/functions.ts";
    const place = `${file}:${placeOf("const direct = ", "executeActivity")} calls`;
    assert.equal(await run.realm.locate("scheduleActivity", 1), place);
    const second = `${file}:${placeOf("const handle = workflow.startActivity", "startActivity")} calls`;
    assert.equal(await run.realm.locate("scheduleActivity", 2), second);
    assert.equal(await run.realm.locate("scheduleActivity", 3), undefined);
    assert.equal(await run.realm.locate("startTimer", 1), undefined);
    // Asked again, and with the run going on.
    assert.equal(await run.realm.locate("scheduleActivity", 1), place);
    await run.commands(completed(2, "two"));
  });

  test("is not kept for runs that have left replay, nor for those that are disposed of", async () => {
    const live = await replay();
    live.isReplaying = false;
    await live.commands(completed(2, "two"));
    assert.equal(await live.realm.locate("scheduleActivity", 1), undefined);
    const disposed = await replay();
    disposed.realm.dispose();
    assert.equal(await disposed.realm.locate("scheduleActivity", 1), undefined);
  });

  test("is known of traced runs as long as they live", async () => {
    const run = new TestRun(functions);
    const traced = functions.host.createRun({ runId: "traced", isTraced: true });
    const activate = (activation: Activation) => traced.activate(activation);
    Object.assign(run, { realm: { activate } });
    await run.commands(start("timers"));
    assert.match(String(await traced.locate("startTimer", 2)), /functions\.ts:\d+:\d+ timers$/);
  });
});

describe("where a run waits", () => {
  test("is not known where it is not traced", async () => {
    const run = new TestRun(functions);
    await run.commands(start("timers"));
    const [failed] = await run.commands(queryJob("__stack_trace"));
    assert.ok(failed.kind === "queryFailed");
    assert.match(failed.failure.message, /not known: it was loaded without tracing/);
  });

  test("is each place once, and only as long as it waits there", async () => {
    const run = new TestRun(functions);
    const traced = functions.host.createRun({ runId: "traced", isTraced: true });
    Object.assign(run, { realm: traced });
    await run.commands(start("timers"));
    const stacks = async () => String(await run.query("__stack_trace")).split("\n\n").length;
    assert.equal(await stacks(), 3);
    await run.commands({ kind: "fireTimer", seq: 3 });
    assert.equal(await stacks(), 2);
    await run.commands({ kind: "fireTimer", seq: 2 }, { kind: "fireTimer", seq: 1 });
    assert.equal(await run.query("__stack_trace"), "");
  });
});
