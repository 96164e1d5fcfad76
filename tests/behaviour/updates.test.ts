import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  type ApplicationError,
  NotFoundError,
  WithStartWorkflowOperation,
  WorkflowFailureError,
  type WorkflowHandle,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/client";
import type { Logger } from "@anywhen/temporal/common";
import { behaviour } from "../support/behaviour.ts";
import * as updates from "./workflows/updates.ts";

const options = { workflows: new URL("./workflows/updates.ts", import.meta.url) };

/** The cause of a failed update. */
async function failureOf(update: Promise<unknown>): Promise<ApplicationError> {
  try {
    await update;
  } catch (error) {
    assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
    return error.cause as ApplicationError;
  }
  throw new Error("the update did not fail");
}

/** The types of the events of a run that are about updates. */
async function updateEvents(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return events.flatMap(({ attributes }) =>
    /Update(Accepted|Completed|Rejected|Admitted)/.exec(attributes.case!)?.[1] ?? []
  );
}

/** Keeps the lines that a worker logs. */
function createLog(): {
  logger: Logger;
  lines: { level: string; message: string; attributes: Record<string, unknown> }[];
} {
  const lines: ReturnType<typeof createLog>["lines"] = [];
  const write = (level: string) => (message: string, attributes: Record<string, unknown> = {}) => {
    lines.push({ level, message, attributes });
  };
  return { lines, logger: { debug() {}, info: write("info"), warn: write("warn"), error: write("error") } };
}

describe("updates", () => {
  behaviour("UPD-01 by definition, name and dynamic handler", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    assert.equal(await handle.executeUpdate(updates.add, { args: ["a"] }), "A");
    assert.equal(await handle.executeUpdate("add", { args: ["b"] }), "B");
    assert.equal(await handle.executeUpdate("anything", { args: [1, 2] }), "anything 2");
    assert.equal(
      await (await handle.startUpdate(updates.checked, {
        args: [{ n: 5 }],
        waitForStage: "ACCEPTED",
      })).result(),
      5,
    );
    await handle.signal(updates.stop);
    assert.deepEqual(await handle.result(), ["outside none", "add a", "add b"]);
  });

  behaviour("UPD-04 UPD-05 one id is one update", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    const update = await handle.startUpdate(updates.add, { id: "mine", args: ["a"], waitForStage: "ACCEPTED" });
    assert.equal(update.id, "mine");
    assert.equal(await update.result(), "A");
    assert.equal(await handle.executeUpdate(updates.add, { id: "mine", args: ["ignored"] }), "A");
    await handle.signal(updates.stop);
    assert.deepEqual(await handle.result(), ["outside none", "add a"]);
  });

  behaviour("UPD-07 UPD-09 a validator that throws rejects, with no trace", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    assert.equal(
      (await failureOf(handle.executeUpdate(updates.checked, { args: [{ n: -1 }] }))).message,
      "-1 is negative",
    );
    const started = handle.startUpdate(updates.checked, { args: [{ n: -2 }], waitForStage: "ACCEPTED" });
    assert.equal((await failureOf(started.then((update) => update.result()))).message, "-2 is negative");
    assert.deepEqual(await updateEvents(handle), []);
    await handle.signal(updates.stop);
    await handle.result();
  });

  behaviour("UPD-11 the handler does not see what the validator changed", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    assert.equal(await handle.executeUpdate(updates.checked, { args: [{ n: 7 }] }), 7);
    await handle.signal(updates.stop);
    await handle.result();
  });

  behaviour("UPD-14 without a handler it is rejected with the known names", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(updates.nested, { id: id(), taskQueue });
    assert.match((await failureOf(handle.executeUpdate("ad"))).message, /"ad"; known updates: \[add\]/);
    await handle.terminate();
  });

  behaviour(
    "UPD-35 an update that waits goes on where the run is replayed",
    options,
    async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
      const waits = await handle.startUpdate(updates.slow, { args: ["x"], waitForStage: "ACCEPTED" });
      await handle.signal(updates.mark, "x");
      assert.equal(await waits.result(), "X");
      await handle.signal(updates.stop);
      assert.deepEqual(await handle.result(), ["outside none", "slow x", "mark x", "slow x done"]);
    },
  );

  behaviour("UPD-22 an update in the first task finds the object constructed", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const startWorkflowOperation = new WithStartWorkflowOperation(updates.Prepared, {
      id: id(),
      taskQueue,
      args: ["start"],
      idConflictPolicy: "FAIL",
    });
    const update = { kind: "update", name: "renamed" } as const;
    assert.equal(await client.workflow.executeUpdateWithStart(update, { startWorkflowOperation }), "start");
    await (await startWorkflowOperation.workflowHandle()).result();
  });

  behaviour(
    "UPD-21 UPD-25 an update that comes with the start of a workflow that returns at once",
    options,
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const startWorkflowOperation = new WithStartWorkflowOperation(updates.brief, {
        id: id(),
        taskQueue,
        idConflictPolicy: "FAIL",
      });
      const update = { startWorkflowOperation, args: ["early"] as [string] };
      assert.equal(await client.workflow.executeUpdateWithStart(updates.add, update), "EARLY");
      const handle = await startWorkflowOperation.workflowHandle();
      await handle.result();
      assert.deepEqual(await handle.query(updates.log), ["early"]);
    },
  );

  behaviour("UPD-23 updates that come while a task is under way are all delivered", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    const texts = ["a", "b", "c", "d"];
    const sent = texts.map((text) => handle.startUpdate(updates.add, { args: [text], waitForStage: "ACCEPTED" }));
    const results = await Promise.all(sent.map(async (update) => await (await update).result()));
    assert.deepEqual(results, ["A", "B", "C", "D"]);
    await handle.signal(updates.stop);
    const seen = await handle.result();
    assert.deepEqual(seen.slice(1).sort(), texts.map((text) => `add ${text}`));
  });

  behaviour("UPD-28 an update of a closed workflow fails at once", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(updates.brief, { id: id(), taskQueue });
    await handle.result();
    await assert.rejects(handle.executeUpdate(updates.add, { args: ["late"] }), NotFoundError);
  });

  behaviour("UPD-05 SIGQ-05 handlers set in handlers take each update once", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(updates.nested, { id: id(), taskQueue });
    assert.equal(await handle.executeUpdate(updates.add, { args: ["a"] }), "a");
    assert.equal(await handle.executeUpdate(updates.slow, { args: ["b"] }), "b");
    assert.equal(await handle.executeUpdate(updates.add, { args: ["c"] }), "c");
    assert.deepEqual(await handle.result(), ["first a", "slow b", "second c"]);
  });

  const told = createLog();
  behaviour("UPD-32 UPD-33 code of an update knows which", { ...options, telemetry: told }, async (scene) => {
    const { client, taskQueue, id } = scene;
    told.lines.length = 0;
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    const [validator, handler, spawned] = await handle.executeUpdate(updates.about, { id: "u-1" });
    assert.deepEqual([handler, spawned], ["u-1 about", "u-1 about"]);
    assert.ok(["u-1 about", ""].includes(validator), validator);
    const [line, ...others] = told.lines.filter(({ message }) => message === "inside");
    assert.deepEqual([line.attributes.updateId, line.attributes.updateName], ["u-1", "about"]);
    assert.deepEqual(others, []);
    await handle.signal(updates.stop);
    assert.equal((await handle.result())[0], "outside none");
  });

  behaviour("UPD-37 an update fails for its caller only", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
    const failure = await failureOf(handle.executeUpdate(updates.fails, { args: ["it"] }));
    assert.deepEqual([failure.message, failure.type], ["refused it", "Refused"]);
    await handle.signal(updates.stop);
    await handle.result();
  });

  behaviour(
    "UPD-37 an update that the workflow's cancellation reaches fails, it does not hang",
    options,
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const handle = await client.workflow.start(updates.updated, { id: id(), taskQueue });
      const waits = await handle.startUpdate(updates.slow, { args: ["x"], waitForStage: "ACCEPTED" });
      await handle.cancel();
      assert.equal((await failureOf(waits.result())).name, "CancelledError");
      await assert.rejects(handle.result(), WorkflowFailureError);
    },
  );
});

