/**
 * Starting workflows on a caller's request: id policies, duplicate requests, signal-with-start.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { PayloadSchema, PayloadsSchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type {
  SignalWithStartWorkflowExecutionRequest,
  StartWorkflowExecutionRequest,
} from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { firstCronDelay } from "./chain.ts";
import { terminateRun } from "./close.ts";
import type { Engine } from "./engine.ts";
import { workflowAlreadyStarted } from "./errors.ts";
import { append } from "./events.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { isReusable } from "./id_policy.ts";
import type { Namespace } from "./namespace.ts";
import type { SignalInput } from "./requests.ts";
import { recordSignal, signalRun } from "./requests.ts";
import type { RunSpec, StartedInit } from "./runs.ts";
import { createRun } from "./runs.ts";
import { tagTypes } from "./search_attributes.ts";
import { toMs } from "./times.ts";
import { transact } from "./transaction.ts";

/** What a start came to. */
export interface StartOutcome {
  run: Execution;
  /** False if an existing run was used. */
  isStarted: boolean;
  /** The same request came before. */
  isRepeated: boolean;
}

/** How a caller's start differs from the plain one. */
export interface StartOptions {
  signal?: SignalInput;
  /** Called on the new run before its first task. */
  prepare?: (run: Execution) => void;
  isHandedOver?: boolean;
  runId?: string;
}

/** Starts a workflow, or finds the run that its id policies point to. Throws ALREADY_EXISTS. */
export function startWorkflow(
  engine: Engine,
  namespace: Namespace,
  request: StartWorkflowExecutionRequest,
  options: StartOptions = {},
): StartOutcome {
  const current = engine.store.findCurrent(namespace, request.workflowId);
  if (!current) return begin(engine, namespace, request, options);
  if (current.startRequestId === request.requestId) return { run: current, isStarted: true, isRepeated: true };
  if (current.attachedRequestIds.has(request.requestId)) return { run: current, isStarted: false, isRepeated: true };
  const policies = migratePolicies(request);
  if (!isRunning(current)) {
    checkReuse(current, policies.reuse);
    return begin(engine, namespace, request, options);
  }
  switch (policies.conflict) {
    case WorkflowIdConflictPolicy.USE_EXISTING:
      attach(engine, current, request);
      return { run: current, isStarted: false, isRepeated: false };
    case WorkflowIdConflictPolicy.TERMINATE_EXISTING:
      return replace(engine, current, (runId) => begin(engine, namespace, request, { ...options, runId }));
    default:
      throw alreadyStarted("Workflow execution is already running. WorkflowId: %, RunId: %.", current);
  }
}

/** Signals the running workflow of that id, or starts it with the signal. Throws ALREADY_EXISTS. */
export function signalWithStart(
  engine: Engine,
  namespace: Namespace,
  request: SignalWithStartWorkflowExecutionRequest,
  startRequest: StartWorkflowExecutionRequest,
): StartOutcome {
  const signal: SignalInput = {
    signalName: request.signalName,
    input: request.signalInput,
    identity: request.identity,
    header: request.header,
    requestId: "",
    links: request.links,
  };
  const current = engine.store.findCurrent(namespace, request.workflowId);
  const { conflict } = migratePolicies(startRequest);
  if (current && isRunning(current) && conflict !== WorkflowIdConflictPolicy.TERMINATE_EXISTING) {
    signalRun(engine, current, { ...signal, requestId: request.requestId });
    return { run: current, isStarted: false, isRepeated: false };
  }
  return startWorkflow(engine, namespace, startRequest, { signal });
}

function begin(
  engine: Engine,
  namespace: Namespace,
  request: StartWorkflowExecutionRequest,
  options: StartOptions,
): StartOutcome {
  const spec: RunSpec = {
    namespace,
    workflowId: request.workflowId,
    runId: options.runId,
    taskQueue: request.taskQueue!.name,
    requestId: request.requestId,
    delayMs: firstCronDelay(engine, request.cronSchedule) ?? toMs(request.workflowStartDelay),
    userMetadata: request.userMetadata,
    links: request.links,
    isHandedOver: options.isHandedOver,
    started: startedInit(namespace, request, options.isHandedOver ?? false),
    prepare(run) {
      if (options.signal) recordSignal(engine, run, options.signal);
      options.prepare?.(run);
    },
  };
  return { run: createRun(engine, spec), isStarted: true, isRepeated: false };
}

