/**
 * Workflows among themselves: children, signals and cancel requests to others, the parent's end.
 *
 * @module
 */

import {
  CancelExternalWorkflowExecutionFailedCause,
  SignalExternalWorkflowExecutionFailedCause,
  StartChildWorkflowExecutionFailedCause,
} from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { ParentClosePolicy, RetryState, WorkflowIdReusePolicy } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import { firstCronDelay } from "./chain.ts";
import type { Engine, Job } from "./engine.ts";
import type { EventAttributes } from "./events.ts";
import { append } from "./events.ts";
import type { ChildState, Execution, ParentLink } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Namespace } from "./namespace.ts";
import { mergePriority } from "./priorities.ts";
import { requestCancel, signalRun, terminate } from "./requests.ts";
import { createRun } from "./runs.ts";
import { isReusable } from "./id_policy.ts";
import { transact } from "./transaction.ts";
import { ensureTask } from "./workflow_task.ts";

const HISTORY_SERVICE = "history-service";

/** The job of a child that was asked for: it starts, or the parent hears why not. A reset may have told of its start. */
export function onStartChild(engine: Engine, job: Extract<Job, { kind: "startChild" }>): void {
  const { run } = job;
  const child = run.children.get(job.initiatedEventId);
  if (!child || child.runId || !isRunning(run)) return;
  const { attributes } = child;
  const namespace = engine.namespaces.find(attributes.namespace);
  if (!namespace) {
    failStart(engine, run, child, StartChildWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND);
    return;
  }
  const current = engine.store.findCurrent(namespace, attributes.workflowId);
  if (current && !mayReplace(engine, current, attributes.workflowIdReusePolicy)) {
    failStart(engine, run, child, StartChildWorkflowExecutionFailedCause.WORKFLOW_ALREADY_EXISTS);
    return;
  }
  const started = makeChild(engine, run, child, namespace);
  transact(engine, run, () => {
    child.runId = started.runId;
    append(engine, run, {
      case: "childWorkflowExecutionStartedEventAttributes",
      value: {
        namespace: attributes.namespace,
        namespaceId: namespace.id,
        initiatedEventId: BigInt(child.initiatedEventId),
        workflowExecution: { workflowId: started.workflowId, runId: started.runId },
        workflowType: attributes.workflowType,
        header: attributes.header,
      },
    });
    ensureTask(engine, run);
  });
}

/** The job of a signal to another workflow. */
export function onSignalExternal(engine: Engine, job: Extract<Job, { kind: "signalExternal" }>): void {
  const { run, initiatedEventId } = job;
  const pending = run.externalSignals.get(initiatedEventId);
  if (!pending || !isRunning(run)) return;
  const { attributes, requestId } = pending;
  const target = findTarget(engine, run, attributes);
  let cause: SignalExternalWorkflowExecutionFailedCause = target.isNamespaceKnown
    ? SignalExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND
    : SignalExternalWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND;
  let isSent = false;
  if (target.run && isRunning(target.run)) {
    isSent = target.run.signalCount < engine.limits.signalsPerRun;
    if (!isSent) cause = SignalExternalWorkflowExecutionFailedCause.SIGNAL_COUNT_LIMIT_EXCEEDED;
    else {
      signalRun(engine, target.run, {
        signalName: attributes.signalName,
        input: attributes.input,
        header: attributes.header,
        identity: HISTORY_SERVICE,
        requestId,
        sender: run.self,
      });
    }
  }
  const { namespaceId, workflowExecution, control } = attributes;
  const namespace = attributes.namespace || run.namespace.name;
  const common = { namespace, namespaceId, workflowExecution, control, initiatedEventId: BigInt(initiatedEventId) };
  report(engine, run, () => {
    run.externalSignals.delete(initiatedEventId);
    if (isSent) return { case: "externalWorkflowExecutionSignaledEventAttributes", value: common };
    return { case: "signalExternalWorkflowExecutionFailedEventAttributes", value: { ...common, cause } };
  });
}