describe("updates and the end", () => {
  const ends = { return: [], fail: [], cancel: [], continue: [] };
  for (const how of Object.keys(ends) as (keyof typeof ends)[]) {
    const left = createLog();
    behaviour(
      `SIGQ-31 SIGQ-32 SIGQ-33 handlers left behind on ${how} are warned of`,
      { ...options, telemetry: left },
      async ({ client, taskQueue, id }) => {
        left.lines.length = 0;
        const handle = await client.workflow.start(updates.leaves, { id: id(), taskQueue, args: [how] });
        const update = await handle.startUpdate(updates.never, { id: "left", waitForStage: "ACCEPTED" });
        await handle.executeUpdate("quick");
        const dynamic = await handle.startUpdate("other", { id: "dynamic", waitForStage: "ACCEPTED" });
        await handle.signal("hang");
        await handle.signal("hang");
        await handle.signal("quiet");
        if (how === "cancel") await handle.cancel();
        else await handle.signal(updates.stop);
        await handle.result().catch((error) => assert.ok(error instanceof WorkflowFailureError));
        const warnings = left.lines.filter(({ message }) => message.includes("[TMPRL1102]")).map(({ message }) =>
          message
        );
        // Cancellation reaches the handlers too, so that none is left.
        if (how === "cancel") return assert.deepEqual(warnings, []);
        assert.equal(warnings.length, 2, warnings.join("\n"));
        assert.match(warnings[0], /update handlers .*never \(id left\), other \(id dynamic\)/);
        assert.match(warnings[1], /signal handlers .*hang \(2\);/);
        for (const one of [update, dynamic]) {
          assert.equal((await failureOf(one.result())).type, "AcceptedUpdateCompletedWorkflow");
        }
      },
    );
  }
});
