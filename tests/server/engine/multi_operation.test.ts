import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import { UpdateWorkflowExecutionLifecycleStage as Stage } from "../../../src/gen/temporal/api/enums/v1/update_pb.ts";
import { WorkflowIdConflictPolicy } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import { MultiOperationExecutionFailureSchema } from "../../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { MessageSchema } from "../../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { AcceptanceSchema, RequestSchema, ResponseSchema } from "../../../src/gen/temporal/api/update/v1/message_pb.ts";
import type {
  ExecuteMultiOperationResponse,
  PollWorkflowTaskQueueResponse,
} from "../../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { close, payloads, Scene, startTimer, values } from "./harness.ts";

after(close);

function updateWithStart(
  scene: Scene,
  options: { start?: object; updateId?: string; workflowId?: string } = {},
): Promise<ExecuteMultiOperationResponse> {
  return scene.client.executeMultiOperation({
    namespace: "default",
    operations: [
      {
        operation: {
          case: "startWorkflow",
          value: scene.startRequest({
            workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
            ...options.start,
          }),
        },
      },
      {
        operation: {
          case: "updateWorkflow",
          value: {
            namespace: "default",
            workflowExecution: { workflowId: options.workflowId ?? scene.workflowId },
            waitPolicy: { lifecycleStage: Stage.COMPLETED },
            request: {
              meta: { updateId: options.updateId ?? "u1" },
              input: { name: "change", args: payloads(1) },
            },
          },
        },
      },
    ],
  }, { timeoutMs: 10_000 });
}

async function answer(scene: Scene, task: PollWorkflowTaskQueueResponse, result: unknown): Promise<void> {
  const messages = task.messages.flatMap((message) => {
    const acceptance = create(AcceptanceSchema, {
      acceptedRequestMessageId: message.id,
      acceptedRequestSequencingEventId: message.sequencingId.value as bigint,
      acceptedRequest: anyUnpack(message.body!, RequestSchema),
    });
    const response = create(ResponseSchema, {
      meta: { updateId: message.protocolInstanceId },
      outcome: { value: { case: "success", value: payloads(result) } },
    });
    const { protocolInstanceId } = message;
    return [
      create(MessageSchema, { id: "accept", protocolInstanceId, body: anyPack(AcceptanceSchema, acceptance) }),
      create(MessageSchema, { id: "respond", protocolInstanceId, body: anyPack(ResponseSchema, response) }),
    ];
  });
  const commands = messages.map(({ id }) => ({
    commandType: CommandType.PROTOCOL_MESSAGE,
    attributes: { case: "protocolMessageCommandAttributes" as const, value: { messageId: id } },
  }));
  await scene.complete(task, [...commands, startTimer(`t${task.startedEventId}`, 60_000)], { messages });
}

function readAnswer(response: ExecuteMultiOperationResponse): { runId: string; started: boolean; result: unknown } {
  const [start, update] = response.responses.map((one) => one.response);
  assert.ok(start.case === "startWorkflow" && update.case === "updateWorkflow");
  const outcome = update.value.outcome?.value;
  return {
    runId: start.value.runId,
    started: start.value.started,
    result: outcome?.case === "success" ? values(outcome.value) : outcome?.case,
  };
}

async function failureOf(call: Promise<unknown>): Promise<[string, ...string[]]> {
  const error = await call.then(() => assert.fail("no error"), (reason) => reason);
  assert.ok(error instanceof ConnectError);
  const [details] = error.findDetails(MultiOperationExecutionFailureSchema);
  return [
    `${Code[error.code]}: ${error.rawMessage}`,
    ...details.statuses.map(({ code, message }) => `${Code[code] ?? "OK"}: ${message}`),
  ];
}

describe("update with start", () => {
  test("starts the workflow with the update on its first task, then uses the running one", async () => {
    const scene = new Scene();
    const calling = updateWithStart(scene);
    const task = await scene.poll();
    assert.equal(task.startedEventId, 3n);
    assert.equal(task.messages.length, 1);
    await answer(scene, task, "first");
    const first = readAnswer(await calling);
    assert.deepEqual([first.started, first.result], [true, ["first"]]);
    scene.runId = first.runId;
    const again = updateWithStart(scene, { updateId: "u2" });
    await answer(scene, await scene.poll(), "second");
    const second = readAnswer(await again);
    assert.deepEqual([second.runId, second.started, second.result], [first.runId, false, ["second"]]);
    assert.deepEqual(readAnswer(await updateWithStart(scene)).result, ["first"], "the same update is not run twice");
    assert.deepEqual((await scene.history()).slice(3, 7), [
      "4 WorkflowTaskCompleted scheduledEventId=2 startedEventId=3",
      "5 WorkflowExecutionUpdateAccepted",
      "6 WorkflowExecutionUpdateCompleted acceptedEventId=5",
      "7 TimerStarted timerId=t3",
    ]);
    await scene.terminate();
  });

  test("says which of the two operations failed", async () => {
    const scene = new Scene();
    const runId = await scene.start();
    assert.deepEqual(
      await failureOf(updateWithStart(scene, { start: { workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL } })),
      [
        "AlreadyExists: Update-with-Start could not be executed.",
        `AlreadyExists: Workflow execution is already running. WorkflowId: ${scene.workflowId}, RunId: ${runId}.`,
        "Aborted: Operation was aborted.",
      ],
    );
    assert.deepEqual(await failureOf(updateWithStart(scene, { workflowId: "other" })), [
      "InvalidArgument: Update-with-Start could not be executed.",
      "Aborted: Operation was aborted.",
      "InvalidArgument: WorkflowId is not consistent with previous operation(s).",
    ]);
    assert.deepEqual(await failureOf(updateWithStart(scene, { start: { workflowType: undefined } })), [
      "InvalidArgument: Update-with-Start could not be executed.",
      "InvalidArgument: WorkflowType is not set on request.",
      "Aborted: Operation was aborted.",
    ]);
    await scene.terminate();
  });
});
