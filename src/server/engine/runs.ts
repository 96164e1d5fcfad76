/**
 * Making runs: by a caller, by a parent, or as the next in a chain.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { Link } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { WorkflowExecutionSchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { WorkflowExecution } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import { WorkflowExecutionStartedEventAttributesSchema } from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { UserMetadata } from "../../gen/temporal/api/sdk/v1/user_metadata_pb.ts";
import type { Engine } from "./engine.ts";
import { append } from "./events.ts";
import type { Execution, ParentLink } from "./execution.ts";
import { createExecution } from "./execution.ts";
import type { Namespace } from "./namespace.ts";
import { shorter, toDuration, toMs, toTimestamp } from "./times.ts";
import { transact } from "./transaction.ts";
import { scheduleTask } from "./workflow_task.ts";

/** The started event's fields that makers of runs choose. */
export type StartedInit = Omit<
  Extract<MessageInitShape<typeof WorkflowExecutionStartedEventAttributesSchema>, { $typeName?: never }>,
  | "taskQueue"
  | "workflowId"
  | "firstExecutionRunId"
  | "originalExecutionRunId"
  | "rootWorkflowExecution"
  | "parentWorkflowExecution"
  | "firstWorkflowTaskBackoff"
  | "workflowExecutionExpirationTime"
>;

/** What a new run is made of. */
export interface RunSpec {
  namespace: Namespace;
  workflowId: string;
  runId?: string;
  /** The chain it belongs to; its own if unset. */
  firstRunId?: string;
  taskQueue: string;
  started: StartedInit;
  requestId: string;
  /** How long its first task waits, in milliseconds. */
  delayMs?: number;
  /** When the chain expires, in milliseconds since the epoch; counted from now if unset. */
  executionExpiration?: number;
  parent?: ParentLink;
  root?: WorkflowExecution;
  userMetadata?: UserMetadata;
  links?: Link[];
  /** Changes to the new run before its first task. */
  prepare?: (run: Execution) => void;
  /** The caller hands the first task to a worker itself. */
  isHandedOver?: boolean;
}

/** Makes a run, its first events and, unless delayed, its first task. */
export function createRun(engine: Engine, spec: RunSpec): Execution {
  const run = build(engine, spec);
  engine.store.add(run);
  transact(engine, run, () => {
    append(engine, run, { case: "workflowExecutionStartedEventAttributes", value: run.start }, {
      time: run.startTime,
      userMetadata: spec.userMetadata,
      links: spec.links,
    });
    spec.prepare?.(run);
    armExpiration(engine, run);
    const delay = spec.delayMs ?? 0;
    if (delay > 0) run.startTimer = engine.at(run.executionTime, { kind: "firstWorkflowTask", run });
    else scheduleTask(engine, run, { isHandedOver: spec.isHandedOver });
  });
  return run;
}

/** The task timeout a workflow gets, in milliseconds. */
export function chooseTaskTimeout(engine: Engine, asked: number, runTimeout: number): number {
  const timeout = Math.min(asked || engine.limits.defaultTaskTimeout, engine.limits.longestTaskTimeout);
  return runTimeout > 0 ? Math.min(timeout, runTimeout) : timeout;
}

function build(engine: Engine, spec: RunSpec): Execution {
  const { namespace, workflowId, started, parent } = spec;
  const runId = spec.runId ?? crypto.randomUUID();
  const now = engine.clock.now();
  const delay = spec.delayMs ?? 0;
  const executionTimeout = toMs(started.workflowExecutionTimeout as never);
  const runTimeout = shorter(toMs(started.workflowRunTimeout as never), executionTimeout);
  const taskTimeout = chooseTaskTimeout(engine, toMs(started.workflowTaskTimeout as never), runTimeout);
  const executionExpiration = spec.executionExpiration ?? (executionTimeout > 0 ? now + delay + executionTimeout : 0);
  const runExpiration = shorter(runTimeout > 0 ? now + delay + runTimeout : 0, executionExpiration);
  const firstRunId = spec.firstRunId ?? runId;
  const self = create(WorkflowExecutionSchema, { workflowId, runId });
  const start = create(WorkflowExecutionStartedEventAttributesSchema, {
    ...started,
    workflowId,
    taskQueue: { name: spec.taskQueue, kind: TaskQueueKind.NORMAL },
    workflowRunTimeout: runTimeout > 0 ? toDuration(runTimeout) : started.workflowRunTimeout,
    workflowTaskTimeout: toDuration(taskTimeout),
    firstExecutionRunId: firstRunId,
    originalExecutionRunId: runId,
    firstWorkflowTaskBackoff: toDuration(delay),
    workflowExecutionExpirationTime: executionExpiration > 0 ? toTimestamp(executionExpiration) : undefined,
    parentWorkflowNamespace: parent?.namespace.name ?? "",
    parentWorkflowNamespaceId: parent?.namespace.id ?? "",
    parentWorkflowExecution: parent && { workflowId: parent.workflowId, runId: parent.runId },
    parentInitiatedEventId: BigInt(parent?.initiatedEventId ?? 0),
    rootWorkflowExecution: spec.root,
    attempt: started.attempt || 1,
  });
  return createExecution({
    namespace,
    workflowId,
    runId,
    firstRunId,
    originalRunId: runId,
    start,
    userMetadata: spec.userMetadata,
    parent,
    self,
    root: spec.root ?? self,
    taskQueue: spec.taskQueue,
    taskTimeoutMs: taskTimeout,
    startTime: now,
    executionTime: now + delay,
    runExpiration,
    executionExpiration,
    startRequestId: spec.requestId,
    startOrder: Number(engine.nextTaskId()),
    memo: start.memo?.fields ?? {},
    searchAttributes: start.searchAttributes?.indexedFields ?? {},
    resetPoints: start.prevAutoResetPoints?.points.slice() ?? [],
  });
}

/** Arms the deadline of a run, if it has one. */
export function armExpiration(engine: Engine, run: Execution): void {
  const due = shorter(run.runExpiration, run.executionExpiration);
  if (due > 0) run.runTimer = engine.at(due, { kind: "runTimeout", run });
}
