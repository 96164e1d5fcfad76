/**
 * The messages by which a worker answers updates.
 *
 * @module
 */

import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";
import { WorkflowTaskFailedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { Message as ProtocolMessage } from "../../gen/temporal/api/protocol/v1/message_pb.ts";
import type { Acceptance, Rejection, Response } from "../../gen/temporal/api/update/v1/message_pb.ts";
import { AcceptanceSchema, RejectionSchema, ResponseSchema } from "../../gen/temporal/api/update/v1/message_pb.ts";
import type { CommandFault } from "./check_scope.ts";
import type { Engine } from "./engine.ts";
import { append } from "./events.ts";
import type { Execution, UpdatePhase } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { acceptUpdate, addUpdate, completeUpdate, rejectUpdate } from "./updates.ts";

/** A message, read. */
export type UpdateMessage =
  | { kind: "Acceptance"; updateId: string; value: Acceptance }
  | { kind: "Rejection"; updateId: string; value: Rejection }
  | { kind: "Response"; updateId: string; value: Response };

/** Phases of updates as they would be after the messages checked so far. */
export type PhaseForecast = Map<string, UpdatePhase>;

const KINDS = [
  ["Acceptance", AcceptanceSchema],
  ["Rejection", RejectionSchema],
  ["Response", ResponseSchema],
] as const;

const ALLOWED: Record<UpdateMessage["kind"], readonly UpdatePhase[]> = {
  Acceptance: ["admitted", "sent"],
  Rejection: ["admitted", "sent"],
  Response: ["accepted"],
};

const AFTER: Record<UpdateMessage["kind"], UpdatePhase> = {
  Acceptance: "accepted",
  Rejection: "completed",
  Response: "completed",
};

/** Reads a message; undefined if its body is of no kind we know, or malformed. */
export function readMessage(message: ProtocolMessage): UpdateMessage | undefined {
  if (!message.body) return undefined;
  for (const [kind, schema] of KINDS) {
    const value = unpack(message.body, schema);
    if (value) return { kind, updateId: message.protocolInstanceId, value } as UpdateMessage;
  }
  return undefined;
}

function unpack(body: Any, schema: DescMessage): Message | undefined {
  try {
    return anyUnpack(body, schema);
  } catch {
    return undefined; // bytes that are no such message
  }
}

/** Whether the message is allowed; `phases` moves on. */
export function checkMessage(
  run: Execution,
  message: ProtocolMessage,
  phases: PhaseForecast,
): CommandFault | undefined {
  const cause = WorkflowTaskFailedCause.BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE;
  const read = readMessage(message);
  if (!read) return { cause, message: `Message type ${message.body?.typeUrl ?? "nil"} not supported` };
  const { updateId, kind } = read;
  const phase = phases.get(updateId) ?? run.updates.get(updateId)?.phase ??
    (canResurrect(read) ? "admitted" : undefined);
  if (!phase) {
    return {
      cause,
      message: `update ${updateId} wasn't found on the server. ` +
        "This is most likely a transient error which will be resolved automatically by retries",
    };
  }
  const fault = ALLOWED[kind].includes(phase)
    ? findMessageFault(read)
    : `invalid state transition attempted for Update ${updateId}: received *update.${kind} message while in state ${
      phase[0].toUpperCase()
    }${phase.slice(1)}`;
  if (fault) return { cause, message: fault };
  phases.set(updateId, AFTER[kind]);
  return undefined;
}

/** Does what the message says. On a closed run only rejections count. */
export function applyMessage(engine: Engine, run: Execution, message: ProtocolMessage): void {
  const read = readMessage(message);
  if (!read || (!isRunning(run) && read.kind !== "Rejection")) return;
  const { updateId } = read;
  const update = run.updates.get(updateId) ?? addUpdate(run, updateId, requestOf(read));
  if (read.kind === "Rejection") {
    rejectUpdate(run, update, read.value.failure);
  } else if (read.kind === "Acceptance") {
    const event = append(engine, run, {
      case: "workflowExecutionUpdateAcceptedEventAttributes",
      value: {
        protocolInstanceId: updateId,
        acceptedRequestMessageId: update.messageId,
        acceptedRequestSequencingEventId: read.value.acceptedRequestSequencingEventId,
        acceptedRequest: update.isDurable ? undefined : update.request,
      },
    });
    acceptUpdate(update, Number(event.eventId));
  } else {
    append(engine, run, {
      case: "workflowExecutionUpdateCompletedEventAttributes",
      value: {
        meta: read.value.meta,
        acceptedEventId: BigInt(update.acceptedEventId),
        outcome: read.value.outcome,
      },
    });
    completeUpdate(update, read.value.outcome);
  }
}

function requestOf(message: UpdateMessage): Acceptance["acceptedRequest"] {
  if (message.kind === "Acceptance") return message.value.acceptedRequest;
  return message.kind === "Rejection" ? message.value.rejectedRequest : undefined;
}

function canResurrect(message: UpdateMessage): boolean {
  return requestOf(message) !== undefined;
}

function findMessageFault(message: UpdateMessage): string | undefined {
  if (message.kind === "Acceptance") {
    const { acceptedRequestSequencingEventId, acceptedRequestMessageId } = message.value;
    if (acceptedRequestSequencingEventId === 0n) {
      return "invalid *update.Acceptance: accepted_request_sequencing_event_id is not set";
    }
    return acceptedRequestMessageId ? undefined : "invalid *update.Acceptance: accepted_request_message_id is not set";
  }
  if (message.kind === "Response") {
    const { meta, outcome } = message.value;
    if (!meta) return "invalid *update.Response: meta is not set";
    if (!meta.updateId) return "invalid *update.Response: meta.update_id is not set";
    if (meta.updateId !== message.updateId) {
      return `invalid *update.Response: meta.update_id != ${message.updateId}`;
    }
    return outcome ? undefined : "invalid *update.Response: outcome is not set";
  }
  return undefined;
}
