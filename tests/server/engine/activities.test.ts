import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { PendingActivityState } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ActivityTaskCanceledEventAttributes } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import type { Failure } from "../../../src/gen/temporal/api/failure/v1/message_pb.ts";
import type { PollActivityTaskQueueResponse } from "../../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  applicationFailure,
  cancelActivity,
  cancelTimer,
  close,
  completeWorkflow,
  errorOf,
  isReal,
  ms,
  pause,
  payloads,
  Scene,
  scheduleActivity,
  startTimer,
  values,
} from "./harness.ts";

after(close);

const once = { maximumAttempts: 1 };

async function begin(options: Parameters<typeof scheduleActivity>[2]): Promise<Scene> {
  const scene = new Scene();
  await scene.start();
  await scene.step(scheduleActivity(scene, "a", options));
  return scene;
}

async function fail(
  scene: Scene,
  task: PollActivityTaskQueueResponse,
  failure = applicationFailure("no"),
): Promise<void> {
  await scene.client.respondActivityTaskFailed({ taskToken: task.taskToken, failure, identity: "tester" });
}

async function failureIn(scene: Scene, eventId: number): Promise<Failure> {
  const { attributes } = (await scene.events())[eventId - 1];
  return (attributes.value as { failure: Failure }).failure;
}

describe("activity timeouts", () => {
  test("schedule to start", async () => {
    const scene = await begin({ scheduleToStartTimeout: ms(1000), retryPolicy: once });
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(4, 6), [
      "5 ActivityTaskScheduled activityId=a",
      "6 ActivityTaskTimedOut scheduledEventId=5 retryState=NON_RETRYABLE_FAILURE",
    ]);
    const failure = await failureIn(scene, 6);
    assert.equal(failure.message, "activity ScheduleToStart timeout");
    assert.equal(failure.source, "Server");
  });

  test("start to close", async () => {
    const scene = await begin({ startToCloseTimeout: ms(1000), retryPolicy: once });
    const task = await scene.pollActivity();
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(4, 7), [
      "5 ActivityTaskScheduled activityId=a",
      "6 ActivityTaskStarted scheduledEventId=5",
      "7 ActivityTaskTimedOut scheduledEventId=5 startedEventId=6 retryState=MAXIMUM_ATTEMPTS_REACHED",
    ]);
    assert.equal((await failureIn(scene, 7)).message, "activity StartToClose timeout");
    assert.equal(
      await errorOf(fail(scene, task)),
      "NotFound: workflow execution already completed",
    );
  });

  test("heartbeat, with the last details", async () => {
    const scene = await begin({ heartbeatTimeout: ms(1000), retryPolicy: once });
    const task = await scene.pollActivity();
    const answer = await scene.client.recordActivityTaskHeartbeat({
      taskToken: task.taskToken,
      details: payloads("half"),
      identity: "tester",
    });
    assert.equal(answer.cancelRequested, false);
    await scene.step(completeWorkflow());
    assert.equal(
      (await scene.history())[6],
      "7 ActivityTaskTimedOut scheduledEventId=5 startedEventId=6 retryState=MAXIMUM_ATTEMPTS_REACHED",
    );
    const failure = await failureIn(scene, 7);
    assert.equal(failure.message, "activity Heartbeat timeout");
    assert.equal(failure.failureInfo.case, "timeoutFailureInfo");
    assert.deepEqual(values((failure.failureInfo.value as { lastHeartbeatDetails?: never }).lastHeartbeatDetails), [
      "half",
    ]);
  });

  test("schedule to close ends the attempts", async () => {
    const scene = await begin({
      startToCloseTimeout: undefined,
      scheduleToCloseTimeout: ms(1500),
      retryPolicy: { initialInterval: ms(1000) },
    });
    await fail(scene, await scene.pollActivity());
    await scene.pollActivity();
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(5, 7), [
      "6 ActivityTaskStarted scheduledEventId=5 attempt=2",
      "7 ActivityTaskTimedOut scheduledEventId=5 startedEventId=6 retryState=NON_RETRYABLE_FAILURE",
    ]);
    const failure = await failureIn(scene, 7);
    assert.equal(failure.message, "activity ScheduleToClose timeout");
    assert.equal(failure.cause?.message, "no");
  });

  test("schedule to close leaves no time for another attempt", async () => {
    const scene = await begin({ scheduleToCloseTimeout: ms(1000), retryPolicy: { initialInterval: ms(2000) } });
    await fail(scene, await scene.pollActivity());
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(5, 7), [
      "6 ActivityTaskStarted scheduledEventId=5",
      "7 ActivityTaskFailed scheduledEventId=5 startedEventId=6 retryState=TIMEOUT",
    ]);
  });
});

