/**
 * What checks of commands share.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Command } from "../../gen/temporal/api/command/v1/message_pb.ts";
import type { Priority, RetryPolicy } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { WorkflowTaskFailedCause as Cause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { TaskQueueKind } from "../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { TaskQueue } from "../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import { TaskQueueSchema } from "../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { completePolicy, findPolicyFault } from "./retry.ts";

type CommandAttributes = Exclude<Command["attributes"], { case: undefined }>;
/** The oneof case of a command's attributes. */
export type CommandCase = CommandAttributes["case"];
/** The attributes of one kind of command. */
export type AttributesOf<C extends CommandCase> = Extract<CommandAttributes, { case: C }>["value"];

/** Why a workflow task fails on a command. */
export interface CommandFault {
  cause: Cause;
  /** Undefined: the cause says it all. */
  message?: string;
  /** The fault does not go away with another attempt: the workflow is terminated. */
  isTerminal?: boolean;
}

/** The run as it would be after the commands checked so far. */
export interface CheckScope {
  readonly engine: Engine;
  readonly run: Execution;
  readonly addedTimers: Set<string>;
  readonly droppedTimers: Set<string>;
  readonly addedActivities: Set<string>;
  readonly droppedActivities: Set<number>;
  readonly cancelledActivities: Set<number>;
  readonly addedChildren: Set<string>;
  /** Events came in while the worker decided. */
  bufferedEvents: number;
  addedCancels: number;
  addedSignals: number;
}

/** A scope with nothing checked yet. */
export function createCheckScope(engine: Engine, run: Execution): CheckScope {
  return {
    engine,
    run,
    addedTimers: new Set(),
    droppedTimers: new Set(),
    addedActivities: new Set(),
    droppedActivities: new Set(),
    cancelledActivities: new Set(),
    addedChildren: new Set(),
    bufferedEvents: run.buffered.length,
    addedCancels: 0,
    addedSignals: 0,
  };
}

/** What is wrong with an id, undefined if nothing is. */
export function checkId(scope: CheckScope, value: string, name: string, command: string): string | undefined {
  if (!value) return `${name} is not set on ${command}.`;
  const limit = scope.engine.limits.idLength;
  if (value.length <= limit) return undefined;
  return `${name} on ${command} exceeds length limit. ${name}=${value} Length=${value.length} Limit=${limit}`;
}

/** Fills a retry policy; what is wrong with it, undefined if nothing is. */
export function checkPolicy(
  attributes: { retryPolicy?: RetryPolicy },
): string | undefined {
  if (!attributes.retryPolicy) return undefined;
  completePolicy(attributes.retryPolicy);
  return findPolicyFault(attributes.retryPolicy);
}

/** Fills a task queue; what is wrong with it, undefined if nothing is. */
export function completeQueue(
  scope: CheckScope,
  attributes: { taskQueue?: TaskQueue },
  defaultName: string,
): string | undefined {
  if (!attributes.taskQueue && !defaultName) return "taskQueue is not set";
  attributes.taskQueue ??= create(TaskQueueSchema, {});
  const queue = attributes.taskQueue;
  queue.kind ||= TaskQueueKind.NORMAL;
  queue.name ||= defaultName;
  if (!queue.name) return "missing task queue name";
  if (queue.name.length > scope.engine.limits.idLength) return "taskQueue length exceeds limit";
  return undefined;
}

/** What is wrong with a priority, undefined if nothing is. */
export function findPriorityFault(priority: Priority | undefined): string | undefined {
  if (!priority) return undefined;
  if (priority.priorityKey < 0) return "priority key can't be negative";
  if (priority.fairnessKey.length > 64) return "fairness key length exceeds limit";
  return priority.fairnessWeight < 0 ? "fairness weight can't be negative" : undefined;
}

/** There are too many of something. */
export function countFault(cause: Cause, what: string, count: number, limit: number): CommandFault {
  return { cause, message: `the number of ${what}, ${count}, has reached the per-workflow limit of ${limit}` };
}
