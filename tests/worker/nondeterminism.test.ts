import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, type WorkflowHandle, type WorkflowHistory } from "@anywhen/temporal/client";
import { NondeterminismError } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import { createLog } from "../activity/support.ts";

const workflows = new URL("./workflows/changes/before.ts", import.meta.url);
const changed = new URL("./workflows/changes/after.ts", import.meta.url);
const file = "tests/worker/workflows/changes/after.ts";
const advice = "restore the code this run started with, or guard the change with workflow.patched()";
const telemetry = { logger: createLog().logger };

interface Change {
  /** The workflow's type and id. */
  type: string;
  about: string;
  eventId: number;
  expected: string;
  found: string;
  /** Line and column of the code that asked for the command. */
  place?: string;
  diff: string[];
  /** Whether it waits for ever. */
  isOpen?: boolean;
}

const changes: Change[] = [
  {
    type: "wrongKind",
    about: "a command of another kind",
    eventId: 10,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "1" of type charge)',
    found: 'START_TIMER (timer "2")',
    place: "16:18",
    diff: [
      "  event 1   WORKFLOW_EXECUTION_STARTED  workflow type wrongKind",
      '  event 5   TIMER_STARTED               timer "1"',
      '  event 6   TIMER_FIRED                 timer "1"',
      '- event 10  ACTIVITY_TASK_SCHEDULED     activity "1" of type charge',
      `+ code      START_TIMER                 timer "2"                    ${file}:16:18`,
    ],
  },
  {
    type: "wrongType",
    about: "an activity of another type",
    eventId: 10,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "1" of type charge)',
    found: 'SCHEDULE_ACTIVITY_TASK (activity "1" of type refund)',
    place: "21:9",
    diff: [
      "  event 1   WORKFLOW_EXECUTION_STARTED  workflow type wrongType",
      '  event 5   TIMER_STARTED               timer "1"',
      '  event 6   TIMER_FIRED                 timer "1"',
      '- event 10  ACTIVITY_TASK_SCHEDULED     activity "1" of type charge',
      `+ code      SCHEDULE_ACTIVITY_TASK      activity "1" of type refund  ${file}:21:9`,
    ],
  },
  {
    type: "wrongId",
    about: "an activity with another id",
    eventId: 5,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "first" of type charge)',
    found: 'SCHEDULE_ACTIVITY_TASK (activity "second" of type charge)',
    place: "25:18",
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED  workflow type wrongId",
      '- event 5  ACTIVITY_TASK_SCHEDULED     activity "first" of type charge',
      `+ code     SCHEDULE_ACTIVITY_TASK      activity "second" of type charge  ${file}:25:18`,
    ],
  },
  {
    type: "doesLess",
    about: "an activity that is gone",
    eventId: 11,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "2" of type refund)',
    found: "COMPLETE_WORKFLOW_EXECUTION (end of the workflow by completeWorkflow)",
    diff: [
      '  event 5   ACTIVITY_TASK_SCHEDULED      activity "1" of type charge',
      "  event 6   ACTIVITY_TASK_STARTED        activity scheduled by event 5",
      "  event 7   ACTIVITY_TASK_COMPLETED      activity scheduled by event 5",
      '- event 11  ACTIVITY_TASK_SCHEDULED      activity "2" of type refund',
      "+ code      COMPLETE_WORKFLOW_EXECUTION  end of the workflow by completeWorkflow",
    ],
  },
  {
    type: "doesMore",
    about: "a timer that is new",
    eventId: 11,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "2" of type refund)',
    found: 'START_TIMER (timer "1")',
    place: "38:18",
    diff: [
      '  event 5   ACTIVITY_TASK_SCHEDULED  activity "1" of type charge',
      "  event 6   ACTIVITY_TASK_STARTED    activity scheduled by event 5",
      "  event 7   ACTIVITY_TASK_COMPLETED  activity scheduled by event 5",
      '- event 11  ACTIVITY_TASK_SCHEDULED  activity "2" of type refund',
      `+ code      START_TIMER              timer "1"                      ${file}:38:18`,
    ],
  },
  {
    type: "doesNothing",
    about: "nothing at all where the history goes on",
    isOpen: true,
    eventId: 5,
    expected: 'TIMER_STARTED (timer "1")',
    found: "no command",
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED  workflow type doesNothing",
      '- event 5  TIMER_STARTED               timer "1"',
      "+ code     no command",
    ],
  },
  {
    type: "endsLater",
    about: "more to do where the history ends",
    eventId: 10,
    expected: "WORKFLOW_EXECUTION_COMPLETED",
    found: 'SCHEDULE_ACTIVITY_TASK (activity "1" of type charge)',
    place: "48:22",
    diff: [
      "  event 1   WORKFLOW_EXECUTION_STARTED    workflow type endsLater",
      '  event 5   TIMER_STARTED                 timer "1"',
      '  event 6   TIMER_FIRED                   timer "1"',
      "- event 10  WORKFLOW_EXECUTION_COMPLETED",
      `+ code      SCHEDULE_ACTIVITY_TASK        activity "1" of type charge  ${file}:48:22`,
    ],
  },
  {
    type: "endsInAnotherWay",
    about: "a failure in place of a result",
    eventId: 10,
    expected: "WORKFLOW_EXECUTION_COMPLETED",
    found: "FAIL_WORKFLOW_EXECUTION (end of the workflow by failWorkflow)",
    diff: [
      "  event 1   WORKFLOW_EXECUTION_STARTED    workflow type endsInAnotherWay",
      '  event 5   TIMER_STARTED                 timer "1"',
      '  event 6   TIMER_FIRED                   timer "1"',
      "- event 10  WORKFLOW_EXECUTION_COMPLETED",
      "+ code      FAIL_WORKFLOW_EXECUTION       end of the workflow by failWorkflow",
    ],
  },
  {
    type: "cancels",
    about: "a cancellation that comes later",
    eventId: 11,
    expected: 'TIMER_CANCELED (timer "1")',
    found: 'SCHEDULE_ACTIVITY_TASK (activity "1" of type charge)',
    place: "65:9",
    diff: [
      '  event 5   TIMER_STARTED           timer "1"',
      '  event 6   TIMER_STARTED           timer "2"',
      '  event 7   TIMER_FIRED             timer "2"',
      '- event 11  TIMER_CANCELED          timer "1"',
      `+ code      SCHEDULE_ACTIVITY_TASK  activity "1" of type charge  ${file}:65:9`,
    ],
  },
  {
    type: "wrongChild",
    about: "a child workflow with another id",
    eventId: 5,
    expected: 'START_CHILD_WORKFLOW_EXECUTION_INITIATED (child workflow "wrongChild-one" of type child)',
    found: 'START_CHILD_WORKFLOW_EXECUTION (child workflow "wrongChild-other" of type child)',
    place: "76:25",
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED                workflow type wrongChild",
      '- event 5  START_CHILD_WORKFLOW_EXECUTION_INITIATED  child workflow "wrongChild-one" of type child',
      `+ code     START_CHILD_WORKFLOW_EXECUTION            child workflow "wrongChild-other" of type child  ${file}:76:25`,
    ],
  },
  {
    type: "updated",
    about: "an update that is answered at once",
    eventId: 9,
    expected: 'ACTIVITY_TASK_SCHEDULED (activity "1" of type charge)',
    found: 'PROTOCOL_MESSAGE (completion of update "raise-1")',
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED          workflow type updated",
      '  event 8  WORKFLOW_EXECUTION_UPDATE_ACCEPTED  update "raise-1"',
      '- event 9  ACTIVITY_TASK_SCHEDULED             activity "1" of type charge',
      '+ code     PROTOCOL_MESSAGE                    completion of update "raise-1"',
    ],
  },
  {
    type: "loses",
    about: "a patch that is not asked for any more",
    eventId: 5,
    expected: 'MARKER_RECORDED (patch "charges twice")',
    found: 'SCHEDULE_ACTIVITY_TASK (activity "1" of type charge)',
    place: "91:9",
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED  workflow type loses",
      '- event 5  MARKER_RECORDED             patch "charges twice"',
      `+ code     SCHEDULE_ACTIVITY_TASK      activity "1" of type charge  ${file}:91:9`,
    ],
  },
  {
    type: "local",
    about: "a local activity of another type",
    eventId: 5,
    expected: 'MARKER_RECORDED (local activity "1" of type charge)',
    found: 'RECORD_MARKER (local activity "1" of type refund)',
    place: "96:83",
    diff: [
      "  event 1  WORKFLOW_EXECUTION_STARTED  workflow type local",
      '- event 5  MARKER_RECORDED             local activity "1" of type charge',
      `+ code     RECORD_MARKER               local activity "1" of type refund  ${file}:96:83`,
    ],
  },
];

