/**
 * The machine of a child workflow. Code hears of it twice: how its start went, then how it ended. After
 * a cancellation that the code does not wait for, whatever still happens to the child is taken in silence.
 *
 * @module
 */
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { StartChildWorkflowExecutionFailedCause } from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Failure } from "../common/failure.ts";
import type { ChildResolution, ChildStartResolution, StartChild } from "../workflow/activation.ts";
import { CancelExternal } from "./cancel_external.ts";
import {
  cancelledChild,
  cancelledUnsent,
  type ChildIdentity,
  failedChild,
  refusedCancellation,
  terminatedChild,
  timedOutChild,
} from "./child_failures.ts";
import { startChildAttributes } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext, MachineIndex } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import { StateTable } from "./machine.ts";

/**
 * `initiating` waits for the event of its command. In `cancellingStart` and `cancelling` the child was asked
 * to stop, before or after it was known to have started. A `detached` child is over for the code, not yet for
 * the server.
 */
export type ChildState =
  | "initiating"
  | "initiated"
  | "started"
  | "cancellingStart"
  | "cancelling"
  | "detached"
  | "closed"
  | "dropped";

type Ending = "completed" | "failed" | "timedOut" | "cancelled" | "terminated";

/** What comes with a cancellation: the reason for the child to read. */
type Cancel = "tryCancel" | "waitCompleted" | "waitRequested" | "abandon";

interface ChildTriggers extends Record<Ending, HistoryEvent>, Record<Cancel, string> {
  initiated: HistoryEvent;
  started: HistoryEvent;
  startFailed: HistoryEvent;
  /** The request to stop has reached the child. */
  requestDelivered: undefined;
  requestRefused: Failure;
}

/** The part of a row for states in which a cancellation changes nothing. */
function ignoreCancel<S extends ChildState>(state: S): Record<Cancel, S> {
  return { tryCancel: state, waitCompleted: state, waitRequested: state, abandon: state };
}

const endings = {
  completed: ["closed", reportResult],
  failed: ["closed", reportFailure],
  timedOut: ["closed", reportTimeout],
  cancelled: ["closed", reportCancellation],
  terminated: ["closed", reportTermination],
} as const;

const forgottenEndings = {
  completed: ["closed", forget],
  failed: ["closed", forget],
  timedOut: ["closed", forget],
  cancelled: ["closed", forget],
  terminated: ["closed", forget],
} as const;

/** Of those who wait for the request only: the code goes on once the server has dealt with it. */
const requestOutcomes = {
  requestDelivered: ["detached", resolveCancelled],
  requestRefused: ["detached", resolveRefused],
} as const;

/** States and transitions of a child workflow. */
export const childTable: StateTable<Child, ChildState, ChildTriggers> = new StateTable<
  Child,
  ChildState,
  ChildTriggers
>("Child", "initiating", {
  initiating: {
    initiated: ["initiated", follow],
    tryCancel: ["dropped", drop],
    waitCompleted: ["dropped", drop],
    waitRequested: ["dropped", drop],
    abandon: ["dropped", drop],
  },
  initiated: {
    started: ["started", reportStart],
    startFailed: ["closed", reportStartFailure],
    tryCancel: ["detached", detach],
    waitCompleted: ["cancellingStart", requestCancel],
    waitRequested: ["cancellingStart", requestCancel],
    abandon: ["detached", resolveCancelled],
  },
  started: {
    ...endings,
    tryCancel: ["detached", detach],
    waitCompleted: ["cancelling", requestCancel],
    waitRequested: ["cancelling", requestCancel],
    abandon: ["detached", resolveCancelled],
  },
  cancellingStart: {
    started: ["cancelling", reportStart],
    startFailed: ["closed", reportStartFailure],
    ...requestOutcomes,
    ...ignoreCancel("cancellingStart"),
  },
  cancelling: { ...endings, ...requestOutcomes, ...ignoreCancel("cancelling") },
  detached: { started: "detached", startFailed: ["closed", forget], ...forgottenEndings, ...ignoreCancel("detached") },
  closed: ignoreCancel("closed"),
  dropped: ignoreCancel("dropped"),
});

const cancelTrigger: Readonly<Record<StartChild["cancellationType"], Cancel>> = {
  TRY_CANCEL: "tryCancel",
  WAIT_CANCELLATION_COMPLETED: "waitCompleted",
  WAIT_CANCELLATION_REQUESTED: "waitRequested",
  ABANDON: "abandon",
};

/** A child workflow that workflow code asked for. */
export class Child implements Machine {
  state: ChildState = childTable.initial;
  readonly command: StartChild;
  readonly context: MachineContext;
  readonly siblings: MachineIndex<Child>;
  readonly identity: ChildIdentity;

  /** Queues the start. */
  constructor(command: StartChild, context: MachineContext, siblings: MachineIndex<Child>) {
    const { workflowId, workflowType } = command;
    const { namespace } = context.options;
    this.command = command;
    this.context = context;
    this.siblings = siblings;
    this.identity = { namespace, workflowId, runId: "", workflowType, initiatedEventId: 0n, startedEventId: 0n };
    siblings.add(command.seq, this);
    context.commands.push({
      type: CommandType.START_CHILD_WORKFLOW_EXECUTION,
      machine: this,
      metadata: command.metadata,
      attributes: () => startChildAttributes(command, context.options),
    });
  }

