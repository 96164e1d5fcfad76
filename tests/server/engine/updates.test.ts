import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import { UpdateWorkflowExecutionLifecycleStage as Stage } from "../../../src/gen/temporal/api/enums/v1/update_pb.ts";
import type { Message } from "../../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { MessageSchema } from "../../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import {
  AcceptanceSchema,
  RejectionSchema,
  RequestSchema,
  ResponseSchema,
} from "../../../src/gen/temporal/api/update/v1/message_pb.ts";
import type {
  PollWorkflowTaskQueueResponse,
  UpdateWorkflowExecutionResponse,
} from "../../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  applicationFailure,
  close,
  completeWorkflow,
  describeEvents,
  errorOf,
  ms,
  payloads,
  Scene,
  settle,
  startTimer,
  values,
} from "./harness.ts";

after(close);

function update(
  scene: Scene,
  updateId: string,
  stage: Stage = Stage.COMPLETED,
  timeoutMs = 15_000,
): Promise<UpdateWorkflowExecutionResponse> {
  return scene.client.updateWorkflowExecution({
    namespace: "default",
    workflowExecution: { workflowId: scene.workflowId, runId: "" },
    waitPolicy: { lifecycleStage: stage },
    request: {
      meta: { updateId, identity: "tester" },
      input: { name: "change", args: payloads(updateId) },
    },
  }, { timeoutMs });
}

function accept(message: Message): Message {
  const request = anyUnpack(message.body!, RequestSchema)!;
  return create(MessageSchema, {
    id: `${message.id}/accept`,
    protocolInstanceId: message.protocolInstanceId,
    body: anyPack(
      AcceptanceSchema,
      create(AcceptanceSchema, {
        acceptedRequestMessageId: message.id,
        acceptedRequestSequencingEventId: message.sequencingId.value as bigint,
        acceptedRequest: request,
      }),
    ),
  });
}

function respond(message: Message, result: unknown): Message {
  return create(MessageSchema, {
    id: `${message.id}/complete`,
    protocolInstanceId: message.protocolInstanceId,
    body: anyPack(
      ResponseSchema,
      create(ResponseSchema, {
        meta: { updateId: message.protocolInstanceId, identity: "tester" },
        outcome: { value: { case: "success", value: payloads(result) } },
      }),
    ),
  });
}

function reject(message: Message, text: string): Message {
  const request = anyUnpack(message.body!, RequestSchema)!;
  return create(MessageSchema, {
    id: `${message.id}/reject`,
    protocolInstanceId: message.protocolInstanceId,
    body: anyPack(
      RejectionSchema,
      create(RejectionSchema, {
        rejectedRequestMessageId: message.id,
        rejectedRequestSequencingEventId: message.sequencingId.value as bigint,
        rejectedRequest: request,
        failure: applicationFailure(text),
      }),
    ),
  });
}

function carry(message: Message): NonNullable<Parameters<Scene["complete"]>[1]>[number] {
  return {
    commandType: CommandType.PROTOCOL_MESSAGE,
    attributes: { case: "protocolMessageCommandAttributes", value: { messageId: message.id } },
  };
}

async function answerAll(scene: Scene, task: PollWorkflowTaskQueueResponse, result: unknown): Promise<void> {
  const messages = task.messages.flatMap((message) => [accept(message), respond(message, result)]);
  await scene.complete(task, messages.map(carry), { messages });
}

function outcomeOf(answer: UpdateWorkflowExecutionResponse): unknown {
  const outcome = answer.outcome?.value;
  if (outcome?.case === "success") return values(outcome.value);
  return outcome?.case === "failure" ? `failed: ${outcome.value.message}` : "none";
}

/** A workflow that idles after its first task. */
async function idle(): Promise<Scene> {
  const scene = new Scene();
  await scene.start();
  await scene.step(startTimer("t", 60_000));
  return scene;
}