describe("activity retries", () => {
  test("carry attempt, last failure and heartbeat details", async () => {
    const scene = await begin({ retryPolicy: { initialInterval: ms(100), maximumAttempts: 3, backoffCoefficient: 1 } });
    const first = await scene.pollActivity();
    assert.equal(first.attempt, 1);
    await scene.client.recordActivityTaskHeartbeat({
      taskToken: first.taskToken,
      details: payloads(1),
      identity: "tester",
    });
    await scene.client.respondActivityTaskFailed({
      taskToken: first.taskToken,
      failure: applicationFailure("one"),
      lastHeartbeatDetails: payloads(2),
      identity: "tester",
    });
    const second = await scene.pollActivity();
    assert.equal(second.attempt, 2);
    assert.deepEqual(values(second.heartbeatDetails), [2]);
    assert.notDeepEqual(second.currentAttemptScheduledTime, second.scheduledTime);
    assert.equal(second.retryPolicy?.maximumAttempts, 3);
    await fail(scene, second, applicationFailure("two"));
    const third = await scene.pollActivity();
    assert.equal(
      await errorOf(fail(scene, second)),
      "NotFound: invalid activityID or activity already timed out or invoking workflow is completed",
    );
    await fail(scene, third, applicationFailure("three"));
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(4, 7), [
      "5 ActivityTaskScheduled activityId=a",
      "6 ActivityTaskStarted scheduledEventId=5 attempt=3",
      "7 ActivityTaskFailed scheduledEventId=5 startedEventId=6 retryState=MAXIMUM_ATTEMPTS_REACHED",
    ]);
    const started = (await scene.events())[5].attributes.value as { lastFailure: Failure };
    assert.equal(started.lastFailure.message, "two");
  });

  test("stop at a non-retryable failure, by flag and by type", async () => {
    const scene = await begin({});
    await fail(scene, await scene.pollActivity(), applicationFailure("never", true));
    await scene.step(scheduleActivity(scene, "b", { retryPolicy: { nonRetryableErrorTypes: ["Fatal"] } }));
    await fail(scene, await scene.pollActivity(), applicationFailure("never", false, "Fatal"));
    await scene.step(completeWorkflow());
    const failures = (await scene.history()).filter((line) => line.includes("ActivityTaskFailed"));
    assert.deepEqual(failures, [
      "7 ActivityTaskFailed scheduledEventId=5 startedEventId=6 retryState=NON_RETRYABLE_FAILURE",
      "13 ActivityTaskFailed scheduledEventId=11 startedEventId=12 retryState=NON_RETRYABLE_FAILURE",
    ]);
  });

  test("wait as long as the failure asks", async () => {
    const scene = await begin({ retryPolicy: { initialInterval: ms(60_000) } });
    const failure = applicationFailure("soon");
    const nextRetryDelay = ms(50);
    const task = await scene.pollActivity();
    await scene.client.respondActivityTaskFailed({
      taskToken: task.taskToken,
      failure: { ...failure, failureInfo: { case: "applicationFailureInfo", value: { type: "T", nextRetryDelay } } },
      identity: "tester",
    });
    assert.equal((await scene.pollActivity()).attempt, 2);
    await scene.terminate();
  });

  test("show in the description", async () => {
    const scene = await begin({ retryPolicy: { initialInterval: ms(60_000) } });
    await fail(scene, await scene.pollActivity());
    const described = await scene.client.describeWorkflowExecution({
      namespace: "default",
      execution: scene.execution,
    });
    const [activity] = described.pendingActivities;
    assert.equal(activity.activityId, "a");
    assert.equal(activity.activityType?.name, "Act");
    assert.equal(activity.state, PendingActivityState.SCHEDULED);
    assert.equal(activity.attempt, 2);
    assert.equal(activity.lastFailure?.message, "no");
    assert.equal(activity.lastWorkerIdentity, "tester");
    assert.equal(activity.currentRetryInterval?.seconds, 60n);
    assert.ok(activity.nextAttemptScheduleTime);
    await scene.terminate();
  });
});

