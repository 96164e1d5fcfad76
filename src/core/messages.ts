/**
 * Requests for updates, whichever way they come: as a message of the task, as an admitted update in
 * the history, or, in replay, from the event that accepted them.
 *
 * @module
 */
import { fromBinary } from "@bufbuild/protobuf";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Message } from "../gen/temporal/api/protocol/v1/message_pb.ts";
import { type Request, RequestSchema } from "../gen/temporal/api/update/v1/message_pb.ts";
import { HistoryError } from "./errors.ts";

/** A request for an update, and after which event it applies. */
export interface UpdateRequest {
  readonly messageId: string;
  readonly protocolInstanceId: string;
  readonly sequencingEventId: bigint;
  readonly request: Request;
}

/** Requests for updates whose turn has not come, the first one first. */
export class RequestQueue {
  readonly #requests: UpdateRequest[] = [];

  /** The event after which the first one applies, undefined where there is none. */
  get next(): bigint | undefined {
    return this.#requests[0]?.sequencingEventId;
  }

  /** Adds a request, behind those that apply after the same event. */
  add(request: UpdateRequest): void {
    const before = this.#requests.findLastIndex(({ sequencingEventId }) =>
      sequencingEventId <= request.sequencingEventId
    );
    this.#requests.splice(before + 1, 0, request);
  }

  /** Takes the first one if it applies after this event or an earlier one. */
  take(eventId: number): UpdateRequest | undefined {
    const { next } = this;
    return next !== undefined && next <= eventId ? this.#requests.shift() : undefined;
  }

  /**
   * Makes sure that nothing is left over.
   *
   * @throws {HistoryError} a request applies after an event beyond this one, with which the history ends
   */
  checkEmpty(lastEventId: number): void {
    const [first] = this.#requests;
    if (first === undefined) return;
    throw new HistoryError(
      `message "${first.messageId}" applies after event ${first.sequencingEventId}, ` +
        `but the task's history ends at ${lastEventId}`,
    );
  }
}

const requestType = "temporal.api.update.v1.Request";

/**
 * The request that a message of a task brings.
 *
 * @throws {HistoryError} another kind of message, or one that does not say after which event it applies
 */
export function readMessage({ id, protocolInstanceId, sequencingId, body }: Message): UpdateRequest {
  if (sequencingId.case !== "eventId") {
    throw new HistoryError(`message "${id}" does not name the event after which it applies`);
  }
  const type = body?.typeUrl.slice(body.typeUrl.lastIndexOf("/") + 1);
  if (!body || type !== requestType) {
    throw new HistoryError(`message "${id}" is ${type || "empty"}; this version reads ${requestType} only`);
  }
  return {
    messageId: id,
    protocolInstanceId,
    sequencingEventId: sequencingId.value,
    request: fromBinary(RequestSchema, body.value),
  };
}

/** The request of an UPDATE_ADMITTED event, which is its own message. */
export function readAdmitted(event: HistoryEvent): UpdateRequest {
  const { attributes, eventId } = event;
  const request = attributes.case === "workflowExecutionUpdateAdmittedEventAttributes"
    ? attributes.value.request
    : undefined;
  const updateId = request?.meta?.updateId;
  if (!request || !updateId) throw new HistoryError(`event ${eventId} admits an update without a request`);
  return { messageId: `${updateId}/request`, protocolInstanceId: updateId, sequencingEventId: eventId, request };
}

/** What an UPDATE_ACCEPTED event says. */
export interface UpdateAcceptance {
  readonly protocolInstanceId: string;
  /** Unset where the event that admitted the update has it. */
  readonly request?: UpdateRequest;
}

/** What an UPDATE_ACCEPTED event says; undefined for other events. */
export function readAccepted({ attributes }: HistoryEvent): UpdateAcceptance | undefined {
  if (attributes.case !== "workflowExecutionUpdateAcceptedEventAttributes") return undefined;
  const { acceptedRequest, acceptedRequestMessageId, acceptedRequestSequencingEventId, protocolInstanceId } =
    attributes.value;
  if (!acceptedRequest) return { protocolInstanceId };
  const request = {
    messageId: acceptedRequestMessageId,
    protocolInstanceId,
    sequencingEventId: acceptedRequestSequencingEventId,
    request: acceptedRequest,
  };
  return { protocolInstanceId, request };
}
