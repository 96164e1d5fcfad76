import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createMetricBuffer, type MetricBuffer } from "../../src/opentelemetry/metric_buffer.ts";
import type { MetricMeter } from "../../src/common/meter.ts";
import { bundleWorkflows, type WorkflowBundle } from "../../src/realm/bundle.ts";
import { createRealmHost } from "../../src/realm/host.ts";
import type { Command } from "../../src/workflow/activation.ts";
import { makeInfo } from "../../src/workflow/info.ts";
import type { SinkCall } from "../../src/workflow/runtime/outlets/sinks.ts";
import {
  decode,
  encode,
  kinds,
  type LogLine,
  queryJob,
  signalJob,
  start,
  type TestHost,
  TestRun,
  updateJob,
} from "./support.ts";

const modules = ["properties", "too_early"].map((name) => new URL(`./workflows/${name}.ts`, import.meta.url));
let bundle: WorkflowBundle;
let host: TestHost;
let meter: MetricBuffer;

before(async () => {
  bundle = await bundleWorkflows({ workflows: modules });
  meter = createMetricBuffer(100);
  host = await open(meter);
});

after(() => host.host.close());

async function open(meter: MetricMeter): Promise<TestHost & { calls: SinkCall[] }> {
  const lines: LogLine[] = [];
  const calls: SinkCall[] = [];
  const sinks = {
    functions: new Map([["audit.note", false]]),
    take: (more: readonly SinkCall[]) => void calls.push(...more),
  };
  const write = (level: string) => (message: string, attributes = {}) =>
    void lines.push({ level, message, attributes });
  const logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  return { host: await createRealmHost({ bundle, logger, meter, sinks }), lines, calls };
}

async function begin(more: Parameters<typeof start>[2] = {}, on: TestHost = host): Promise<TestRun> {
  const run = new TestRun(on);
  await run.commands(start("properties", [], more));
  return run;
}

const removed = { metadata: { encoding: new TextEncoder().encode("binary/null") }, data: new Uint8Array() };

describe("memo and search attributes", () => {
  test("upserts are commands in order, seen at once", async () => {
    const memo = { old: encode(1), other: encode("o") };
    const typed = { ...encode(7), metadata: { ...encode(7).metadata, type: new TextEncoder().encode("Int") } };
    const run = await begin({ memo, searchAttributes: { Int: typed } });
    const commands = await run.commands(signalJob("go", "upsert"));
    assert.deepEqual(kinds(commands), ["upsertMemo", "upsertSearchAttributes", "completeWorkflow"]);
    const [first, second, end] = commands as Extract<Command, { memo?: object }>[];
    assert.deepEqual(first, { kind: "upsertMemo", memo: { kept: encode({ a: 1 }), old: removed, gone: removed } });
    const { searchAttributes } = second as unknown as { searchAttributes: Record<string, typeof removed> };
    assert.equal(decode(searchAttributes.Keyword), "v");
    assert.deepEqual(searchAttributes.Int, removed);
    assert.deepEqual(decode((end as unknown as { result: typeof removed }).result), [
      { other: "o", kept: { a: 1 } },
      ["other", "kept"],
      { Keyword: "v" },
    ]);
  });

  test("a value of no bytes is one", async () => {
    assert.deepEqual(await new TestRun(host).result(start("keepsNoBytes")), ["none"]);
  });

  test("what cannot be upserted leaves no command", async () => {
    const run = await begin({ memo: { only: encode(1) } });
    const commands = await run.commands(signalJob("go", "refuse"));
    assert.deepEqual(kinds(commands), ["completeWorkflow"]);
    const [end] = commands as unknown as { result: typeof removed }[];
    const [notEncoded, ...told] = decode(end.result) as string[];
    assert.match(notEncoded, /^ValueError: /);
    assert.deepEqual(told, [
      "ValueError: upsertMemo takes values by name, not string; give { key: value }",
      "ValueError: upsertMemo takes values by name, not null; give { key: value }",
      "ValueError: upsertMemo takes values by name, not a list; give { key: value }",
      "ValueError: search attribute Keyword is of type KEYWORD and cannot hold 1",
      "ValueError: upsertSearchAttributes takes a list of updates; give [key.valueSet(value), key.valueUnset()]",
      "ValueError: upsertSearchAttributes takes a list of updates; give [key.valueSet(value), key.valueUnset()]",
      'ValueError: setCurrentDetails takes a text, not number; give "" for no details',
      { only: 1 },
      "",
    ]);
  });

  test("an upsert of nothing is no command", async () => {
    assert.deepEqual(await (await begin()).commands(signalJob("go", "nothing")), []);
  });

  for (
    const [what, name] of [["memo", "upsertMemo"], ["attributes", "upsertSearchAttributes"], [
      "details",
      "setCurrentDetails",
    ]]
  ) {
    test(`queries and validators may not use ${name}`, async () => {
      const run = await begin();
      const [answer] = await run.commands(queryJob("ask", [what]));
      assert.equal(answer.kind, "queryFailed");
      assert.match(
        (answer as { failure: { message: string } }).failure.message,
        new RegExp(`${name} is not allowed in a query`),
      );
      const failure = await run.failure(updateJob("change", [what]));
      assert.match(failure.message, new RegExp(`${name} is not allowed in a validator`));
    });
  }

  test("META-05 calls of sinks have the info of their moment", async () => {
    const own = await open(meter);
    const run = await begin({ memo: { first: encode(1) } }, own);
    await run.commands(signalJob("go", "upsertAndSink"));
    const told = own.calls.map(({ args, start, startTime, activation }) => {
      const { rawMemo, searchAttributes } = makeInfo(start, startTime, () => activation);
      return [args[0], Object.keys(rawMemo), searchAttributes.toObject()];
    });
    assert.deepEqual(told, [["before", ["first"], {}], ["after", ["first", "added"], { Keyword: "v" }]]);
    await own.host.close();
  });

  test("current details are kept, and not part of any command", async () => {
    const run = await begin();
    assert.equal(await run.query("ask", "detailsNow"), "");
    assert.deepEqual(await run.commands(signalJob("go", "details")), []);
    assert.equal(await run.query("ask", "detailsNow"), "# at work");
  });

  test("nothing of it can be used while modules load", async () => {
    const told = await new TestRun(host).result(start("tooEarly")) as string[];
    const names = [
      "memo",
      "upsertMemo",
      "upsertSearchAttributes",
      "setCurrentDetails",
      "hasLastCompletionResult",
      "getLastFailure",
      "metric early",
      "sleep",
      "waitCondition",
      "an activity",
      "an activity",
      "a local activity",
      "a local activity",
      "a child workflow",
      "a child workflow",
      "a signal to another workflow",
      "a request to cancel another workflow",
      "CancellationScope",
      "continueAsNew",
      "payloadConverter",
    ];
    assert.deepEqual(told, [
      ...names.map((name) =>
        `IllegalStateError: ${name} was called while the module loads; call it inside the workflow`
      ),
      "false",
      "true",
    ]);
  });
});

