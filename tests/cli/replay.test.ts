import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import { main } from "../../src/cli/main.ts";
import { createLog } from "../activity/support.ts";

const module = (name: string) => fileURLToPath(new URL(`../worker/workflows/changes/${name}.ts`, import.meta.url));
const [unchanged, changed] = [module("before"), module("after")];
const types = ["wrongKind", "doesLess", "child"];

/** Runs a command line to its end. */
async function run(...args: string[]): Promise<{ code: number; out: string[]; errors: string[] }> {
  const out: string[] = [];
  const errors: string[] = [];
  const terminal = {
    print: (text: string) => void out.push(text),
    warn: (text: string) => void errors.push(text),
    interrupted: () => Promise.resolve(),
  };
  return { code: await main(["replay", ...args], terminal), out, errors };
}

describe("anywhen replay", () => {
  let folder: string;
  let server: DevServer;
  const file = (type: string) => join(folder, `${type}.json`);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "anywhen-replay-"));
    const telemetry = { logger: createLog().logger };
    server = await DevServer.start({ port: 0, telemetry });
    await using client = await Client.connect(server, { telemetry });
    const taskQueue = "replay";
    const activities = { charge: (amount: number) => amount, refund: (amount: number) => amount };
    const workflows = new URL("../worker/workflows/changes/before.ts", import.meta.url);
    const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
    await worker.runUntil(async () => {
      for (const type of types) {
        const handle = await client.workflow.start(type, { id: `${type}-1`, taskQueue, args: [] });
        await handle.result();
        writeFileSync(file(type), JSON.stringify(await handle.fetchHistory()));
      }
    });
    writeFileSync(file("broken"), "{");
  });

  after(async () => {
    await server.shutdown();
    rmSync(folder, { recursive: true });
  });

  test("files that replay are one line each, and exit code 0", async () => {
    const { code, out, errors } = await run(unchanged, ...types.map(file));
    assert.deepEqual([code, errors], [0, []]);
    assert.equal(out.length, 4);
    assert.match(out[0], /^ok {6}wrongKind {2}wrongKind-1 {2}[-0-9a-f]{36} {2}16 events$/);
    assert.equal(out[3], "3 replayed, 0 failed");
  });

  test("a file that does not is shown as a diff, and exit code 1", async () => {
    const { code, out, errors } = await run(changed, file("child"), file("doesLess"));
    assert.equal(code, 1);
    assert.match(out[0], /^ok /);
    assert.match(out[1], /^FAILED {2}doesLess {2}doesLess-1 /);
    assert.match(out[2], /^ {2}NondeterminismError: event 11 is ACTIVITY_TASK_SCHEDULED .*workflow\.patched\(\)$/);
    assert.deepEqual(out.slice(3), [
      '      event 5   ACTIVITY_TASK_SCHEDULED      activity "1" of type charge',
      "      event 6   ACTIVITY_TASK_STARTED        activity scheduled by event 5",
      "      event 7   ACTIVITY_TASK_COMPLETED      activity scheduled by event 5",
      '    - event 11  ACTIVITY_TASK_SCHEDULED      activity "2" of type refund',
      "    + code      COMPLETE_WORKFLOW_EXECUTION  end of the workflow by completeWorkflow",
      "1 replayed, 1 failed",
    ]);
    assert.deepEqual(errors, ["error: the workflow code does not do what 1 of 2 histories say"]);
  });

  test("--fail-fast ends with the first failure", async () => {
    const { code, out } = await run(changed, "--fail-fast", file("wrongKind"), file("child"), file("doesLess"));
    assert.equal(code, 1);
    assert.equal(out.filter((line) => /^(ok|FAILED) /.test(line)).length, 1);
    assert.equal(out.at(-1), "0 replayed, 1 failed");
  });

  test("--output json is one array", async () => {
    const { code, out } = await run(changed, file("child"), file("wrongKind"), "--output", "json");
    assert.equal(code, 1);
    assert.equal(out.length, 1);
    const [fine, failed] = JSON.parse(out[0]);
    assert.deepEqual([fine.workflowId, fine.workflowType, fine.events, fine.error], [
      "child-1",
      "child",
      11,
      undefined,
    ]);
    assert.deepEqual([failed.error.name, failed.error.eventId], ["NondeterminismError", 10]);
    assert.match(failed.error.source, /after\.ts:16:18$/);
    assert.match(failed.error.diff, /^- event 10 .*\n\+ code {6}START_TIMER /m);
  });

  test("REPLAY-04 --query replays what the server has, at most --limit", async () => {
    const address = ["--address", server.address!];
    const all = await run(unchanged, ...address, "--query", "WorkflowType != 'child'");
    assert.deepEqual([all.code, all.out.at(-1)], [0, "2 replayed, 0 failed"]);
    const one = await run(unchanged, ...address, "-q", "WorkflowType = 'child'", "--limit", "1", "-n", "default");
    assert.deepEqual([one.code, one.out.at(-1)], [0, "1 replayed, 0 failed"]);
    const none = await run(unchanged, ...address, "--query", "WorkflowType = 'none'");
    assert.deepEqual([none.code, none.out], [0, ["0 replayed, 0 failed"]]);
    const bad = await run(unchanged, ...address, "--query", "no filter at all");
    assert.equal(bad.code, 1);
  });

  test("an unregistered type is a failure of its history", async () => {
    const { code, out } = await run(module("../replayed"), file("child"));
    assert.equal(code, 1);
    assert.match(out[1], /^ {2}ValueError: workflow type child of the history is not registered; registered: /);
  });

  test("files that cannot be read are one line of error, and exit code 1", async () => {
    const missing = await run(unchanged, file("missing"));
    assert.deepEqual([missing.code, missing.errors], [1, [`error: ${file("missing")} cannot be read (ENOENT)`]]);
    const broken = await run(unchanged, file("broken"));
    assert.equal(broken.code, 1);
    assert.match(broken.errors[0], /^error: the history of workflow .*broken\.json is not JSON: /);
    const workflows = await run(module("nowhere"), file("child"));
    assert.equal(workflows.code, 1);
    assert.match(workflows.errors[0], /nowhere\.ts/);
  });

  test("a command line that cannot be understood is exit code 2", async () => {
    const lines: [string[], RegExp][] = [
      [[], /the workflows are missing: anywhen replay <workflows> \[history\.json …\]/],
      [[unchanged], /nothing to replay: name history files, or give --query/],
      [[unchanged, file("child"), "--limit", "1"], /--limit goes with --query/],
      [[unchanged, file("child"), "-o", "yaml"], /--output takes text or json, not "yaml"/],
      [[unchanged, "--unknown"], /unknown flag --unknown/],
    ];
    for (const [args, message] of lines) {
      const { code, errors } = await run(...args);
      assert.equal(code, 2, errors[0]);
      assert.match(errors[0], message);
    }
  });

  test("--help says what it takes", async () => {
    const { code, out } = await run("--help");
    assert.equal(code, 0);
    assert.match(out[0], /^anywhen replay <workflows> \[history\.json …\]: tells whether/);
    assert.ok(out.some((line) => /--fail-fast/.test(line)));
  });
});
