/**
 * The attributes of commands as the API wants them; what is unset stays unset.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { optionalMilliseconds } from "../common/duration.ts";
import type { RetryPolicy, VersioningIntent } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { CommandSchema } from "../gen/temporal/api/command/v1/message_pb.ts";
import type {
  HeaderSchema,
  PayloadsSchema,
  RetryPolicy as RetryPolicyMessage,
  RetryPolicySchema,
} from "../gen/temporal/api/common/v1/message_pb.ts";
import {
  ContinueAsNewVersioningBehavior,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
} from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ContinueAsNew, ScheduleActivity, SignalExternal, StartChild } from "../workflow/activation.ts";
import type { RunOptions } from "./context.ts";
import { toDuration } from "./time.ts";

/** The attributes of a command message. */
export type CommandAttributes = MessageInitShape<typeof CommandSchema>["attributes"];

/** The attributes that schedule an activity. */
export function scheduleActivityAttributes(command: ScheduleActivity, options: RunOptions): CommandAttributes {
  const isOnOwnQueue = isOwnQueue(command.taskQueue, options);
  return {
    case: "scheduleActivityTaskCommandAttributes",
    value: {
      activityId: command.activityId,
      activityType: { name: command.activityType },
      taskQueue: { name: command.taskQueue || options.taskQueue },
      header: toHeader(command.headers),
      input: toPayloads(command.args),
      scheduleToCloseTimeout: toDuration(command.scheduleToCloseTimeout),
      scheduleToStartTimeout: toDuration(command.scheduleToStartTimeout),
      startToCloseTimeout: toDuration(command.startToCloseTimeout),
      heartbeatTimeout: toDuration(command.heartbeatTimeout),
      retryPolicy: toRetryPolicy(command.retryPolicy),
      requestEagerExecution: options.requestEagerActivities === true && isOnOwnQueue && !command.disableEagerExecution,
      useWorkflowBuildId: sticksToBuild(command.versioningIntent, isOnOwnQueue),
      priority: command.priority,
    },
  };
}

/** The attributes that start a child workflow. */
export function startChildAttributes(command: StartChild, options: RunOptions): CommandAttributes {
  const { memo, searchAttributes, idReusePolicy } = command;
  return {
    case: "startChildWorkflowExecutionCommandAttributes",
    value: {
      namespace: options.namespace,
      workflowId: command.workflowId,
      workflowType: { name: command.workflowType },
      taskQueue: { name: command.taskQueue || options.taskQueue },
      header: toHeader(command.headers),
      input: toPayloads(command.args),
      workflowExecutionTimeout: toDuration(command.executionTimeout),
      workflowRunTimeout: toDuration(command.runTimeout),
      workflowTaskTimeout: toDuration(command.taskTimeout),
      parentClosePolicy: ParentClosePolicy[command.parentClosePolicy],
      workflowIdReusePolicy: idReusePolicy && WorkflowIdReusePolicy[idReusePolicy],
      retryPolicy: toRetryPolicy(command.retryPolicy),
      cronSchedule: command.cronSchedule,
      memo: isFilled(memo) ? { fields: memo } : undefined,
      searchAttributes: isFilled(searchAttributes) ? { indexedFields: searchAttributes } : undefined,
      inheritBuildId: sticksToBuild(command.versioningIntent, isOwnQueue(command.taskQueue, options)),
      priority: command.priority,
    },
  };
}

/** The attributes that signal another workflow. */
export function signalExternalAttributes(command: SignalExternal, options: RunOptions): CommandAttributes {
  return {
    case: "signalExternalWorkflowExecutionCommandAttributes",
    value: {
      namespace: options.namespace,
      execution: { workflowId: command.workflowId, runId: command.runId },
      signalName: command.name,
      input: toPayloads(command.args),
      header: toHeader(command.headers),
      childWorkflowOnly: command.childOnly,
    },
  };
}

/** What a run hands on to its successor where the code does not say otherwise. */
export interface Inheritance {
  memo?: Record<string, Payload>;
  searchAttributes?: Record<string, Payload>;
  retryPolicy?: RetryPolicyMessage;
}

/** The attributes that continue a run as new. */
export function continueAsNewAttributes(
  command: ContinueAsNew,
  options: RunOptions,
  inherited: Inheritance,
): CommandAttributes {
  const memo = command.memo ?? inherited.memo;
  const searchAttributes = command.searchAttributes ?? inherited.searchAttributes;
  const { initialVersioningBehavior: behavior } = command;
  return {
    case: "continueAsNewWorkflowExecutionCommandAttributes",
    value: {
      workflowType: { name: command.workflowType || options.workflowType },
      taskQueue: { name: command.taskQueue || options.taskQueue },
      header: toHeader(command.headers),
      input: toPayloads(command.args),
      workflowRunTimeout: toDuration(command.runTimeout),
      workflowTaskTimeout: toDuration(command.taskTimeout),
      retryPolicy: toRetryPolicy(command.retryPolicy) ?? inherited.retryPolicy,
      memo: isFilled(memo) ? { fields: memo } : undefined,
      searchAttributes: isFilled(searchAttributes) ? { indexedFields: searchAttributes } : undefined,
      inheritBuildId: sticksToBuild(command.versioningIntent, isOwnQueue(command.taskQueue, options)),
      backoffStartInterval: toDuration(command.backoffStartInterval),
      initialVersioningBehavior: behavior && ContinueAsNewVersioningBehavior[behavior],
    },
  };
}

/** Payloads, undefined where there are none. */
export function toPayloads(payloads: Payload[]): MessageInitShape<typeof PayloadsSchema> | undefined {
  return payloads.length > 0 ? { payloads } : undefined;
}

/** The payload of a result; undefined where the code returned none. */
export function toResult(result: Payload | undefined): MessageInitShape<typeof PayloadsSchema> | undefined {
  return result && { payloads: [result] };
}

function toHeader(fields: Record<string, Payload>): MessageInitShape<typeof HeaderSchema> | undefined {
  return isFilled(fields) ? { fields } : undefined;
}

function toRetryPolicy(policy: RetryPolicy | undefined): MessageInitShape<typeof RetryPolicySchema> | undefined {
  return policy && {
    initialInterval: toDuration(optionalMilliseconds(policy.initialInterval, "retryPolicy.initialInterval")),
    backoffCoefficient: policy.backoffCoefficient,
    maximumInterval: toDuration(optionalMilliseconds(policy.maximumInterval, "retryPolicy.maximumInterval")),
    maximumAttempts: policy.maximumAttempts,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes,
  };
}

function isFilled<T extends object>(fields: T | undefined): fields is T {
  return fields !== undefined && Object.keys(fields).length > 0;
}

function isOwnQueue(taskQueue: string, options: RunOptions): boolean {
  return taskQueue === "" || taskQueue === options.taskQueue;
}

function sticksToBuild(intent: VersioningIntent | undefined, isOnOwnQueue: boolean): boolean {
  return intent === undefined ? isOnOwnQueue : intent === "COMPATIBLE";
}