describe("the run before", () => {
  test("left nothing", async () => {
    assert.deepEqual(await new TestRun(host).result(start("previous")), [false, "none", "none", "none"]);
    const empty = await new TestRun(host).result(start("previous", [], { lastCompletionResult: [] }));
    assert.deepEqual(empty, [false, "none", "none", "none"]);
  });

  test("left a result", async () => {
    const result = await new TestRun(host).result(start("previous", [], { lastCompletionResult: [encode(4)] }));
    assert.deepEqual(result, [true, 4, 2, "none"]);
    const text = await new TestRun(host).result(start("previous", [], { lastCompletionResult: [encode("x")] }));
    assert.deepEqual(text, [true, "x", "refused", "none"]);
  });

  test("left a failure", async () => {
    const lastFailure = {
      message: "no luck",
      source: "",
      stackTrace: "",
      failureInfo: {
        case: "applicationFailureInfo" as const,
        value: { type: "BadLuck", nonRetryable: false, details: { payloads: [encode(7)] } },
      },
    };
    const told = await new TestRun(host).result(start("previous", [], { lastFailure })) as unknown[];
    assert.deepEqual(told[3], ["BadLuck", "no luck", [7]]);
  });
});

describe("info", () => {
  test("START-07 what an activation says is seen in the same task", async () => {
    const run = new TestRun(host);
    run.more = {
      continueAsNewSuggested: true,
      targetVersionChanged: true,
      buildId: "b",
      deploymentVersion: { deploymentName: "d", buildId: "b" },
    };
    const more = {
      root: { workflowId: "root", runId: "r" },
      parent: { namespace: "n", workflowId: "parent", runId: "p" },
      priority: { priorityKey: 3 },
      headers: { trace: encode("x") },
    };
    assert.deepEqual(await run.result(start("firstTask", [], more)), [
      true,
      true,
      "b",
      { deploymentName: "d", buildId: "b" },
      true,
      { workflowId: "root", runId: "r" },
      { namespace: "n", workflowId: "parent", runId: "p" },
      { priorityKey: 3 },
      ["trace"],
    ]);
    const plain = await new TestRun(host).result(start("firstTask"));
    assert.deepEqual(plain, [false, false, "build-1", {}, true, "none", "none", {}, []]);
  });
});

