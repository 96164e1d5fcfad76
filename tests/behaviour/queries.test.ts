import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { WorkflowQueryFailedError } from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import * as activities from "./activities.ts";
import * as queries from "./workflows/queries.ts";

const workflows = new URL("./workflows/queries.ts", import.meta.url);
const options = { workflows, activities };

/** Asserts that a query fails for its caller with this message. */
async function assertQueryFails(answer: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(answer, (error: WorkflowQueryFailedError) => {
    assert.ok(error instanceof WorkflowQueryFailedError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

interface StackTrace {
  sdk: { name: string; version: string };
  sources: Record<string, { lineOffset: number; content: string }>;
  stacks: {
    locations: { filePath: string; line: number; column: number; functionName: string; internalCode: boolean }[];
  }[];
}

/** The number of the line that has this text. */
function lineOf(text: string): number {
  return readFileSync(workflows, "utf8").split("\n").findIndex((line) => line.includes(text)) + 1;
}

describe("queries", () => {
  behaviour("SIGQ-15 a failing query fails for its caller only", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    await assertQueryFails(handle.query(queries.failing), /^cannot say$/);
    await handle.signal(queries.stop);
    assert.equal(await handle.result(), "new");
  });

  behaviour("SIGQ-16 an unknown query names all that are known", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.named, { id: id(), taskQueue });
    await assertQueryFails(
      handle.query("sate"),
      /"sate".*\[__enhanced_stack_trace, __stack_trace, __temporal_workflow_metadata, state, touch\]/,
    );
    await handle.signal(queries.stop);
    await handle.result();
  });

  behaviour("SIGQ-17 the dynamic handler answers what has no handler", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    assert.equal(await handle.query("anything", 1, 2), "anything 2");
    assert.equal(await handle.query(queries.state, "!"), "new!");
    await assertQueryFails(handle.query("__temporal_anything"), /no handler for query "__temporal_anything"/);
    await handle.signal(queries.stop);
    await handle.result();
  });

  behaviour("SIGQ-21 a query does not wake conditions", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    await handle.query(queries.touch);
    assert.equal(await handle.query(queries.state, ""), "new");
    await handle.signal(queries.stop);
    await handle.result();
  });

  behaviour("SIGQ-22 a query may only read", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    for (const way of queries.forbiddenWays) {
      await assertQueryFails(handle.query(queries.forbidden, way), / is not allowed in a query; /);
    }
    assert.equal(await handle.query(queries.state, ""), "new");
    await handle.signal(queries.stop);
    assert.equal(await handle.result(), "new");
  });

  const lines: string[] = [];
  const logger = { debug() {}, info: (line: string) => void lines.push(line), warn() {}, error() {} };
  const logged = { ...options, telemetry: { logger } };

  behaviour("SIGQ-22 a query may only read, also after an await", logged, async ({ client, taskQueue, id }) => {
    lines.length = 0;
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    await assertQueryFails(
      handle.query(queries.inPromise),
      /"inPromise" returned a promise; make its handler synchronous/,
    );
    assert.ok(lines.some((line) => line.startsWith("random is not allowed in a query")), lines.join("\n"));
    await handle.signal(queries.stop);
    assert.equal(await handle.result(), "new");
  });

  behaviour("SIGQ-23 a query may log", logged, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    lines.length = 0;
    assert.equal(await handle.query(queries.logs), "logged");
    assert.deepEqual(lines.filter((line) => line === "asked"), ["asked"]);
    await handle.signal(queries.stop);
    await handle.result();
  });
});

describe("queries of tools", () => {
  behaviour("SIGQ-24 where the workflow waits, as text", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.waiting, { id: id(), taskQueue });
    const stacks = String(await handle.query("__stack_trace")).split("\n\n").sort();
    assert.equal(stacks.length, 3, stacks.join("\n\n"));
    const places = ["waitsForActivity", "waitsForCondition", "waitsForTimer"].map((name) => {
      return [name, lineOf(`async function ${name}(`)] as const;
    });
    for (const [index, [name, line]] of places.entries()) {
      const offset = name === "waitsForCondition" ? 2 : 1;
      assert.match(
        stacks[index],
        new RegExp(`^    at (async )?${name} \\(.*workflows/queries\\.ts:${line + offset}:\\d+\\)`),
      );
      assert.doesNotMatch(stacks[index], /anywhen-workflows|src\//);
    }
    await handle.terminate();
  });

  behaviour("SIGQ-25 where the workflow waits, as data", { ...options, showStackTraceSources: true }, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(queries.waiting, { id: id(), taskQueue });
    const trace = await handle.query("__enhanced_stack_trace") as StackTrace;
    assert.equal(trace.sdk.name, "temporal-anywhen");
    assert.equal(trace.stacks.length, 3);
    const [file, ...others] = Object.keys(trace.sources);
    assert.deepEqual(others, []);
    assert.equal(trace.sources[file].content, readFileSync(workflows, "utf8"));
    const timer = trace.stacks.flatMap(({ locations }) => locations)
      .find(({ functionName }) => functionName === "waitsForTimer");
    assert.deepEqual(timer, {
      filePath: file,
      line: lineOf("async function waitsForTimer") + 1,
      column: timer?.column,
      functionName: "waitsForTimer",
      internalCode: false,
    });
    await handle.terminate();
  });

  behaviour("SIGQ-25 the text of files only where it is asked for", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.waiting, { id: id(), taskQueue });
    const trace = await handle.query("__enhanced_stack_trace") as StackTrace;
    assert.deepEqual(trace.sources, {});
    assert.equal(trace.stacks.length, 3);
    await handle.terminate();
  });

  behaviour("SIGQ-27 what it can be asked and told", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.named, { id: id(), taskQueue });
    const metadata = await handle.query("__temporal_workflow_metadata") as {
      definition: Record<string, { name: string; description?: string }[]>;
      currentDetails: string;
    };
    assert.equal(metadata.currentDetails, "half way");
    assert.equal(metadata.definition.type as unknown, "named");
    assert.deepEqual(metadata.definition.signalDefinitions, [
      { name: "", description: "all others" },
      { name: "stop", description: "ends it" },
    ]);
    assert.deepEqual(metadata.definition.updateDefinitions, [{ name: "a" }, { name: "b" }]);
    assert.deepEqual(
      metadata.definition.queryDefinitions.map(({ name }) => name),
      ["__enhanced_stack_trace", "__stack_trace", "__temporal_workflow_metadata", "state", "touch"],
    );
    assert.equal(metadata.definition.queryDefinitions.at(3)?.description, "the suffix");
    await handle.signal(queries.stop);
    await handle.result();
  });
});
