import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "@anywhen/temporal/common";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { connect } from "../support/server.ts";
import * as definitions from "./workflows/definitions.ts";

const options = { workflows: new URL("./workflows/definitions.ts", import.meta.url) };

/** Why a worker of some workflow modules cannot be made. */
async function faultOf(...names: string[]): Promise<string> {
  const client = await connect();
  const workflows = names.map((name) => new URL(`./workflows/broken/${name}.ts`, import.meta.url));
  try {
    await Worker.create({ client, taskQueue: "q", workflows, shutdownSignals: [] });
  } catch (error) {
    assert.ok(error instanceof ValueError, String(error));
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message;
  } finally {
    await client.close();
  }
  throw new Error("the worker was made");
}

describe("definitions", () => {
  behaviour("START-09 the dynamic workflow takes what no other takes", options, async ({ client, taskQueue, id }) => {
    const start = (type: string, args: unknown[]) =>
      client.workflow.execute(type, { id: id(), taskQueue, args }) as Promise<string>;
    assert.equal(await start("named", ["x"]), "named x");
    assert.equal(await start("unheard", [1, "two"]), "unheard 1,two 1,two");
  });

  behaviour("a constructor gets the arguments of the start", options, async ({ client, taskQueue, id }) => {
    const args = [1, { two: 2 }];
    assert.deepEqual(await client.workflow.execute("Kept", { id: id(), taskQueue, args }), [args, args]);
    assert.equal(definitions.KeepsArguments.length, 0);
  });
});

describe("mistakes in definitions", () => {
  test("START-22 all of one class are named at once", async () => {
    const message = await faultOf("handlers_of_a_class");
    for (
      const fault of [
        "workflow Broken",
        "the method is named go; name it run",
        "signal name __temporal_note is reserved",
        "a and b are both the update same",
        "has no method run of its own",
      ]
    ) assert.ok(message.includes(fault), `${fault} is missing: ${message}`);
    assert.match(message, /handlers_of_a_class\.ts:\d+:\d+/);
  });

  test("START-21 a class needs its own run", async () => {
    assert.match(await faultOf("inherited_run"), /workflow Derived: has no method run of its own; add one, marked/);
  });

  test("START-09 START-22 all that cannot be side by side is named at once", async () => {
    const message = await faultOf("twins", "more_twins");
    assert.match(message, /First and Second are both dynamic workflows; keep one/);
    assert.match(message, /workflow type "same" is exported twice, as one and as other; rename one/);
  });
});
