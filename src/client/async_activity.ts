/**
 * Activities that are completed from outside of the function that was called for them.
 *
 * @module
 */
import { AsyncActivityCancelledError, ValueError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import type { SerializationContext } from "../converter/context.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { mergeRpcOptions } from "./context.ts";
import { toProtoFailure } from "./proto.ts";
import { encodeArgs } from "./start.ts";

/** Names an activity: its task's token, or its ids; without a workflow id it is a standalone activity. */
export type ActivityReference =
  | { readonly taskToken: Uint8Array }
  | { readonly activityId: string; readonly workflowId?: string; readonly runId?: string };

/** Reports on one activity; each call rejects with NotFoundError for an unknown or closed one. */
export interface AsyncActivityHandle {
  /** Tells the server that work goes on; rejects with AsyncActivityCancelledError where it should not. */
  heartbeat(...details: unknown[]): Promise<void>;
  /** Ends the activity as cancelled, after it was asked to cancel. */
  reportCancellation(...details: unknown[]): Promise<void>;
  /** Ends the activity; without a value no result at all is sent. */
  complete(...result: [] | [result: unknown]): Promise<void>;
  /** Ends this attempt of the activity with an error. */
  fail(error: unknown, options?: RpcOptions & { lastHeartbeatDetails?: unknown[] }): Promise<void>;
  /** The same activity, with options for all calls. */
  with(options: RpcOptions & { serializationContext?: SerializationContext }): AsyncActivityHandle;
}

/** Activities of a namespace. */
export interface ActivityClient {
  /** A handle that completes an activity from outside; makes no call. */
  getAsyncHandle(
    reference:
      | { readonly taskToken: Uint8Array }
      | { readonly activityId: string; readonly workflowId?: string; readonly runId?: string },
  ): AsyncActivityHandle;
}

/** The activities of one client. */
export function createActivityClient(context: ClientContext): ActivityClient {
  return {
    getAsyncHandle(reference: ActivityReference): AsyncActivityHandle {
      checkReference(reference);
      return new AsyncHandle(context, reference, {});
    },
  };
}

function checkReference(reference: ActivityReference): void {
  if (reference && (isToken(reference) ? reference.taskToken.length > 0 : reference.activityId)) return;
  throw new ValueError("activity.getAsyncHandle: give a `taskToken`, or an `activityId` with its `workflowId`");
}

function isToken(reference: ActivityReference): reference is { readonly taskToken: Uint8Array } {
  return (reference as { taskToken?: Uint8Array }).taskToken !== undefined;
}

type HandleOptions = RpcOptions & { serializationContext?: SerializationContext };

const methods = WorkflowService.method;

class AsyncHandle implements AsyncActivityHandle {
  readonly #context: ClientContext;
  readonly #reference: ActivityReference;
  readonly #options: HandleOptions;

  constructor(context: ClientContext, reference: ActivityReference, options: HandleOptions) {
    this.#context = context;
    this.#reference = reference;
    this.#options = options;
  }

  with(options: HandleOptions): AsyncActivityHandle {
    const serializationContext = options.serializationContext ?? this.#options.serializationContext;
    return new AsyncHandle(this.#context, this.#reference, {
      ...mergeRpcOptions(this.#options, options),
      serializationContext,
    });
  }

  async heartbeat(...details: unknown[]): Promise<void> {
    const request = { ...this.#common(), details: await this.#encode(details) };
    const { caller } = this.#context;
    const response = isToken(this.#reference)
      ? await caller.call(methods.recordActivityTaskHeartbeat, request, this.#options)
      : await caller.call(methods.recordActivityTaskHeartbeatById, request, this.#options);
    const { cancelRequested, activityPaused: paused, activityReset: reset } = response;
    if (!cancelRequested && !paused && !reset) return;
    const why = cancelRequested ? "cancelled" : reset ? "reset" : "paused";
    throw new AsyncActivityCancelledError(`the activity has been ${why}`, {
      details: { notFound: false, cancelRequested, paused, reset, timedOut: false, workerShutdown: false },
    });
  }

  async reportCancellation(...details: unknown[]): Promise<void> {
    const request = { ...this.#common(), details: await this.#encode(details) };
    const { caller } = this.#context;
    await (isToken(this.#reference)
      ? caller.call(methods.respondActivityTaskCanceled, request, this.#options)
      : caller.call(methods.respondActivityTaskCanceledById, request, this.#options));
  }

  async complete(...result: [] | [result: unknown]): Promise<void> {
    const request = { ...this.#common(), result: await this.#encode(result) };
    const { caller } = this.#context;
    await (isToken(this.#reference)
      ? caller.call(methods.respondActivityTaskCompleted, request, this.#options)
      : caller.call(methods.respondActivityTaskCompletedById, request, this.#options));
  }

  async fail(error: unknown, options: RpcOptions & { lastHeartbeatDetails?: unknown[] } = {}): Promise<void> {
    const request = {
      ...this.#common(),
      failure: toProtoFailure(await this.#context.dataConverter.encodeFailure(error, this.#serialization())),
      lastHeartbeatDetails: await this.#encode(options.lastHeartbeatDetails),
    };
    const rpc = mergeRpcOptions(this.#options, options);
    const { caller } = this.#context;
    await (isToken(this.#reference)
      ? caller.call(methods.respondActivityTaskFailed, request, rpc)
      : caller.call(methods.respondActivityTaskFailedById, request, rpc));
  }

  #common(): ActivityReference & { namespace: string; identity: string } {
    const { namespace, identity } = this.#context;
    return { ...this.#reference, namespace, identity };
  }

  #encode(values: readonly unknown[] | undefined): ReturnType<typeof encodeArgs> {
    return encodeArgs(this.#context.dataConverter, values, this.#serialization());
  }

  /** By token nothing is known of the activity, unless the user tells. */
  #serialization(): SerializationContext | undefined {
    if (this.#options.serializationContext || isToken(this.#reference)) return this.#options.serializationContext;
    const { activityId, workflowId } = this.#reference;
    return { kind: "activity", namespace: this.#context.namespace, activityId, workflowId, isLocal: false };
  }
}
