/**
 * The machine of a request to cancel another workflow, on behalf of the code or of a child that it cancels. Once asked
 * for it is sent.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { CancelExternalWorkflowExecutionFailedCause } from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Command } from "../workflow/activation.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext } from "./context.ts";
import { StateTable } from "./machine.ts";
import { targetFailure } from "./target_failure.ts";

/** `requesting` waits for the event of the command, `requested` for what comes of it. */
export type CancelExternalState = "requesting" | "requested" | "closed";

interface CancelExternalTriggers {
  initiated: HistoryEvent;
  delivered: HistoryEvent;
  refused: HistoryEvent;
}

/** States and transitions of a request to cancel. */
export const cancelExternalTable: StateTable<CancelExternal, CancelExternalState, CancelExternalTriggers> =
  new StateTable<
    CancelExternal,
    CancelExternalState,
    CancelExternalTriggers
  >("CancelExternal", "requesting", {
    requesting: { initiated: ["requested", follow] },
    requested: { delivered: ["closed", reportDelivery], refused: ["closed", reportRefusal] },
    closed: {},
  });

/** Who is to be cancelled. */
export interface CancelRequest {
  /** The number that workflow code gave to the target or to the request. */
  readonly seq: number;
  readonly workflowId: string;
  /** "" for the current run. */
  readonly runId: string;
  /** Whether the target is a child of this run. */
  readonly isChild: boolean;
  /** "" for none. */
  readonly reason: string;
}

/** Hears what came of a request; without a failure it was delivered. */
export type CancelOutcome = (failure?: Failure) => void;

/** A request to cancel another workflow. */
export class CancelExternal implements Machine {
  state: CancelExternalState = cancelExternalTable.initial;
  readonly request: CancelRequest;
  readonly context: MachineContext;
  readonly report: CancelOutcome;
  initiatedEventId = 0;

  /** Queues the command. */
  constructor(request: CancelRequest, context: MachineContext, report: CancelOutcome) {
    this.request = request;
    this.context = context;
    this.report = report;
    const { workflowId, runId, isChild, reason } = request;
    context.commands.push({
      type: CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
      machine: this,
      attributes: () => ({
        case: "requestCancelExternalWorkflowExecutionCommandAttributes",
        value: { namespace: context.options.namespace, workflowId, runId, childWorkflowOnly: isChild, reason },
      }),
    });
  }

  get seq(): number {
    return this.request.seq;
  }

  take(trigger: keyof CancelExternalTriggers, event: HistoryEvent): boolean {
    return cancelExternalTable.fire(this, trigger, event);
  }

  describe(): string {
    const { workflowId, isChild } = this.request;
    return `request to cancel ${isChild ? "child workflow" : "workflow"} "${workflowId}"`;
  }
}

/** The request that workflow code makes; its outcome becomes a job. */
export function cancelByCode(
  { seq, workflowId, runId, reason }: Extract<Command, { kind: "requestCancelExternal" }>,
  context: MachineContext,
): void {
  const text = `Cancel requested by workflow with run id ${context.options.runId} with reason: ${reason}`;
  new CancelExternal({ seq, workflowId, runId, isChild: false, reason: text }, context, (failure) => {
    context.jobs.push({ kind: "resolveCancelExternal", seq, failure });
  });
}

function follow(machine: CancelExternal, event: HistoryEvent): void {
  machine.initiatedEventId = Number(event.eventId);
  machine.context.followers.set(machine.initiatedEventId, machine);
}

function reportDelivery(machine: CancelExternal): void {
  forget(machine);
  machine.report();
}

const reasons: Readonly<Record<number, readonly [type: string, reason: string]>> = {
  [CancelExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND]: [
    "ExternalWorkflowExecutionNotFound",
    "not found",
  ],
  [CancelExternalWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND]: ["NamespaceNotFound", "not found"],
};

function reportRefusal(machine: CancelExternal, { attributes }: HistoryEvent): void {
  if (attributes.case !== "requestCancelExternalWorkflowExecutionFailedEventAttributes") return;
  forget(machine);
  machine.report(targetFailure("Unable to cancel external workflow because", reasons[attributes.value.cause]));
}

function forget({ context, initiatedEventId }: CancelExternal): void {
  context.followers.delete(initiatedEventId);
}
