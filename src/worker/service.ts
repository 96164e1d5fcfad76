/**
 * The RPCs of a worker, with what is the same in all of them filled in.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Failure } from "../common/failure.ts";
import type { WorkflowExecution } from "../gen/temporal/api/common/v1/message_pb.ts";
import { TaskQueueKind, TaskQueueType } from "../gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { FailureSchema } from "../gen/temporal/api/failure/v1/message_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type {
  DescribeNamespaceResponse,
  PollActivityTaskQueueResponse,
  PollWorkflowTaskQueueResponse,
  RecordActivityTaskHeartbeatResponse,
  RespondActivityTaskCanceledRequestSchema,
  RespondActivityTaskCompletedRequestSchema,
  RespondActivityTaskFailedRequestSchema,
  RespondQueryTaskCompletedRequestSchema,
  RespondWorkflowTaskCompletedRequestSchema,
  RespondWorkflowTaskCompletedResponse,
  RespondWorkflowTaskFailedRequestSchema,
} from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";

/** How one call is made. */
export interface CallOptions {
  signal?: AbortSignal;
  /** A long poll: it may take 70 s, others 30 s. */
  longPoll?: boolean;
  /** Whether transient errors are retried; true when unset. */
  retry?: boolean;
}

/** Makes one RPC; rejects with RPCError. */
export type Call = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  options?: CallOptions,
) => Promise<MessageShape<O>>;

/** What all calls of a worker carry. */
export interface ServiceSettings {
  namespace: string;
  identity: string;
  taskQueue: string;
  /** The queue of this worker alone, undefined without a cache. */
  stickyQueue?: string;
  /** Names this worker among those of one identity. */
  workerInstanceKey: string;
  /** Activities a second that the server hands out from the task queue, to all workers together. */
  maxTaskQueueActivitiesPerSecond?: number;
}

/** A plain failure has the fields of the message; only its kind is typed more loosely. */
export function toFailureInit(failure: Failure): MessageInitShape<typeof FailureSchema> {
  return failure as MessageInitShape<typeof FailureSchema>;
}

type Init<S extends DescMessage> = Omit<MessageInitShape<S>, "$typeName" | "namespace" | "identity">;

const method = WorkflowService.method;

/** The calls of one worker. */
export class TaskService {
  readonly settings: ServiceSettings;
  #call: () => Call;

  /** `call` is asked for each RPC, so that the client may be replaced. */
  constructor(settings: ServiceSettings, call: () => Call) {
    this.settings = settings;
    this.#call = call;
  }

  /** Also tells whether the namespace exists. */
  describeNamespace(): Promise<DescribeNamespaceResponse> {
    return this.#call()(method.describeNamespace, { namespace: this.settings.namespace });
  }

  /** One long poll for a workflow task, by code of that build; undefined when none came. */
  async pollWorkflowTask(
    sticky: boolean,
    buildId: string,
    signal: AbortSignal,
  ): Promise<PollWorkflowTaskQueueResponse | undefined> {
    const { namespace, identity, taskQueue, stickyQueue, workerInstanceKey } = this.settings;
    const request = {
      namespace,
      identity,
      workerInstanceKey,
      taskQueue: sticky
        ? { name: stickyQueue, kind: TaskQueueKind.STICKY, normalName: taskQueue }
        : { name: taskQueue, kind: TaskQueueKind.NORMAL },
      workerVersionCapabilities: { buildId, useVersioning: false },
    };
    const task = await this.#call()(method.pollWorkflowTaskQueue, request, { signal, longPoll: true, retry: false });
    return task.taskToken.length > 0 ? task : undefined;
  }

  /** One long poll for an activity; undefined when none came. */
  async pollActivityTask(signal: AbortSignal): Promise<PollActivityTaskQueueResponse | undefined> {
    const { namespace, identity, taskQueue, workerInstanceKey, maxTaskQueueActivitiesPerSecond } = this.settings;
    const request = {
      namespace,
      identity,
      workerInstanceKey,
      taskQueue: { name: taskQueue, kind: TaskQueueKind.NORMAL },
      taskQueueMetadata: maxTaskQueueActivitiesPerSecond === undefined
        ? undefined
        : { maxTasksPerSecond: maxTaskQueueActivitiesPerSecond },
    };
    const task = await this.#call()(method.pollActivityTaskQueue, request, { signal, longPoll: true, retry: false });
    return task.taskToken.length > 0 ? task : undefined;
  }

  completeWorkflowTask(
    request: Init<typeof RespondWorkflowTaskCompletedRequestSchema>,
  ): Promise<RespondWorkflowTaskCompletedResponse> {
    const { namespace, identity, workerInstanceKey } = this.settings;
    return this.#call()(method.respondWorkflowTaskCompleted, { ...request, namespace, identity, workerInstanceKey });
  }

  async failWorkflowTask(request: Init<typeof RespondWorkflowTaskFailedRequestSchema>): Promise<void> {
    const { namespace, identity } = this.settings;
    await this.#call()(method.respondWorkflowTaskFailed, { ...request, namespace, identity });
  }

  async completeQueryTask(request: Init<typeof RespondQueryTaskCompletedRequestSchema>): Promise<void> {
    await this.#call()(method.respondQueryTaskCompleted, { ...request, namespace: this.settings.namespace });
  }

  /** One page of a run's history; an empty token asks for the first. */
  async historyPage(
    execution: WorkflowExecution,
    nextPageToken: Uint8Array,
  ): Promise<{ events: HistoryEvent[]; nextPageToken: Uint8Array }> {
    const { namespace } = this.settings;
    const page = await this.#call()(method.getWorkflowExecutionHistory, { namespace, execution, nextPageToken });
    return { events: page.history?.events ?? [], nextPageToken: page.nextPageToken };
  }

  heartbeat(
    request: {
      taskToken: Uint8Array;
      details?: MessageInitShape<typeof RespondActivityTaskCanceledRequestSchema>["details"];
    },
  ): Promise<RecordActivityTaskHeartbeatResponse> {
    const { namespace, identity } = this.settings;
    return this.#call()(method.recordActivityTaskHeartbeat, { ...request, namespace, identity });
  }

  async completeActivity(request: Init<typeof RespondActivityTaskCompletedRequestSchema>): Promise<void> {
    const { namespace, identity } = this.settings;
    await this.#call()(method.respondActivityTaskCompleted, { ...request, namespace, identity });
  }

  async failActivity(request: Init<typeof RespondActivityTaskFailedRequestSchema>): Promise<void> {
    const { namespace, identity } = this.settings;
    await this.#call()(method.respondActivityTaskFailed, { ...request, namespace, identity });
  }

  async cancelActivity(request: Init<typeof RespondActivityTaskCanceledRequestSchema>): Promise<void> {
    const { namespace, identity } = this.settings;
    await this.#call()(method.respondActivityTaskCanceled, { ...request, namespace, identity });
  }

  /** Tells the server that nobody polls the sticky queue any more. */
  async shutdownWorker(): Promise<void> {
    const { namespace, identity, taskQueue, stickyQueue, workerInstanceKey } = this.settings;
    const request = {
      namespace,
      identity,
      workerInstanceKey,
      taskQueue,
      stickyTaskQueue: stickyQueue ?? "",
      taskQueueTypes: [TaskQueueType.WORKFLOW, TaskQueueType.ACTIVITY],
      reason: "worker shutdown",
    };
    await this.#call()(method.shutdownWorker, request, { retry: false });
  }
}
