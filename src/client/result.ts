/**
 * Waiting for a workflow's result: long polls for the close event, run after run of its chain.
 *
 * @module
 */
import { fromBinary } from "@bufbuild/protobuf";
import type { TypeHint } from "../common/definition.ts";
import {
  CancelledError,
  RPCError,
  TerminatedError,
  TimeoutError,
  WorkflowContinuedAsNewError,
  WorkflowFailureError,
} from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { SerializationContext } from "../converter/context.ts";
import { HistoryEventFilterType } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import { HistorySchema } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { GetWorkflowExecutionHistoryResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { longPoll } from "./context.ts";
import { workflowContext } from "./start.ts";

/** Which run to wait for, and how. */
export interface ResultInput extends RpcOptions {
  id: string;
  /** Unset: the newest run of the id. */
  runId?: string;
  /** Whether to go on with the runs that follow by continue-as-new, retry or cron; true when unset. */
  followRuns?: boolean;
  resultType?: TypeHint;
}

/**
 * Waits until the workflow has closed and gives its result.
 *
 * Rejects with WorkflowFailureError, with WorkflowContinuedAsNewError where runs are not followed, with RPCError.
 */
export async function awaitResult(context: ClientContext, input: ResultInput): Promise<unknown> {
  const serialization = workflowContext(context, input.id);
  let runId = input.runId;
  for (;;) {
    const { attributes } = await awaitCloseEvent(context, input, runId);
    const next = attributes.value && "newExecutionRunId" in attributes.value && attributes.value.newExecutionRunId;
    if (next && input.followRuns !== false) runId = next;
    else if (attributes.case !== "workflowExecutionCompletedEventAttributes") {
      throw await closeError(context, attributes, serialization);
    } else return await decodeFirst(context, attributes.value.result?.payloads ?? [], serialization, input.resultType);
  }
}

/** The first of the payloads as a value; none: undefined, which must fit the type hint too. */
export async function decodeFirst(
  context: ClientContext,
  payloads: readonly Payload[],
  serialization: SerializationContext,
  typeHint?: TypeHint,
): Promise<unknown> {
  const values = await context.dataConverter.decode([...payloads], {
    typeHints: typeHint && [typeHint],
    context: serialization,
  });
  return values[0];
}

/** The events of a history response, also where the server sends them undecoded. */
export function eventsOf(response: GetWorkflowExecutionHistoryResponse): HistoryEvent[] {
  if (response.rawHistory.length === 0) return response.history?.events ?? [];
  return response.rawHistory.flatMap((blob) => fromBinary(HistorySchema, blob.data).events);
}

async function awaitCloseEvent(
  context: ClientContext,
  input: ResultInput,
  runId: string | undefined,
): Promise<HistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  for (;;) {
    const response = await pollHistory(context, input, { runId, nextPageToken });
    if (response === undefined) continue;
    const events = eventsOf(response);
    if (events.length > 0) return events[events.length - 1];
    nextPageToken = response.nextPageToken;
  }
}

/** One long poll; undefined where only its own deadline passed. */
async function pollHistory(
  context: ClientContext,
  input: ResultInput,
  { runId, nextPageToken }: { runId?: string; nextPageToken?: Uint8Array },
): Promise<GetWorkflowExecutionHistoryResponse | undefined> {
  const request = {
    namespace: context.namespace,
    execution: { workflowId: input.id, runId },
    nextPageToken,
    waitNewEvent: true,
    historyEventFilterType: HistoryEventFilterType.CLOSE_EVENT,
    skipArchival: true,
  };
  try {
    return await context.caller.call(WorkflowService.method.getWorkflowExecutionHistory, request, input, longPoll);
  } catch (error) {
    if (isOwnDeadline(context, error, input)) return undefined;
    throw error;
  }
}

/** Whether a long poll ended by a deadline that the user did not ask for. */
export function isOwnDeadline(context: ClientContext, error: unknown, options: RpcOptions): boolean {
  return error instanceof RPCError && error.status === "DEADLINE_EXCEEDED" && !context.caller.hasOwnDeadline(options);
}

/** What a run that closed without a result rejects with. */
async function closeError(
  context: ClientContext,
  attributes: HistoryEvent["attributes"],
  serialization: SerializationContext,
): Promise<Error> {
  if (attributes.case === "workflowExecutionContinuedAsNewEventAttributes") {
    const { newExecutionRunId } = attributes.value;
    return new WorkflowContinuedAsNewError(`Workflow continued as new in run ${newExecutionRunId}`, {
      newExecutionRunId,
    });
  }
  const cause = await closeCause(context, attributes, serialization);
  return new WorkflowFailureError("Workflow execution failed", { cause });
}

async function closeCause(
  context: ClientContext,
  attributes: HistoryEvent["attributes"],
  serialization: SerializationContext,
): Promise<Error> {
  switch (attributes.case) {
    case "workflowExecutionFailedEventAttributes": {
      const { failure } = attributes.value;
      return failure ? await context.dataConverter.decodeFailure(failure, serialization) : new Error("Workflow failed");
    }
    case "workflowExecutionCanceledEventAttributes": {
      const details = await decodeAll(context, attributes.value.details?.payloads, serialization);
      return new CancelledError("Workflow cancelled", { details });
    }
    case "workflowExecutionTerminatedEventAttributes": {
      const details = await decodeAll(context, attributes.value.details?.payloads, serialization);
      return new TerminatedError(attributes.value.reason || "Workflow terminated", { details });
    }
    case "workflowExecutionTimedOutEventAttributes":
      return new TimeoutError("Workflow timed out", { type: "START_TO_CLOSE" });
    default:
      return new Error(`the server named ${attributes.case ?? "an unknown event"} as the close event`);
  }
}

async function decodeAll(
  context: ClientContext,
  payloads: readonly Payload[] | undefined,
  serialization: SerializationContext,
): Promise<unknown[]> {
  return !payloads?.length ? [] : await context.dataConverter.decode([...payloads], { context: serialization });
}
