import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  type Client,
  NotFoundError,
  WorkflowAlreadyStartedError,
  type WorkflowFailureError,
} from "@anywhen/temporal/client";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import * as workflows from "./workflows/children.ts";

const options = { workflows: new URL("./workflows/children.ts", import.meta.url), activities };

/** The attributes of all events of one kind in the history of a workflow. */
async function eventsOf(client: Client, id: string, kind: string): Promise<Record<string, unknown>[]> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  return events.filter(({ attributes }) => attributes.case === kind)
    .map(({ attributes }) => attributes.value as unknown as Record<string, unknown>);
}

/** Waits until the history of a workflow has an event of that kind. */
async function waitForEvent(client: Client, id: string, kind: string): Promise<void> {
  while ((await eventsOf(client, id, kind)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

const started = "childWorkflowExecutionStartedEventAttributes";
const cancelInitiated = "requestCancelExternalWorkflowExecutionInitiatedEventAttributes";

describe("child workflows", () => {
  behaviour("CHILD-01 a child runs and gives its result", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const result = await client.workflow.execute(workflows.startsAndExecutes, { id: id(), taskQueue, args: [child] });
    assert.deepEqual(result, {
      id: child,
      hasRunId: true,
      started: "Hello, start!",
      again: "Hello, start!",
      executed: "Hello, execute!",
    });
  });

  behaviour("CHILD-01 a child without an id gets one of its own", options, async ({ client, taskQueue, id }) => {
    const [first, second] = await client.workflow.execute(workflows.startsWithoutId, { id: id(), taskQueue });
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    assert.match(first, uuid);
    assert.match(second, uuid);
    assert.notEqual(first, second);
  });

  behaviour("CHILD-01 an id that is taken can be caught", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const result = await client.workflow.execute(workflows.startsTwice, { id: id(), taskQueue, args: [child] });
    const error = {
      name: "WorkflowAlreadyStartedError",
      message: `workflow ${child} has already been started`,
      workflowId: child,
      workflowType: "greet",
    };
    assert.deepEqual(result, [error, error, "done"]);
  });

  behaviour("CHILD-01 an id that is taken fails the workflow", options, async ({ client, taskQueue, id }) => {
    const taken = id("taken");
    const handle = await client.workflow.start(workflows.sleepsLong, { id: taken, taskQueue });
    const parent = client.workflow.execute(workflows.failsByTakenId, { id: id(), taskQueue, args: [taken] });
    await assert.rejects(parent, ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof ApplicationError || cause instanceof WorkflowAlreadyStartedError);
      assert.equal(cause.message, `workflow ${taken} has already been started`);
      return true;
    });
    await handle.terminate();
  });

  behaviour("CHILD-01 an id may be used again as its policy says", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const result = await client.workflow.execute(workflows.reusesId, { id: id(), taskQueue, args: [child] });
    const [first, second, third] = result as [string, string, Record<string, string>];
    assert.deepEqual([first, second, third.name], ["Hello, 1!", "Hello, 2!", "WorkflowAlreadyStartedError"]);
  });

  behaviour("CHILD-03 a failure wraps the child's own", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const result = await client.workflow.execute(workflows.runsChild, {
      id: id(),
      taskQueue,
      args: ["fails", { id: child }],
    });
    assert.deepEqual(result, {
      name: "ChildWorkflowError",
      message: "Child Workflow execution failed",
      workflowId: child,
      workflowType: "fails",
      retryState: "RETRY_POLICY_NOT_SET",
      hasRun: true,
      cause: { name: "ApplicationError", message: "no luck", type: "BadLuck", details: [7] },
    });
  });

  behaviour("CHILD-03 a failure that nobody catches fails the parent", options, async ({ client, taskQueue, id }) => {
    const parent = client.workflow.execute(workflows.failsByChild, { id: id(), taskQueue });
    await assert.rejects(parent, ({ cause }: WorkflowFailureError) => {
      assert.ok(cause instanceof ChildWorkflowError);
      assert.equal(cause.workflowType, "fails");
      assert.ok(cause.cause instanceof ApplicationError);
      assert.deepEqual(cause.cause.details, [7]);
      return true;
    });
  });

  behaviour("CHILD-03 a child runs out of time", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const result = await client.workflow.execute(workflows.runsChild, {
      id: id(),
      taskQueue,
      args: ["sleepsLong", { id: child, runTimeout: 1000 }],
    });
    assert.deepEqual(result, {
      name: "ChildWorkflowError",
      message: "Child Workflow execution timed out",
      workflowId: child,
      workflowType: "sleepsLong",
      retryState: "RETRY_POLICY_NOT_SET",
      hasRun: true,
      cause: { name: "TimeoutError", message: "Timed out", type: "START_TO_CLOSE" },
    });
  });

  behaviour("CHILD-03 a child is terminated", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const parent = id();
    const handle = await client.workflow.start(workflows.runsChild, {
      id: parent,
      taskQueue,
      args: ["sleepsLong", { id: child }],
    });
    await waitForEvent(client, parent, started);
    await client.workflow.getHandle(child).terminate("enough");
    assert.deepEqual(await handle.result(), {
      name: "ChildWorkflowError",
      message: "Child Workflow execution terminated",
      workflowId: child,
      workflowType: "sleepsLong",
      retryState: "NON_RETRYABLE_FAILURE",
      hasRun: true,
      cause: { name: "TerminatedError", message: "Terminated" },
    });
  });

  behaviour(
    "CHILD-03 a failed child that nobody waits for harms nobody",
    options,
    async ({ client, taskQueue, id }) => {
      assert.equal(await client.workflow.execute(workflows.ignoresResult, { id: id(), taskQueue }), "unharmed");
    },
  );

  behaviour("CHILD-04 a child is tried as often as its policy says", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(workflows.runsChild, {
      id: id(),
      taskQueue,
      args: ["failsAlways", {
        retryPolicy: { initialInterval: 10, backoffCoefficient: 1, maximumAttempts: 3 },
      }],
    });
    const { retryState, cause } = result as { retryState: string; cause: { message: string } };
    assert.deepEqual([retryState, cause.message], ["MAXIMUM_ATTEMPTS_REACHED", "attempt 3"]);
  });

  behaviour("a child gets the options it is given", options, async ({ client, taskQueue, id }) => {
    const child = id("child");
    const parent = id();
    await client.workflow.execute(workflows.givesOptions, { id: parent, taskQueue, args: [child, taskQueue] });
    const [initiated] = await eventsOf(client, parent, "startChildWorkflowExecutionInitiatedEventAttributes");
    assert.equal(initiated.parentClosePolicy, 2);
    assert.equal(initiated.workflowIdReusePolicy, 2);
    const description = await client.workflow.getHandle(child).describe();
    assert.deepEqual(await description.memo(), { note: "for the child" });
    assert.equal(await description.staticSummary(), "a summary");
    assert.equal(await description.staticDetails(), "some *details*");
    const [start] = await eventsOf(client, child, "workflowExecutionStartedEventAttributes");
    const seconds = (name: string) => Number((start[name] as { seconds: bigint }).seconds);
    assert.deepEqual(
      ["workflowExecutionTimeout", "workflowRunTimeout", "workflowTaskTimeout"].map(seconds),
      [3600, 1800, 7],
    );
    assert.equal((start.retryPolicy as { maximumAttempts: number }).maximumAttempts, 3);
    assert.equal((start.priority as { priorityKey: number }).priorityKey, 2);
  });

  behaviour("a child takes signals", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(workflows.signalsChild, { id: id(), taskQueue });
    assert.deepEqual(result, ["by definition", "by name"]);
  });

  behaviour("START-18 a child sees its root and its parent", options, async ({ client, taskQueue, id }) => {
    const top = id("top");
    const result = await client.workflow.execute(workflows.asksForRoots, { id: top, taskQueue, args: [2] });
    assert.deepEqual(result, [
      {},
      { root: top, parent: top },
      { root: top, parent: `${top}-2` },
    ]);
    assert.equal((await client.workflow.getHandle(`${top}-2-1`).describe()).rootId, top);
  });
});

