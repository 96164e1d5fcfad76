/**
 * A server to test and hand-written workers for it. With `TEMPORAL_ADDRESS` set the same tests run
 * against a real server, which is how we know that ours behaves as that one does.
 */
import { create, toJson } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Client, Transport } from "@connectrpc/connect";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { CommandSchema } from "../../../src/gen/temporal/api/command/v1/message_pb.ts";
import type { Payload, Payloads } from "../../../src/gen/temporal/api/common/v1/message_pb.ts";
import { PayloadSchema, PayloadsSchema } from "../../../src/gen/temporal/api/common/v1/message_pb.ts";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import { EventType } from "../../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import { TaskQueueKind } from "../../../src/gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { HistoryEvent } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import { HistoryEventSchema } from "../../../src/gen/temporal/api/history/v1/message_pb.ts";
import { OperatorService } from "../../../src/gen/temporal/api/operatorservice/v1/service_pb.ts";
import type {
  PollActivityTaskQueueResponse,
  PollWorkflowTaskQueueResponse,
  RespondWorkflowTaskCompletedRequestSchema,
  RespondWorkflowTaskCompletedResponse,
  StartWorkflowExecutionRequestSchema,
} from "../../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { createService } from "../../../src/server/service.ts";
import type { Service, ServiceOptions } from "../../../src/server/service.ts";

export const address: string | undefined = process.env.TEMPORAL_ADDRESS;
/** Whether the tests run against a real server. */
export const isReal: boolean = address !== undefined && address !== "";

type StartInit = Extract<MessageInitShape<typeof StartWorkflowExecutionRequestSchema>, { $typeName?: never }>;
type CompletedInit = Extract<
  MessageInitShape<typeof RespondWorkflowTaskCompletedRequestSchema>,
  { $typeName?: never }
>;
type CommandInit = Extract<MessageInitShape<typeof CommandSchema>, { $typeName?: never }>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A JSON payload. */
export function payload(value: unknown): Payload {
  return create(PayloadSchema, {
    metadata: { encoding: encoder.encode("json/plain") },
    data: encoder.encode(JSON.stringify(value)),
  });
}

/** JSON payloads. */
export function payloads(...values: unknown[]): Payloads {
  return create(PayloadsSchema, { payloads: values.map(payload) });
}

/** The values of JSON payloads. */
export function values(data: Payloads | undefined): unknown[] {
  return (data?.payloads ?? []).map((one) => JSON.parse(decoder.decode(one.data)));
}

/** A duration of milliseconds. */
export function ms(duration: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(duration / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((duration - seconds * 1000) * 1e6) };
}

let service: Service | undefined;
let transport: Transport | undefined;

function open(): Transport {
  if (transport) return transport;
  if (isReal) return transport = createGrpcTransport({ baseUrl: `http://${address}` });
  service = createService({ namespaces: ["default"], logger: silent });
  return transport = createRouterTransport(service.routes);
}

const silent = { debug: ignore, info: ignore, warn: ignore, error: console.error };
function ignore(): void {}

/** A server of one's own, with options; not available against a real server. */
export function openOwn(options: Partial<ServiceOptions> = {}): { service: Service; client: RawClient } {
  const own = createService({ namespaces: ["default"], logger: silent, ...options });
  return { service: own, client: createClient(WorkflowService, createRouterTransport(own.routes)) };
}

/** Stops the tests' server. */
export async function close(): Promise<void> {
  await service?.shutdown();
  service = undefined;
  transport = undefined;
}

export type RawClient = Client<typeof WorkflowService>;

/** The tests' client. */
export function connect(): RawClient {
  return createClient(WorkflowService, open());
}

/** The operator's client of a real server. */
export function connectOperator(): Client<typeof OperatorService> {
  return createClient(OperatorService, open());
}

/** What a rejected call's error says, as `CODE: message`. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return `${Code[error.code]}: ${error.rawMessage}`;
    throw error;
  }
  return "no error";
}

/** Waits until calls made just before are with the server. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, isReal ? 500 : 20));
}

/** Waits for milliseconds: the real server's timers are slow to fire, ours need little. */
export async function pause(ours: number, real: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, isReal ? real : ours));
}

/** One workflow of a test with a task queue of its own, and a hand-written worker for it. */
export class Scene {
  readonly client: RawClient;
  readonly namespace: string = "default";
  readonly taskQueue: string = `queue-${crypto.randomUUID()}`;
  readonly workflowId: string = `workflow-${crypto.randomUUID()}`;
  readonly identity: string = "tester";
  runId = "";

  constructor(client: RawClient = connect()) {
    this.client = client;
  }

