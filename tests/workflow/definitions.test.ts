import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as workflow from "../../src/workflow/mod.ts";
import {
  decode,
  findFailure,
  kinds,
  openHost,
  queryJob,
  signalJob,
  start,
  type TestHost,
  TestRun,
  updateJob,
} from "./support.ts";

let classes: TestHost;
let schemas: TestHost;

before(async () => {
  classes = await openHost(new URL("./workflows/classes.ts", import.meta.url));
  schemas = await openHost(new URL("./workflows/schemas.ts", import.meta.url));
});

after(async () => {
  await classes.host.close();
  await schemas.host.close();
});

describe("class workflows", () => {
  test("are registered by name, nothing else in the module is", () => {
    assert.deepEqual(classes.host.workflowTypes.sort(), ["*", "Approval", "AsksItself", "Plain"]);
  });

  test("run with their handlers, inherited and overridden ones too", async () => {
    const run = new TestRun(classes);
    assert.deepEqual(kinds(await run.commands(start("Approval", ["order 7"]))), ["startTimer"]);
    await run.commands(signalJob("add", "Eve"));
    assert.deepEqual(await run.query("all"), ["own Eve"]);
    assert.equal(await run.query("approver"), undefined);
    assert.equal(await run.result(signalJob("approve", "Ada")), "order 7 true approved by Ada; true");
    assert.equal(await run.query("approver"), "Ada");
  });

  test("are constructed before updates that come with the start", async () => {
    const run = new TestRun(classes);
    const commands = await run.commands(start("Approval", ["order 7"]), updateJob("setLimit", [10]));
    assert.deepEqual(kinds(commands), ["updateAccepted", "startTimer", "updateCompleted"]);
    const answer = commands[2];
    assert.ok(answer.kind === "updateCompleted" && "result" in answer.outcome);
    assert.equal(decode(answer.outcome.result), 7);
  });

  test("validate with the object as this", async () => {
    const run = new TestRun(classes);
    const [rejected] = await run.commands(start("Approval", ["order 7"]), updateJob("setLimit", [3]));
    assert.ok(rejected.kind === "updateRejected");
    assert.equal(rejected.failure.message, "must be at least 7");
  });

  test("get their own handlers to call as they are", async () => {
    assert.equal(await new TestRun(classes).result(start("AsksItself")), "me");
  });

  test("keep static state to themselves", async () => {
    assert.equal(await new TestRun(classes).result(start("Plain")), 1);
    assert.equal(await new TestRun(classes, "run-2").result(start("Plain")), 1);
  });

  test("that are dynamic take what no other takes, with raw values", async () => {
    const run = new TestRun(classes);
    const commands = await run.commands(start("Unheard", [1, 2]), updateJob("whatever", [1]));
    const answer = commands.find(({ kind }) => kind === "updateCompleted");
    assert.ok(answer?.kind === "updateCompleted" && "result" in answer.outcome);
    assert.equal(decode(answer.outcome.result), "whatever 1");
    const end = commands.at(-1);
    assert.ok(end?.kind === "completeWorkflow");
    assert.equal(decode(end.result), "Unheard true 2");
  });
});

