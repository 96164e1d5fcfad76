/**
 * The machine of an update: its answers are messages, each but a rejection with a command that
 * fixes its place among the other commands.
 *
 * @module
 */
import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { IllegalStateError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { MessageSchema } from "../gen/temporal/api/protocol/v1/message_pb.ts";
import { AcceptanceSchema, RejectionSchema, ResponseSchema } from "../gen/temporal/api/update/v1/message_pb.ts";
import type { Command } from "../workflow/activation.ts";
import { toResult } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext } from "./context.ts";
import { StateTable } from "./machine.ts";
import type { UpdateRequest } from "./messages.ts";

/**
 * `accepting` waits for the event of its acceptance, `completing` for that of its response, `closing`
 * for both.
 */
export type UpdateState = "requested" | "rejected" | "accepting" | "running" | "closing" | "completing" | "completed";

/** How an update ended. */
export type UpdateOutcome = Extract<Command, { kind: "updateCompleted" }>["outcome"];

interface UpdateTriggers {
  accept: undefined;
  reject: Failure;
  complete: UpdateOutcome;
  accepted: HistoryEvent;
  completed: HistoryEvent;
}

/** States and transitions of an update. */
export const updateTable: StateTable<Update, UpdateState, UpdateTriggers> = new StateTable<
  Update,
  UpdateState,
  UpdateTriggers
>("Update", "requested", {
  requested: { accept: ["accepting", sendAcceptance], reject: ["rejected", sendRejection] },
  accepting: { accepted: "running", complete: ["closing", sendResponse] },
  running: { complete: ["completing", sendResponse] },
  closing: { accepted: "completing" },
  completing: { completed: ["completed", forget] },
  completed: {},
  rejected: {},
});

/** An update that was asked for. */
export class Update implements Machine {
  state: UpdateState = updateTable.initial;
  readonly request: UpdateRequest;
  readonly context: MachineContext;
  readonly siblings: Map<string, Update>;

  /** Queues the job that asks the code. */
  constructor(request: UpdateRequest, context: MachineContext, siblings: Map<string, Update>) {
    this.request = request;
    this.context = context;
    this.siblings = siblings;
    const { meta, input } = request.request;
    siblings.set(request.protocolInstanceId, this);
    context.jobs.push({
      kind: "doUpdate",
      id: meta?.updateId ?? request.protocolInstanceId,
      protocolInstanceId: request.protocolInstanceId,
      name: input?.name ?? "",
      args: input?.args?.payloads ?? [],
      headers: input?.header?.fields ?? {},
      identity: meta?.identity ?? "",
      runValidator: !context.isReplaying,
    });
  }

  /** The code accepts it. */
  accept(): void {
    this.#answer("accept", undefined);
  }

  /** The code, or its validator, turns it down. */
  reject(failure: Failure): void {
    this.#answer("reject", failure);
  }

  /** The handler is done. */
  complete(outcome: UpdateOutcome): void {
    this.#answer("complete", outcome);
  }

  take(trigger: "accepted" | "completed", event: HistoryEvent): boolean {
    return isAbout(this, event) && updateTable.fire(this, trigger, event);
  }

  describe(): string {
    return `update "${this.request.protocolInstanceId}"`;
  }

  #answer<K extends "accept" | "reject" | "complete">(trigger: K, data: UpdateTriggers[K]): void {
    if (updateTable.fire(this, trigger, data)) return;
    throw new IllegalStateError(`${this.describe()} is ${this.state}; it cannot ${trigger} now`);
  }
}

/** False where the history has another update in this place. */
function isAbout({ request: { protocolInstanceId, request } }: Update, { attributes }: HistoryEvent): boolean {
  if (attributes.case === "workflowExecutionUpdateAcceptedEventAttributes") {
    return attributes.value.protocolInstanceId === protocolInstanceId;
  }
  return attributes.case !== "workflowExecutionUpdateCompletedEventAttributes" ||
    attributes.value.meta?.updateId === request.meta?.updateId;
}

function sendAcceptance(update: Update): void {
  const { messageId, sequencingEventId, request } = update.request;
  sendWithCommand(update, "accept", AcceptanceSchema, {
    acceptedRequestMessageId: messageId,
    acceptedRequestSequencingEventId: sequencingEventId,
    acceptedRequest: request,
  });
}

function sendRejection(update: Update, failure: Failure): void {
  const { messageId, sequencingEventId, request } = update.request;
  send(update, "reject", RejectionSchema, {
    rejectedRequestMessageId: messageId,
    rejectedRequestSequencingEventId: sequencingEventId,
    rejectedRequest: request,
    failure: failure as MessageInitShape<typeof RejectionSchema>["failure"],
  });
  forget(update);
}

function sendResponse(update: Update, outcome: UpdateOutcome): void {
  const value = "failure" in outcome
    ? { case: "failure" as const, value: outcome.failure }
    : { case: "success" as const, value: toResult(outcome.result) ?? {} };
  sendWithCommand(update, "complete", ResponseSchema, {
    meta: update.request.request.meta,
    outcome: { value: value as NonNullable<MessageInitShape<typeof ResponseSchema>["outcome"]>["value"] },
  });
}

function sendWithCommand<D extends DescMessage>(
  update: Update,
  answer: string,
  schema: D,
  body: MessageInitShape<D>,
): void {
  send(update, answer, schema, body);
  update.context.commands.push({
    type: CommandType.PROTOCOL_MESSAGE,
    machine: update,
    role: answer === "accept" ? "acceptance" : "completion",
    attributes: () => ({
      case: "protocolMessageCommandAttributes",
      value: { messageId: `${update.request.messageId}/${answer}` },
    }),
  });
}

/** In replay the server has had the message. */
function send<D extends DescMessage>(update: Update, answer: string, schema: D, body: MessageInitShape<D>): void {
  if (update.context.isReplaying) return;
  const { messageId, protocolInstanceId } = update.request;
  const message = create(MessageSchema, {
    id: `${messageId}/${answer}`,
    protocolInstanceId,
    body: anyPack(schema, create(schema, body)),
  });
  update.context.outbox.push(message);
}

function forget({ siblings, request }: Update): void {
  siblings.delete(request.protocolInstanceId);
}