/** The job of a cancel request to another workflow. */
export function onCancelExternal(engine: Engine, job: Extract<Job, { kind: "cancelExternal" }>): void {
  const { run, initiatedEventId } = job;
  const pending = run.externalCancels.get(initiatedEventId);
  if (!pending || !isRunning(run)) return;
  const { attributes, requestId } = pending;
  const target = findTarget(engine, run, attributes);
  if (target.run && isRunning(target.run)) {
    requestCancel(engine, target.run, {
      reason: attributes.reason,
      identity: HISTORY_SERVICE,
      requestId,
      sender: run.self,
      senderEventId: initiatedEventId,
    });
  }
  const { namespaceId, workflowExecution, control } = attributes;
  const namespace = attributes.namespace || run.namespace.name;
  const common = { namespace, namespaceId, workflowExecution, initiatedEventId: BigInt(initiatedEventId) };
  const cause = target.isNamespaceKnown
    ? CancelExternalWorkflowExecutionFailedCause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND
    : CancelExternalWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND;
  report(engine, run, () => {
    run.externalCancels.delete(initiatedEventId);
    if (target.run) return { case: "externalWorkflowExecutionCancelRequestedEventAttributes", value: common };
    return {
      case: "requestCancelExternalWorkflowExecutionFailedEventAttributes",
      value: { ...common, control, cause },
    };
  });
}

/** Tells the parent of a closed run, unless another run carries on. */
export function tellParent(engine: Engine, run: Execution): void {
  const { parent } = run;
  if (!parent || run.continuedRunId) return;
  const parentRun = findParent(engine, parent);
  if (!parentRun || !isRunning(parentRun)) return;
  const child = parentRun.children.get(parent.initiatedEventId);
  if (!child || child.attributes.workflowId !== run.workflowId) return;
  report(engine, parentRun, () => {
    parentRun.children.delete(parent.initiatedEventId);
    return childClosedEvent(run, child);
  });
}

/** Does with the children of a closed run what their parent close policies say; those of a run that was reset go on. */
export function endChildren(engine: Engine, run: Execution): void {
  if (run.resetRunId) return;
  for (const child of run.children.values()) {
    const { attributes, runId } = child;
    const namespace = engine.namespaces.find(attributes.namespace);
    const target = namespace && engine.store.findCurrent(namespace, attributes.workflowId);
    if (!runId || !target || !isRunning(target) || target.firstRunId !== runId) continue;
    if (attributes.parentClosePolicy === ParentClosePolicy.TERMINATE) {
      terminate(engine, target, { reason: "by parent close policy", identity: HISTORY_SERVICE });
    } else if (attributes.parentClosePolicy === ParentClosePolicy.REQUEST_CANCEL) {
      requestCancel(engine, target, {
        reason: "",
        identity: HISTORY_SERVICE,
        requestId: "",
        sender: run.self,
      });
    }
  }
}

function mayReplace(engine: Engine, current: Execution, policy: WorkflowIdReusePolicy): boolean {
  if (!isRunning(current)) return isReusable(current.status, policy);
  if (policy !== WorkflowIdReusePolicy.TERMINATE_IF_RUNNING) return false;
  terminate(engine, current, { reason: "TerminateIfRunning WorkflowIdReusePolicy", identity: HISTORY_SERVICE });
  return true;
}

function makeChild(engine: Engine, run: Execution, child: ChildState, namespace: Namespace): Execution {
  const { attributes } = child;
  const parent: ParentLink = {
    namespace: run.namespace,
    workflowId: run.workflowId,
    runId: run.runId,
    initiatedEventId: child.initiatedEventId,
  };
  const initiated = run.events[child.initiatedEventId - 1];
  return createRun(engine, {
    namespace,
    workflowId: attributes.workflowId,
    taskQueue: attributes.taskQueue!.name,
    requestId: child.requestId,
    parent,
    root: run.root,
    userMetadata: initiated.userMetadata,
    delayMs: firstCronDelay(engine, attributes.cronSchedule),
    started: {
      workflowType: attributes.workflowType,
      input: attributes.input,
      header: attributes.header,
      workflowExecutionTimeout: attributes.workflowExecutionTimeout,
      workflowRunTimeout: attributes.workflowRunTimeout,
      workflowTaskTimeout: attributes.workflowTaskTimeout,
      retryPolicy: attributes.retryPolicy,
      cronSchedule: attributes.cronSchedule,
      memo: attributes.memo,
      searchAttributes: attributes.searchAttributes,
      priority: mergePriority(run.start.priority, attributes.priority),
    },
  });
}

