/**
 * Task queues and workers.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DescribeTaskQueueMode,
  TaskQueueKind,
  TaskQueueType,
} from "../../../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { PollerInfoSchema, TaskQueueTypeInfoSchema } from "../../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import type { Engine } from "../engine.ts";
import { invalidArgument } from "../errors.ts";
import { findRun } from "../lookup.ts";
import type { TaskQueue } from "../matching.ts";
import { toDuration, toTimestamp } from "../times.ts";
import { transact } from "../transaction.ts";
import type { Methods } from "./shared.ts";
import { checkExecution, namespaceOf } from "./shared.ts";

/** The methods about task queues and workers. */
export function queueMethods(engine: Engine): Methods {
  return {
    describeTaskQueue(request) {
      const namespace = namespaceOf(engine, request);
      const name = queueName(request.taskQueue);
      const find = (type: TaskQueueType): TaskQueue =>
        engine.matching.queue(namespace.id, type === TaskQueueType.ACTIVITY ? "activity" : "workflow", name);
      if (request.apiMode === DescribeTaskQueueMode.ENHANCED) {
        if (request.taskQueue!.kind === TaskQueueKind.STICKY) {
          throw invalidArgument(
            "Enhanced DescribeTaskQueue is not valid for a sticky queue, use api_mode=UNSPECIFIED or a normal queue.",
          );
        }
        const types = request.taskQueueTypes.length > 0
          ? request.taskQueueTypes
          : [TaskQueueType.WORKFLOW, TaskQueueType.ACTIVITY];
        const typesInfo: { [type: number]: MessageInitShape<typeof TaskQueueTypeInfoSchema> } = {};
        for (const type of types) typesInfo[type] = typeInfo(find(type), request);
        return { versionsInfo: { "": { typesInfo } } };
      }
      const queue = find(request.taskQueueType);
      return {
        pollers: describePollers(queue),
        versioningInfo: { currentVersion: "__unversioned__" },
        stats: request.reportStats ? stats(queue) : undefined,
        taskQueueStatus: request.includeTaskQueueStatus
          ? { backlogCountHint: BigInt(queue.backlogSize), ratePerSecond: 100_000 }
          : undefined,
      };
    },
    listTaskQueuePartitions(request) {
      namespaceOf(engine, request);
      const key = queueName(request.taskQueue);
      const partitions = [{ key, ownerHostName: "127.0.0.1" }];
      return { activityTaskQueuePartitions: partitions, workflowTaskQueuePartitions: partitions };
    },
    resetStickyTaskQueue(request) {
      const { workflowId, runId } = checkExecution(request.execution);
      const run = findRun(engine, namespaceOf(engine, request), workflowId, runId);
      if (run.sticky) {
        transact(engine, run, () => {
          run.sticky = undefined;
        });
      }
      return {};
    },
    shutdownWorker(request) {
      const namespace = namespaceOf(engine, request);
      if (request.stickyTaskQueue) engine.matching.queue(namespace.id, "workflow", request.stickyTaskQueue).release();
      return {};
    },
    recordWorkerHeartbeat(request) {
      namespaceOf(engine, request);
      return {};
    },
  };
}

function queueName(taskQueue: { name: string } | undefined): string {
  if (!taskQueue) throw invalidArgument("taskQueue is not set");
  if (!taskQueue.name) throw invalidArgument("missing task queue name");
  return taskQueue.name;
}

function describePollers(queue: TaskQueue): MessageInitShape<typeof PollerInfoSchema>[] {
  return queue.listPollers().map(({ identity, lastAccess, ratePerSecond, capabilities }) => ({
    identity,
    lastAccessTime: toTimestamp(lastAccess),
    ratePerSecond,
    workerVersionCapabilities: capabilities,
  }));
}

function typeInfo(
  queue: TaskQueue,
  request: { reportPollers: boolean; reportStats: boolean },
): MessageInitShape<typeof TaskQueueTypeInfoSchema> {
  return {
    pollers: request.reportPollers ? describePollers(queue) : [],
    stats: request.reportStats ? stats(queue) : undefined,
  };
}

function stats(
  queue: TaskQueue,
): { approximateBacklogCount: bigint; approximateBacklogAge: ReturnType<typeof toDuration> } {
  return { approximateBacklogCount: BigInt(queue.backlogSize), approximateBacklogAge: toDuration(queue.backlogAge) };
}
