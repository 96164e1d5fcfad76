import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ApplicationError,
  WorkflowFailureError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/client";
import { behaviour, runScene, type Scene } from "../support/behaviour.ts";
import { runProgram } from "../support/processes.ts";
import { unique } from "../support/server.ts";
import * as types from "./workflows/failure_types.ts";

const workflows = new URL("./workflows/failure_types.ts", import.meta.url);
const options = { workflows };
const nonDeterministic = 24;
const unhandled = 14;

/** What becomes of an error: the type of the failure, or the cause for which the task failed. */
type Outcome = string | number;

/** How the workflow failed. */
async function failureOf(handle: WorkflowHandle<never>): Promise<string> {
  try {
    await handle.result();
  } catch (error) {
    assert.ok(error instanceof WorkflowFailureError, String(error));
    return (error.cause as ApplicationError).type ?? error.cause.name;
  }
  throw new Error("the workflow did not fail");
}

/** Why the first workflow task that failed did so. */
async function taskFailureOf(handle: WorkflowHandle<never>): Promise<{ cause: number; message: string }> {
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case !== "workflowTaskFailedEventAttributes") continue;
    await handle.terminate();
    return { cause: attributes.value.cause, message: attributes.value.failure?.message ?? "" };
  }
  throw new Error("no workflow task failed");
}

/** Lets a workflow throw, and tells what becomes of it. */
async function outcomeOf(
  { client, taskQueue }: Scene,
  workflow: typeof types.plain,
  where: types.Where,
  what: types.What,
  expected: Outcome,
): Promise<Outcome> {
  const args: [types.Where, types.What] = [where, what];
  const handle = await client.workflow.start(workflow, { id: unique("workflow"), taskQueue, args });
  if (where === "signal") await handle.signal("fail", what);
  if (where !== "update") {
    return typeof expected === "number"
      ? (await taskFailureOf(handle as never)).cause
      : await failureOf(handle as never);
  }
  const updated = handle.executeUpdate(types.update, { args: [what] });
  if (typeof expected === "number") {
    updated.catch(() => {}); // ends with the workflow
    return (await taskFailureOf(handle as never)).cause;
  }
  const error = await updated.then(() => undefined, (reason) => reason);
  assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
  await handle.terminate();
  return (error.cause as ApplicationError).type!;
}

describe("FAIL-07 what fails the workflow or update, and what its task", () => {
  const matrix: [what: types.What, byWorkflow: Partial<Record<string, Outcome>>][] = [
    ["listed", { plain: unhandled, listing: "PaymentError", strict: unhandled, all: "PaymentError" }],
    ["derived", { plain: unhandled, listing: "CardError", strict: unhandled, all: "CardError" }],
    ["other", { plain: unhandled, listing: unhandled, strict: unhandled, all: "RangeError" }],
    ["nondeterminism", {
      plain: nonDeterministic,
      listing: nonDeterministic,
      strict: "NondeterminismError",
      all: "NondeterminismError",
    }],
  ];
  for (const [what, byWorkflow] of matrix) {
    for (const [name, expected] of Object.entries(byWorkflow)) {
      test(`${what} error in a workflow of policy ${name}`, () =>
        runScene(options, async (scene) => {
          const workflow = types[name as "plain"];
          for (const where of ["workflow", "signal", "update"] as const) {
            assert.equal(await outcomeOf(scene, workflow, where, what, expected!), expected, where);
          }
        }));
    }
  }

  const byWorker: [names: string[], outcomes: Record<types.What, Outcome>][] = [
    [["PaymentError"], {
      listed: "PaymentError",
      derived: "CardError",
      other: unhandled,
      nondeterminism: nonDeterministic,
    }],
    [["CardError"], { listed: unhandled, derived: "CardError", other: unhandled, nondeterminism: nonDeterministic }],
    [["NondeterminismError"], {
      listed: unhandled,
      derived: unhandled,
      other: unhandled,
      nondeterminism: "NondeterminismError",
    }],
    [["Error"], {
      listed: "PaymentError",
      derived: "CardError",
      other: "RangeError",
      nondeterminism: "NondeterminismError",
    }],
  ];
  for (const [names, outcomes] of byWorker) {
    test(`FAIL-09 by the name ${names} in the options of the worker`, () =>
      runScene({ ...options, workflowFailureExceptionTypes: names }, async (scene) => {
        for (const [what, expected] of Object.entries(outcomes) as [types.What, Outcome][]) {
          assert.equal(await outcomeOf(scene, types.plain, "workflow", what, expected), expected, what);
        }
        assert.equal(await outcomeOf(scene, types.plain, "update", "derived", outcomes.derived), outcomes.derived);
      }));
  }

  test("by what the workflow decides for a run", () =>
    runScene(options, async ({ client, taskQueue }) => {
      const start = (type: string, what: types.What) =>
        client.workflow.start(type, { id: unique("workflow"), taskQueue, args: ["workflow", what] }) as Promise<never>;
      assert.equal(await failureOf(await start("lists", "derived")), "CardError");
      assert.equal((await taskFailureOf(await start("lists", "other"))).cause, unhandled);
      assert.equal((await taskFailureOf(await start("does not", "listed"))).cause, unhandled);
      assert.equal((await taskFailureOf(await start("broken", "listed"))).message, "cannot decide");
      assert.match((await taskFailureOf(await start("acting", "listed"))).message, /not allowed in a dynamicConfig/);
    }));

  behaviour("isFailureException tells", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(types.tells, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), [true, false, true, true, false, false, false]);
  });
});