describe("policies", () => {
  test("go with every completion: of the definition, of what it decides, of none", async () => {
    const host = await openHost(
      new URL("../behaviour/workflows/definitions.ts", import.meta.url),
      new URL("../behaviour/workflows/failure_types.ts", import.meta.url),
    ).catch((error) => error.message);
    assert.match(String(host), /Anything and Decided are both dynamic workflows; keep one/);
    const definitions = await openHost(new URL("../behaviour/workflows/definitions.ts", import.meta.url));
    const policyOf = async (type: string) => {
      const completion = await new TestRun(definitions).activate(start(type, ["x"]));
      assert.ok(completion.kind === "successful");
      return [completion.versioningBehavior, completion.nondeterminismFailsWorkflow];
    };
    assert.deepEqual(await policyOf("Kept"), ["PINNED", undefined]);
    assert.deepEqual(await policyOf("anything"), ["AUTO_UPGRADE", undefined]);
    assert.deepEqual(await policyOf("named"), [undefined, undefined]);
    await definitions.host.close();
  });

  test("FAIL-10 say whether arguments that cannot be decoded fail the workflow", async () => {
    const types = await openHost(new URL("../behaviour/workflows/failure_types.ts", import.meta.url));
    const garbage = { metadata: { encoding: new TextEncoder().encode("json/plain") }, data: new Uint8Array([123]) };
    const { taskCause } = await new TestRun(types).failure(start("plain", [], { args: [garbage] }));
    assert.equal(taskCause, "WORKFLOW_WORKER_UNHANDLED_FAILURE");
    const commands = await new TestRun(types).commands(start("all", [], { args: [garbage] }));
    assert.deepEqual(kinds(commands), ["failWorkflow"]);
    const unknown = { metadata: { encoding: new TextEncoder().encode("no/such") }, data: new Uint8Array() };
    assert.deepEqual(kinds(await new TestRun(types).commands(start("all", [], { args: [unknown] }))), ["failWorkflow"]);
    await types.host.close();
  });

  test("FAIL-08 say whether a fault that the engine finds fails the workflow", async () => {
    const types = await openHost(new URL("../behaviour/workflows/failure_types.ts", import.meta.url));
    const completionOf = async (type: string) => {
      const completion = await new TestRun(types).activate(start(type, ["signal", "other"]));
      assert.ok(completion.kind === "successful");
      return completion.nondeterminismFailsWorkflow ?? false;
    };
    assert.equal(await completionOf("plain"), false);
    assert.equal(await completionOf("listing"), false);
    assert.equal(await completionOf("strict"), true);
    assert.equal(await completionOf("all"), true);
    await types.host.close();
  });
});

describe("definitions with schemas", () => {
  test("take the name of their export, or their own", () => {
    assert.deepEqual(schemas.host.workflowTypes.sort(), ["half", "handlers", "other-name"]);
  });

  test("give the workflow what the schema makes of its arguments", async () => {
    assert.equal(await new TestRun(schemas).result(start("half", [1])), 1.5);
    assert.equal(await new TestRun(schemas).result(start("other-name", ["loud"])), "LOUD");
  });

  test("fail the workflow at once when an argument does not fit", async () => {
    assert.deepEqual(findFailure(await new TestRun(schemas).commands(start("half", ["one"]))), {
      message: "payload does not fit its schema, at n: no number",
      type: "PayloadValidationError",
    });
  });

  test("SIGQ-18 refuse queries that do not fit", async () => {
    const run = new TestRun(schemas);
    await run.commands(start("handlers"));
    assert.equal(await run.query("twice", 2), 5);
    for (const args of [["two"], []]) {
      const [failed] = await run.commands(queryJob("twice", args));
      assert.ok(failed.kind === "queryFailed");
      assert.match(failed.failure.message, /^payload does not fit its schema, at n: no number/);
    }
  });

  test("reject updates and drop signals that do not fit", async () => {
    const run = new TestRun(schemas);
    const [rejected] = await run.commands(start("handlers"), updateJob("setTo", ["one"]), signalJob("bump", "two"));
    assert.ok(rejected.kind === "updateRejected");
    assert.match(rejected.failure.message, /^payload does not fit its schema/);
    assert.match(schemas.lines[0].message, /^signal bump dropped: it does not fit its schema/);
    assert.equal(await run.result(signalJob("bump", 2)), 2.5);
  });
});

