/**
 * Workflow tasks on their way to workers.
 *
 * @module
 */

import type { PollWorkflowTaskQueueResponse } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine, Job } from "./engine.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Poll, Task } from "./matching.ts";
import { answerTask } from "./poll_response.ts";
import { adjust, transact } from "./transaction.ts";
import { hasUpdatesToSend } from "./updates.ts";
import { armScheduleToStart, dropTask, startTask } from "./workflow_task.ts";

/** The job of a scheduled workflow task: it goes to the sticky queue, or to the normal one. */
export function onDispatchWorkflowTask(engine: Engine, job: Extract<Job, { kind: "dispatchWorkflowTask" }>): void {
  const { run, task } = job;
  if (run.workflowTask !== task || task.startedEventId > 0) return;
  const { matching } = engine;
  const normal = matching.queue(run.namespace.id, "workflow", run.taskQueue);
  const sticky = run.sticky && matching.queue(run.namespace.id, "workflow", run.sticky.name);
  const queue = sticky?.isPolled ? sticky : normal;
  if (queue.offer(createTask(engine, run, task, queue === sticky))) return;
  if (run.workflowTask !== task) return;
  if (queue === sticky || task.isSpeculative) armScheduleToStart(engine, run, task);
  if (queue === normal) matching.watch(queue);
}

function createTask(engine: Engine, run: Execution, task: WorkflowTaskState, isSticky: boolean): Task {
  return {
    createdAt: engine.wall.now(),
    start(poll: Poll): PollWorkflowTaskQueueResponse | undefined {
      if (run.workflowTask !== task || task.startedEventId > 0 || !isRunning(run)) return undefined;
      if (task.isSpeculative && !hasUpdatesToSend(run, true)) {
        adjust(engine, () => dropTask(engine, run, run.workflowTaskAttempt));
        return undefined;
      }
      // The run left this worker's cache meanwhile, or this task came to the normal queue since its worker is gone.
      if (isSticky && run.sticky?.name !== poll.queue.name) return undefined;
      if (!isSticky) run.sticky = undefined;
      const start = (): void => startTask(engine, run, task, poll.identity, crypto.randomUUID());
      if (task.isSpeculative && run.buffered.length === 0) adjust(engine, start);
      else transact(engine, run, start);
      return answerTask(engine, run, task, { isSticky, backlog: poll.queue.backlogSize });
    },
  };
}