describe("FAIL-08 code that does not follow its history", () => {
  const replaying = { ...options, maxCachedWorkflows: 0 };

  test("fails the task", () =>
    runScene(replaying, async ({ client, taskQueue }) => {
      const handle = await client.workflow.start(types.wanders, { id: unique("workflow"), taskQueue });
      const { cause, message } = await taskFailureOf(handle as never);
      assert.equal(cause, nonDeterministic);
      assert.match(message, /failure_types\.ts:\d+:\d+/);
    }));

  test("fails the workflow where it lists NondeterminismError, by class or by name", async () => {
    await runScene(replaying, async ({ client, taskQueue }) => {
      const handle = await client.workflow.start(types.wandersOnce, { id: unique("workflow"), taskQueue });
      assert.equal(await failureOf(handle as never), "NondeterminismError");
    });
    await runScene({ ...replaying, workflowFailureExceptionTypes: ["Error"] }, async ({ client, taskQueue }) => {
      const handle = await client.workflow.start(types.wanders, { id: unique("workflow"), taskQueue });
      assert.equal(await failureOf(handle as never), "NondeterminismError");
    });
  });

  test("fails the workflow, not the update that it finds", () =>
    runScene(replaying, async ({ client, taskQueue }) => {
      const handle = await client.workflow.start(types.wandersOnce, { id: unique("workflow"), taskQueue });
      const update = handle.executeUpdate(types.update, { args: ["other"] }).catch((error) => error);
      assert.equal(await failureOf(handle as never), "NondeterminismError");
      assert.ok(await update instanceof Error || await update === undefined);
    }));
});

describe("FAIL-17 a rejection that nobody handles", () => {
  test("fails the task of its run, whatever it is; that of a query the query alone", async () => {
    const queried = [
      "WorkflowQueryFailedError: sleep is not allowed in a query; call it in the workflow, a signal or an update",
      "new!",
      "new",
    ];
    const program = new URL("./programs/rejections.ts", import.meta.url);
    const found = JSON.parse(await runProgram(program));
    assert.deepEqual(found, { task: [unhandled, "forgotten"], replayed: queried, cached: queried });
  });
});

describe("DET-09 DET-10 the first end counts", () => {
  behaviour("that of the main function", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(types.endsTwice, { id: id(), taskQueue, args: ["main"] });
    for (const name of ["one", "two", "go"]) await handle.signal(name);
    assert.equal(await handle.result(), "from main");
  });

  behaviour("that of the first handler that fails", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(types.endsTwice, { id: id(), taskQueue, args: ["handlers"] });
    for (const name of ["one", "two", "go"]) await handle.signal(name);
    await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof ApplicationError);
      assert.equal(cause.message, "from one");
      return true;
    });
  });
});
