import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import {
  ContinueAsNewInitiator,
  WorkflowExecutionStatus as Status,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { WorkflowExecutionStartedEventAttributes } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import {
  close,
  completeWorkflow,
  connect,
  errorOf,
  failWorkflow,
  ms,
  payload,
  payloads,
  Scene,
  scheduleActivity,
  startTimer,
  values,
} from "./harness.ts";

after(close);

async function statusOf(scene: Scene, runId = scene.runId): Promise<Status | undefined> {
  const execution = { workflowId: scene.workflowId, runId };
  const answer = await scene.client.describeWorkflowExecution({ namespace: "default", execution });
  return answer.workflowExecutionInfo?.status;
}

async function startedOf(scene: Scene, runId: string): Promise<WorkflowExecutionStartedEventAttributes> {
  return (await scene.events(runId))[0].attributes.value as WorkflowExecutionStartedEventAttributes;
}

describe("starting", () => {
  test("the same request twice is one start", async () => {
    const scene = new Scene();
    const requestId = crypto.randomUUID();
    const first = await scene.client.startWorkflowExecution(scene.startRequest({ requestId }));
    const second = await scene.client.startWorkflowExecution(scene.startRequest({ requestId }));
    assert.equal(first.runId, second.runId);
    assert.deepEqual([first.started, second.started], [true, true]);
    await scene.terminate();
  });

  test("a running workflow's id fails, is used, or replaces the run", async () => {
    const scene = new Scene();
    const runId = await scene.start();
    assert.equal(
      await errorOf(scene.start()),
      `AlreadyExists: Workflow execution is already running. WorkflowId: ${scene.workflowId}, RunId: ${runId}.`,
    );
    const used = await scene.client.startWorkflowExecution(
      scene.startRequest({ workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING }),
    );
    assert.deepEqual([used.runId, used.started, used.status], [runId, false, Status.RUNNING]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const replaced = await scene.start({ workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING });
    assert.notEqual(replaced, runId);
    assert.equal(await statusOf(scene, runId), Status.TERMINATED);
    assert.equal(await statusOf(scene, replaced), Status.RUNNING);
    assert.deepEqual((await scene.history(runId)).slice(2), [
      "3 WorkflowExecutionTerminated reason=TerminateIfRunning WorkflowIdReusePolicy",
    ]);
    await scene.terminate();
  });

  test("a closed workflow's id is reused as the policy says", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(completeWorkflow());
    assert.equal(
      await errorOf(scene.start({ workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE })),
      `AlreadyExists: Workflow execution already finished. WorkflowId: ${scene.workflowId}, RunId: ${scene.runId}. ` +
        "Workflow Id reuse policy: reject duplicate workflow Id.",
    );
    const failedOnly = { workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY };
    assert.equal(
      await errorOf(scene.start(failedOnly)),
      "AlreadyExists: Workflow execution already finished successfully. " +
        `WorkflowId: ${scene.workflowId}, RunId: ${scene.runId}. ` +
        "Workflow Id reuse policy: allow duplicate workflow Id if last run failed.",
    );
    await scene.start();
    await scene.step(failWorkflow("no"));
    const again = await scene.start(failedOnly);
    assert.equal(await statusOf(scene, again), Status.RUNNING);
    await scene.terminate();
  });

  test("keeps memo, metadata and delay", async () => {
    const scene = new Scene();
    await scene.start({
      memo: { fields: { note: payload("n") } },
      userMetadata: { summary: payload("s"), details: payload("d") },
      workflowStartDelay: ms(1000),
    });
    assert.deepEqual(await scene.history(), ["1 WorkflowExecutionStarted"]);
    const described = await scene.client.describeWorkflowExecution({
      namespace: "default",
      execution: scene.execution,
    });
    assert.deepEqual(values({ payloads: [described.executionConfig!.userMetadata!.summary!] } as never), ["s"]);
    assert.deepEqual(Object.keys(described.workflowExecutionInfo?.memo?.fields ?? {}), ["note"]);
    assert.equal(described.pendingWorkflowTask, undefined);
    const task = await scene.poll();
    assert.equal((await startedOf(scene, scene.runId)).firstWorkflowTaskBackoff?.seconds, 1n);
    await scene.complete(task, [completeWorkflow()]);
  });

  const bad: [string, Parameters<Scene["startRequest"]>[0], string][] = [
    ["no id", { workflowId: "" }, "WorkflowId is not set on request."],
    ["no type", { workflowType: undefined }, "WorkflowType is not set on request."],
    ["no task queue", { taskQueue: undefined }, "taskQueue is not set"],
    ["a nameless task queue", { taskQueue: { name: "" } }, "missing task queue name"],
    ["a long id", { workflowId: "x".repeat(1001) }, "WorkflowId length exceeds limit."],
    ["a long type", { workflowType: { name: "x".repeat(1001) } }, "WorkflowType length exceeds limit."],
    ["a large input", { input: payloads("x".repeat(2_100_000)) }, "Blob data size exceeds limit."],
    [
      "a negative timeout",
      { workflowRunTimeout: { seconds: -1n, nanos: 0 } },
      "An invalid WorkflowRunTimeoutSeconds is set on request. cause: negative duration",
    ],
    [
      "a bad retry policy",
      { retryPolicy: { backoffCoefficient: 0.5 } },
      "BackoffCoefficient cannot be less than 1 on retry policy.",
    ],
    [
      "a retry policy with a negative count",
      { retryPolicy: { maximumAttempts: -1 } },
      "MaximumAttempts cannot be negative on retry policy.",
    ],
    [
      "an unknown search attribute",
      { searchAttributes: { indexedFields: { Nonsense: payload(1) } } },
      "Namespace default has no mapping defined for search attribute Nonsense",
    ],
  ];
  for (const [name, request, message] of bad) {
    test(`with ${name} is refused`, async () => {
      assert.equal(await errorOf(new Scene().start(request)), `InvalidArgument: ${message}`);
    });
  }

  test("in an unknown namespace is refused", async () => {
    const error = await errorOf(new Scene().start({ namespace: "nowhere" }));
    assert.equal(error, "NotFound: Namespace nowhere is not found.");
  });
});

describe("signals", () => {
  test("come once a request id", async () => {
    const scene = new Scene();
    await scene.start();
    const request = {
      namespace: "default",
      workflowExecution: scene.execution,
      signalName: "s",
      input: payloads(1),
      requestId: crypto.randomUUID(),
    };
    await scene.client.signalWorkflowExecution(request);
    await scene.client.signalWorkflowExecution(request);
    assert.deepEqual((await scene.history()).slice(1), [
      "2 WorkflowTaskScheduled",
      "3 WorkflowExecutionSignaled signalName=s",
    ]);
    await scene.terminate();
  });

  test("to nobody and to closed workflows are not found", async () => {
    const scene = new Scene();
    scene.runId = "";
    assert.equal(await errorOf(scene.signal("s")), `NotFound: workflow not found for ID: ${scene.workflowId}`);
    await scene.start();
    await scene.step(completeWorkflow());
    assert.equal(await errorOf(scene.signal("s")), "NotFound: workflow execution already completed");
    scene.runId = crypto.randomUUID();
    assert.equal(
      await errorOf(scene.signal("s")),
      `NotFound: workflow execution not found for workflow ID "${scene.workflowId}" and run ID "${scene.runId}"`,
    );
    scene.runId = "not-a-uuid";
    assert.equal(await errorOf(scene.signal("s")), "InvalidArgument: Invalid RunId.");
  });

  test("start their workflow where none runs", async () => {
    const scene = new Scene();
    const { $typeName: _, ...request } = { $typeName: undefined, ...scene.startRequest() };
    const call = { ...request, signalName: "s", signalInput: payloads("first") };
    const first = await scene.client.signalWithStartWorkflowExecution({ ...call, requestId: crypto.randomUUID() });
    const second = await scene.client.signalWithStartWorkflowExecution({ ...call, requestId: crypto.randomUUID() });
    assert.deepEqual([first.started, second.started], [true, false]);
    assert.equal(first.runId, second.runId);
    scene.runId = first.runId;
    assert.deepEqual(await scene.history(), [
      "1 WorkflowExecutionStarted",
      "2 WorkflowExecutionSignaled signalName=s",
      "3 WorkflowTaskScheduled",
      "4 WorkflowExecutionSignaled signalName=s",
    ]);
    await scene.terminate();
  });
});

describe("cancelling", () => {
  test("is asked once and answered by the workflow", async () => {
    const scene = new Scene();
    await scene.start();
    const request = { namespace: "default", workflowExecution: scene.execution, reason: "enough", identity: "tester" };
    await scene.client.requestCancelWorkflowExecution(request);
    await scene.client.requestCancelWorkflowExecution(request);
    await scene.step({
      commandType: CommandType.CANCEL_WORKFLOW_EXECUTION,
      attributes: { case: "cancelWorkflowExecutionCommandAttributes", value: { details: payloads("bye") } },
    });
    assert.equal(await statusOf(scene), Status.CANCELED);
    assert.deepEqual(await scene.history(), [
      "1 WorkflowExecutionStarted",
      "2 WorkflowTaskScheduled",
      "3 WorkflowExecutionCancelRequested cause=enough",
      "4 WorkflowTaskStarted scheduledEventId=2",
      "5 WorkflowTaskCompleted scheduledEventId=2 startedEventId=4",
      "6 WorkflowExecutionCanceled",
    ]);
    await scene.client.requestCancelWorkflowExecution(request);
    assert.equal((await scene.history()).length, 6);
  });
});

describe("terminating", () => {
  test("takes the task from its worker", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(scheduleActivity(scene, "a"), startTimer("t", 60_000));
    await scene.signal("s");
    const task = await scene.poll();
    await scene.signal("unseen");
    await scene.terminate();
    assert.equal(await errorOf(scene.complete(task, [])), "NotFound: Workflow task not found.");
    assert.deepEqual((await scene.history()).slice(6), [
      "7 WorkflowExecutionSignaled signalName=s",
      "8 WorkflowTaskScheduled",
      "9 WorkflowTaskStarted scheduledEventId=8",
      "10 WorkflowTaskFailed scheduledEventId=8 startedEventId=9 cause=FORCE_CLOSE_COMMAND",
      "11 WorkflowExecutionSignaled signalName=unseen",
      "12 WorkflowExecutionTerminated reason=test over",
    ]);
    assert.equal(await statusOf(scene), Status.TERMINATED);
    assert.equal(await errorOf(scene.terminate()), "NotFound: workflow execution already completed");
  });

  test("names the chain it means", async () => {
    const scene = new Scene();
    await scene.start();
    assert.equal(
      await errorOf(scene.client.terminateWorkflowExecution({
        namespace: "default",
        workflowExecution: { workflowId: scene.workflowId, runId: "" },
        firstExecutionRunId: crypto.randomUUID(),
      })),
      "NotFound: workflow execution not found",
    );
    await scene.client.terminateWorkflowExecution({
      namespace: "default",
      workflowExecution: { workflowId: scene.workflowId, runId: "" },
      firstExecutionRunId: scene.runId,
    });
    assert.equal(
      (await scene.history())[2],
      "3 WorkflowExecutionTerminated reason=terminated by user via frontend",
    );
  });
});

