/**
 * One call to the peer of these tests.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { WorkflowExecutionAlreadyStartedFailureSchema } from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { Script } from "./peer_process.ts";

/** Options of {@link call}. */
export interface CallOptions extends Script {
  text?: string;
  timeout?: number;
  signal?: AbortSignal;
  header?: Record<string, string>;
}

/** Request and answer both begin with a text in field 1, so the peer can answer by the request itself. */
export const method = WorkflowService.method.startWorkflowExecution;

/** Calls the peer; gives the text of the answer. */
export async function call(transport: Transport, options: CallOptions = {}): Promise<string> {
  return (await respond(transport, options)).message.runId;
}

/** Calls the peer; gives the whole response. */
export async function respond(transport: Transport, options: CallOptions = {}) {
  const { text = "text", timeout, signal, header, ...script } = options;
  const all = { ...header, "x-script": JSON.stringify(script) };
  return await transport.unary(method, signal, timeout, all, { namespace: text });
}

/** The headers that the peer received. */
export async function report(
  transport: Transport,
  options: CallOptions = {},
): Promise<Record<string, string | boolean>> {
  return JSON.parse(await call(transport, { ...options, report: true }));
}

/** The error of a call that must fail. */
export async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}

/** A status with one detail, as the trailer has it. */
export function encodeDetails(code: number, message: string, runId: string): string {
  const detail = create(WorkflowExecutionAlreadyStartedFailureSchema, { runId });
  const details = [anyPack(WorkflowExecutionAlreadyStartedFailureSchema, detail)];
  return base64Encode(toBinary(StatusSchema, create(StatusSchema, { code, message, details })));
}

/** Waits for something that happens elsewhere. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
