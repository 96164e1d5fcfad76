/**
 * The next run in a chain: after continue-as-new, or after a failure that is retried.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { ContinueAsNewInitiator } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import type { ResetPointInfo } from "../../gen/temporal/api/workflow/v1/message_pb.ts";
import { ResetPointInfoSchema } from "../../gen/temporal/api/workflow/v1/message_pb.ts";
import type { AttributesOf } from "./check_scope.ts";
import { cronDelay, parseCron } from "./cron.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { createRun } from "./runs.ts";
import { toMs, toTimestamp } from "./times.ts";

/** Makes the run that a continue-as-new command asks for. */
export function continueRun(
  engine: Engine,
  run: Execution,
  runId: string,
  attributes: AttributesOf<"continueAsNewWorkflowExecutionCommandAttributes">,
): Execution {
  const { start } = run;
  return createRun(engine, {
    ...chainOf(run),
    runId,
    taskQueue: attributes.taskQueue?.name || run.taskQueue,
    delayMs: chooseDelay(engine, run, toMs(attributes.backoffStartInterval)),
    started: {
      workflowType: attributes.workflowType?.name ? attributes.workflowType : start.workflowType,
      input: attributes.input,
      header: attributes.header,
      workflowExecutionTimeout: start.workflowExecutionTimeout,
      workflowRunTimeout: attributes.workflowRunTimeout,
      workflowTaskTimeout: attributes.workflowTaskTimeout,
      continuedExecutionRunId: run.runId,
      initiator: attributes.initiator || ContinueAsNewInitiator.WORKFLOW,
      continuedFailure: attributes.failure,
      lastCompletionResult: attributes.lastCompletionResult,
      retryPolicy: attributes.retryPolicy,
      cronSchedule: attributes.cronSchedule,
      memo: attributes.memo,
      searchAttributes: attributes.searchAttributes,
      prevAutoResetPoints: { points: rollPoints(engine, run) },
      priority: start.priority,
      attempt: 1,
    },
  });
}

/** How long the first run of a cron schedule waits, in milliseconds; undefined without a schedule. */
export function firstCronDelay(engine: Engine, cronSchedule: string): number | undefined {
  const schedule = cronSchedule ? parseCron(cronSchedule) : undefined;
  const now = engine.clock.now();
  return schedule && cronDelay(schedule, now, now);
}

/** How long the next run of a cron schedule waits, in milliseconds; undefined if there is none. */
export function nextCronDelay(engine: Engine, run: Execution): number | undefined {
  const schedule = run.start.cronSchedule ? parseCron(run.start.cronSchedule) : undefined;
  return schedule && cronDelay(schedule, run.executionTime, engine.clock.now());
}

/** What starts the next run of a retried or a cron workflow. */
export interface RepeatReason {
  initiator: ContinueAsNewInitiator;
  delayMs: number;
  failure?: Failure;
  lastCompletionResult?: Payloads;
}

/** Makes the next run of a workflow that is retried or that a cron schedule starts again. */
export function repeatRun(engine: Engine, run: Execution, runId: string, reason: RepeatReason): Execution {
  const { start } = run;
  const isRetry = reason.initiator === ContinueAsNewInitiator.RETRY;
  return createRun(engine, {
    ...chainOf(run),
    runId,
    taskQueue: run.taskQueue,
    delayMs: reason.delayMs,
    started: {
      workflowType: start.workflowType,
      input: start.input,
      header: start.header,
      workflowExecutionTimeout: start.workflowExecutionTimeout,
      workflowRunTimeout: start.workflowRunTimeout,
      workflowTaskTimeout: start.workflowTaskTimeout,
      continuedExecutionRunId: run.runId,
      initiator: reason.initiator,
      continuedFailure: reason.failure,
      lastCompletionResult: isRetry ? start.lastCompletionResult : reason.lastCompletionResult,
      retryPolicy: start.retryPolicy,
      cronSchedule: start.cronSchedule,
      memo: start.memo,
      searchAttributes: start.searchAttributes,
      prevAutoResetPoints: { points: rollPoints(engine, run) },
      priority: start.priority,
      attempt: isRetry ? start.attempt + 1 : 1,
    },
  });
}

/** A run that was very short makes the next one wait, so that a chain cannot spin. */
function chooseDelay(engine: Engine, run: Execution, askedMs: number): number {
  const lifetime = engine.clock.now() - run.executionTime;
  const least = engine.limits.continueAsNewMinInterval;
  return lifetime + askedMs < least ? least - lifetime : askedMs;
}

function rollPoints(engine: Engine, run: Execution): ResetPointInfo[] {
  const expireTime = toTimestamp(engine.clock.now() + toMs(run.namespace.retention));
  return run.resetPoints.map((point) =>
    point.expireTime ? point : create(ResetPointInfoSchema, { ...point, expireTime })
  );
}

function chainOf(run: Execution): {
  namespace: Execution["namespace"];
  workflowId: string;
  firstRunId: string;
  requestId: string;
  executionExpiration: number;
  parent: Execution["parent"];
  root: Execution["root"] | undefined;
  userMetadata: Execution["userMetadata"];
} {
  return {
    namespace: run.namespace,
    workflowId: run.workflowId,
    firstRunId: run.firstRunId,
    requestId: crypto.randomUUID(),
    executionExpiration: run.executionExpiration,
    parent: run.parent,
    root: run.parent && run.root,
    userMetadata: run.userMetadata,
  };
}
