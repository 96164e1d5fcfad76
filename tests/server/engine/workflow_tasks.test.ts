import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { WorkflowTaskFailedCause } from "../../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import {
  applicationFailure,
  close,
  completeWorkflow,
  describeEvents,
  errorOf,
  ms,
  Scene,
  scheduleActivity,
  settle,
  startTimer,
} from "./harness.ts";

after(close);

function failTask(scene: Scene, taskToken: Uint8Array): Promise<unknown> {
  return scene.client.respondWorkflowTaskFailed({
    namespace: scene.namespace,
    taskToken,
    cause: WorkflowTaskFailedCause.WORKFLOW_WORKER_UNHANDLED_FAILURE,
    failure: applicationFailure("oops"),
    identity: "tester",
  });
}

function sticky(name: string, scheduleToStartMs = 5000): object {
  return { stickyAttributes: { workerTaskQueue: { name, kind: 2 }, scheduleToStartTimeout: ms(scheduleToStartMs) } };
}

describe("a failed workflow task", () => {
  test("is written once, then repeated without a trace", async () => {
    const scene = new Scene();
    await scene.start();
    await failTask(scene, (await scene.poll()).taskToken);
    const second = await scene.poll();
    assert.equal(second.attempt, 2);
    assert.equal(second.startedEventId, 6n);
    assert.equal(second.previousStartedEventId, 0n);
    assert.deepEqual(describeEvents(second.history!.events).slice(3), [
      "4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "5 WorkflowTaskScheduled attempt=2",
      "6 WorkflowTaskStarted scheduledEventId=5",
    ]);
    assert.equal((await scene.history()).length, 4);
    await failTask(scene, second.taskToken);
    const third = await scene.poll();
    assert.equal(third.attempt, 3);
    assert.equal((await scene.history()).length, 4);
    await scene.complete(third, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "5 WorkflowTaskScheduled attempt=3",
      "6 WorkflowTaskStarted scheduledEventId=5",
      "7 WorkflowTaskCompleted scheduledEventId=5 startedEventId=6",
      "8 WorkflowExecutionCompleted",
    ]);
  });

  test("begins anew when events came while it waited to be repeated", async () => {
    const scene = new Scene();
    await scene.start();
    await failTask(scene, (await scene.poll()).taskToken);
    await scene.signal("poke");
    const second = await scene.poll();
    assert.equal(second.attempt, 1);
    await scene.complete(second, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionCompleted",
    ]);
  });

  test("begins anew when events came while it was repeated", async () => {
    const scene = new Scene();
    await scene.start();
    await failTask(scene, (await scene.poll()).taskToken);
    const second = await scene.poll();
    await scene.signal("poke");
    await failTask(scene, second.taskToken);
    const third = await scene.poll();
    assert.equal(third.attempt, 1);
    await scene.complete(third, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionCompleted",
    ]);
  });
});

describe("a workflow task that takes too long", () => {
  test("times out and is repeated; the late answer is not found", async () => {
    const scene = new Scene();
    await scene.start({ workflowTaskTimeout: ms(1000) });
    const first = await scene.poll();
    const second = await scene.poll();
    assert.equal(second.attempt, 2);
    assert.equal(await errorOf(scene.complete(first, [])), "NotFound: Workflow task not found.");
    await scene.complete(second, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskTimedOut scheduledEventId=2 startedEventId=3 timeoutType=START_TO_CLOSE",
      "5 WorkflowTaskScheduled attempt=2",
      "6 WorkflowTaskStarted scheduledEventId=5",
      "7 WorkflowTaskCompleted scheduledEventId=5 startedEventId=6",
      "8 WorkflowExecutionCompleted",
    ]);
  });
});

describe("events that come while a task is out", () => {
  test("wait for it, results last, and bring the next task", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(scheduleActivity(scene, "a"), startTimer("t", 1));
    const activity = await scene.pollActivity();
    const task = await scene.poll();
    await scene.client.respondActivityTaskCompleted({ taskToken: activity.taskToken, identity: "tester" });
    await scene.signal("one");
    await scene.signal("two");
    assert.equal((await scene.history()).at(-1), "9 WorkflowTaskStarted scheduledEventId=8");
    await scene.complete(task, [startTimer("u", 60_000)]);
    const next = await scene.poll();
    assert.equal(next.previousStartedEventId, 9n);
    await scene.complete(next, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(4), [
      "5 ActivityTaskScheduled activityId=a",
      "6 TimerStarted timerId=t",
      "7 TimerFired startedEventId=6 timerId=t",
      "8 WorkflowTaskScheduled",
      "9 WorkflowTaskStarted scheduledEventId=8",
      "10 WorkflowTaskCompleted scheduledEventId=8 startedEventId=9",
      "11 TimerStarted timerId=u",
      "12 ActivityTaskStarted scheduledEventId=5",
      "13 WorkflowExecutionSignaled signalName=one",
      "14 WorkflowExecutionSignaled signalName=two",
      "15 ActivityTaskCompleted scheduledEventId=5 startedEventId=12",
      "16 WorkflowTaskScheduled",
      "17 WorkflowTaskStarted scheduledEventId=16",
      "18 WorkflowTaskCompleted scheduledEventId=16 startedEventId=17",
      "19 WorkflowExecutionCompleted",
    ]);
  });

  test("keep the workflow from closing: unhandled command", async () => {
    const scene = new Scene();
    await scene.start();
    const task = await scene.poll();
    await scene.signal("late");
    assert.equal(
      await errorOf(scene.complete(task, [startTimer("t", 1000), completeWorkflow()])),
      "InvalidArgument: UnhandledCommand",
    );
    await scene.complete(await scene.poll(), [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=UNHANDLED_COMMAND",
      "5 WorkflowExecutionSignaled signalName=late",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionCompleted",
    ]);
  });
});

