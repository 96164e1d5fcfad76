import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  ApplicationError,
  WorkflowQueryFailedError,
  WorkflowQueryRejectedError,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/client";
import { behaviour } from "../support/behaviour.ts";
import * as handlers from "./workflows/handlers.ts";

const options = { workflows: new URL("./workflows/handlers.ts", import.meta.url) };

describe("handlers", () => {
  behaviour("SIGQ-01 a class takes signals, queries and updates", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    await handle.signal("add", "b");
    assert.deepEqual(await handle.query("items"), ["a", "b"]);
    assert.equal(await handle.executeUpdate("insert", { args: ["c"] }), 3);
    await handle.signal({ kind: "signal", name: "stop-now" });
    assert.deepEqual(await handle.result(), ["a", "b", "c"]);
    assert.deepEqual(await handle.query("items"), ["a", "b", "c"]);
  });

  behaviour("a validator rejects and leaves no trace", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    await assert.rejects(handle.executeUpdate("insert", { args: ["a"] }), (error: WorkflowUpdateFailedError) => {
      assert.ok(error instanceof WorkflowUpdateFailedError);
      assert.match(String((error.cause as Error).message), /a is there already/);
      return true;
    });
    await handle.signal({ kind: "signal", name: "stop-now" });
    assert.deepEqual(await handle.result(), ["a"]);
    const events = await handle.fetchHistory();
    assert.ok(!JSON.stringify(events).includes("UPDATE_"), "a rejected update is not in the history");
  });

  behaviour("an update that throws fails for its caller only", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    await assert.rejects(handle.executeUpdate("breaks"), ({ cause }: WorkflowUpdateFailedError) => {
      assert.ok(cause instanceof ApplicationError);
      assert.deepEqual([cause.message, cause.type], ["cannot do that", "Refused"]);
      return true;
    });
    await handle.signal({ kind: "signal", name: "stop-now" });
    assert.deepEqual(await handle.result(), ["a"]);
  });

  behaviour("UPD-05 an update handle gives the result later, and again", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    const update = await handle.startUpdate("insert", { args: ["b"], waitForStage: "ACCEPTED", id: "update-1" });
    assert.equal(update.id, "update-1");
    assert.equal(await update.result(), 2);
    assert.equal(await handle.executeUpdate("insert", { args: ["ignored"], id: "update-1" }), 2);
    assert.equal(await handle.getUpdateHandle<number>("update-1").result(), 2);
    await handle.signal({ kind: "signal", name: "stop-now" });
    await handle.result();
  });

  behaviour(
    "SIGQ-16 UPD-14 unknown queries and updates name the known ones",
    options,
    async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start<(first: string) => Promise<string[]>>("Collector", {
        id: id(),
        taskQueue,
        args: ["a"],
      });
      await assert.rejects(handle.query("itms"), (error: WorkflowQueryFailedError) => {
        assert.ok(error instanceof WorkflowQueryFailedError);
        assert.match(error.message, /itms.*items/);
        return true;
      });
      await assert.rejects(handle.executeUpdate("insrt"), ({ cause }: WorkflowUpdateFailedError) => {
        assert.match(String((cause as Error).message), /insrt.*insert/);
        return true;
      });
      await handle.signal("stop-now");
      await handle.result();
    },
  );

  behaviour("SIGQ-15 a failing query fails for its caller only", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    await assert.rejects(handle.query({ kind: "query", name: "failing" }), /the query failed/);
    await handle.signal({ kind: "signal", name: "stop-now" });
    assert.deepEqual(await handle.result(), ["a"]);
  });

  behaviour("SIGQ-19 a query of a closed workflow can be refused", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
    await handle.signal({ kind: "signal", name: "stop-now" });
    await handle.result();
    await assert.rejects(
      handle.with({ rejectCondition: "NOT_OPEN" }).query("items"),
      (error: WorkflowQueryRejectedError) => {
        assert.ok(error instanceof WorkflowQueryRejectedError);
        assert.equal(error.status, "COMPLETED");
        return true;
      },
    );
  });

  behaviour("SIGQ-02 signals wait for their handler, in order", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.lateHandler, { id: id(), taskQueue, args: [3] });
    for (const text of ["1", "2", "3"]) await handle.signal(handlers.late, text);
    assert.deepEqual(await handle.result(), ["1", "2", "3"]);
  });

  behaviour("SIGQ-07 a signal sent with the start is there before the first line", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.signalWithStart(handlers.ordered, {
      id: id(),
      taskQueue,
      startSignal: handlers.late,
      startSignalArgs: ["early"],
    });
    assert.equal(await handle.executeUpdate(handlers.set, { args: ["x"] }), "X");
    assert.deepEqual(await handle.result(), ["signal early", "main", "after early", "set x true"]);
  });

  behaviour("SIGQ-22 a query may only read", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(handlers.mutatingQuery, { id: id(), taskQueue });
    await assert.rejects(handle.query(handlers.history), /sleep/);
    await handle.terminate();
  });
});