  async start(options: Partial<StartInit> = {}): Promise<string> {
    const response = await this.client.startWorkflowExecution(this.startRequest(options));
    this.runId = response.runId;
    return response.runId;
  }

  startRequest(options: Partial<StartInit> = {}): StartInit {
    return {
      namespace: this.namespace,
      workflowId: this.workflowId,
      workflowType: { name: "Scene" },
      taskQueue: { name: this.taskQueue },
      identity: this.identity,
      requestId: crypto.randomUUID(),
      ...options,
    };
  }

  get execution(): { workflowId: string; runId: string } {
    return { workflowId: this.workflowId, runId: this.runId };
  }

  /** A workflow task; throws if none comes. */
  async poll(options: { sticky?: string; timeoutMs?: number } = {}): Promise<PollWorkflowTaskQueueResponse> {
    const task = await this.tryPoll(options);
    if (task.taskToken.length === 0) throw new Error("no workflow task came");
    return task;
  }

  /** A workflow task, or an empty answer. */
  async tryPoll(
    { sticky, timeoutMs = 8000 }: { sticky?: string; timeoutMs?: number } = {},
  ): Promise<PollWorkflowTaskQueueResponse> {
    const taskQueue = sticky
      ? { name: sticky, kind: TaskQueueKind.STICKY, normalName: this.taskQueue }
      : { name: this.taskQueue, kind: TaskQueueKind.NORMAL };
    return await this.client.pollWorkflowTaskQueue(
      { namespace: this.namespace, taskQueue, identity: this.identity },
      { timeoutMs },
    );
  }

  /** An activity task; throws if none comes. */
  async pollActivity(timeoutMs = 8000): Promise<PollActivityTaskQueueResponse> {
    const task = await this.client.pollActivityTaskQueue({
      namespace: this.namespace,
      taskQueue: { name: this.taskQueue, kind: TaskQueueKind.NORMAL },
      identity: this.identity,
    }, { timeoutMs });
    if (task.taskToken.length === 0) throw new Error("no activity task came");
    return task;
  }

  async complete(
    task: PollWorkflowTaskQueueResponse,
    commands: CommandInit[] = [],
    options: Partial<CompletedInit> = {},
  ): Promise<RespondWorkflowTaskCompletedResponse> {
    return await this.client.respondWorkflowTaskCompleted({
      namespace: this.namespace,
      taskToken: task.taskToken,
      identity: this.identity,
      commands,
      ...options,
    });
  }

  /** Polls a task and completes it with these commands. */
  async step(...commands: CommandInit[]): Promise<PollWorkflowTaskQueueResponse> {
    const task = await this.poll();
    await this.complete(task, commands);
    return task;
  }

  async signal(signalName: string, ...args: unknown[]): Promise<void> {
    await this.client.signalWorkflowExecution({
      namespace: this.namespace,
      workflowExecution: this.execution,
      signalName,
      input: args.length > 0 ? payloads(...args) : undefined,
      identity: this.identity,
      requestId: crypto.randomUUID(),
    });
  }

  async terminate(): Promise<void> {
    await this.client.terminateWorkflowExecution({
      namespace: this.namespace,
      workflowExecution: { workflowId: this.workflowId, runId: "" },
      reason: "test over",
      identity: this.identity,
    });
  }

  async events(runId: string = this.runId): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let nextPageToken: Uint8Array = new Uint8Array();
    do {
      const page = await this.client.getWorkflowExecutionHistory({
        namespace: this.namespace,
        execution: { workflowId: this.workflowId, runId },
        nextPageToken,
      });
      events.push(...page.history!.events);
      nextPageToken = page.nextPageToken;
    } while (nextPageToken.length > 0);
    await dump(events);
    return events;
  }

  /** History as lines, `id Type key=value …` with the attributes that tests look at. */
  async history(runId?: string): Promise<string[]> {
    return (await this.events(runId)).map(describe);
  }
}

/** Lines of events. */
export function describeEvents(events: HistoryEvent[]): string[] {
  return events.map(describe);
}

const TYPE_NAMES = new Map<number, string>(
  Object.entries(EventType).map(([name, value]) => [
    value,
    name.split("_").map((word) => word[0] + word.slice(1).toLowerCase()).join(""),
  ]),
);

const SHOWN = [
  "scheduledEventId",
  "startedEventId",
  "initiatedEventId",
  "latestCancelRequestedEventId",
  "acceptedEventId",
  "attempt",
  "timerId",
  "activityId",
  "signalName",
  "cause",
  "timeoutType",
  "retryState",
  "reason",
  "markerName",
  "workflowId",
];

