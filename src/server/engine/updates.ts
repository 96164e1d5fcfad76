/**
 * Updates of a run: admitted, sent to a worker with a workflow task, accepted, completed.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { ResourceExhaustedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { UpdateWorkflowExecutionLifecycleStage as Stage } from "../../gen/temporal/api/enums/v1/update_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { FailureSchema } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import type { Message as ProtocolMessage } from "../../gen/temporal/api/protocol/v1/message_pb.ts";
import { MessageSchema } from "../../gen/temporal/api/protocol/v1/message_pb.ts";
import type { Outcome, Request as UpdateRequest } from "../../gen/temporal/api/update/v1/message_pb.ts";
import { OutcomeSchema, RequestSchema } from "../../gen/temporal/api/update/v1/message_pb.ts";
import type { Engine } from "./engine.ts";
import { failedPrecondition, notFound, resourceExhausted, workflowNotReady } from "./errors.ts";
import type { Execution, UpdateState, UpdateWaiter } from "./execution.ts";
import type { Caller } from "./wait.ts";
import { park, parkingTime } from "./wait.ts";

/** How far an update got, for its caller. */
export interface UpdateStatus {
  stage: Stage;
  outcome: Outcome | undefined;
}

/** The update of that id, admitted now if it is new. Throws RESOURCE_EXHAUSTED and FAILED_PRECONDITION at the limits. */
export function admitUpdate(engine: Engine, run: Execution, request: UpdateRequest): UpdateState {
  const id = request.meta!.updateId;
  const known = run.updates.get(id);
  if (known) return known;
  checkLimits(engine, run);
  return addUpdate(run, id, request);
}

/** Adds an update that waits to be sent. */
export function addUpdate(run: Execution, id: string, request: UpdateRequest | undefined): UpdateState {
  const update: UpdateState = {
    id,
    phase: "admitted",
    request,
    messageId: `${id}/request`,
    sequencingEventId: 0,
    acceptedEventId: 0,
    isDurable: false,
    outcome: undefined,
    error: undefined,
    waiters: new Set(),
  };
  run.updates.set(id, update);
  return update;
}

/** Whether a workflow task would have updates to carry. */
export function hasUpdatesToSend(run: Execution, includeSent: boolean): boolean {
  for (const update of run.updates.values()) if (mustSend(update, includeSent)) return true;
  return false;
}

/** The messages of the updates that a workflow task carries, oldest first. */
export function sendUpdates(run: Execution, startedEventId: number, includeSent: boolean): ProtocolMessage[] {
  const messages: ProtocolMessage[] = [];
  for (const update of run.updates.values()) {
    if (!mustSend(update, includeSent) || !update.request) continue;
    update.phase = "sent";
    update.sequencingEventId = startedEventId - 1;
    if (update.isDurable) continue;
    messages.push(create(MessageSchema, {
      id: update.messageId,
      protocolInstanceId: update.id,
      sequencingId: { case: "eventId", value: BigInt(update.sequencingEventId) },
      body: anyPack(RequestSchema, update.request),
    }));
  }
  return messages;
}

/** Waits until the update got as far as `stage`, or tells how far it got when the time is up. */
export async function waitForUpdate(
  engine: Engine,
  update: UpdateState,
  stage: Stage,
  caller: Caller,
): Promise<UpdateStatus> {
  const now = readStatus(update, stage);
  if (now) return now;
  const entry = { forCompletion: stage === Stage.COMPLETED } as {
    forCompletion: boolean;
    waiter: UpdateWaiter["waiter"];
  };
  entry.waiter = park<void>({
    clock: engine.wall,
    timeoutMs: parkingTime(caller, engine.limits.updateLongPoll),
    signal: caller.signal,
    empty: () => {},
    onEnd: () => update.waiters.delete(entry),
  });
  update.waiters.add(entry);
  await entry.waiter.promise;
  if (update.error) throw update.error;
  return readStatus(update, stage) ?? { stage: reachedStage(update), outcome: undefined };
}

/** Records that the worker accepted the update. */
export function acceptUpdate(update: UpdateState, acceptedEventId: number): void {
  update.phase = "accepted";
  update.acceptedEventId = acceptedEventId;
  update.request = undefined;
  wake(update, false);
}

/** Records the update's outcome. */
export function completeUpdate(update: UpdateState, outcome: Outcome | undefined): void {
  update.phase = "completed";
  update.outcome = outcome;
  update.request = undefined;
  wake(update, true);
}

