import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as workflow from "../../src/workflow/mod.ts";
import {
  decode,
  findFailure,
  kinds,
  openHost,
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
    assert.deepEqual(classes.host.workflowTypes.sort(), ["Approval", "Everything", "Plain"]);
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

  const mistakes: [what: string, make: () => unknown, message: RegExp][] = [
    ["a class without run", () => workflow.defn(class {} as never, context("class", "X")), /has no method run/],
    ["run under another name", () => workflow.run(async () => {}, context("method", "go")), /is named go; name it run/],
    ["a private handler", () => workflow.signal(() => {}, context("method", "#x", { private: true })), /public method/],
    ["a reserved handler", () => workflow.query(() => {}, context("method", "__temporal_x")), /is reserved/],
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