describe("updates", () => {
  test("come with a task that is in history once they are accepted", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const task = await scene.poll();
    assert.equal(task.startedEventId, 7n);
    assert.deepEqual(describeEvents(task.history!.events).slice(4), [
      "5 TimerStarted timerId=t",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
    ]);
    const [message] = task.messages;
    assert.equal(message.id, "u1/request");
    assert.equal(message.protocolInstanceId, "u1");
    assert.deepEqual(message.sequencingId, { case: "eventId", value: 6n });
    assert.deepEqual(values(anyUnpack(message.body!, RequestSchema)!.input!.args), ["u1"]);
    assert.equal((await scene.history()).length, 5);
    await answerAll(scene, task, "yes");
    const answer = await calling;
    assert.deepEqual(outcomeOf(answer), ["yes"]);
    assert.equal(answer.stage, Stage.COMPLETED);
    assert.equal(answer.updateRef?.workflowExecution?.runId, scene.runId);
    assert.deepEqual((await scene.history()).slice(5), [
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionUpdateAccepted",
      "10 WorkflowExecutionUpdateCompleted acceptedEventId=9",
    ]);
    assert.deepEqual(outcomeOf(await update(scene, "u1")), ["yes"], "asked again, the outcome is the same");
    await scene.terminate();
  });

  test("leave no trace when they are rejected", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const task = await scene.poll();
    const completed = await scene.complete(task, [], {
      messages: [reject(task.messages[0], "not now")],
      capabilities: { discardSpeculativeWorkflowTaskWithEvents: true },
    });
    assert.equal(completed.resetHistoryEventId, 3n);
    assert.equal(outcomeOf(await calling), "failed: not now");
    assert.deepEqual((await scene.history()).slice(4), ["5 TimerStarted timerId=t"]);
    const again = update(scene, "u1");
    await answerAll(scene, await scene.poll(), "now");
    assert.deepEqual(outcomeOf(await again), ["now"]);
    await scene.terminate();
  });

  test("leave their task behind when workers cannot see events twice", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const task = await scene.poll();
    const completed = await scene.complete(task, [], { messages: [reject(task.messages[0], "no")] });
    assert.equal(completed.resetHistoryEventId, 0n);
    assert.equal(outcomeOf(await calling), "failed: no");
    assert.deepEqual((await scene.history()).slice(5), [
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
    ]);
    await scene.terminate();
  });

  test("are waited for by stage, and polled", async () => {
    const scene = await idle();
    const calling = update(scene, "u1", Stage.ACCEPTED);
    const task = await scene.poll();
    const message = accept(task.messages[0]);
    await scene.complete(task, [carry(message), startTimer("u", 60_000)], { messages: [message] });
    const accepted = await calling;
    assert.equal(accepted.stage, Stage.ACCEPTED);
    assert.equal(outcomeOf(accepted), "none");
    const polling = scene.client.pollWorkflowExecutionUpdate({
      namespace: "default",
      updateRef: { workflowExecution: { workflowId: scene.workflowId, runId: "" }, updateId: "u1" },
      waitPolicy: { lifecycleStage: Stage.COMPLETED },
    }, { timeoutMs: 10_000 });
    await scene.signal("go on");
    const next = await scene.poll();
    assert.deepEqual(next.messages, []);
    const response = respond(task.messages[0], "done");
    await scene.complete(next, [carry(response)], { messages: [response] });
    const polled = await polling;
    assert.equal(polled.stage, Stage.COMPLETED);
    assert.deepEqual((await scene.history()).slice(8), [
      "9 WorkflowExecutionUpdateAccepted",
      "10 TimerStarted timerId=u",
      "11 WorkflowExecutionSignaled signalName=go on",
      "12 WorkflowTaskScheduled",
      "13 WorkflowTaskStarted scheduledEventId=12",
      "14 WorkflowTaskCompleted scheduledEventId=12 startedEventId=13",
      "15 WorkflowExecutionUpdateCompleted acceptedEventId=9",
    ]);
    assert.equal(
      await errorOf(scene.client.pollWorkflowExecutionUpdate({
        namespace: "default",
        updateRef: { workflowExecution: { workflowId: scene.workflowId, runId: "" }, updateId: "u9" },
        waitPolicy: { lifecycleStage: Stage.COMPLETED },
      })),
      'NotFound: update "u9" not found',
    );
    await scene.terminate();
  });

  test("go with the task that is waiting anyway", async () => {
    const scene = new Scene();
    await scene.start();
    const calling = update(scene, "u1");
    await settle();
    const task = await scene.poll();
    assert.equal(task.startedEventId, 3n);
    assert.deepEqual(task.messages[0].sequencingId, { case: "eventId", value: 2n });
    await answerAll(scene, task, 1);
    await calling;
    assert.deepEqual((await scene.history()).slice(3), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 WorkflowExecutionUpdateAccepted",
      "6 WorkflowExecutionUpdateCompleted acceptedEventId=5",
    ]);
    await scene.terminate();
  });

  test("that come while a task is out follow with the next", async () => {
    const scene = new Scene();
    await scene.start();
    const task = await scene.poll();
    const calling = update(scene, "u1");
    await settle();
    const queue = `sticky-${crypto.randomUUID()}`;
    const answer = await scene.complete(task, [startTimer("t", 60_000)], {
      returnNewWorkflowTask: true,
      stickyAttributes: { workerTaskQueue: { name: queue, kind: 2 }, scheduleToStartTimeout: ms(5000) },
    });
    const next = answer.workflowTask!;
    assert.deepEqual(describeEvents(next.history!.events), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 TimerStarted timerId=t",
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
    ]);
    await answerAll(scene, next, 2);
    assert.deepEqual(outcomeOf(await calling), [2]);
    await scene.terminate();
  });

  test("that the worker leaves unanswered are rejected", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    await scene.complete(await scene.poll(), [], { capabilities: { discardSpeculativeWorkflowTaskWithEvents: true } });
    assert.match(String(outcomeOf(await calling)), /^failed: Workflow Update is rejected because it wasn't processed/);
    assert.equal((await scene.history()).length, 5);
    await scene.terminate();
  });

  test("are sent again after their task failed", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const first = await scene.poll();
    await scene.client.respondWorkflowTaskFailed({ taskToken: first.taskToken, cause: 14, identity: "tester" });
    const second = await scene.poll();
    assert.equal(second.messages.length, 1);
    assert.equal(second.attempt, 2);
    await answerAll(scene, second, "late");
    assert.deepEqual(outcomeOf(await calling), ["late"]);
    assert.deepEqual((await scene.history()).slice(5), [
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskFailed scheduledEventId=6 startedEventId=7 cause=WORKFLOW_WORKER_UNHANDLED_FAILURE",
      "9 WorkflowTaskScheduled attempt=2",
      "10 WorkflowTaskStarted scheduledEventId=9",
      "11 WorkflowTaskCompleted scheduledEventId=9 startedEventId=10",
      "12 WorkflowExecutionUpdateAccepted",
      "13 WorkflowExecutionUpdateCompleted acceptedEventId=12",
    ]);
    await scene.terminate();
  });

  test("get a task of their own even if a signal comes before it starts", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    await settle();
    await scene.signal("s");
    const task = await scene.poll();
    assert.equal(task.messages.length, 1);
    await answerAll(scene, task, 1);
    await calling;
    assert.deepEqual((await scene.history()).slice(5), [
      "6 WorkflowTaskScheduled",
      "7 WorkflowExecutionSignaled signalName=s",
      "8 WorkflowTaskStarted scheduledEventId=6",
      "9 WorkflowTaskCompleted scheduledEventId=6 startedEventId=8",
      "10 WorkflowExecutionUpdateAccepted",
      "11 WorkflowExecutionUpdateCompleted acceptedEventId=10",
    ]);
    await scene.terminate();
  });

  test("see their task become ordinary when a signal comes while it is out", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const task = await scene.poll();
    await scene.signal("s");
    assert.equal((await scene.history()).length, 7);
    await scene.complete(task, [], { messages: [reject(task.messages[0], "no")] });
    assert.equal(outcomeOf(await calling), "failed: no");
    const next = await scene.poll();
    await scene.complete(next, [completeWorkflow()]);
    assert.deepEqual((await scene.history()).slice(5), [
      "6 WorkflowTaskScheduled",
      "7 WorkflowTaskStarted scheduledEventId=6",
      "8 WorkflowTaskCompleted scheduledEventId=6 startedEventId=7",
      "9 WorkflowExecutionSignaled signalName=s",
      "10 WorkflowTaskScheduled",
      "11 WorkflowTaskStarted scheduledEventId=10",
      "12 WorkflowTaskCompleted scheduledEventId=10 startedEventId=11",
      "13 WorkflowExecutionCompleted",
    ]);
  });

  test("that are accepted fail when the workflow completes without them", async () => {
    const scene = await idle();
    const calling = update(scene, "u1");
    const task = await scene.poll();
    const message = accept(task.messages[0]);
    await scene.complete(task, [carry(message), completeWorkflow()], { messages: [message] });
    assert.equal(
      outcomeOf(await calling),
      "failed: Workflow Update failed because the Workflow completed before the Update completed.",
    );
    assert.equal(await errorOf(update(scene, "u2")), "NotFound: workflow execution already completed");
  });

  test("that nobody saw are aborted when the workflow closes", async () => {
    const scene = new Scene();
    await scene.start();
    const task = await scene.poll();
    const calling = errorOf(update(scene, "u1"));
    await settle();
    await scene.complete(task, [completeWorkflow()]);
    assert.equal(await calling, "NotFound: workflow update was aborted by closing workflow");
  });

  test("answered wrongly fail the task", async () => {
    const scene = await idle();
    const calling = errorOf(update(scene, "u1"));
    const task = await scene.poll();
    const response = respond(task.messages[0], 1);
    assert.equal(
      await errorOf(scene.complete(task, [carry(response)], { messages: [response] })),
      "InvalidArgument: BadUpdateWorkflowExecutionMessage: invalid state transition attempted for Update u1: " +
        "received *update.Response message while in state Sent",
    );
    assert.equal(
      await calling,
      "FailedPrecondition: Unable to perform workflow execution update due to unexpected workflow task failure.",
    );
    const missing = await scene.poll();
    assert.equal(
      await errorOf(scene.complete(missing, [carry(response)])),
      "InvalidArgument: BadUpdateWorkflowExecutionMessage: ProtocolMessageCommand referenced absent message ID u1/request/complete",
    );
    await scene.terminate();
  });

  test("need meta, input, name and a stage that can be waited for", async () => {
    const scene = await idle();
    const call = (request: object, stage: Stage = Stage.COMPLETED): Promise<string> =>
      errorOf(scene.client.updateWorkflowExecution({
        namespace: "default",
        workflowExecution: scene.execution,
        waitPolicy: { lifecycleStage: stage },
        request,
      }));
    assert.equal(await call({}), "InvalidArgument: Update meta is not set on request.");
    assert.equal(await call({ meta: {} }), "InvalidArgument: Update input is not set on request.");
    assert.equal(await call({ meta: {}, input: {} }), "InvalidArgument: Update name is not set on request.");
    assert.equal(
      await call({ meta: {}, input: { name: "n" } }, Stage.ADMITTED),
      "PermissionDenied: UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.",
    );
    await scene.terminate();
  });
});
