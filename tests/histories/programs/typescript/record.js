// Records histories with the official TypeScript SDK, all or those named; needs the `temporal` command:
//
//   node record.js ADDRESS FOLDER [SCENARIO…]
import * as sdk from "@temporalio/client"; // whose oldest version lacks some of the names
import { NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as activities from "./activities.js";

const [address, folder, ...names] = process.argv.slice(2);
const identity = "recorder";
const namespace = "default";
const taskQueue = `histories-typescript-${Date.now()}`;
Runtime.install({
  logger: {
    log() {},
    trace() {},
    debug() {},
    info() {},
    warn() {},
    error() {},
  },
});
const connection = await sdk.Connection.connect({ address });
const native = await NativeConnection.connect({ address });
const client = new sdk.Client({ connection, identity });

const types = { GoldenKeyword: 2, GoldenInt: 3 };
const wanted = { namespace, searchAttributes: types };
await connection.operatorService.addSearchAttributes(wanted).catch((error) =>
  console.error(error.message)
);

/** Each scenario drives one workflow of its name and gives the handle of the run to keep. */
const scenarios = {
  activities: () => execute("activities"),
  timers: () => execute("timers"),
  signals: async () => {
    const start = options("signals");
    const handle = await client.workflow.signalWithStart("signals", {
      ...start,
      signal: "add",
      signalArgs: ["a"],
    });
    await handle.signal("add", "b");
    while (await handle.query("total") < 2) await setTimeout(20);
    await handle.signal("add", "c");
    await handle.signal("finish");
    await handle.result();
    return handle;
  },
  updates: async () => {
    const start = options("updates");
    const startWorkflowOperation = new sdk.WithStartWorkflowOperation(
      "updates",
      {
        ...start,
        workflowIdConflictPolicy: "FAIL",
      },
    );
    await client.workflow.executeUpdateWithStart("raise", {
      args: [1],
      startWorkflowOperation,
    });
    const handle = client.workflow.getHandle(start.workflowId);
    await handle.executeUpdate("raise", { args: [-1] }).catch(() => {});
    await handle.executeUpdate("unknown").catch(() => {});
    await Promise.all([
      handle.executeUpdate("raiseSlowly", { args: [2] }),
      handle.executeUpdate("raise", { args: [3] }),
      handle.executeUpdate("raiseSlowly", { args: [4] }),
    ]);
    await handle.executeUpdate("raise", { args: [5] });
    await handle.executeUpdate("raiseSlowly", { args: [-6] }).catch(() => {});
    await handle.signal("finish");
    await handle.result();
    return handle;
  },
  signalsInTurn: async () => {
    const handle = await client.workflow.start("signals", options("signals"));
    await seen(handle, "TIMER_STARTED");
    await handle.signal("add", "a");
    await seen(handle, "WORKFLOW_TASK_COMPLETED", 3);
    await handle.signal("finish");
    await handle.result();
    return handle;
  },
  updatesInTurn: async () => {
    const handle = await client.workflow.start("updates", options("updates"));
    await seen(handle, "WORKFLOW_TASK_COMPLETED");
    await handle.executeUpdate("raise", { args: [1], updateId: "first" });
    await handle.executeUpdate("raise", { args: [-1], updateId: "refused" })
      .catch(() => {});
    await handle.executeUpdate("raiseSlowly", { args: [2], updateId: "slow" });
    await handle.executeUpdate("raise", { args: [3], updateId: "last" });
    await handle.signal("finish");
    await handle.result();
    return handle;
  },
  cancelled: async () => {
    const handle = await client.workflow.start(
      "cancelled",
      options("cancelled"),
    );
    await seen(handle, "TIMER_STARTED");
    await handle.cancel();
    await handle.result().catch(() => {});
    return handle;
  },
  cancellationTypes: () => execute("cancellationTypes"),
  continued: () => execute("continued", [1]),
  continuing: async () => {
    const handle = await client.workflow.start(
      "continued",
      options("continued", [1]),
    );
    await handle.result();
    return client.workflow.getHandle(
      handle.workflowId,
      handle.firstExecutionRunId,
    );
  },
  failing: () => execute("failing"),
  random: () => execute("random"),
  reset: async () => await reset(await execute("random"), 2),
  terminated: async () => {
    const handle = await client.workflow.start("waiting", options("waiting"));
    await seen(handle, "TIMER_STARTED");
    await handle.terminate("enough");
    return handle;
  },
  timedOut: async () => {
    const handle = await client.workflow.start("waiting", {
      ...options("waiting"),
      workflowRunTimeout: "2s",
    });
    await handle.result().catch(() => {});
    return handle;
  },
  children: () => execute("children"),
  childTaken: () => execute("childTaken"),
  childAbandoned: () => execute("childCancellation", ["ABANDON"]),
  childTriedToCancel: () => execute("childCancellation", ["TRY_CANCEL"]),
  childCancelled: () =>
    execute("childCancellation", ["WAIT_CANCELLATION_COMPLETED"]),
  childRequestedToCancel: () =>
    execute("childCancellation", ["WAIT_CANCELLATION_REQUESTED"]),
  childCancelledEarly: () => execute("childCancelledEarly"),
  parentCancelled: async () => {
    const handle = await client.workflow.start(
      "parentCancelled",
      options("parentCancelled"),
    );
    await seen(handle, "CHILD_WORKFLOW_EXECUTION_STARTED");
    await seen(handle, "WORKFLOW_TASK_COMPLETED", 2);
    await handle.cancel();
    await handle.result().catch(() => {});
    return handle;
  },
  external: async () => {
    const target = await client.workflow.start("waiting", options("waiting"));
    return await execute("external", [target.workflowId]);
  },
  locals: () => execute("locals"),
  localBackoff: () => execute("localBackoff"),
  localHeartbeat: () =>
    execute("localHeartbeat", [], { workflowTaskTimeout: "2s" }),
  localCancellations: () =>
    execute("localCancellations", [], { workflowTaskTimeout: "2s" }),
  localLimits: () => execute("localLimits"),
  unpatched: () => execute("unpatched"),
  patchedOnce: () => execute("patchedOnce"),
  patchDeprecated: () => execute("patchDeprecated"),
  patchedInHandlers: async () => {
    const start = options("patchedInHandlers");
    const handle = await client.workflow.signalWithStart("patchedInHandlers", {
      ...start,
      signal: "go",
      signalArgs: ["early"],
    });
    await seen(handle, "TIMER_FIRED");
    await handle.signal("go", "late");
    await handle.result();
    return handle;
  },
  patchReset: async () => await reset(await execute("patchedOnce"), 1),
  upserts: () => execute("upserts"),
  continuedWithValues: async () => {
    const handle = await client.workflow.start(
      "continuedWithValues",
      options("continuedWithValues", [2]),
    );
    await handle.result();
    const second = await nextRun(handle.workflowId, handle.firstExecutionRunId);
    return client.workflow.getHandle(handle.workflowId, second);
  },
  continuedFromHandler: async () => {
    const handle = await client.workflow.start(
      "continuedFromHandler",
      options("continuedFromHandler", [0]),
    );
    await seen(handle, "TIMER_STARTED");
    await handle.signal("poke");
    await handle.result();
    return client.workflow.getHandle(
      handle.workflowId,
      handle.firstExecutionRunId,
    );
  },
  scopes: () => execute("scopes"),
  many: () => execute("many", [60]),
  conditions: async () => {
    const handle = await client.workflow.start(
      "conditions",
      options("conditions"),
    );
    await seen(handle, "TIMER_FIRED");
    await setTimeout(100);
    await handle.signal("poke");
    await setTimeout(200);
    await handle.signal("poke");
    await handle.result();
    return handle;
  },
};

/** Scenarios that need the worker to be away for a while. */
const interrupted = {
  together: async () => {
    const first = await createWorker();
    const handle = await first.runUntil(async () => {
      const handle = await client.workflow.start(
        "together",
        options("together"),
      );
      await seen(handle, "TIMER_STARTED");
      return handle;
    });
    const { events } = await handle.fetchHistory();
    const scheduled = events.findLast((event) =>
      event.activityTaskScheduledEventAttributes
    );
    const { activityId } = scheduled.activityTaskScheduledEventAttributes;
    const update = handle.startUpdate("raise", {
      args: [7],
      waitForStage: "ACCEPTED",
    });
    await client.activity.complete({
      workflowId: handle.workflowId,
      activityId,
    }, "late");
    await seen(handle, "TIMER_FIRED");
    await handle.signal("add", "x");
    await handle.signal("add", "y");
    const second = await createWorker();
    await second.runUntil(async () => {
      await update;
      await handle.result();
    });
    return handle;
  },
  taskFailed: async () => {
    const handle = await client.workflow.start("failing", options("failing"));
    const stranger = await createWorker(
      fileURLToPath(new URL("./strangers.js", import.meta.url)),
    );
    await stranger.runUntil(() => seen(handle, "WORKFLOW_TASK_FAILED"));
    const worker = await createWorker();
    await worker.runUntil(() => handle.result().catch(() => {}));
    return handle;
  },
};

async function execute(type, args = [], more = {}) {
  const handle = await client.workflow.start(type, {
    ...options(type, args),
    ...more,
  });
  await handle.result().catch(() => {});
  return handle;
}

/** Runs a workflow again from the end of its task of that index on. */
async function reset(handle, index) {
  const { events } = await handle.fetchHistory();
  const completed = events.filter((event) =>
    event.workflowTaskCompletedEventAttributes
  );
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: {
      workflowId: handle.workflowId,
      runId: handle.firstExecutionRunId,
    },
    workflowTaskFinishEventId: completed[index].eventId,
    requestId: crypto.randomUUID(),
  });
  const again = client.workflow.getHandle(handle.workflowId, runId);
  await again.result();
  return again;
}