describe("workflow timeouts", () => {
  test("end a run", async () => {
    const scene = new Scene();
    await scene.start({ workflowRunTimeout: ms(1000) });
    const closing = await scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
      historyEventFilterType: 2,
    }, { timeoutMs: 8000 });
    assert.equal(closing.history?.events[0].attributes.case, "workflowExecutionTimedOutEventAttributes");
    assert.deepEqual((await scene.history()).slice(1), [
      "2 WorkflowTaskScheduled",
      "3 WorkflowExecutionTimedOut retryState=RETRY_POLICY_NOT_SET",
    ]);
    assert.equal(await statusOf(scene), Status.TIMED_OUT);
  });

  test("end a chain, whatever its retry policy", async () => {
    const scene = new Scene();
    await scene.start({ workflowExecutionTimeout: ms(1000), retryPolicy: { maximumAttempts: 5 } });
    const task = await scene.poll();
    const closing = await scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
      historyEventFilterType: 2,
    }, { timeoutMs: 8000 });
    assert.equal(closing.history?.events.length, 1);
    assert.equal(await errorOf(scene.complete(task, [])), "NotFound: Workflow task not found.");
    const lines = await scene.history();
    assert.equal(lines.at(-1), `${lines.length} WorkflowExecutionTimedOut retryState=TIMEOUT`);
    assert.equal(await statusOf(scene), Status.TIMED_OUT);
  });
});