/** One event as a line. */
export function describe(event: HistoryEvent): string {
  const json = toJson(HistoryEventSchema, event) as Record<string, unknown>;
  const key = Object.keys(json).find((name) => name.endsWith("EventAttributes"));
  const attributes = (key ? json[key] : {}) as Record<string, unknown>;
  const shown = SHOWN.filter((name) => {
    if (name === "attempt" && attributes[name] === 1) return false;
    if (name === "workflowId" && event.eventType === EventType.WORKFLOW_EXECUTION_STARTED) return false;
    return attributes[name] !== undefined && attributes[name] !== "";
  }).map((name) => `${name}=${shorten(String(attributes[name]))}`);
  return [`${event.eventId} ${TYPE_NAMES.get(event.eventType)}`, ...shown].join(" ");
}

function shorten(value: string): string {
  return value.replace(/^(WORKFLOW_TASK_FAILED_CAUSE|TIMEOUT_TYPE|RETRY_STATE)_/, "")
    .replace(/^(START_CHILD|SIGNAL_EXTERNAL|CANCEL_EXTERNAL)_WORKFLOW_EXECUTION_FAILED_CAUSE_/, "");
}

let dumps = 0;

/** With `ENGINE_DUMP` set: writes each history read, without what differs from run to run, to compare two servers. */
async function dump(events: HistoryEvent[]): Promise<void> {
  const folder = process.env.ENGINE_DUMP;
  if (!folder) return;
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(folder, { recursive: true });
  const lines = events.map((event) => JSON.stringify(canonical(toJson(HistoryEventSchema, event)), undefined, 1));
  writeFileSync(`${folder}/${String(++dumps).padStart(3, "0")}.json`, lines.join("\n"));
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const VARYING = new Set(["eventTime", "taskId", "historySizeBytes", "createTime", "workflowExecutionExpirationTime"]);

function canonical(value: unknown): unknown {
  if (typeof value === "string") return value.replace(UUID, "<uuid>");
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
  return Object.fromEntries(entries.map(([key, item]) => [key, VARYING.has(key) ? `<${key}>` : canonical(item)]));
}

/** Command: complete the workflow. */
export function completeWorkflow(...results: unknown[]): CommandInit {
  return {
    commandType: CommandType.COMPLETE_WORKFLOW_EXECUTION,
    attributes: {
      case: "completeWorkflowExecutionCommandAttributes",
      value: { result: results.length > 0 ? payloads(...results) : undefined },
    },
  };
}

type Attributes<C extends string> = Extract<NonNullable<CommandInit["attributes"]>, { case: C }>["value"];

/** Command: schedule an activity on the scene's queue. */
export function scheduleActivity(
  scene: Scene,
  activityId: string,
  options: Partial<Attributes<"scheduleActivityTaskCommandAttributes">> = {},
): CommandInit {
  return {
    commandType: CommandType.SCHEDULE_ACTIVITY_TASK,
    attributes: {
      case: "scheduleActivityTaskCommandAttributes",
      value: {
        activityId,
        activityType: { name: "Act" },
        taskQueue: { name: scene.taskQueue },
        startToCloseTimeout: ms(10_000),
        ...options,
      } as Attributes<"scheduleActivityTaskCommandAttributes">,
    },
  };
}

/** Command: start a timer. */
export function startTimer(timerId: string, delayMs: number): CommandInit {
  return {
    commandType: CommandType.START_TIMER,
    attributes: { case: "startTimerCommandAttributes", value: { timerId, startToFireTimeout: ms(delayMs) } },
  };
}

/** Command: cancel a timer. */
export function cancelTimer(timerId: string): CommandInit {
  return {
    commandType: CommandType.CANCEL_TIMER,
    attributes: { case: "cancelTimerCommandAttributes", value: { timerId } },
  };
}

/** Command: ask an activity to cancel. */
export function cancelActivity(scheduledEventId: number): CommandInit {
  return {
    commandType: CommandType.REQUEST_CANCEL_ACTIVITY_TASK,
    attributes: {
      case: "requestCancelActivityTaskCommandAttributes",
      value: { scheduledEventId: BigInt(scheduledEventId) },
    },
  };
}

/** Command: fail the workflow. */
export function failWorkflow(message: string, nonRetryable = false): CommandInit {
  return {
    commandType: CommandType.FAIL_WORKFLOW_EXECUTION,
    attributes: {
      case: "failWorkflowExecutionCommandAttributes",
      value: { failure: applicationFailure(message, nonRetryable) },
    },
  };
}

/** An application failure. */
export function applicationFailure(message: string, nonRetryable = false, type = "Broken"): {
  message: string;
  source: string;
  failureInfo: { case: "applicationFailureInfo"; value: { type: string; nonRetryable: boolean } };
} {
  return {
    message,
    source: "Test",
    failureInfo: { case: "applicationFailureInfo", value: { type, nonRetryable } },
  };
}