describe("mistakes in definitions", () => {
  const context = (kind: string, name: string, more = {}) =>
    ({ kind, name, static: false, private: false, ...more }) as never;
  type Decorator = (method: never, context: never) => void;

  /** Makes a class with these methods and those of `base`, each marked, as the compiler does. */
  function defineClass(
    methods: Record<string, [decorator: Decorator | undefined, method: unknown]>,
    options: object = {},
    base: object = Object.prototype,
  ): unknown {
    const Made = class Made {};
    Object.setPrototypeOf(Made.prototype, base);
    for (const [name, [decorator, method]] of Object.entries(methods)) {
      Object.defineProperty(Made.prototype, name, { value: method, configurable: true });
      decorator?.(method as never, context("method", name));
    }
    return workflow.defn(options)(Made as never, context("class", "Made"));
  }

  const run = (): [Decorator, unknown] => [workflow.run, async () => {}];

  const mistakes: [what: string, make: () => unknown, message: RegExp][] = [
    ["a class without run", () => workflow.defn(class {} as never, context("class", "X")), /has no method run/],
    ["run of a base class only (START-21)", () => defineClass({}, {}, { run() {} }), /has no method run of its own/],
    ["run that is not marked (START-21)", () => defineClass({ run: [undefined, async () => {}] }), /run is not marked/],
    [
      "two of run (START-22)",
      () => defineClass({ run: run(), go: run() }),
      /^workflow Made: .* is named go; name it run$/,
    ],
    [
      "a static handler",
      () => {
        class Made {
          static x(): void {}
          async run(): Promise<void> {}
        }
        workflow.signal(Made.x, context("method", "x", { static: true }));
        workflow.run(Made.prototype.run, context("method", "run"));
        workflow.defn(Made, context("class", "Made"));
      },
      /x must be a public method of the instance/,
    ],
    [
      "everything at once (START-22)",
      () =>
        defineClass({
          __temporal_x: [workflow.query, () => {}],
          __stack_trace: [workflow.update, () => {}],
          a: [workflow.signal({ name: "twin" }), () => {}],
          b: [workflow.signal({ name: "twin" }), () => {}],
          c: [workflow.query({ dynamic: true }), () => {}],
          d: [workflow.query({ dynamic: true }), () => {}],
          e: [workflow.update({ validator: 1 as never, unfinishedPolicy: "NO" as never }), () => {}],
          f: [workflow.signal({ dynamic: true, name: "f" }), () => {}],
        }, { name: "__temporal_w", sandboxed: false, failureExceptionTypes: ["Error"], versioningBehavior: "NO" }),
      new RegExp(
        "^workflow __temporal_w: has no method run of its own; .*; query name __temporal_x is reserved; .*; " +
          "update name __stack_trace is reserved; .*; the validator is no function; unfinishedPolicy is none; .*; " +
          "signal f is dynamic and has a name; .*; a and b are both the signal twin; keep one; " +
          "c and d are both the dynamic query; keep one; workflow name __temporal_w is reserved; .*; " +
          "the option sandboxed is not supported yet; .*; failureExceptionTypes is no list of error classes; .*; " +
          "versioningBehavior is none; give PINNED or AUTO_UPGRADE$",
      ),
    ],
    [
      "all of a definition at once",
      () => workflow.define({ name: "", failureExceptionTypes: 1, dynamicConfig: 1 } as never),
      /^workflow without a name: `run` must be .*; name is empty; .*; failureExceptionTypes .*; dynamicConfig is no function$/,
    ],
    [
      "a method marked twice",
      () => {
        const both = () => {};
        workflow.signal(both, context("method", "both"));
        defineClass({ run: run(), both: [workflow.query, both] });
      },
      /both is marked as signal and as query; keep one/,
    ],
    ["a private handler", () => workflow.signal(() => {}, context("method", "#x", { private: true })), /public method/],
    [
      "a reserved handler",
      () => defineClass({ run: run(), __temporal_x: [workflow.query, () => {}] }),
      /^workflow Made: query name __temporal_x is reserved; /,
    ],
    ["a legacy decorator", () => workflow.query(() => {}, "all" as never), /experimentalDecorators/],
    ["a signal without a name", () => workflow.defineSignal(""), /a signal needs a name/],
    ["a reserved query", () => workflow.defineQuery("__stack_trace"), /is reserved/],
    ["a definition without run", () => workflow.define({} as never), /`run` must be/],
    ["an empty name", () => workflow.define({ name: "", run: async () => {} }), /name is empty/],
    [
      "an option without effect",
      () => workflow.define({ name: "w", sandboxed: false, run: async () => {} }),
      /workflow w: the option sandboxed is not supported yet/,
    ],
    ["a reserved name", () => workflow.define({ name: "__temporal_w", run: async () => {} }), /is reserved/],
  ];
  for (const [what, make, message] of mistakes) {
    test(what, () => {
      assert.throws(make, (error) => error instanceof workflow.ValueError && message.test(error.message));
    });
  }
});

describe("outside a workflow", () => {
  test("calls say so", () => {
    assert.throws(() => workflow.now(), {
      name: "IllegalStateError",
      message: /^time was called outside a workflow; /,
    });
    assert.throws(() => workflow.sleep(1), { name: "IllegalStateError" });
    assert.equal(workflow.inWorkflow(), false);
  });

  test("modules with proxies and definitions can be imported", () => {
    const { greet } = workflow.proxyActivities<{ greet(): Promise<void> }>({ startToCloseTimeout: 1 });
    assert.equal(greet.name, "greet");
    assert.equal(workflow.defineSignal("x").name, "x");
  });
});
