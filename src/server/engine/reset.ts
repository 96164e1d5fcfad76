/**
 * Resetting a workflow: a new run begins with another's history up to a workflow task.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { WorkflowExecutionSchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { WorkflowTaskFailedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { ResetReapplyExcludeType, ResetReapplyType } from "../../gen/temporal/api/enums/v1/reset_pb.ts";
import { UpdateAdmittedEventOrigin } from "../../gen/temporal/api/enums/v1/update_pb.ts";
import { FailureSchema } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import type { HistoryEvent } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { Request as UpdateRequest } from "../../gen/temporal/api/update/v1/message_pb.ts";
import type { ResetWorkflowExecutionRequest } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { terminateRun } from "./close.ts";
import type { Engine } from "./engine.ts";
import { invalidArgument } from "./errors.ts";
import type { EventAttributes } from "./events.ts";
import { append } from "./events.ts";
import type { Execution } from "./execution.ts";
import { createExecution, isRunning } from "./execution.ts";
import { rearm, replayEvents } from "./rebuild.ts";
import { recordSignal } from "./requests.ts";
import { armExpiration } from "./runs.ts";
import { shorter, toMs } from "./times.ts";
import { transact } from "./transaction.ts";
import { addUpdate } from "./updates.ts";
import { failTask, scheduleTask, startTask } from "./workflow_task.ts";

const HISTORY_SERVICE = "history-service";
const RESETTER = "history-resetter";

/** Resets the workflow of `base`; gives the new run. Throws INVALID_ARGUMENT for an event that is none to reset to. */
export function resetRun(engine: Engine, base: Execution, request: ResetWorkflowExecutionRequest): Execution {
  const finishEventId = Number(request.workflowTaskFinishEventId);
  if (finishEventId <= 1 || finishEventId >= base.nextEventId) {
    throw invalidArgument("Workflow task finish ID must be > 1 && <= workflow last event ID.");
  }
  const current = engine.store.findCurrent(base.namespace, base.workflowId) ?? base;
  if (current.startRequestId === request.requestId) return current;
  checkResetPoint(base, finishEventId);
  const run = prepareRun(engine, base, request.requestId);
  return transact(engine, current, () => {
    if (isRunning(current)) terminateRun(engine, current, request.reason, undefined, RESETTER);
    base.resetRunId = run.runId;
    engine.store.add(run);
    transact(engine, run, () => {
      replayEvents(engine, run, base.events.slice(0, finishEventId - 1));
      failReplayedTask(engine, run, base, request.reason);
      armExpiration(engine, run);
      rearm(engine, run);
      const excluded = listExcluded(request);
      for (const event of base.events.slice(finishEventId - 1)) {
        reapplyOfChild(engine, run, event);
        reapply(engine, run, event, excluded);
      }
      for (const event of laterRuns(engine, base)) reapply(engine, run, event, excluded);
      scheduleTask(engine, run);
    });
    return run;
  });
}

/** The workflow task must be scheduled, and not yet over, at the event before the reset point. */
function checkResetPoint(base: Execution, finishEventId: number): void {
  let isPending = false;
  for (const { attributes } of base.events.slice(0, finishEventId - 1)) {
    if (attributes.case === "workflowTaskScheduledEventAttributes") isPending = true;
    if (attributes.case === "workflowTaskCompletedEventAttributes") isPending = false;
    if (attributes.case === "workflowTaskFailedEventAttributes") isPending = false;
    if (attributes.case === "workflowTaskTimedOutEventAttributes") isPending = false;
  }
  if (isPending) return;
  throw invalidArgument(
    `Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: ${finishEventId}`,
  );
}

function prepareRun(engine: Engine, base: Execution, requestId: string): Execution {
  const runId = crypto.randomUUID();
  const now = engine.clock.now();
  const self = create(WorkflowExecutionSchema, { workflowId: base.workflowId, runId });
  const { start } = base;
  const executionTimeout = toMs(start.workflowExecutionTimeout);
  const runTimeout = toMs(start.workflowRunTimeout);
  const executionExpiration = executionTimeout > 0 ? now + executionTimeout : 0;
  return createExecution({
    namespace: base.namespace,
    workflowId: base.workflowId,
    runId,
    firstRunId: base.firstRunId,
    originalRunId: base.originalRunId,
    start,
    userMetadata: base.userMetadata,
    parent: base.parent,
    self,
    root: base.parent ? base.root : self,
    taskQueue: base.taskQueue,
    taskTimeoutMs: base.taskTimeoutMs,
    startTime: now,
    executionTime: now,
    runExpiration: shorter(runTimeout > 0 ? now + runTimeout : 0, executionExpiration),
    executionExpiration,
    startRequestId: requestId,
    startOrder: Number(engine.nextTaskId()),
    memo: start.memo?.fields ?? {},
    searchAttributes: start.searchAttributes?.indexedFields ?? {},
    resetPoints: start.prevAutoResetPoints?.points.slice() ?? [],
  });
}

