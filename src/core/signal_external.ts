/**
 * The machine of a signal to another workflow. It can be taken back until it is sent.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { SignalExternalWorkflowExecutionFailedCause } from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { SignalExternal as SignalCommand } from "../workflow/activation.ts";
import { signalExternalAttributes } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext, MachineIndex } from "./context.ts";
import { StateTable } from "./machine.ts";
import { targetFailure } from "./target_failure.ts";

/** `sending` waits for the event of the command, `sent` for what comes of it. */
export type SignalExternalState = "sending" | "sent" | "closed" | "dropped";

interface SignalExternalTriggers {
  initiated: HistoryEvent;
  delivered: HistoryEvent;
  refused: HistoryEvent;
  cancel: undefined;
}

/** States and transitions of a signal to another workflow. */
export const signalExternalTable: StateTable<SignalExternal, SignalExternalState, SignalExternalTriggers> =
  new StateTable<
    SignalExternal,
    SignalExternalState,
    SignalExternalTriggers
  >("SignalExternal", "sending", {
    sending: { initiated: ["sent", follow], cancel: ["dropped", drop] },
    sent: { delivered: ["closed", reportDelivery], refused: ["closed", reportRefusal], cancel: "sent" },
    closed: { cancel: "closed" },
    dropped: { cancel: "dropped" },
  });

/** A signal that workflow code sends to another workflow. */
export class SignalExternal implements Machine {
  state: SignalExternalState = signalExternalTable.initial;
  readonly command: SignalCommand;
  readonly context: MachineContext;
  readonly siblings: MachineIndex<SignalExternal>;
  initiatedEventId = 0;

  /** Queues the command. */
  constructor(command: SignalCommand, context: MachineContext, siblings: MachineIndex<SignalExternal>) {
    this.command = command;
    this.context = context;
    this.siblings = siblings;
    siblings.add(command.seq, this);
    context.commands.push({
      type: CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
      machine: this,
      attributes: () => signalExternalAttributes(command, context.options),
    });
  }

  get seq(): number {
    return this.command.seq;
  }

  /** Takes it back, which does nothing once it was sent. */
  cancel(): void {
    signalExternalTable.fire(this, "cancel", undefined);
  }

  take(trigger: "initiated" | "delivered" | "refused", event: HistoryEvent): boolean {
    return signalExternalTable.fire(this, trigger, event);
  }

  describe(): string {
    const { name, childOnly, workflowId } = this.command;
    return `signal ${name} to ${childOnly ? "child workflow" : "workflow"} "${workflowId}"`;
  }
}

function follow(signal: SignalExternal, event: HistoryEvent): void {
  signal.initiatedEventId = Number(event.eventId);
  signal.context.followers.set(signal.initiatedEventId, signal);
}

function drop(signal: SignalExternal): void {
  close(signal, {
    message: "Signal was cancelled before being sent",
    source: "",
    stackTrace: "",
    failureInfo: { case: "canceledFailureInfo", value: { identity: "" } },
  });
}

function reportDelivery(signal: SignalExternal): void {
  close(signal, undefined);
}

const reasons: Readonly<Record<number, readonly [type: string, reason: string]>> = {
  [SignalExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND]: [
    "ExternalWorkflowExecutionNotFound",
    "it was not found",
  ],
  [SignalExternalWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND]: ["NamespaceNotFound", "it was not found"],
  [SignalExternalWorkflowExecutionFailedCause.SIGNAL_COUNT_LIMIT_EXCEEDED]: [
    "SignalCountLimitExceeded",
    "The per-workflow signal limit was exceeded",
  ],
};

function reportRefusal(signal: SignalExternal, { attributes }: HistoryEvent): void {
  if (attributes.case !== "signalExternalWorkflowExecutionFailedEventAttributes") return;
  close(signal, targetFailure("Unable to signal external workflow because", reasons[attributes.value.cause]));
}

function close(signal: SignalExternal, failure: Failure | undefined): void {
  const { context, siblings, seq, initiatedEventId } = signal;
  context.jobs.push({ kind: "resolveSignalExternal", seq, failure });
  siblings.remove(seq);
  context.followers.delete(initiatedEventId);
}