describe("sticky queues", () => {
  test("get the new events only", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    await scene.complete(await scene.poll(), [], sticky(queue));
    const waiting = scene.poll({ sticky: queue });
    await settle();
    await scene.signal("poke");
    const task = await waiting;
    assert.equal(task.previousStartedEventId, 3n);
    assert.deepEqual(describeEvents(task.history!.events), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
    ]);
    await scene.complete(task, [completeWorkflow()], sticky(queue));
  });

  test("lose a task to the normal queue when nobody takes it in time", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    // The queue counts as polled for a while after this.
    await scene.tryPoll({ sticky: queue, timeoutMs: 2200 });
    await scene.complete(await scene.poll(), [], sticky(queue, 1000));
    await scene.signal("poke");
    const task = await scene.poll();
    assert.equal(task.history?.events.length, 9);
    await scene.complete(task, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(4), [
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskTimedOut scheduledEventId=6 timeoutType=SCHEDULE_TO_START",
      "8 WorkflowTaskScheduled",
      "9 WorkflowTaskStarted scheduledEventId=8",
      "10 WorkflowTaskCompleted scheduledEventId=8 startedEventId=9",
      "11 WorkflowExecutionCompleted",
    ]);
  });

  test("are passed over when nobody ever polled them", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.complete(await scene.poll(), [], sticky(`sticky-${crypto.randomUUID()}`));
    await scene.signal("poke");
    const task = await scene.poll();
    assert.equal(task.history?.events.length, 7);
    await scene.complete(task, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(4), [
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionCompleted",
    ]);
  });

  test("are left after a failed task, whose repetition is a first attempt", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    await scene.complete(await scene.poll(), [], sticky(queue));
    const waiting = scene.poll({ sticky: queue });
    await settle();
    await scene.signal("poke");
    await failTask(scene, (await waiting).taskToken);
    const task = await scene.poll();
    assert.equal(task.attempt, 1);
    assert.equal(task.history?.events.length, 10);
    await scene.complete(task, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(7), [
      "8 WorkflowTaskFailed scheduledEventId=6 startedEventId=7 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "9 WorkflowTaskScheduled",
      "10 WorkflowTaskStarted scheduledEventId=9",
      "11 WorkflowTaskCompleted scheduledEventId=9 startedEventId=10",
      "12 WorkflowExecutionCompleted",
    ]);
  });

  test("can be reset", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    await scene.complete(await scene.poll(), [], sticky(queue));
    await scene.client.resetStickyTaskQueue({ namespace: scene.namespace, execution: scene.execution });
    await scene.signal("poke");
    assert.equal((await scene.poll()).history?.events.length, 7);
    await scene.terminate();
  });
});

describe("the answer to a completed task", () => {
  test("brings the next one where one is due and the worker asks for it", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    const task = await scene.poll();
    await scene.signal("poke");
    const answer = await scene.complete(task, [], { returnNewWorkflowTask: true, ...sticky(queue) });
    const next = answer.workflowTask!;
    assert.equal(next.startedEventId, 7n);
    assert.deepEqual(describeEvents(next.history!.events), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 WorkflowExecutionSignaled signalName=poke",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
    ]);
    const last = await scene.complete(next, [completeWorkflow()], { returnNewWorkflowTask: true, ...sticky(queue) });
    assert.equal(last.workflowTask, undefined);
    assert.equal(last.resetHistoryEventId, 0n);
  });

  test("brings a forced task: the worker goes on with what it does", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    const task = await scene.poll();
    const answer = await scene.complete(task, [], {
      returnNewWorkflowTask: true,
      forceCreateNewWorkflowTask: true,
      ...sticky(queue),
    });
    await scene.complete(answer.workflowTask!, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 WorkflowTaskScheduled",
      "6 WorkflowTaskStarted scheduledEventId=5",
      "7 WorkflowTaskCompleted scheduledEventId=5 startedEventId=6",
      "8 WorkflowExecutionCompleted",
    ]);
  });
});

describe("task tokens", () => {
  test("of other kinds, of answered tasks and broken ones are refused", async () => {
    const scene = new Scene();
    await scene.start();
    const task = await scene.poll();
    await scene.complete(task, [completeWorkflow()]);
    assert.equal(await errorOf(scene.complete(task, [])), "NotFound: Workflow task not found.");
    const broken = { ...task, taskToken: new Uint8Array([1, 2, 3]) };
    assert.match(await errorOf(scene.complete(broken, [])), /^InvalidArgument: /);
  });
});
