import { create, type DescMessage, type DescMethodUnary, type MessageInitShape } from "@bufbuild/protobuf";
import { RPCError } from "../../src/common/errors.ts";
import {
  type PollActivityTaskQueueResponse,
  PollActivityTaskQueueResponseSchema,
  type PollWorkflowTaskQueueResponse,
  PollWorkflowTaskQueueResponseSchema,
} from "../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { type Call, type ServiceSettings, TaskService } from "../../src/worker/service.ts";

export interface MadeCall {
  method: string;
  // deno-lint-ignore no-explicit-any
  request: any;
}

/** What a fake server answers, by method; what is missing answers with nothing in it. */
// deno-lint-ignore no-explicit-any
export type Answers = Record<string, (request: any) => unknown>;

/** A service whose server is a table of answers; keeps the calls. */
export function createFakeService(
  answers: Answers = {},
  settings: Partial<ServiceSettings> = {},
): { service: TaskService; calls: MadeCall[]; made(method: string): MadeCall[] } {
  const calls: MadeCall[] = [];
  const call = async <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ) => {
    calls.push({ method: method.localName, request: create(method.input, request) });
    const answer = await answers[method.localName]?.(request);
    return create(method.output, (answer ?? {}) as MessageInitShape<O>);
  };
  const service = new TaskService({
    namespace: "default",
    identity: "me",
    taskQueue: "greetings",
    stickyQueue: "sticky",
    workerInstanceKey: "key",
    ...settings,
  }, () => call as Call);
  return { service, calls, made: (method) => calls.filter((made) => made.method === method) };
}

export function notFound(): never {
  throw new RPCError("no such task", { status: "NOT_FOUND" });
}

const encoder = new TextEncoder();

export function payload(value: unknown): { metadata: Record<string, Uint8Array>; data: Uint8Array } {
  return { metadata: { encoding: encoder.encode("json/plain") }, data: encoder.encode(JSON.stringify(value)) };
}

export function readPayload(payload: { data: Uint8Array }): unknown {
  return JSON.parse(new TextDecoder().decode(payload.data));
}

export function activityTask(
  init: Omit<MessageInitShape<typeof PollActivityTaskQueueResponseSchema>, "$typeName" | "$unknown"> = {},
): PollActivityTaskQueueResponse {
  return create(PollActivityTaskQueueResponseSchema, {
    taskToken: new Uint8Array([1]),
    activityId: "7",
    activityType: { name: "greet" },
    workflowNamespace: "default",
    workflowExecution: { workflowId: "w", runId: "r" },
    workflowType: { name: "hello" },
    attempt: 1,
    scheduledTime: { seconds: 1n, nanos: 0 },
    startedTime: { seconds: 2n, nanos: 0 },
    input: { payloads: [payload("Ada")] },
    ...init,
  });
}

export function workflowTask(
  init: Omit<MessageInitShape<typeof PollWorkflowTaskQueueResponseSchema>, "$typeName" | "$unknown"> = {},
): PollWorkflowTaskQueueResponse {
  return create(PollWorkflowTaskQueueResponseSchema, {
    taskToken: new Uint8Array([9]),
    workflowExecution: { workflowId: "w", runId: "r" },
    workflowType: { name: "hello" },
    attempt: 1,
    startedEventId: 3n,
    ...init,
  });
}