/** Records that the update was rejected; nothing of it stays. */
export function rejectUpdate(run: Execution, update: UpdateState, failure: Failure | undefined): void {
  run.updates.delete(update.id);
  completeUpdate(update, failureOutcome(failure));
}

/** Rejects the updates that a completed workflow task carried and did not answer. */
export function rejectUnprocessed(run: Execution): void {
  for (const update of [...run.updates.values()]) {
    if (update.phase === "sent") rejectUpdate(run, update, UNPROCESSED);
  }
}

/** Ends the updates of a run that closed; `continues` says that another run carries on. */
export function abortUpdates(run: Execution, continues: boolean): void {
  for (const update of [...run.updates.values()]) {
    if (update.phase === "completed" || update.phase === "aborted") continue;
    if (update.phase === "accepted") {
      completeUpdate(update, failureOutcome(LEFT_BEHIND));
    } else {
      run.updates.delete(update.id);
      abortUpdate(update, continues ? workflowClosing() : notFound("workflow update was aborted by closing workflow"));
    }
  }
}

/** Ends the updates that a workflow task carried which the server had to fail. */
export function abortSentUpdates(run: Execution): void {
  for (const update of [...run.updates.values()]) {
    if (update.phase !== "sent") continue;
    run.updates.delete(update.id);
    abortUpdate(
      update,
      workflowNotReady("Unable to perform workflow execution update due to unexpected workflow task failure."),
    );
  }
}

/** What callers get while a workflow is about to close. */
export function workflowClosing(): ConnectError {
  return resourceExhausted(
    "workflow operation can not be applied because workflow is closing",
    ResourceExhaustedCause.BUSY_WORKFLOW,
  );
}

/** The outcome that a failure is. */
export function failureOutcome(failure: Failure | undefined): Outcome {
  return create(OutcomeSchema, { value: { case: "failure", value: failure ?? create(FailureSchema, {}) } });
}

const UNPROCESSED = create(FailureSchema, {
  message: "Workflow Update is rejected because it wasn't processed by worker. " +
    "Probably, Workflow Update is not supported by the worker.",
  source: "Server",
  failureInfo: { case: "applicationFailureInfo", value: { type: "UnprocessedUpdate", nonRetryable: true } },
});

const LEFT_BEHIND = create(FailureSchema, {
  message: "Workflow Update failed because the Workflow completed before the Update completed.",
  source: "Server",
  failureInfo: {
    case: "applicationFailureInfo",
    value: { type: "AcceptedUpdateCompletedWorkflow", nonRetryable: true },
  },
});

function mustSend(update: UpdateState, includeSent: boolean): boolean {
  return update.phase === "admitted" || (includeSent && update.phase === "sent");
}

function abortUpdate(update: UpdateState, error: ConnectError): void {
  update.phase = "aborted";
  update.error = error;
  wake(update, true);
}

function wake(update: UpdateState, isComplete: boolean): void {
  for (const entry of [...update.waiters]) {
    if (isComplete || !entry.forCompletion) entry.waiter.settle();
  }
}

function reachedStage(update: UpdateState): Stage {
  return update.phase === "accepted" ? Stage.ACCEPTED : Stage.ADMITTED;
}

function readStatus(update: UpdateState, stage: Stage): UpdateStatus | undefined {
  if (update.error) throw update.error;
  if (update.outcome) return { stage: Stage.COMPLETED, outcome: update.outcome };
  const reached = reachedStage(update);
  return reached >= stage ? { stage: reached, outcome: undefined } : undefined;
}

function checkLimits(engine: Engine, run: Execution): void {
  const { updatesInFlight, updatesPerRun } = engine.limits;
  let inFlight = 0;
  for (const update of run.updates.values()) if (update.phase !== "completed") inFlight++;
  if (inFlight >= updatesInFlight) {
    throw resourceExhausted(
      `limit on number of concurrent in-flight updates has been reached (${updatesInFlight})`,
      ResourceExhaustedCause.CONCURRENT_LIMIT,
    );
  }
  if (run.updates.size >= updatesPerRun) {
    throw failedPrecondition(
      `The limit on the total number of distinct updates in this workflow has been reached (${updatesPerRun}). ` +
        "Make sure any duplicate updates share an Update ID so the server can deduplicate them, and consider " +
        "rejecting updates that you aren't going to process. You can also Continue-as-New to avoid this; " +
        "we recommend you check Continue-as-New Suggested in your Workflow.",
    );
  }
}
