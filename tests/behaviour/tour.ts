/** Takes the tour: every path on which values are sent and received, from the side of the client and of activities. */
import assert from "node:assert/strict";
import * as activity from "@anywhen/temporal/activity";
import { ApplicationError, type WorkflowFailureError, type WorkflowUpdateFailedError } from "@anywhen/temporal/common";
import type { SerializationContext } from "@anywhen/temporal/converter";
import type { Scene } from "../support/behaviour.ts";
import * as workflows from "./workflows/tour.ts";

export const tourSource: URL = new URL("./workflows/tour.ts", import.meta.url);

/** The activities of the tour. */
export const tourActivities = {
  echo: (text: string): string => text,
  /** Reports and fails at first, then gives what it had reported. */
  async resumes(): Promise<readonly unknown[]> {
    const { attempt, heartbeatDetails } = activity.info();
    if (attempt > 1) return heartbeatDetails;
    activity.heartbeat("progress", { done: 7 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error("once more");
  },
  fails(text: string): never {
    throw new ApplicationError(`${text} failed`, {
      details: [text],
      cause: new ApplicationError(`cause of ${text}`, { details: [{ of: text }] }),
    });
  },
  /** Is completed by the client. */
  external: (): never => activity.raiseCompleteAsync(),
};

const chain = (
  text: string,
) => ["ApplicationError", `${text} failed`, [text], "ApplicationError", `cause of ${text}`, [{ of: text }]];

/** A run of the tour. */
export interface TourRun {
  id: string;
  runId?: string;
}

/** Runs the tour and checks all that comes back. Gives the runs on its way: who is signalled, the first, the second. */
export async function takeTour(scene: Scene): Promise<TourRun[]> {
  const { client, taskQueue, id } = scene;
  const [listener, main] = [id("listener"), id("tour")];
  const listening = await client.workflow.start(workflows.listens, { id: listener, taskQueue });
  const handle = await client.workflow.start(workflows.tour, {
    id: main,
    taskQueue,
    args: [listener],
    memo: { given: { a: 1 }, changed: "old" },
    staticSummary: "a tour",
    staticDetails: "of everything",
  });
  await completeExternal(scene, main);
  await handle.signal(workflows.note, "noted");
  assert.equal(await handle.executeUpdate(workflows.add, { args: ["added"] }), 2);
  await assert.rejects(handle.executeUpdate(workflows.add, { args: [""] }), ({ cause }: WorkflowUpdateFailedError) => {
    assert.deepEqual((cause as ApplicationError).details, ["refused"]);
    return true;
  });
  assert.deepEqual(await handle.query(workflows.notes, "- "), ["- noted", "- added"]);
  const description = await handle.describe();
  assert.deepEqual(await description.memo(), { given: { a: 1 }, changed: "upserted", added: ["more"] });
  assert.deepEqual([await description.staticSummary(), await description.staticDetails()], ["a tour", "of everything"]);
  await handle.signal(workflows.finish, "done");
  assert.deepEqual(await handle.result(), [
    [
      "activity",
      "named",
      ["progress", { done: 7 }],
      ["ActivityError", "Activity task failed", [], ...chain("activity")],
      "completed from outside",
    ],
    ["local", chain("local")],
    [["one", "one"], ["two", "two"], [
      "ChildWorkflowError",
      "Child Workflow execution failed",
      [],
      ...chain("child"),
    ]],
    ["ApplicationError", "ApplicationError"],
    { given: { a: 1 }, changed: "old" },
    ["noted", "added"],
    "done",
    { next: "run" },
  ]);
  assert.equal(await listening.result(), "from outside");
  await checkFailure(scene);
  return [{ id: listener }, { id: main, runId: handle.resultRunId }, { id: main }];
}

async function completeExternal({ client, taskQueue }: Scene, workflowId: string): Promise<void> {
  const activityId = await findExternal({ client } as Scene, workflowId);
  const serializationContext: SerializationContext = {
    kind: "activity",
    namespace: client.namespace,
    activityId,
    activityType: "external",
    activityTaskQueue: taskQueue,
    workflowId,
    workflowType: "tour",
    isLocal: false,
  };
  const handle = client.activity.getAsyncHandle({ workflowId, activityId }).with({ serializationContext });
  await handle.complete("completed from outside");
}

/** Waits until the activity that is completed from outside has started. */
async function findExternal({ client }: Scene, workflowId: string): Promise<string> {
  for (;;) {
    const { rawDescription } = await client.workflow.getHandle(workflowId).describe();
    const found = rawDescription.pendingActivities.find(({ activityType, lastStartedTime }) =>
      activityType?.name === "external" && lastStartedTime
    );
    if (found) return found.activityId;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function checkFailure({ client, taskQueue, id }: Scene): Promise<void> {
  const failing = client.workflow.execute(workflows.failsWith, { id: id("failing"), taskQueue, args: ["workflow"] });
  await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
    assert.deepEqual(workflows.describeChain(cause), chain("workflow"));
    return true;
  });
}
