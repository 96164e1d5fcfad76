import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import {
  ParentClosePolicy,
  WorkflowExecutionStatus as Status,
} from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { WorkflowExecutionStartedEventAttributes } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import {
  close,
  completeWorkflow,
  describeEvents,
  failWorkflow,
  payloads,
  Scene,
  startTimer,
  values,
} from "./harness.ts";

after(close);

type Command = NonNullable<Parameters<Scene["complete"]>[1]>[number];
type ChildInit = Extract<Command["attributes"], { case: "startChildWorkflowExecutionCommandAttributes" }>["value"];

function startChild(child: Scene, options: Partial<ChildInit> = {}): Command {
  return {
    commandType: CommandType.START_CHILD_WORKFLOW_EXECUTION,
    attributes: {
      case: "startChildWorkflowExecutionCommandAttributes",
      value: {
        workflowId: child.workflowId,
        workflowType: { name: "Child" },
        taskQueue: { name: child.taskQueue },
        input: payloads("to child"),
        ...options,
      } as ChildInit,
    },
  };
}

function signalOther(workflowId: string, options: { runId?: string; childWorkflowOnly?: boolean } = {}): Command {
  return {
    commandType: CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
    attributes: {
      case: "signalExternalWorkflowExecutionCommandAttributes",
      value: {
        execution: { workflowId, runId: options.runId ?? "" },
        signalName: "hi",
        input: payloads(1),
        childWorkflowOnly: options.childWorkflowOnly ?? false,
      },
    },
  };
}

function cancelOther(workflowId: string, childWorkflowOnly = false): Command {
  return {
    commandType: CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
    attributes: {
      case: "requestCancelExternalWorkflowExecutionCommandAttributes",
      value: { workflowId, childWorkflowOnly, reason: "enough" },
    },
  };
}

async function family(options: Partial<ChildInit> = {}): Promise<{ parent: Scene; child: Scene }> {
  const parent = new Scene();
  const child = new Scene();
  await parent.start();
  await parent.step(startChild(child, options));
  await parent.step();
  const { attributes } = (await parent.events())[5];
  child.runId = (attributes.value as { workflowExecution: { runId: string } }).workflowExecution.runId;
  return { parent, child };
}

async function statusOf(scene: Scene): Promise<Status | undefined> {
  const answer = await scene.client.describeWorkflowExecution({ namespace: "default", execution: scene.execution });
  return answer.workflowExecutionInfo?.status;
}

async function closeOf(scene: Scene): Promise<string> {
  const answer = await scene.client.getWorkflowExecutionHistory({
    namespace: "default",
    execution: scene.execution,
    waitNewEvent: true,
    historyEventFilterType: 2,
  }, { timeoutMs: 8000 });
  return describeEvents(answer.history!.events)[0];
}