/** The run that a run continued as. */
async function nextRun(workflowId, runId) {
  const { events } = await client.workflow.getHandle(workflowId, runId)
    .fetchHistory();
  return events.at(-1).workflowExecutionContinuedAsNewEventAttributes
    .newExecutionRunId;
}

function options(type, args = []) {
  return {
    taskQueue,
    workflowId: `typescript-${type}-${crypto.randomUUID()}`,
    args,
  };
}

/** Waits until the history has so many events of a type. */
async function seen(handle, type, count = 1) {
  const name =
    type.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase()) +
    "EventAttributes";
  while (
    (await handle.fetchHistory()).events.filter((event) => event[name]).length <
      count
  ) await setTimeout(20);
}

function createWorker(
  workflowsPath = fileURLToPath(new URL("./workflows.js", import.meta.url)),
) {
  return Worker.create({
    connection: native,
    namespace,
    identity,
    taskQueue,
    workflowsPath,
    activities,
  });
}

async function keep(name, handle) {
  const { runId } = await handle.describe();
  const which = [
    "--workflow-id",
    handle.workflowId,
    "--run-id",
    runId,
    "--address",
    address,
  ];
  const json = execFileSync("temporal", [
    "workflow",
    "show",
    ...which,
    "--output",
    "json",
  ], { encoding: "utf8" });
  const events = JSON.parse(json).events.map((event) => JSON.stringify(event));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.json`),
    `{"events": [\n${events.join(",\n")}\n]}\n`,
  );
  console.log(`${name}: ${events.length} events`);
}

const chosen = (all) =>
  Object.entries(all).filter(([name]) =>
    names.length === 0 || names.includes(name)
  );
const worker = await createWorker();
await worker.runUntil(async () => {
  for (const [name, run] of chosen(scenarios)) await keep(name, await run());
});
for (const [name, run] of chosen(interrupted)) await keep(name, await run());
process.exit(0);