function startedInit(
  namespace: Namespace,
  request: StartWorkflowExecutionRequest,
  eagerExecutionAccepted: boolean,
): StartedInit {
  const fields = request.searchAttributes && tagTypes(namespace, request.searchAttributes.indexedFields);
  return {
    workflowType: request.workflowType,
    input: request.input,
    header: request.header,
    identity: request.identity,
    workflowExecutionTimeout: request.workflowExecutionTimeout,
    workflowRunTimeout: request.workflowRunTimeout,
    workflowTaskTimeout: request.workflowTaskTimeout,
    retryPolicy: request.retryPolicy,
    cronSchedule: request.cronSchedule,
    memo: request.memo,
    searchAttributes: fields && { indexedFields: fields },
    completionCallbacks: request.completionCallbacks,
    versioningOverride: request.versioningOverride,
    priority: request.priority,
    continuedFailure: request.continuedFailure,
    lastCompletionResult: request.lastCompletionResult,
    eagerExecutionAccepted,
  };
}

function migratePolicies(
  request: StartWorkflowExecutionRequest,
): { reuse: WorkflowIdReusePolicy; conflict: WorkflowIdConflictPolicy } {
  const { workflowIdReusePolicy: reuse, workflowIdConflictPolicy: conflict } = request;
  if (reuse === WorkflowIdReusePolicy.TERMINATE_IF_RUNNING) {
    return {
      reuse: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      conflict: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
    };
  }
  return { reuse, conflict };
}

function checkReuse(current: Execution, policy: WorkflowIdReusePolicy): void {
  if (policy === WorkflowIdReusePolicy.REJECT_DUPLICATE) {
    throw alreadyStarted(
      "Workflow execution already finished. WorkflowId: %, RunId: %. " +
        "Workflow Id reuse policy: reject duplicate workflow Id.",
      current,
    );
  }
  if (isReusable(current.status, policy)) return;
  throw alreadyStarted(
    "Workflow execution already finished successfully. WorkflowId: %, RunId: %. " +
      "Workflow Id reuse policy: allow duplicate workflow Id if last run failed.",
    current,
  );
}

function alreadyStarted(text: string, current: Execution): ReturnType<typeof workflowAlreadyStarted> {
  const values = [current.workflowId, current.runId];
  const message = text.replaceAll("%", () => values.shift()!);
  return workflowAlreadyStarted(message, current.startRequestId, current.runId);
}

function attach(engine: Engine, run: Execution, request: StartWorkflowExecutionRequest): void {
  const options = request.onConflictOptions;
  if (!options?.attachRequestId && !options?.attachCompletionCallbacks && !options?.attachLinks) return;
  transact(engine, run, () => {
    append(engine, run, {
      case: "workflowExecutionOptionsUpdatedEventAttributes",
      value: {
        attachedRequestId: options.attachRequestId ? request.requestId : "",
        attachedCompletionCallbacks: options.attachCompletionCallbacks ? request.completionCallbacks : [],
      },
    }, { links: options.attachLinks ? request.links : [] });
  });
}

function replace(engine: Engine, current: Execution, next: (runId: string) => StartOutcome): StartOutcome {
  const runId = crypto.randomUUID();
  return transact(engine, current, () => {
    terminateRun(
      engine,
      current,
      "TerminateIfRunning WorkflowIdReusePolicy",
      textPayloads(`terminated by new runID: ${runId}`),
      "history-service",
    );
    return next(runId);
  });
}

function textPayloads(text: string): Payloads {
  const encoder = new TextEncoder();
  const payload = create(PayloadSchema, {
    metadata: { encoding: encoder.encode("json/plain") },
    data: encoder.encode(JSON.stringify(text)),
  });
  return create(PayloadsSchema, { payloads: [payload] });
}