describe("workflow retries", () => {
  test("run the workflow again with what it had", async () => {
    const scene = new Scene();
    const first = await scene.start({
      input: payloads("in"),
      retryPolicy: { initialInterval: ms(1000), maximumAttempts: 2 },
      memo: { fields: { note: payload("n") } },
    });
    await scene.step(failWorkflow("one"));
    assert.equal((await scene.history(first)).at(-1), "5 WorkflowExecutionFailed retryState=IN_PROGRESS");
    const failed = (await scene.events(first)).at(-1)!.attributes.value as { newExecutionRunId: string };
    const second = await scene.poll();
    assert.equal(second.workflowExecution?.runId, failed.newExecutionRunId);
    await scene.complete(second, [failWorkflow("two")]);
    const started = await startedOf(scene, failed.newExecutionRunId);
    assert.equal(started.attempt, 2);
    assert.equal(started.initiator, ContinueAsNewInitiator.RETRY);
    assert.equal(started.continuedExecutionRunId, first);
    assert.equal(started.firstExecutionRunId, first);
    assert.equal(started.originalExecutionRunId, failed.newExecutionRunId);
    assert.equal(started.continuedFailure?.message, "one");
    assert.deepEqual(values(started.input), ["in"]);
    assert.equal(
      (await scene.history(failed.newExecutionRunId)).at(-1),
      "5 WorkflowExecutionFailed retryState=MAXIMUM_ATTEMPTS_REACHED",
    );
  });

  test("stop at failures that are not to be retried", async () => {
    const scene = new Scene();
    await scene.start({ retryPolicy: { maximumAttempts: 5 } });
    await scene.step(failWorkflow("never", true));
    assert.equal((await scene.history()).at(-1), "5 WorkflowExecutionFailed retryState=NON_RETRYABLE_FAILURE");
  });
});

