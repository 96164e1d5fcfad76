/**
 * A WorkflowService whose answers a test writes down, and a client on it.
 */
// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl, Transport } from "@connectrpc/connect";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { Client } from "../../src/client/client.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { Payload } from "../../src/common/payload.ts";
import { defaultPayloadConverter } from "../../src/converter/default_converters.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { PayloadsSchema } from "../../src/gen/temporal/api/common/v1/message_pb.ts";
import type { HistoryEventSchema } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";

type Service = ServiceImpl<typeof WorkflowService>;
type Methods = (typeof WorkflowService)["method"];

/** One call as the service saw it. */
export interface SeenCall {
  method: string;
  request: any;
  headers: Headers;
  /** Milliseconds the client gave the call. */
  timeout: number;
}

/** What a test answers with: a message, or a function of the request. */
export type Answers = {
  [K in keyof Service]?:
    | MessageInitShape<Methods[K]["output"]>
    | ((request: MessageShape<Methods[K]["input"]>, call: number) => unknown);
};

export interface Fake {
  client: Client;
  transport: Transport;
  /** The calls in order, without GetSystemInfo. */
  calls: SeenCall[];
  /** The requests of one method, in order. */
  requests(method: keyof Service): any[];
}

/** A client over a service with these answers; methods without one are unimplemented. */
export async function connectFake(answers: Answers, options: ConnectOptions = {}): Promise<Fake> {
  const { transport, calls } = fakeTransport(answers);
  const client = await Client.connect({ identity: "tester", retryConfig: false, ...options, transport });
  const requests = (method: keyof Service): any[] =>
    calls.filter((call) => call.method === method).map((call) => call.request);
  return { client, transport, calls, requests };
}

/** The transport alone. */
export function fakeTransport(answers: Answers): { transport: Transport; calls: SeenCall[] } {
  const calls: SeenCall[] = [];
  const implementation: Record<string, unknown> = {};
  for (const [method, answer] of Object.entries({ getSystemInfo: {}, ...answers })) {
    let count = 0;
    implementation[method] = async (request: unknown, context: HandlerContext) => {
      if (method !== "getSystemInfo") {
        const headers = context.requestHeader;
        calls.push({ method, request, headers, timeout: Number(headers.get("connect-timeout-ms") ?? NaN) });
      }
      return await (typeof answer === "function" ? (answer as any)(request, count++) : answer);
    };
  }
  const transport = createRouterTransport(({ service }) => {
    service(WorkflowService, implementation as Partial<Service>);
    service(Health, {
      check: ({ service }) => {
        if (service === "unknown") throw new ConnectError("unknown service", Code.NotFound);
        return { status: service === "temporal.api.workflowservice.v1.WorkflowService" ? 1 : 2 };
      },
    });
  });
  return { transport, calls };
}

/** Values as payloads of the default converter. */
export function payloads(...values: unknown[]): { payloads: Payload[] } {
  return { payloads: values.map((value) => defaultPayloadConverter.toPayload(value)) };
}

/** Payloads of a request as values. */
export function values(of: { payloads: Payload[] } | undefined): unknown[] | undefined {
  return of?.payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));
}

/** A history response with these events. */
export function history(
  events: MessageInitShape<typeof HistoryEventSchema>["attributes"][],
  nextPageToken: Uint8Array = new Uint8Array(),
): any {
  return {
    history: { events: events.map((attributes, index) => ({ eventId: BigInt(index + 1), attributes })) },
    nextPageToken,
  };
}

/** A completed event with a result. */
export function completed(result: unknown, newExecutionRunId: string = ""): any {
  return {
    case: "workflowExecutionCompletedEventAttributes",
    value: { result: create(PayloadsSchema, payloads(result)), newExecutionRunId },
  };
}

/** The fields of a message that are set: neither default values nor empty. */
export function setFields(message: object): Record<string, unknown> {
  const isSet = (value: unknown): boolean =>
    value !== undefined && value !== "" && value !== 0 && value !== 0n && value !== false &&
    !(value instanceof Uint8Array && value.length === 0) && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(message).filter(([key, value]) => key !== "$typeName" && isSet(value)));
}
