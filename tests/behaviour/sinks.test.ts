/** What workflows reach outside of their realms: sinks, functions of the worker, logs, metrics, the patch callback. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type LogAttributes, type Logger, SearchAttributeKey } from "@anywhen/temporal/common";
import { Worker, type WorkerOptions } from "@anywhen/temporal/worker";
import type { Info } from "@anywhen/temporal/workflow";
import { runScene } from "../support/behaviour.ts";
import { registerSearchAttributes } from "../support/search_attributes.ts";
import { connect, unique } from "../support/server.ts";
import { ask } from "./workflows/sinks.ts";

const workflows = new URL("./workflows/sinks.ts", import.meta.url);

type SceneOptions = Omit<WorkerOptions, "client" | "taskQueue"> & { workflows: URL };

/** Where workflows run, and whether each task replays. */
const modes: Record<string, Partial<SceneOptions>> = {
  "on a thread": {},
  "on a thread, replayed at each task": { maxCachedWorkflows: 0 },
  "on the worker's own thread": { workflowThreads: 0 },
  "on the worker's own thread, replayed at each task": { workflowThreads: 0, maxCachedWorkflows: 0 },
};

interface Line {
  level: string;
  message: string;
  attributes: LogAttributes;
}

function keepLines(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  const write = (level: string) => (message: string, attributes: LogAttributes = {}) => {
    lines.push({ level, message, attributes });
  };
  return { lines, logger: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") } };
}

/** Sinks that keep their calls as texts. */
function keepCalls(): { calls: string[]; infos: Info[]; sinks: NonNullable<WorkerOptions["sinks"]> } {
  const calls: string[] = [];
  const infos: Info[] = [];
  const record = (info: Info, entry: unknown) => {
    infos.push(info);
    calls.push(typeof entry === "string" ? entry : JSON.stringify(entry));
  };
  const always = (_: Info, entry: unknown) => void calls.push(`always ${entry}`);
  const throws = () => Promise.reject(new Error("no room"));
  return {
    calls,
    infos,
    sinks: {
      audit: { record: { fn: record }, always: { fn: always, callDuringReplay: true }, throws: { fn: throws } },
    },
  };
}

/** Runs a test in every mode. */
function inAllModes(name: string, body: (options: SceneOptions) => Promise<void>): void {
  for (const [mode, options] of Object.entries(modes)) test(`${name}, ${mode}`, () => body({ workflows, ...options }));
}

describe("sinks", () => {
  inAllModes("WF-90 DET-21 are called once, with copies, again in replay where they ask for it", async (options) => {
    const { calls, sinks } = keepCalls();
    await runScene({ ...options, sinks }, async ({ client, taskQueue, id }) => {
      await client.workflow.execute("callsSinks", { id: id(), taskQueue });
    });
    assert.deepEqual(calls.filter((call) => !call.startsWith("always")), ['{"text":"begun","list":[1]}', "woken"]);
    const again = calls.filter((call) => call === "always begun").length;
    assert.ok(options.maxCachedWorkflows === 0 ? again > 1 : again === 1, `called ${again} times`);
  });

  test("WF-90 are called from queries", async () => {
    const { calls, sinks } = keepCalls();
    await runScene({ workflows, sinks }, async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start("callsSinks", { id: id(), taskQueue });
      await handle.result();
      assert.equal(await handle.query(ask), "answered");
    });
    assert.ok(calls.includes("asked"), calls.join());
  });

  inAllModes("WF-90 what goes wrong with them is logged and leaves the workflow alone", async (options) => {
    const { lines, logger } = keepLines();
    const { sinks } = keepCalls();
    await runScene({ ...options, sinks, telemetry: { logger } }, async ({ client, taskQueue, id }) => {
      assert.equal(await client.workflow.execute("callsBadSinks", { id: id(), taskQueue }), "done");
    });
    const errors = lines.filter(({ level }) => level === "error").map(({ message }) => message).sort();
    assert.equal(errors.length, 3, errors.join("\n"));
    assert.match(errors[0], /^sink audit\.record was not called: .*; give it data that can be copied$/);
    assert.match(errors[1], /^sink audit\.throws threw: no room$/);
    assert.match(errors[2], /^sink unknown\.record is not registered; add it to the option `sinks` of the worker$/);
  });

  inAllModes("META-05 get the workflow's info as it is at the call", async (options) => {
    const { calls, infos, sinks } = keepCalls();
    let workflowId = "";
    await runScene({ ...options, sinks }, async ({ client, taskQueue, id }) => {
      workflowId = id();
      await registerSearchAttributes(client);
      await client.workflow.execute("changesItself", { id: workflowId, taskQueue, memo: { state: "new" } });
    });
    assert.deepEqual(calls, ["before", "after", "later"]);
    const decode = ({ data }: { data: Uint8Array }) => JSON.parse(new TextDecoder().decode(data));
    assert.deepEqual(infos.map(({ rawMemo }) => decode(rawMemo.state)), ["new", "changed", "changed"]);
    const key = SearchAttributeKey.forKeyword("AnywhenKeyword");
    assert.deepEqual(infos.map(({ searchAttributes }) => searchAttributes.get(key)), [undefined, "changed", "changed"]);
    for (const info of infos) {
      assert.equal(info.workflowId, workflowId);
      assert.ok(info.startTime instanceof Date);
      assert.ok(info.getCurrentHistoryLength() >= 3);
    }
  });
});