describe("continue as new", () => {
  test("starts the next run of the chain", async () => {
    const scene = new Scene();
    const first = await scene.start({ workflowTaskTimeout: ms(7000), memo: { fields: { note: payload("n") } } });
    await scene.step({
      commandType: CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
      attributes: { case: "continueAsNewWorkflowExecutionCommandAttributes", value: { input: payloads(2) } },
    });
    const closing = (await scene.events(first)).at(-1)!;
    assert.equal(closing.attributes.case, "workflowExecutionContinuedAsNewEventAttributes");
    const next = (closing.attributes.value as { newExecutionRunId: string }).newExecutionRunId;
    assert.equal(await statusOf(scene, first), Status.CONTINUED_AS_NEW);
    const task = await scene.poll();
    assert.equal(task.workflowExecution?.runId, next);
    await scene.complete(task, [completeWorkflow()]);
    const started = await startedOf(scene, next);
    assert.equal(started.continuedExecutionRunId, first);
    assert.equal(started.firstExecutionRunId, first);
    assert.equal(started.initiator, ContinueAsNewInitiator.WORKFLOW);
    assert.deepEqual(values(started.input), [2]);
    assert.equal(started.workflowType?.name, "Scene");
    assert.equal(started.workflowTaskTimeout?.seconds, 7n);
    assert.equal(await statusOf(scene, next), Status.COMPLETED);
  });
});

describe("the server", () => {
  test("says what it is", async () => {
    const info = await connect().getSystemInfo({});
    assert.equal(info.capabilities?.encodedFailureAttributes, true);
    assert.equal(info.capabilities?.sdkMetadata, true);
    const namespace = await connect().describeNamespace({ namespace: "default" });
    assert.equal(namespace.namespaceInfo?.capabilities?.asyncUpdate, true);
  });
});
