import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ResetReapplyExcludeType } from "../../../src/gen/temporal/api/enums/v1/reset_pb.ts";
import { WorkflowExecutionStatus as Status } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { WorkflowExecutionStartedEventAttributes } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import { close, completeWorkflow, errorOf, payloads, Scene, scheduleActivity, startTimer } from "./harness.ts";

after(close);

async function reset(
  scene: Scene,
  finishEventId: number,
  options: { requestId?: string; exclude?: ResetReapplyExcludeType[] } = {},
): Promise<string> {
  const { runId } = await scene.client.resetWorkflowExecution({
    namespace: "default",
    workflowExecution: scene.execution,
    reason: "again",
    workflowTaskFinishEventId: BigInt(finishEventId),
    requestId: options.requestId ?? crypto.randomUUID(),
    resetReapplyExcludeTypes: options.exclude,
  });
  return runId;
}

describe("resetting a workflow", () => {
  test("begins again at a task, with later signals", async () => {
    const scene = new Scene();
    const first = await scene.start({ input: payloads("in") });
    await scene.step(startTimer("t", 60_000), scheduleActivity(scene, "a"));
    const activity = await scene.pollActivity();
    await scene.client.respondActivityTaskCompleted({ taskToken: activity.taskToken, identity: "tester" });
    await scene.step();
    await scene.signal("kept");
    await scene.step(completeWorkflow());
    const requestId = crypto.randomUUID();
    const second = await reset(scene, 11, { requestId });
    assert.equal(await reset(scene, 11, { requestId }), second);
    const task = await scene.poll();
    assert.equal(task.workflowExecution?.runId, second);
    assert.equal(task.previousStartedEventId, 3n);
    await scene.complete(task, [completeWorkflow()]);
    assert.deepEqual(await scene.history(second), [
      "1 WorkflowExecutionStarted",
      "2 WorkflowTaskScheduled",
      "3 WorkflowTaskStarted scheduledEventId=2",
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 TimerStarted timerId=t",
      "6 ActivityTaskScheduled activityId=a",
      "7 ActivityTaskStarted scheduledEventId=6",
      "8 ActivityTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowTaskScheduled",
      "10 WorkflowTaskStarted scheduledEventId=9",
      "11 WorkflowTaskFailed scheduledEventId=9 startedEventId=10 cause=RESET_WORKFLOW",
      "12 WorkflowExecutionSignaled signalName=kept",
      "13 WorkflowTaskScheduled",
      "14 WorkflowTaskStarted scheduledEventId=13",
      "15 WorkflowTaskCompleted scheduledEventId=13 startedEventId=14",
      "16 WorkflowExecutionCompleted",
    ]);
    const [started] = await scene.events(second);
    const attributes = started.attributes.value as WorkflowExecutionStartedEventAttributes;
    assert.equal(attributes.originalExecutionRunId, first);
    const described = await scene.client.describeWorkflowExecution({
      namespace: "default",
      execution: { workflowId: scene.workflowId, runId: first },
    });
    assert.equal(described.workflowExtendedInfo?.resetRunId, second);
  });

  test("terminates the running run, and gives its activities out again", async () => {
    const scene = new Scene();
    const first = await scene.start();
    await scene.step(scheduleActivity(scene, "a"));
    await scene.signal("dropped");
    await scene.step();
    const second = await reset(scene, 9, { exclude: [ResetReapplyExcludeType.SIGNAL] });
    const described = await scene.client.describeWorkflowExecution({
      namespace: "default",
      execution: scene.execution,
    });
    assert.equal(described.workflowExecutionInfo?.status, Status.TERMINATED);
    assert.equal((await scene.history(first)).at(-1), "10 WorkflowExecutionTerminated reason=again");
    const task = await scene.pollActivity();
    const activity = task.workflowExecution?.runId === first ? await scene.pollActivity() : task;
    assert.equal(activity.workflowExecution?.runId, second);
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history(second)).slice(4), [
      "5 ActivityTaskScheduled activityId=a",
      "6 WorkflowExecutionSignaled signalName=dropped",
      "7 WorkflowTaskScheduled",
      "8 WorkflowTaskStarted scheduledEventId=7",
      "9 WorkflowTaskFailed scheduledEventId=7 startedEventId=8 cause=RESET_WORKFLOW",
      "10 WorkflowTaskScheduled",
      "11 WorkflowTaskStarted scheduledEventId=10",
      "12 WorkflowTaskCompleted scheduledEventId=10 startedEventId=11",
      "13 WorkflowExecutionCompleted",
    ]);
  });

  test("needs an event behind a task's scheduling", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(startTimer("t", 60_000));
    assert.equal(
      await errorOf(reset(scene, 1)),
      "InvalidArgument: Workflow task finish ID must be > 1 && <= workflow last event ID.",
    );
    assert.equal(
      await errorOf(reset(scene, 6)),
      "InvalidArgument: Workflow task finish ID must be > 1 && <= workflow last event ID.",
    );
    assert.match(await errorOf(reset(scene, 2)), /^InvalidArgument: /);
    await scene.terminate();
  });
});

describe("deleting a workflow", () => {
  test("takes it out of sight", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(completeWorkflow());
    await scene.client.deleteWorkflowExecution({ namespace: "default", workflowExecution: scene.execution });
    let error = "no error";
    for (let tries = 0; error === "no error" && tries < 400; tries++) {
      error = await errorOf(
        scene.client.describeWorkflowExecution({ namespace: "default", execution: scene.execution }),
      );
      if (error === "no error") await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.match(error, /^NotFound: /);
    await scene.start();
    await scene.terminate();
  });
});
