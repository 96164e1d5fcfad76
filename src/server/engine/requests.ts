/**
 * What callers ask of running workflows: signals, cancellation, termination, updates.
 *
 * @module
 */

import type { Header, Link, Payloads, WorkflowExecution } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Request as UpdateRequest } from "../../gen/temporal/api/update/v1/message_pb.ts";
import { terminateRun } from "./close.ts";
import type { Engine } from "./engine.ts";
import { invalidArgument, workflowNotReady } from "./errors.ts";
import { append } from "./events.ts";
import type { Execution, UpdateState } from "./execution.ts";
import { sizeOfPayloads } from "./limits.ts";
import { adjust, transact } from "./transaction.ts";
import { admitUpdate } from "./updates.ts";
import { ensureTask, scheduleTask } from "./workflow_task.ts";

/** A signal for a workflow. */
export interface SignalInput {
  signalName: string;
  input: Payloads | undefined;
  identity: string;
  header?: Header;
  /** Requests of the same id are one. */
  requestId: string;
  links?: Link[];
  /** The workflow that sends it. */
  sender?: WorkflowExecution;
  skipGenerateWorkflowTask?: boolean;
}

/** Throws INVALID_ARGUMENT for a signal that is too large or one too many. */
export function checkSignal(engine: Engine, run: Execution | undefined, input: Payloads | undefined): void {
  if (sizeOfPayloads(input) > engine.limits.blobSizeError) throw invalidArgument("Blob data size exceeds limit.");
  if (run && run.signalCount >= engine.limits.signalsPerRun) {
    throw invalidArgument("exceeded workflow execution limit for signal events");
  }
}

/** Signals a run. */
export function signalRun(engine: Engine, run: Execution, signal: SignalInput): void {
  if (signal.requestId && run.signalRequestIds.has(signal.requestId)) return;
  checkSignal(engine, run, signal.input);
  transact(engine, run, () => {
    recordSignal(engine, run, signal);
    ensureTask(engine, run);
  });
}

/** Writes a signal's event. */
export function recordSignal(engine: Engine, run: Execution, signal: SignalInput): void {
  if (signal.requestId) run.signalRequestIds.add(signal.requestId);
  run.signalCount++;
  append(engine, run, {
    case: "workflowExecutionSignaledEventAttributes",
    value: {
      signalName: signal.signalName,
      input: signal.input,
      identity: signal.identity,
      header: signal.header,
      externalWorkflowExecution: signal.sender,
    },
  }, { links: signal.links });
}

/** A cancel request for a workflow. */
export interface CancelInput {
  reason: string;
  identity: string;
  requestId: string;
  links?: Link[];
  /** The workflow that asks, and its initiated event. */
  sender?: WorkflowExecution;
  senderEventId?: number;
}

/** Asks a run to cancel itself; asking again changes nothing. */
export function requestCancel(engine: Engine, run: Execution, request: CancelInput): void {
  if (run.isCancelRequested) return;
  transact(engine, run, () => {
    run.isCancelRequested = true;
    run.cancelRequestId = request.requestId;
    append(engine, run, {
      case: "workflowExecutionCancelRequestedEventAttributes",
      value: {
        cause: request.reason,
        identity: request.identity,
        externalWorkflowExecution: request.sender,
        externalInitiatedEventId: BigInt(request.senderEventId ?? 0),
      },
    }, { links: request.links });
    ensureTask(engine, run);
  });
}

/** Terminates a run on a caller's request. */
export function terminate(
  engine: Engine,
  run: Execution,
  request: { reason: string; details?: Payloads; identity: string; links?: Link[] },
): void {
  transact(
    engine,
    run,
    () => terminateRun(engine, run, request.reason, request.details, request.identity, request.links),
  );
}

const FAILING_ATTEMPT = 3;

/** Admits an update on a run, with a workflow task to carry it. */
export function requestUpdate(engine: Engine, run: Execution, request: UpdateRequest): UpdateState {
  const known = run.updates.get(request.meta!.updateId);
  if (known) return known;
  if (run.workflowTaskAttempt >= FAILING_ATTEMPT) {
    throw workflowNotReady("Unable to perform workflow execution update due to Workflow Task in failed state.");
  }
  return adjust(engine, () => {
    const update = admitUpdate(engine, run, request);
    if (!run.workflowTask && run.hasFirstTask) scheduleTask(engine, run, { isSpeculative: true });
    return update;
  });
}