  get seq(): number {
    return this.command.seq;
  }

  /** Cancels it in the way its options say, which does nothing once it is over or being cancelled. */
  cancel(reason: string): void {
    childTable.fire(this, cancelTrigger[this.command.cancellationType], reason);
  }

  take(trigger: Ending | "initiated" | "started" | "startFailed", event: HistoryEvent): boolean {
    return isAbout(this, event) && childTable.fire(this, trigger, event);
  }

  describe(): string {
    return `child workflow "${this.command.workflowId}" of type ${this.command.workflowType}`;
  }
}

/** False where the history has another child in this place; runs from before the flag may. */
function isAbout({ context, command }: Child, { attributes }: HistoryEvent): boolean {
  if (attributes.case !== "startChildWorkflowExecutionInitiatedEventAttributes") return true;
  if (!context.isLastSequence && !context.flags.has(CoreFlag.ID_AND_TYPE_CHECKS)) return true;
  const { workflowId, workflowType } = attributes.value;
  return workflowId === command.workflowId && workflowType?.name === command.workflowType;
}

function follow(child: Child, { eventId }: HistoryEvent): void {
  child.identity.initiatedEventId = eventId;
  child.context.followers.set(Number(eventId), child);
}

function reportStart(child: Child, { attributes, eventId }: HistoryEvent): void {
  if (attributes.case !== "childWorkflowExecutionStartedEventAttributes") return;
  const runId = attributes.value.workflowExecution?.runId ?? "";
  child.identity.runId = runId;
  child.identity.startedEventId = eventId;
  resolveStart(child, { status: "started", runId });
}

function reportStartFailure(child: Child, { attributes }: HistoryEvent): void {
  if (attributes.case !== "startChildWorkflowExecutionFailedEventAttributes") return;
  resolveStart(child, { status: "failed", cause: readCause(attributes.value.cause) });
  forget(child);
}

function readCause(
  cause: StartChildWorkflowExecutionFailedCause,
): Extract<ChildStartResolution, { status: "failed" }>["cause"] {
  if (cause === StartChildWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND) return "NAMESPACE_NOT_FOUND";
  if (cause === StartChildWorkflowExecutionFailedCause.INVALID_VERSIONING_OVERRIDE) {
    return "INVALID_VERSIONING_OVERRIDE";
  }
  return "WORKFLOW_ALREADY_EXISTS";
}

function drop(child: Child, reason: string): void {
  resolveStart(child, { status: "cancelled", failure: cancelledUnsent(child.identity, reason) });
  forget(child);
}

function detach(child: Child, reason: string): void {
  requestCancel(child, reason);
  resolveCancelled(child);
}

/** The request is a command of its own, with events of its own. It names no run: the child may have continued as new. */
function requestCancel(child: Child, reason: string): void {
  const { seq, workflowId, cancellationType } = child.command;
  const isAwaited = cancellationType === "WAIT_CANCELLATION_REQUESTED";
  const request = { seq, workflowId, runId: "", isChild: true, reason };
  new CancelExternal(request, child.context, (failure) => {
    if (!isAwaited) return;
    if (failure) childTable.fire(child, "requestRefused", failure);
    else childTable.fire(child, "requestDelivered", undefined);
  });
}

function reportResult(child: Child, { attributes }: HistoryEvent): void {
  if (attributes.case !== "childWorkflowExecutionCompletedEventAttributes") return;
  close(child, { status: "completed", result: attributes.value.result?.payloads[0] });
}

function reportFailure(child: Child, { attributes }: HistoryEvent): void {
  if (attributes.case !== "childWorkflowExecutionFailedEventAttributes") return;
  close(child, { status: "failed", failure: failedChild(child.identity, attributes.value) });
}

function reportTimeout(child: Child, { attributes }: HistoryEvent): void {
  if (attributes.case !== "childWorkflowExecutionTimedOutEventAttributes") return;
  close(child, { status: "failed", failure: timedOutChild(child.identity, attributes.value.retryState) });
}

function reportTermination(child: Child): void {
  close(child, { status: "failed", failure: terminatedChild(child.identity) });
}

function reportCancellation(child: Child): void {
  resolveCancelled(child);
  forget(child);
}

function resolveCancelled(child: Child): void {
  resolve(child, { status: "cancelled", failure: cancelledChild(child.identity) });
}

function resolveRefused(child: Child, failure: Failure): void {
  resolve(child, { status: "failed", failure: refusedCancellation(child.identity, failure) });
}

function close(child: Child, resolution: ChildResolution): void {
  resolve(child, resolution);
  forget(child);
}

function resolve({ context, command }: Child, resolution: ChildResolution): void {
  context.jobs.push({ kind: "resolveChild", seq: command.seq, resolution });
}

function resolveStart({ context, command }: Child, resolution: ChildStartResolution): void {
  context.jobs.push({ kind: "resolveChildStart", seq: command.seq, resolution });
}

function forget({ context, siblings, command, identity }: Child): void {
  siblings.remove(command.seq);
  context.followers.delete(Number(identity.initiatedEventId));
}