describe("child workflows", () => {
  test("start and report their result", async () => {
    const { parent, child } = await family();
    const task = await child.poll();
    assert.deepEqual(
      values((task.history!.events[0].attributes.value as WorkflowExecutionStartedEventAttributes).input),
      ["to child"],
    );
    await child.complete(task, [completeWorkflow("from child")]);
    await parent.step(completeWorkflow());
    assert.deepEqual((await parent.history()).slice(4), [
      `5 StartChildWorkflowExecutionInitiated workflowId=${child.workflowId}`,
      "6 ChildWorkflowExecutionStarted initiatedEventId=5",
      "7 WorkflowTaskScheduled",
      "8 WorkflowTaskStarted scheduledEventId=7",
      "9 WorkflowTaskCompleted scheduledEventId=7 startedEventId=8",
      "10 ChildWorkflowExecutionCompleted startedEventId=6 initiatedEventId=5",
      "11 WorkflowTaskScheduled",
      "12 WorkflowTaskStarted scheduledEventId=11",
      "13 WorkflowTaskCompleted scheduledEventId=11 startedEventId=12",
      "14 WorkflowExecutionCompleted",
    ]);
    const started = (await child.events())[0].attributes.value as {
      parentWorkflowExecution: { workflowId: string };
      rootWorkflowExecution: { workflowId: string };
    };
    assert.equal(started.parentWorkflowExecution.workflowId, parent.workflowId);
    assert.equal(started.rootWorkflowExecution.workflowId, parent.workflowId);
  });

  test("report their failure", async () => {
    const { parent, child } = await family();
    await child.step(failWorkflow("no"));
    await parent.step(completeWorkflow());
    assert.equal(
      (await parent.history())[9],
      "10 ChildWorkflowExecutionFailed startedEventId=6 initiatedEventId=5 retryState=RETRY_POLICY_NOT_SET",
    );
  });

  test("report being terminated", async () => {
    const { parent, child } = await family();
    await child.terminate();
    await parent.step(completeWorkflow());
    assert.equal(
      (await parent.history())[9],
      "10 ChildWorkflowExecutionTerminated startedEventId=6 initiatedEventId=5",
    );
  });

  test("cannot have an id that is taken", async () => {
    const taken = new Scene();
    await taken.start();
    const parent = new Scene();
    await parent.start();
    await parent.step(startChild(taken));
    await parent.step(completeWorkflow());
    assert.deepEqual((await parent.history()).slice(4, 7), [
      `5 StartChildWorkflowExecutionInitiated workflowId=${taken.workflowId}`,
      `6 StartChildWorkflowExecutionFailed initiatedEventId=5 cause=WORKFLOW_ALREADY_EXISTS workflowId=${taken.workflowId}`,
      "7 WorkflowTaskScheduled",
    ]);
    await taken.terminate();
  });

  const policies: [string, ParentClosePolicy, string | undefined][] = [
    ["are terminated", ParentClosePolicy.TERMINATE, "3 WorkflowExecutionTerminated reason=by parent close policy"],
    ["are asked to cancel", ParentClosePolicy.REQUEST_CANCEL, undefined],
    ["are left alone", ParentClosePolicy.ABANDON, undefined],
  ];
  for (const [name, parentClosePolicy, closing] of policies) {
    test(`${name} when their parent ends`, async () => {
      const { parent, child } = await family({ parentClosePolicy });
      await parent.signal("end");
      await parent.step(completeWorkflow());
      if (closing) {
        assert.equal(await closeOf(child), closing);
        return;
      }
      if (parentClosePolicy === ParentClosePolicy.REQUEST_CANCEL) {
        const { nextPageToken } = await child.client.getWorkflowExecutionHistory({
          namespace: "default",
          execution: child.execution,
          waitNewEvent: true,
        });
        if ((await child.history()).length === 2) {
          await child.client.getWorkflowExecutionHistory({
            namespace: "default",
            execution: child.execution,
            waitNewEvent: true,
            nextPageToken,
          }, { timeoutMs: 8000 });
        }
        assert.match((await child.history())[2], /^3 WorkflowExecutionCancelRequested/);
      }
      assert.equal(await statusOf(child), Status.RUNNING);
      await child.terminate();
    });
  }

  test("are not started where their parent ends before that, not even those that are left alone", async () => {
    const parent = new Scene();
    const child = new Scene();
    await parent.start();
    await parent.step(startChild(child, { parentClosePolicy: ParentClosePolicy.ABANDON }), completeWorkflow());
    // By the time another child has started, this one would have, too.
    const other = await family();
    assert.deepEqual((await parent.history()).slice(4), [
      `5 StartChildWorkflowExecutionInitiated workflowId=${child.workflowId}`,
      "6 WorkflowExecutionCompleted",
    ]);
    const { workflowId } = child;
    await assert.rejects(child.client.describeWorkflowExecution({ namespace: "default", execution: { workflowId } }));
    await other.parent.terminate();
  });
});

describe("signals to other workflows", () => {
  test("arrive, or report that nobody is there", async () => {
    const other = new Scene();
    await other.start();
    const scene = new Scene();
    await scene.start();
    await scene.step(signalOther(other.workflowId));
    await scene.step(signalOther(`nobody-${scene.workflowId}`));
    await scene.step(signalOther(scene.workflowId));
    await scene.step(completeWorkflow());
    const lines = (await scene.history()).filter((line) => line.includes("External"));
    assert.deepEqual(lines, [
      "5 SignalExternalWorkflowExecutionInitiated signalName=hi",
      "6 ExternalWorkflowExecutionSignaled initiatedEventId=5",
      "10 SignalExternalWorkflowExecutionInitiated signalName=hi",
      "11 SignalExternalWorkflowExecutionFailed initiatedEventId=10 cause=EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
      "15 SignalExternalWorkflowExecutionInitiated signalName=hi",
      "16 SignalExternalWorkflowExecutionFailed initiatedEventId=15 cause=EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
    ]);
    const received = (await other.events())[2].attributes.value as {
      signalName: string;
      identity: string;
      externalWorkflowExecution: { workflowId: string };
    };
    assert.equal(received.signalName, "hi");
    assert.equal(received.identity, "history-service");
    assert.equal(received.externalWorkflowExecution.workflowId, scene.workflowId);
    await other.terminate();
  });
});

describe("cancel requests to other workflows", () => {
  test("arrive, or report that nobody is there", async () => {
    const { parent, child } = await family();
    await parent.signal("go");
    await parent.step(cancelOther(child.workflowId, true));
    await parent.step(cancelOther(`nobody-${parent.workflowId}`));
    await parent.step(startTimer("t", 60_000));
    const lines = (await parent.history()).filter((line) => line.includes("External"));
    assert.deepEqual(lines, [
      "14 RequestCancelExternalWorkflowExecutionInitiated reason=enough",
      "15 ExternalWorkflowExecutionCancelRequested initiatedEventId=14",
      "19 RequestCancelExternalWorkflowExecutionInitiated reason=enough",
      "20 RequestCancelExternalWorkflowExecutionFailed initiatedEventId=19 cause=EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND",
    ]);
    assert.equal((await child.history())[2], "3 WorkflowExecutionCancelRequested cause=enough");
    await child.step({
      commandType: CommandType.CANCEL_WORKFLOW_EXECUTION,
      attributes: { case: "cancelWorkflowExecutionCommandAttributes", value: {} },
    });
    await parent.step(completeWorkflow());
    const last = (await parent.history()).filter((line) => line.includes("ChildWorkflowExecutionCanceled"));
    assert.equal(last.length, 1);
  });
});