/** A worker of its own for one of several queues. */
async function openWorker(client: Client, taskQueue: string): Promise<Worker> {
  return await Worker.create({ client, taskQueue, shutdownSignals: [], maxCachedWorkflows: 0, ...options });
}

describe("a child workflow and its parent", () => {
  behaviour("CANC-06 the parent of a child that ends as it is cancelled ends cancelled", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const parentQueue = unique("parents");
    const handle = await client.workflow.start(workflows.waitsOnOtherQueue, {
      id: id(),
      taskQueue: parentQueue,
      args: [taskQueue],
    });
    const before = await openWorker(client, parentQueue);
    await before.runUntil(() => waitForEvent(client, handle.id, started));
    // With nobody to take tasks, both wait for the same one.
    await client.workflow.getHandle(`${handle.id}-child`).signal(workflows.finish, "done");
    await waitForEvent(client, handle.id, "childWorkflowExecutionCompletedEventAttributes");
    await handle.cancel();
    const after = await openWorker(client, parentQueue);
    await after.runUntil(async () => {
      await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof CancelledError);
    });
    const timers = await eventsOf(client, handle.id, "timerStartedEventAttributes");
    assert.deepEqual(timers, [], "the cancellation came with the result, before anything else");
  });
});

describe("a cancelled child workflow", () => {
  behaviour("CANC-04 reads the reason that its parent gives", options, async ({ client, taskQueue, id }) => {
    for (const reason of ["from the parent", undefined]) {
      const parent = id();
      const result = await client.workflow.execute(workflows.cancelsWithReason, {
        id: parent,
        taskQueue,
        args: [reason],
      });
      assert.equal(result, reason ?? "");
      assert.equal((await eventsOf(client, parent, cancelInitiated)).length, 1);
    }
  });

  behaviour("CANC-04 reads the reason of the scope", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(workflows.cancelsByScope, { id: id(), taskQueue }), "from the scope");
  });

  behaviour("CANC-04 is reached though it has continued as new", options, async ({ client, taskQueue, id }) => {
    const result = await client.workflow.execute(workflows.cancelsContinued, { id: id(), taskQueue });
    assert.equal(result, "in whatever run");
  });

  behaviour("CANC-07 leaves its parent cancelled, not failed", options, async ({ client, taskQueue, id }) => {
    for (const executes of [true, false]) {
      const parent = id();
      const handle = await client.workflow.start(workflows.waitsForChild, { id: parent, taskQueue, args: [executes] });
      await waitForEvent(client, parent, started);
      await handle.cancel();
      await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof CancelledError);
      assert.equal((await handle.describe()).status, "CANCELED");
      assert.equal((await client.workflow.getHandle(`${parent}-child`).describe()).status, "CANCELED");
    }
  });

  behaviour("CANC-09 leaves no event where it was not sent", options, async ({ client, taskQueue, id }) => {
    const parent = id();
    const seen = await client.workflow.execute(workflows.cancelsUnsent, { id: parent, taskQueue });
    const error = {
      name: "ChildWorkflowError",
      message: "Child Workflow Execution cancelled before scheduled",
      workflowId: "unsent",
      workflowType: "sleepsLong",
      retryState: "NON_RETRYABLE_FAILURE",
      hasRun: false,
      cause: { name: "CancelledError", message: "Cancelled" },
    };
    for (const found of seen as Record<string, unknown>[]) {
      assert.deepEqual({ ...found, cause: { ...(found.cause as object), message: "Cancelled" } }, error);
    }
    assert.equal(seen.length, 6);
    const { events } = await client.workflow.getHandle(parent).fetchHistory();
    assert.equal(events.filter(({ attributes }) => /child|external/i.test(attributes.case ?? "")).length, 0);
  });

  behaviour("CANC-11 is one of a group of which only the shielded part completes", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    assert.deepEqual(await client.workflow.execute(workflows.cancelsGroup, { id: id(), taskQueue }), [
      "activity cancelled",
      "child cancelled",
      "shielded timer success",
      "timer cancelled",
    ]);
  });

  behaviour("CANC-12 fails by a cancelled cause once it has started", options, async ({ client, taskQueue, id }) => {
    for (const executes of [true, false]) {
      const parent = id();
      const handle = await client.workflow.start(workflows.cancelsStarted, { id: parent, taskQueue, args: [executes] });
      await waitForEvent(client, parent, started);
      await handle.signal(workflows.cancelNow);
      await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => {
        assert.ok(cause instanceof ChildWorkflowError);
        assert.ok(cause.cause instanceof CancelledError);
        return true;
      });
      assert.equal((await client.workflow.getHandle(`${parent}-child`).describe()).status, "CANCELED");
    }
  });

  behaviour("CANC-13 that has not started does not keep its parent", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.startsUnserved, {
      id: id(),
      taskQueue,
      args: [unique("nobody")],
    });
    await handle.signal(workflows.cancelNow);
    await handle.cancel();
    await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof CancelledError);
    assert.equal((await handle.describe()).status, "CANCELED");
  });

  for (const type of ["ABANDON", "TRY_CANCEL", "WAIT_CANCELLATION_REQUESTED"] as const) {
    behaviour(
      `CANC-14 rejects without waiting for its end with ${type}`,
      options,
      async ({ client, taskQueue, id }) => {
        const parent = id();
        const seen = await client.workflow.execute(workflows.cancelsByType, { id: parent, taskQueue, args: [type] });
        const { name, message, cause } = seen.outcome as Record<string, { name: string }>;
        assert.deepEqual([name, message, cause.name], [
          "ChildWorkflowError",
          "Child Workflow execution cancelled",
          "CancelledError",
        ]);
        assert.equal(seen.hasWaited, false);
        assert.equal((await eventsOf(client, parent, cancelInitiated)).length, type === "ABANDON" ? 0 : 1);
      },
    );
  }

  behaviour("CANC-14 gives its own outcome with WAIT_CANCELLATION_COMPLETED", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const seen = await client.workflow.execute(workflows.cancelsByType, {
      id: id(),
      taskQueue,
      args: ["WAIT_CANCELLATION_COMPLETED"],
    });
    assert.deepEqual([seen.outcome, seen.hasWaited], ["enough", true]);
  });

  behaviour("CANC-20 is asked once, though shielded", options, async ({ client, taskQueue, id }) => {
    const parent = id();
    const result = await client.workflow.execute(workflows.cancelsShieldedChild, { id: parent, taskQueue });
    assert.equal(result, "child cancelled");
    assert.equal((await eventsOf(client, parent, cancelInitiated)).length, 1);
  });
});

describe("a parent that ends", () => {
  const endings = [["TERMINATE", "TERMINATED"], ["REQUEST_CANCEL", "CANCELED"], ["ABANDON", "RUNNING"]] as const;

  for (const [policy, status] of endings) {
    behaviour(`leaves its child ${status} with ${policy}`, options, async ({ client, taskQueue, id }) => {
      const child = await client.workflow.execute(workflows.leavesChild, { id: id(), taskQueue, args: [policy, true] });
      const handle = client.workflow.getHandle(child);
      if (status !== "RUNNING") await handle.result().catch(() => {});
      assert.equal((await handle.describe()).status, status);
      if (status === "RUNNING") await handle.terminate();
    });
  }

  behaviour("does not start a child that it has not waited for", options, async ({ client, taskQueue, id }) => {
    const child = await client.workflow.execute(workflows.leavesChild, {
      id: id(),
      taskQueue,
      args: ["ABANDON", false],
    });
    // By the time another child has started, this one would have, too.
    await client.workflow.execute(workflows.startsWithoutId, { id: id(), taskQueue });
    await assert.rejects(client.workflow.getHandle(child).describe(), NotFoundError);
  });
});
