/**
 * Starting, signalling and ending workflows.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Link } from "../../../gen/temporal/api/common/v1/message_pb.ts";
import { LinkSchema } from "../../../gen/temporal/api/common/v1/message_pb.ts";
import { TaskQueueKind } from "../../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import {
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from "../../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type {
  SignalWithStartWorkflowExecutionRequest,
  StartWorkflowExecutionRequest,
} from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { StartWorkflowExecutionRequestSchema } from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "../engine.ts";
import { parseCron } from "../cron.ts";
import { invalidArgument, notFound } from "../errors.ts";
import type { Execution } from "../execution.ts";
import { isRunning } from "../execution.ts";
import { sizeOfFields, sizeOfPayloads } from "../limits.ts";
import { findChainRun, findOpenRun, findRun } from "../lookup.ts";
import type { Namespace } from "../namespace.ts";
import { answerTask } from "../poll_response.ts";
import { checkSignal, requestCancel, signalRun, terminate } from "../requests.ts";
import { resetRun } from "../reset.ts";
import { completePolicy, findPolicyFault } from "../retry.ts";
import { findAttributeFault, findAttributeSizeFault } from "../search_attributes.ts";
import { signalWithStart, startWorkflow } from "../start.ts";
import { findDurationFault, toMs } from "../times.ts";
import { transact } from "../transaction.ts";
import { startTask } from "../workflow_task.ts";
import type { Methods } from "./shared.ts";
import { checkExecution, checkLength, namespaceOf } from "./shared.ts";

/** The methods that start, signal and end workflows. */
export function workflowMethods(engine: Engine): Methods {
  return {
    startWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      prepareStart(engine, namespace, request);
      const isEager = request.requestEagerExecution && toMs(request.workflowStartDelay) === 0 &&
        !request.cronSchedule;
      const { run, isStarted, isRepeated } = startWorkflow(engine, namespace, request, { isHandedOver: isEager });
      return {
        runId: run.runId,
        started: isStarted,
        status: isStarted && !isRepeated ? WorkflowExecutionStatus.RUNNING : run.status,
        link: eventLink(run, 1),
        eagerWorkflowTask: isEager && isStarted && !isRepeated
          ? startEagerly(engine, run, request.identity)
          : undefined,
      };
    },
    signalWithStartWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      if (request.workflowIdConflictPolicy === WorkflowIdConflictPolicy.FAIL) {
        throw invalidArgument("Invalid WorkflowIDConflictPolicy: Fail is not supported for this operation.");
      }
      request.workflowIdConflictPolicy ||= WorkflowIdConflictPolicy.USE_EXISTING;
      const startRequest = toStartRequest(request);
      prepareStart(engine, namespace, startRequest);
      request.requestId = startRequest.requestId;
      checkSignalName(engine, request.signalName);
      checkSignal(engine, undefined, request.signalInput);
      const { run, isStarted } = signalWithStart(engine, namespace, request, startRequest);
      return { runId: run.runId, started: isStarted };
    },
    signalWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      checkSignalName(engine, request.signalName);
      checkLength(engine, request.requestId, "RequestId");
      checkSignal(engine, undefined, request.input);
      const { signalName, input, identity, header, requestId, links } = request;
      const run = findOpenRun(engine, namespace, workflowId, runId);
      signalRun(engine, run, { signalName, input, identity, header, requestId, links });
      return {};
    },
    requestCancelWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      const run = findChainRun(engine, namespace, workflowId, runId, request.firstExecutionRunId);
      // A workflow that is over needs no cancelling: that is no error.
      if (isRunning(run)) requestCancel(engine, run, request);
      return {};
    },
    terminateWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      const run = findChainRun(engine, namespace, workflowId, runId, request.firstExecutionRunId);
      if (!isRunning(run)) throw notFound("workflow execution already completed");
      terminate(engine, run, {
        reason: request.reason || "terminated by user via frontend",
        identity: request.identity || "frontend-service",
        details: request.details,
        links: request.links,
      });
      return {};
    },
    resetWorkflowExecution(request) {
      if (!request.requestId) throw invalidArgument("RequestId is not set on request.");
      checkLength(engine, request.requestId, "RequestId");
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      const base = findRun(engine, namespaceOf(engine, request), workflowId, runId);
      return { runId: resetRun(engine, base, request).runId };
    },
    deleteWorkflowExecution(request) {
      const namespace = namespaceOf(engine, request);
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      const run = findRun(engine, namespace, workflowId, runId);
      if (run.status === WorkflowExecutionStatus.RUNNING) {
        terminate(engine, run, { reason: "Delete workflow execution", identity: "history-service" });
      }
      run.isDeleted = true;
      engine.store.remove(run);
      return {};
    },
  };
}

/** Checks a start request and fills its defaults. Throws INVALID_ARGUMENT. */
export function prepareStart(engine: Engine, namespace: Namespace, request: StartWorkflowExecutionRequest): void {
  if (!request.workflowId) throw invalidArgument("WorkflowId is not set on request.");
  checkLength(engine, request.workflowId, "WorkflowId");
  if (request.retryPolicy) {
    completePolicy(request.retryPolicy);
    const fault = findPolicyFault(request.retryPolicy);
    if (fault) throw invalidArgument(fault);
  }
  checkCron(request);
  if (!request.workflowType?.name) throw invalidArgument("WorkflowType is not set on request.");
  checkLength(engine, request.workflowType.name, "WorkflowType");
  if (!request.taskQueue) throw invalidArgument("taskQueue is not set");
  if (!request.taskQueue.name) throw invalidArgument("missing task queue name");
  checkLength(engine, request.taskQueue.name, "taskQueue");
  request.taskQueue.kind ||= TaskQueueKind.NORMAL;
  checkTimeouts(request);
  checkLength(engine, request.requestId, "RequestId");
  request.requestId ||= crypto.randomUUID();
  completePolicies(request);
  checkSizes(engine, namespace, request);
}