describe("workflow code that does not follow its history", () => {
  const histories = new Map<string, WorkflowHistory>();
  let replayer: Replayer;

  before(async () => {
    replayer = await Replayer.create({ workflows: changed });
    await using server = await DevServer.start({ telemetry });
    const client = await Client.connect(server, { telemetry });
    const taskQueue = "changes";
    const activities = { charge: (amount: number) => amount, refund: (amount: number) => amount };
    const worker = await Worker.create({ client, taskQueue, workflows, activities, shutdownSignals: [] });
    await worker.runUntil(async () => {
      await Promise.all([...changes, { type: "isOpen", isOpen: true }].map(async ({ type, isOpen }) => {
        const handle = await client.workflow.start(type, { id: type, taskQueue, args: [] });
        if (type === "updated") await update(handle);
        if (isOpen) await seeTimer(handle);
        else await handle.result();
        histories.set(type, await handle.fetchHistory());
      }));
    });
  });

  after(() => replayer.close());

  for (const { type, about, eventId, expected, found, place, diff } of changes) {
    test(`REPLAY-02 has ${about}`, async () => {
      const { error } = await replayer.replayWorkflow(histories.get(type)!, { raiseOnReplayFailure: false });
      assert.ok(error instanceof NondeterminismError, String(error));
      assert.equal(error.eventId, eventId);
      assert.equal(error.expected, expected);
      assert.equal(error.found, found);
      assert.equal(error.source, place && `${file}:${place}`);
      const where = place ? ` (${file}:${place})` : "";
      assert.equal(
        error.message,
        `event ${eventId} is ${expected}, but the workflow code has ${found} there${where}; ${advice}`,
      );
      assert.equal(error.diff, diff.join("\n"));
      assert.equal(
        error.stack,
        `NondeterminismError: ${error.message}\n    at event ${eventId}${where}\n${error.diff}`,
      );
    });
  }

  test("REPLAY-02 does more than an open history has of its last task", async () => {
    const { error } = await replayer.replayWorkflow(histories.get("isOpen")!, { raiseOnReplayFailure: false });
    assert.ok(error instanceof NondeterminismError, String(error));
    assert.deepEqual([error.eventId, error.expected, error.source], [11, "no more commands", `${file}:58:44`]);
    assert.equal(
      error.message,
      "the last task has no more commands after event 11, but the workflow code has " +
        `SCHEDULE_ACTIVITY_TASK (activity "2" of type refund) there (${file}:58:44); ${advice}`,
    );
    assert.equal(
      error.diff,
      [
        "  event 6   ACTIVITY_TASK_STARTED    activity scheduled by event 5",
        "  event 7   ACTIVITY_TASK_COMPLETED  activity scheduled by event 5",
        '  event 11  TIMER_STARTED            timer "1"',
        `+ code      SCHEDULE_ACTIVITY_TASK   activity "2" of type refund    ${file}:58:44`,
      ].join("\n"),
    );
  });

  test("REPLAY-02 is shown from JSON as well", async () => {
    const json = JSON.stringify(histories.get("wrongKind"));
    await assert.rejects(replayer.replayWorkflow(json), { name: "NondeterminismError", eventId: 10 });
  });

  test("the code as it was replays", async () => {
    await using unchanged = await Replayer.create({ workflows });
    for await (const { workflowId, error } of unchanged.replayWorkflows(histories.values())) {
      assert.equal(error, undefined, `${workflowId}: ${error?.message}`);
    }
  });

  test("is told to the server with its diff by a worker", async () => {
    await using server = await DevServer.start({ telemetry });
    const client = await Client.connect(server, { telemetry });
    const taskQueue = "live";
    const options = { client, taskQueue, shutdownSignals: [] };
    const handle = await client.workflow.start("doesNothing", { id: "live", taskQueue, args: [] });
    const old = await Worker.create({ ...options, workflows });
    await old.runUntil(() => seeTimer(handle));
    const today = await Worker.create({ ...options, workflows: changed });
    const failure = await today.runUntil(() => findFailure(handle));
    assert.match(
      failure.message,
      /^event 5 is TIMER_STARTED \(timer "1"\), but the workflow code has no command there; /,
    );
    assert.match(failure.stackTrace, /^- event 5 +TIMER_STARTED +timer "1"\n\+ code +no command$/m);
  });
});

async function update(handle: WorkflowHandle): Promise<void> {
  await see(handle, "workflowTaskCompletedEventAttributes");
  await handle.executeUpdate("raise", { args: [1], id: "raise-1" });
  await handle.signal("finish");
}

async function seeTimer(handle: WorkflowHandle): Promise<void> {
  await see(handle, "timerStartedEventAttributes");
}

async function findFailure(handle: WorkflowHandle): Promise<{ message: string; stackTrace: string }> {
  const { attributes } = await see(handle, "workflowTaskFailedEventAttributes");
  assert.equal(attributes.case, "workflowTaskFailedEventAttributes");
  return attributes.value.failure!;
}

/** Waits for an event of a kind. */
async function see(handle: WorkflowHandle, kind: string): Promise<WorkflowHistory["events"][number]> {
  for await (const event of handle.history({ waitNewEvent: true })) {
    if (event.attributes.case === kind) return event;
  }
  throw new Error(`the workflow ended without ${kind}`);
}
