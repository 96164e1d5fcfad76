import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { HistoryEventFilterType } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import { close, completeWorkflow, payloads, Scene, scheduleActivity, startTimer, values } from "./harness.ts";

after(close);

describe("a hello workflow", () => {
  test("runs an activity and a timer to its result", async () => {
    const scene = new Scene();
    const runId = await scene.start({ input: payloads("World") });
    const first = await scene.poll();
    assert.equal(first.workflowExecution?.runId, runId);
    assert.equal(first.startedEventId, 3n);
    assert.equal(first.previousStartedEventId, 0n);
    assert.deepEqual(
      values(
        first.history!.events[0].attributes.value &&
          (first.history!.events[0].attributes.value as { input?: never }).input,
      ),
      ["World"],
    );
    await scene.complete(first, [scheduleActivity(scene, "1", { input: payloads("Hello", "World") })]);
    const activity = await scene.pollActivity();
    assert.equal(activity.activityId, "1");
    assert.deepEqual(values(activity.input), ["Hello", "World"]);
    await scene.client.respondActivityTaskCompleted({
      taskToken: activity.taskToken,
      result: payloads("Hello, World!"),
      identity: "tester",
    });
    const second = await scene.step(startTimer("1", 50));
    assert.equal(second.previousStartedEventId, 3n);
    assert.equal(second.history?.events.length, 9);
    const waiting = scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
      historyEventFilterType: HistoryEventFilterType.CLOSE_EVENT,
    }, { timeoutMs: 8000 });
    await scene.step(completeWorkflow("Hello, World!"));
    const closing = (await waiting).history!.events;
    assert.equal(closing.length, 1);
    assert.equal(closing[0].attributes.case, "workflowExecutionCompletedEventAttributes");
    assert.deepEqual(await scene.history(), [
      "1 WorkflowExecutionStarted",
      "2 WorkflowTaskScheduled",
      "3 WorkflowTaskStarted scheduledEventId=2",
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 ActivityTaskScheduled activityId=1",
      "6 ActivityTaskStarted scheduledEventId=5",
      "7 ActivityTaskCompleted scheduledEventId=5 startedEventId=6",
      "8 WorkflowTaskScheduled",
      "9 WorkflowTaskStarted scheduledEventId=8",
      "10 WorkflowTaskCompleted scheduledEventId=8 startedEventId=9",
      "11 TimerStarted timerId=1",
      "12 TimerFired startedEventId=11 timerId=1",
      "13 WorkflowTaskScheduled",
      "14 WorkflowTaskStarted scheduledEventId=13",
      "15 WorkflowTaskCompleted scheduledEventId=13 startedEventId=14",
      "16 WorkflowExecutionCompleted",
    ]);
  });
});