function checkCron({ cronSchedule, workflowStartDelay }: StartWorkflowExecutionRequest): void {
  if (!cronSchedule) return;
  if (workflowStartDelay) throw invalidArgument("CronSchedule and WorkflowStartDelay may not be used together.");
  const schedule = parseCron(cronSchedule);
  if (!schedule) throw invalidArgument("invalid CronSchedule.");
  if (schedule(Date.now()) === undefined) {
    throw invalidArgument("invalid CronSchedule, no time can be found to satisfy the schedule");
  }
}

function checkTimeouts(request: StartWorkflowExecutionRequest): void {
  const timeouts = [
    ["WorkflowExecutionTimeout", request.workflowExecutionTimeout],
    ["WorkflowRunTimeout", request.workflowRunTimeout],
    ["WorkflowTaskTimeout", request.workflowTaskTimeout],
    ["WorkflowStartDelay", request.workflowStartDelay],
  ] as const;
  for (const [name, duration] of timeouts) {
    const fault = findDurationFault(duration);
    if (!fault) continue;
    throw invalidArgument(`An invalid ${name}Seconds is set on request. cause: ${fault}`);
  }
}

function completePolicies(request: StartWorkflowExecutionRequest): void {
  const { workflowIdReusePolicy: reuse, workflowIdConflictPolicy: conflict } = request;
  if (reuse === WorkflowIdReusePolicy.TERMINATE_IF_RUNNING && conflict !== WorkflowIdConflictPolicy.UNSPECIFIED) {
    throw invalidArgument(
      "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with " +
        "a WorkflowIDConflictPolicy",
    );
  }
  if (
    reuse === WorkflowIdReusePolicy.REJECT_DUPLICATE && conflict === WorkflowIdConflictPolicy.TERMINATE_EXISTING
  ) {
    throw invalidArgument(
      "Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be used together with " +
        "WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING",
    );
  }
  request.workflowIdReusePolicy ||= WorkflowIdReusePolicy.ALLOW_DUPLICATE;
  request.workflowIdConflictPolicy ||= WorkflowIdConflictPolicy.FAIL;
}

function checkSizes(engine: Engine, namespace: Namespace, request: StartWorkflowExecutionRequest): void {
  const { limits } = engine;
  const isTooLarge = sizeOfPayloads(request.input) > limits.blobSizeError ||
    sizeOfFields(request.memo?.fields) > limits.memoSizeError;
  if (isTooLarge) throw invalidArgument("Blob data size exceeds limit.");
  const fields = request.searchAttributes?.indexedFields;
  const fault = findAttributeFault(namespace, fields, limits) ?? findAttributeSizeFault(fields, limits);
  if (fault) throw invalidArgument(fault);
}

function checkSignalName(engine: Engine, name: string): void {
  if (!name) throw invalidArgument("SignalName is not set on request.");
  checkLength(engine, name, "SignalName");
}

function toStartRequest(request: SignalWithStartWorkflowExecutionRequest): StartWorkflowExecutionRequest {
  return create(StartWorkflowExecutionRequestSchema, {
    namespace: request.namespace,
    workflowId: request.workflowId,
    workflowType: request.workflowType,
    taskQueue: request.taskQueue,
    input: request.input,
    workflowExecutionTimeout: request.workflowExecutionTimeout,
    workflowRunTimeout: request.workflowRunTimeout,
    workflowTaskTimeout: request.workflowTaskTimeout,
    identity: request.identity,
    requestId: request.requestId,
    workflowIdReusePolicy: request.workflowIdReusePolicy,
    workflowIdConflictPolicy: request.workflowIdConflictPolicy,
    retryPolicy: request.retryPolicy,
    cronSchedule: request.cronSchedule,
    memo: request.memo,
    searchAttributes: request.searchAttributes,
    header: request.header,
    workflowStartDelay: request.workflowStartDelay,
    userMetadata: request.userMetadata,
    links: request.links,
    versioningOverride: request.versioningOverride,
    priority: request.priority,
  });
}

function startEagerly(engine: Engine, run: Execution, identity: string): ReturnType<typeof answerTask> {
  const task = run.workflowTask;
  if (!task) return undefined;
  transact(engine, run, () => startTask(engine, run, task, identity, run.startRequestId));
  return answerTask(engine, run, task, { isSticky: false });
}

/** The link to an event of a run, as start and signal calls return it. */
export function eventLink(run: Execution, eventId: number): Link {
  return create(LinkSchema, {
    variant: {
      case: "workflowEvent",
      value: {
        namespace: run.namespace.name,
        workflowId: run.workflowId,
        runId: run.runId,
        reference: {
          case: "eventRef",
          value: { eventId: BigInt(eventId), eventType: run.events[eventId - 1].eventType },
        },
      },
    },
  });
}
