/**
 * Answers workflow tasks: completed, failed, or with the result of a query alone.
 *
 * @module
 */
import { type Duration as ProtoDuration, durationFromMs } from "@bufbuild/protobuf/wkt";
import { RPCError } from "../common/errors.ts";
import { type Failure, failureSource } from "../common/failure.ts";
import type { Logger } from "../common/logger.ts";
import { sdkName, version } from "../common/version.ts";
import type { Run, TaskAnswer } from "../core/run.ts";
import type { Command } from "../gen/temporal/api/command/v1/message_pb.ts";
import { WorkflowTaskFailedCause } from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { QueryResultType } from "../gen/temporal/api/enums/v1/query_pb.ts";
import { TaskQueueKind } from "../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type {
  PollWorkflowTaskQueueResponse,
  RespondWorkflowTaskCompletedResponse,
} from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { TaskFailureCause } from "../workflow/activation.ts";
import type { EagerActivities } from "./activity_tasks.ts";
import { messageOf } from "./failures.ts";
import { type TaskService, toFailureInit } from "./service.ts";
import type { Permit } from "./slots.ts";

/** What answering needs. */
export interface WorkflowReportsOptions {
  service: TaskService;
  logger: Logger;
  /** Milliseconds that a task may wait on the sticky queue before any worker may take it. */
  stickyTimeout: number;
  /** Aborts when the worker shuts down: runs leave the sticky queue then. */
  stop: AbortSignal;
  eager?: EagerActivities;
  /** The build id of this worker. */
  buildId: string;
}

/** What came of an answer: whether the run's state is what the server has now, and its next task. */
export interface Sent {
  kept: boolean;
  next?: PollWorkflowTaskQueueResponse;
}

const dropped: Sent = { kept: false };

/** Answers the workflow tasks of one worker. */
export class WorkflowReports {
  #options: WorkflowReportsOptions;
  #stickyTimeout: ProtoDuration;

  constructor(options: WorkflowReportsOptions) {
    this.#options = options;
    this.#stickyTimeout = durationFromMs(options.stickyTimeout);
  }

  /** Sends what a run decided, and how many attempts local activities of earlier tasks began; never rejects because of the server. */
  async send(
    task: PollWorkflowTaskQueueResponse,
    run: Run,
    answer: TaskAnswer,
    laterLocalAttempts: number = 0,
  ): Promise<Sent> {
    if (task.query) return await this.#answerQuery(task, answer);
    const permits = this.#reserveEager(answer.commands);
    try {
      const reply = await this.#complete(task, run, answer, laterLocalAttempts);
      if (reply.resetHistoryEventId > 0n) run.resetLastStarted(Number(reply.resetHistoryEventId));
      this.#startEager(reply, permits);
      const next = reply.workflowTask;
      return { kept: true, next: next && next.taskToken.length > 0 ? next : undefined };
    } catch (error) {
      return await this.#refused(task, error);
    } finally {
      for (const permit of permits) permit.release();
    }
  }

  /** Reports a failed task on its first attempt; later ones the server lets time out, which is the back-off. */
  async fail(task: PollWorkflowTaskQueueResponse, failure: Failure, cause: TaskFailureCause): Promise<void> {
    const { logger, service } = this.#options;
    const { workflowId, runId } = task.workflowExecution!;
    logger.warn(
      `workflow task of ${task.workflowType?.name} (${workflowId}) failed on attempt ${task.attempt}: ${failure.message}`,
      { workflowId, runId, cause, stack: failure.stackTrace || undefined },
    );
    if (task.query) return await this.failQuery(task, failure.message, failure);
    if (task.attempt > 1) return;
    const request = {
      taskToken: task.taskToken,
      cause: WorkflowTaskFailedCause[cause],
      failure: toFailureInit(failure),
    };
    await service.failWorkflowTask(request).catch((error) => this.#warn(task, error));
  }

  /** Answers a query task with an error. */
  async failQuery(task: PollWorkflowTaskQueueResponse, errorMessage: string, failure?: Failure): Promise<void> {
    const request = {
      taskToken: task.taskToken,
      completedType: QueryResultType.FAILED,
      errorMessage,
      failure: failure && toFailureInit(failure),
    };
    await this.#options.service.completeQueryTask(request).catch((error) => this.#warn(task, error));
  }

  async #answerQuery(task: PollWorkflowTaskQueueResponse, { legacyQueryResult: result }: TaskAnswer): Promise<Sent> {
    if (!result) {
      await this.failQuery(task, "the query was not answered");
      return dropped;
    }
    const request = {
      taskToken: task.taskToken,
      completedType: result.resultType,
      queryResult: result.answer,
      errorMessage: result.errorMessage,
      failure: result.failure,
    };
    await this.#options.service.completeQueryTask(request).catch((error) => this.#warn(task, error));
    return { kept: true };
  }