function failStart(
  engine: Engine,
  run: Execution,
  child: ChildState,
  cause: StartChildWorkflowExecutionFailedCause,
): void {
  const { attributes, initiatedEventId } = child;
  report(engine, run, () => {
    run.children.delete(initiatedEventId);
    return {
      case: "startChildWorkflowExecutionFailedEventAttributes",
      value: {
        namespace: attributes.namespace,
        namespaceId: attributes.namespaceId,
        workflowId: attributes.workflowId,
        workflowType: attributes.workflowType,
        cause,
        control: attributes.control,
        initiatedEventId: BigInt(initiatedEventId),
      },
    };
  });
}

function childClosedEvent(run: Execution, child: ChildState): EventAttributes {
  const common = {
    namespace: child.attributes.namespace,
    namespaceId: run.namespace.id,
    workflowExecution: run.self,
    workflowType: child.attributes.workflowType,
    initiatedEventId: BigInt(child.initiatedEventId),
    startedEventId: BigInt(child.startedEventId),
  };
  const { attributes } = run.events[run.closeEventId - 1];
  switch (attributes.case) {
    case "workflowExecutionCompletedEventAttributes":
      return {
        case: "childWorkflowExecutionCompletedEventAttributes",
        value: { ...common, result: attributes.value.result },
      };
    case "workflowExecutionFailedEventAttributes": {
      const { failure, retryState } = attributes.value;
      return { case: "childWorkflowExecutionFailedEventAttributes", value: { ...common, failure, retryState } };
    }
    case "workflowExecutionCanceledEventAttributes":
      return {
        case: "childWorkflowExecutionCanceledEventAttributes",
        value: { ...common, details: attributes.value.details },
      };
    case "workflowExecutionTimedOutEventAttributes":
      return {
        case: "childWorkflowExecutionTimedOutEventAttributes",
        value: { ...common, retryState: attributes.value.retryState || RetryState.TIMEOUT },
      };
    default:
      return { case: "childWorkflowExecutionTerminatedEventAttributes", value: common };
  }
}

interface Target {
  isNamespaceKnown: boolean;
  run: Execution | undefined;
}

function findTarget(
  engine: Engine,
  run: Execution,
  attributes: {
    namespace: string;
    workflowExecution?: { workflowId: string; runId: string };
    childWorkflowOnly: boolean;
  },
): Target {
  const namespace = attributes.namespace ? engine.namespaces.find(attributes.namespace) : run.namespace;
  if (!namespace) return { isNamespaceKnown: false, run: undefined };
  const { workflowId, runId } = attributes.workflowExecution!;
  // A workflow cannot reach itself this way.
  if (namespace === run.namespace && workflowId === run.workflowId) return { isNamespaceKnown: true, run: undefined };
  const found = runId
    ? engine.store.find(namespace, workflowId, runId)
    : engine.store.findCurrent(namespace, workflowId);
  const isChild = found?.parent !== undefined && findParent(engine, found.parent) === run;
  return { isNamespaceKnown: true, run: !attributes.childWorkflowOnly || isChild ? found : undefined };
}

/** The run of a parent; one that was reset lives on in another run. */
function findParent(
  engine: Engine,
  { namespace, workflowId, runId }: NonNullable<Execution["parent"]>,
): Execution | undefined {
  let run = engine.store.find(namespace, workflowId, runId);
  while (run && !isRunning(run) && run.resetRunId) run = engine.store.find(namespace, workflowId, run.resetRunId);
  return run;
}

function report(engine: Engine, run: Execution, change: () => EventAttributes): void {
  transact(engine, run, () => {
    append(engine, run, change());
    ensureTask(engine, run);
  });
}