describe("metrics", () => {
  test("OB-07 values carry the tags of the run and their own", async () => {
    const run = await begin();
    await run.commands(signalJob("go", "measure"));
    const tags = { namespace: "default", task_queue: "queue-1", workflow_type: "properties" };
    const counter = { name: "lines", kind: "COUNTER", description: "lines of code that ran", unit: "line" };
    const plain = { description: undefined, unit: undefined };
    assert.deepEqual(meter.retrieveUpdates(), [
      { metric: counter, value: 1, attributes: tags },
      { metric: counter, value: 2, attributes: { ...tags, where: "here", when: 3 } },
      { metric: { ...plain, name: "open", kind: "COUNTER" }, value: -1, attributes: { ...tags, all: true } },
      { metric: { ...plain, name: "wait", kind: "HISTOGRAM" }, value: 2_000, attributes: { ...tags, all: true } },
      { metric: { ...plain, name: "size", kind: "HISTOGRAM" }, value: 5, attributes: { ...tags, all: false } },
      { metric: { ...plain, name: "load", kind: "GAUGE" }, value: 0.5, attributes: { ...tags, all: true } },
    ]);
  });

  test("OB-07 nothing is recorded in replay and in queries", async () => {
    const run = await begin();
    run.isReplaying = true;
    await run.commands(signalJob("go", "measure"));
    await run.query("ask", "metric");
    assert.deepEqual(meter.retrieveUpdates(), []);
    run.isReplaying = false;
    await run.commands(signalJob("go", "measure"));
    assert.equal(meter.retrieveUpdates().length, 6);
  });

  for (const isReplaying of [false, true]) {
    test(`OB-07 mistakes are told, ${isReplaying ? "in replay too" : "live"}`, async () => {
      const run = await begin();
      run.isReplaying = isReplaying;
      const told = await run.result(signalJob("go", "mismeasure")) as string[];
      assert.deepEqual(told, [
        "ValueError: metric lines: -1 is not a value; record a number of 0 or more",
        "ValueError: metric lines: NaN is not a value; record a number of 0 or more",
        "ValueError: metric lines: attribute bad is object; use a string, number or boolean",
        "ValueError: metric lines: NaN is not a value; record a number of 0 or more",
        'ValueError: a value of metric wait is not a duration: "soon"; give milliseconds, a text such as "10s" or "1h 30m", ' +
        "or parts such as { minutes: 5 }",
        "ValueError: metric load: -1 is not a value; record a number of 0 or more",
        "nothing thrown",
        "lines",
        "lines of code that ran",
        "line",
      ]);
      assert.equal(meter.retrieveUpdates().length, isReplaying ? 0 : 1);
    });
  }

  test("OB-07 a meter that throws harms no workflow", async () => {
    const faulty: MetricMeter = {
      ...createMetricBuffer(1),
      createCounter: () => {
        throw new Error("out of order");
      },
      withAdditionalAttributes: () => faulty,
    };
    const broken = await open(faulty);
    const run = await begin({}, broken);
    assert.deepEqual(await run.commands(signalJob("go", "measure")), []);
    const warnings = broken.lines.filter(({ level }) => level === "warn");
    assert.equal(warnings.length, 2);
    assert.equal(warnings[0].message, "the meter did not take a value of metric lines");
    await broken.host.close();
  });
});

describe("the logger", () => {
  test("OB-08 each line has the ids of its run, and of its update after an await too", async () => {
    const own = await open(meter);
    const run = await begin({}, own);
    await run.commands(signalJob("go", "log"));
    await run.commands(updateJob("change", ["memoNow"]));
    const ids = {
      attempt: 1,
      namespace: "default",
      runId: "run-1",
      taskQueue: "queue-1",
      workflowId: "workflow-1",
      workflowType: "properties",
    };
    const update = { ...ids, updateId: "id-change", updateName: "change" };
    assert.deepEqual(own.lines, [
      { level: "info", message: "at work", attributes: { ...ids, step: 1 } },
      { level: "info", message: "changing", attributes: update },
      { level: "warn", message: "changed", attributes: { ...update, what: "memoNow" } },
    ]);
    await own.host.close();
  });

  test("OB-08 nothing is logged in replay but by queries", async () => {
    const own = await open(meter);
    const run = await begin({}, own);
    run.isReplaying = true;
    await run.commands(signalJob("go", "log"));
    assert.deepEqual(own.lines, []);
    await run.query("ask", "log");
    assert.deepEqual(own.lines.map(({ message }) => message), ["asked"]);
    await own.host.close();
  });
});