describe("cancelled activities", () => {
  test("that no worker has end at once", async () => {
    const scene = await begin({});
    await scene.signal("poke");
    await scene.step(cancelActivity(5));
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(9), [
      "10 ActivityTaskCancelRequested scheduledEventId=5",
      "11 ActivityTaskCanceled scheduledEventId=5 latestCancelRequestedEventId=10",
      "12 WorkflowTaskScheduled",
      "13 WorkflowTaskStarted scheduledEventId=12",
      "14 WorkflowTaskCompleted scheduledEventId=12 startedEventId=13",
      "15 WorkflowExecutionCompleted",
    ]);
    const details = (await scene.events())[10].attributes.value as ActivityTaskCanceledEventAttributes;
    assert.deepEqual(values(details.details), ["ACTIVITY_ID_NOT_STARTED"]);
  });

  test("that a worker has hear of it with a heartbeat", async () => {
    const scene = await begin({ heartbeatTimeout: ms(5000) });
    const task = await scene.pollActivity();
    assert.equal(
      await errorOf(scene.client.respondActivityTaskCanceled({ taskToken: task.taskToken, identity: "tester" })),
      "InvalidArgument: unable to mark activity as canceled without activity being request canceled first",
    );
    await scene.signal("poke");
    await scene.step(cancelActivity(5));
    const answer = await scene.client.recordActivityTaskHeartbeat({ taskToken: task.taskToken, identity: "tester" });
    assert.equal(answer.cancelRequested, true);
    await scene.client.respondActivityTaskCanceled({
      taskToken: task.taskToken,
      details: payloads("stopped"),
      identity: "tester",
    });
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(9, 12), [
      "10 ActivityTaskCancelRequested scheduledEventId=5",
      "11 ActivityTaskStarted scheduledEventId=5",
      "12 ActivityTaskCanceled scheduledEventId=5 startedEventId=11 latestCancelRequestedEventId=10",
    ]);
  });

  test("are not tried again", async () => {
    const scene = await begin({ retryPolicy: { initialInterval: ms(50) } });
    const task = await scene.pollActivity();
    await scene.signal("poke");
    await scene.step(cancelActivity(5));
    await fail(scene, task);
    await scene.step(completeWorkflow());
    assert.equal(
      (await scene.history())[11],
      "12 ActivityTaskFailed scheduledEventId=5 startedEventId=11 retryState=CANCEL_REQUESTED",
    );
  });
});

describe("activities by id", () => {
  test("are heartbeated and completed without a token", async () => {
    const scene = await begin({});
    await scene.pollActivity();
    const address = {
      namespace: "default",
      workflowId: scene.workflowId,
      runId: "",
      activityId: "a",
      identity: "tester",
    };
    await scene.client.recordActivityTaskHeartbeatById({ ...address, details: payloads(1) });
    await scene.client.respondActivityTaskCompletedById({ ...address, result: payloads("done") });
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(5, 7), [
      "6 ActivityTaskStarted scheduledEventId=5",
      "7 ActivityTaskCompleted scheduledEventId=5 startedEventId=6",
    ]);
    assert.equal(
      await errorOf(scene.client.respondActivityTaskCompletedById(address)),
      "NotFound: workflow execution already completed",
    );
  });

  test("are completed even before a worker took them, and failed only after", async () => {
    const scene = await begin({});
    const address = {
      namespace: "default",
      workflowId: scene.workflowId,
      runId: scene.runId,
      activityId: "a",
      identity: "boss",
    };
    assert.equal(
      await errorOf(scene.client.respondActivityTaskFailedById(address)),
      "NotFound: invalid activityID or activity already timed out or invoking workflow is completed",
    );
    assert.equal(
      await errorOf(scene.client.respondActivityTaskCompletedById({ ...address, activityId: "b" })),
      "NotFound: cannot find pending activity with ActivityID b, check workflow execution history for more details",
    );
    await scene.client.respondActivityTaskCompletedById(address);
    await scene.step(completeWorkflow());
    assert.deepEqual((await scene.history()).slice(5, 7), [
      "6 ActivityTaskStarted scheduledEventId=5",
      "7 ActivityTaskCompleted scheduledEventId=5 startedEventId=6",
    ]);
  });
});

describe("eager activities", () => {
  // A real server has them only with dynamic configuration.
  const own = isReal ? undefined : test;
  own?.("come with the answer to the task that scheduled them", async () => {
    const scene = new Scene();
    await scene.start();
    const answer = await scene.complete(await scene.poll(), [
      scheduleActivity(scene, "a", { requestEagerExecution: true, input: payloads(1) }),
    ]);
    const [task] = answer.activityTasks;
    assert.equal(task.activityId, "a");
    assert.deepEqual(values(task.input), [1]);
    await scene.client.respondActivityTaskCompleted({ taskToken: task.taskToken, identity: "tester" });
    await scene.step(completeWorkflow());
    assert.equal((await scene.history())[6], "7 ActivityTaskCompleted scheduledEventId=5 startedEventId=6");
  });
});

describe("timers", () => {
  test("fire in their order and are cancelled, even after they fired unseen", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(startTimer("long", 60_000), startTimer("b", isReal ? 2000 : 200), startTimer("a", 50));
    const first = await scene.poll();
    assert.equal(first.history?.events.at(-3)?.attributes.case, "timerFiredEventAttributes");
    // "b" fires while this task is out, so that its firing is still unseen when it is cancelled.
    await pause(300, 3500);
    await scene.complete(first, [cancelTimer("long"), cancelTimer("b"), completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(4), [
      "5 TimerStarted timerId=long",
      "6 TimerStarted timerId=b",
      "7 TimerStarted timerId=a",
      "8 TimerFired startedEventId=7 timerId=a",
      "9 WorkflowTaskScheduled",
      "10 WorkflowTaskStarted scheduledEventId=9",
      "11 WorkflowTaskCompleted scheduledEventId=9 startedEventId=10",
      "12 TimerCanceled startedEventId=5 timerId=long",
      "13 TimerCanceled startedEventId=6 timerId=b",
      "14 WorkflowExecutionCompleted",
    ]);
  });
});