function failReplayedTask(engine: Engine, run: Execution, base: Execution, reason: string): void {
  const task = run.workflowTask!;
  if (task.startedEventId === 0) startTask(engine, run, task, HISTORY_SERVICE, crypto.randomUUID());
  failTask(engine, run, task, {
    cause: WorkflowTaskFailedCause.RESET_WORKFLOW,
    failure: create(FailureSchema, {
      message: reason,
      failureInfo: { case: "resetWorkflowFailureInfo", value: {} },
    }),
    identity: HISTORY_SERVICE,
    baseRunId: base.runId,
    newRunId: run.runId,
  });
}

function listExcluded(request: ResetWorkflowExecutionRequest): Set<ResetReapplyExcludeType> {
  const excluded = new Set(request.resetReapplyExcludeTypes);
  if (request.resetReapplyType === ResetReapplyType.SIGNAL) excluded.add(ResetReapplyExcludeType.UPDATE);
  if (request.resetReapplyType === ResetReapplyType.NONE) {
    excluded.add(ResetReapplyExcludeType.SIGNAL).add(ResetReapplyExcludeType.UPDATE);
  }
  return excluded;
}

/** The events of the runs that carried on after a run. */
function* laterRuns(engine: Engine, base: Execution): Generator<HistoryEvent> {
  let next = base.continuedRunId;
  while (next) {
    const run = engine.store.find(base.namespace, base.workflowId, next);
    if (!run) return;
    yield* run.events;
    next = run.continuedRunId;
  }
}

/** Takes up what became of a child that was asked for before the reset point. */
function reapplyOfChild(engine: Engine, run: Execution, { attributes }: HistoryEvent): void {
  switch (attributes.case) {
    case "childWorkflowExecutionStartedEventAttributes": {
      const child = run.children.get(Number(attributes.value.initiatedEventId));
      if (!child) return;
      child.runId = attributes.value.workflowExecution?.runId;
      append(engine, run, attributes);
      return;
    }
    case "startChildWorkflowExecutionFailedEventAttributes":
      if (run.children.delete(Number(attributes.value.initiatedEventId))) append(engine, run, attributes);
      return;
    case "childWorkflowExecutionCompletedEventAttributes":
    case "childWorkflowExecutionFailedEventAttributes":
    case "childWorkflowExecutionCanceledEventAttributes":
    case "childWorkflowExecutionTimedOutEventAttributes":
    case "childWorkflowExecutionTerminatedEventAttributes": {
      const { case: kind, value } = attributes;
      const child = run.children.get(Number(value.initiatedEventId));
      if (!child) return;
      run.children.delete(child.initiatedEventId);
      const startedEventId = BigInt(child.startedEventId);
      append(engine, run, { case: kind, value: { ...value, startedEventId } } as EventAttributes);
    }
  }
}

function reapply(
  engine: Engine,
  run: Execution,
  event: HistoryEvent,
  excluded: ReadonlySet<ResetReapplyExcludeType>,
): void {
  const { attributes, links } = event;
  switch (attributes.case) {
    case "workflowExecutionSignaledEventAttributes":
      if (excluded.has(ResetReapplyExcludeType.SIGNAL)) return;
      recordSignal(engine, run, {
        signalName: attributes.value.signalName,
        input: attributes.value.input,
        identity: attributes.value.identity,
        header: attributes.value.header,
        requestId: "",
        sender: attributes.value.externalWorkflowExecution,
        links,
      });
      return;
    case "workflowExecutionUpdateAdmittedEventAttributes":
      if (!excluded.has(ResetReapplyExcludeType.UPDATE)) readmit(engine, run, attributes.value.request);
      return;
    case "workflowExecutionUpdateAcceptedEventAttributes":
      if (!excluded.has(ResetReapplyExcludeType.UPDATE)) readmit(engine, run, attributes.value.acceptedRequest);
      return;
  }
}

function readmit(engine: Engine, run: Execution, request: UpdateRequest | undefined): void {
  if (!request?.meta) return;
  append(engine, run, {
    case: "workflowExecutionUpdateAdmittedEventAttributes",
    value: { request, origin: UpdateAdmittedEventOrigin.REAPPLY },
  });
  addUpdate(run, request.meta.updateId, request).isDurable = true;
}