  #complete(
    task: PollWorkflowTaskQueueResponse,
    run: Run,
    answer: TaskAnswer,
    laterLocalAttempts: number,
  ): Promise<RespondWorkflowTaskCompletedResponse> {
    const { service, stop, buildId } = this.#options;
    const { stickyQueue, taskQueue } = service.settings;
    const sticky = stickyQueue !== undefined && !stop.aborted;
    return service.completeWorkflowTask({
      taskToken: task.taskToken,
      commands: answer.commands,
      messages: answer.messages,
      queryResults: answer.queryResults,
      stickyAttributes: sticky
        ? {
          workerTaskQueue: { name: stickyQueue, kind: TaskQueueKind.STICKY, normalName: taskQueue },
          scheduleToStartTimeout: this.#stickyTimeout,
        }
        : undefined,
      returnNewWorkflowTask: sticky,
      forceCreateNewWorkflowTask: answer.forceNewTask,
      meteringMetadata: { nonfirstLocalActivityExecutionAttempts: laterLocalAttempts },
      sdkMetadata: sdkMetadata(run, answer),
      capabilities: { discardSpeculativeWorkflowTaskWithEvents: true },
      workerVersionStamp: { buildId, useVersioning: false },
    });
  }

  async #refused(task: PollWorkflowTaskQueueResponse, error: unknown): Promise<Sent> {
    if (error instanceof RPCError && error.message.includes("larger than max")) {
      await this.#failTooLarge(task, error);
    } else if (!isExpected(error)) {
      this.#warn(task, error);
    }
    return dropped;
  }

  async #failTooLarge(task: PollWorkflowTaskQueueResponse, error: RPCError): Promise<void> {
    if (task.attempt > 1) return;
    const message = `the workflow task's answer is too large: ${error.message}; schedule less at once or pass less`;
    const failure = { message, source: failureSource, stackTrace: "" };
    const request = { taskToken: task.taskToken, cause: WorkflowTaskFailedCause.GRPC_MESSAGE_TOO_LARGE, failure };
    this.#warn(task, error);
    await this.#options.service.failWorkflowTask(request).catch((other) => this.#warn(task, other));
  }

  #reserveEager(commands: readonly Command[]): Permit[] {
    const { eager } = this.#options;
    const permits: Permit[] = [];
    for (const { attributes } of commands) {
      if (attributes.case !== "scheduleActivityTaskCommandAttributes" || !attributes.value.requestEagerExecution) {
        continue;
      }
      const permit = eager && permits.length < eager.limit ? eager.reserve() : undefined;
      if (permit) permits.push(permit);
      else attributes.value.requestEagerExecution = false;
    }
    return permits;
  }

  #startEager(reply: RespondWorkflowTaskCompletedResponse, permits: Permit[]): void {
    for (const task of reply.activityTasks) {
      const permit = permits.shift();
      if (permit) this.#options.eager?.start(task, permit);
    }
  }

  #warn(task: PollWorkflowTaskQueueResponse, error: unknown): void {
    const { workflowId, runId } = task.workflowExecution!;
    this.#options.logger.warn(`the answer to a workflow task of ${workflowId} was not taken: ${messageOf(error)}`, {
      runId,
    });
  }
}

/** Refusals that belong to the protocol: the task is gone, or new events came while deciding. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof RPCError)) return false;
  return error.status === "NOT_FOUND" || error.message.includes("UnhandledCommand");
}

function sdkMetadata({ lastSdk }: Run, { usedCoreFlags, usedLangFlags }: TaskAnswer): SdkMetadata | undefined {
  const isRecorded = lastSdk.name === sdkName && lastSdk.version === version;
  if (isRecorded && usedCoreFlags.length === 0 && usedLangFlags.length === 0) return undefined;
  return {
    coreUsedFlags: usedCoreFlags,
    langUsedFlags: usedLangFlags,
    ...(isRecorded ? {} : { sdkName, sdkVersion: version }),
  };
}

interface SdkMetadata {
  coreUsedFlags: number[];
  langUsedFlags: number[];
  sdkName?: string;
  sdkVersion?: string;
}