describe("functions of the worker", () => {
  inAllModes("WF-71 are called at once and give results and errors of the realm", async (options) => {
    const externFunctions = {
      double: (n: number) => n * 2,
      describe: ({ when, names }: { when: Date; names: string[] }) => ({
        text: `${when.getTime()} ${names.join("+")}`,
        list: names,
      }),
      throws: (type: string) => {
        throw Object.assign(new Error(`thrown as ${type}`), { name: type });
      },
      waits: () => Promise.resolve(),
    };
    await runScene({ ...options, externFunctions }, async ({ client, taskQueue, id: _ }) => {
      const id = unique("externs");
      assert.deepEqual(await client.workflow.execute("callsExterns", { id, taskQueue }), [
        42,
        "0 a+b",
        true,
        "Error: thrown as Error",
        true,
        false,
        "ApplicationError: thrown as ApplicationError",
        true,
        options.workflowThreads !== 0,
        "ValueError: extern function missing is not registered (those that are: double, describe, throws, waits); add it to externFunctions",
        true,
        false,
        "extern function waits gave a promise; it must answer at once: use an activity to wait",
        2,
      ]);
    });
  });
});

describe("the patch callback", () => {
  inAllModes("WK-24 decides for each run, from its info", async (options) => {
    const asked: string[] = [];
    const patchActivationCallback = ({ workflowInfo, patchId }: { workflowInfo: Info; patchId: string }) => {
      asked.push(patchId);
      return workflowInfo.workflowId.startsWith("on");
    };
    await runScene({ ...options, patchActivationCallback }, async ({ client, taskQueue, id }) => {
      assert.equal(await client.workflow.execute("patches", { id: id("on"), taskQueue }), true);
      assert.equal(await client.workflow.execute("patches", { id: unique("off"), taskQueue }), false);
    });
    assert.deepEqual([...new Set(asked)], ["new-code"]);
  });
});

describe("logs", () => {
  inAllModes("DET-21 come out once, with what can be copied of their attributes", async (options) => {
    const { lines, logger } = keepLines();
    await runScene({ ...options, telemetry: { logger } }, async ({ client, taskQueue, id }) => {
      await client.workflow.execute("logs", { id: id(), taskQueue });
    });
    const found = lines.filter(({ message }) => ["with a function", "plain"].includes(message));
    assert.deepEqual(found.map(({ level }) => level), ["info", "warn"]);
    const [first, second] = found.map(({ attributes }) => attributes);
    assert.match(String(first.fn), /=> 1/);
    assert.match(String((first.nested as { list: unknown[] }).list[1]), /Symbol\(s\)/);
    assert.equal(second.n, 1n);
    assert.equal(Number(second.when), 0);
    assert.equal(second.workflowType, "logs");
  });
});

describe("metrics", () => {
  inAllModes("DET-21 are recorded once, with the workflow's tags", async (options) => {
    const values: string[] = [];
    const meter = makeMeter(values, {});
    await runScene({ ...options, telemetry: { meter } as never }, async ({ client, taskQueue, id }) => {
      await client.workflow.execute("measures", { id: id(), taskQueue });
    });
    assert.deepEqual(values, ["orders 1 measures eu", "orders 2 measures", "time 2s measures"]);
  });
});

interface TestMeter {
  withAdditionalAttributes(attributes: Record<string, unknown>): TestMeter;
}

function makeMeter(values: string[], fixed: Record<string, unknown>): TestMeter {
  const make = (name: string) => {
    const write = (value: unknown, attributes: Record<string, unknown>) => {
      const { workflow_type, region = "" } = { ...fixed, ...attributes };
      if (workflow_type) values.push(`${name} ${value} ${workflow_type} ${region}`.trim());
    };
    return { add: write, record: write, set: write };
  };
  return {
    createCounter: make,
    createUpDownCounter: make,
    createHistogram: make,
    createGauge: make,
    withAdditionalAttributes: (attributes: Record<string, unknown>) => makeMeter(values, { ...fixed, ...attributes }),
  } as TestMeter;
}

describe("options of hosting", () => {
  test("are checked, all at once", async () => {
    const client = await connect();
    const bad = {
      workflowThreads: -1,
      deadlockTimeout: 0,
      debugMode: "yes",
      sinks: { audit: { record: () => {} } },
      externFunctions: { double: 2 },
      patchActivationCallback: true,
    } as unknown as Partial<WorkerOptions>;
    await assert.rejects(Worker.create({ client, taskQueue: "queue", workflows, ...bad }), {
      name: "ValueError",
      message: "Worker.create: workflowThreads is -1; give a whole number of 0 or more; " +
        "debugMode must be true or false; sinks.audit.record has no function; give { fn: (info) => {} }; " +
        "externFunctions.double is no function; patchActivationCallback is no function; " +
        "deadlockTimeout is 0; give a time, or false for no limit",
    });
    await client.close();
  });
});
