/**
 * Child workflows that a run has asked for.
 *
 * @module
 */
import { ApplicationError, CancelledError, WorkflowAlreadyStartedError } from "../../common/errors.ts";
import type { WorkflowSerializationContext } from "../../converter/context.ts";
import type { ChildResolution, ChildStartResolution, StartChild } from "../activation.ts";
import type { AnyChildOptions, StartedChild } from "../bridge.ts";
import { type ChildCall, makeChildContext, makeChildRequest, readChildCall } from "./child_request.ts";
import type { CommandList } from "./commands.ts";
import type { RunFlags } from "./flags.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { RandomSource } from "./random.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";
import type { Cancel, Settler, Waits } from "./waits.ts";

/** A child that was asked for. */
interface Scheduled {
  readonly id: string;
  cancel(error: Error): void;
  /** Somebody wants its result. */
  ask(): void;
}

/** The wait for a start. */
interface StartWait {
  started(runId: string): void;
  giveUp(error: Error): void;
}

interface PendingChild {
  readonly call: ChildCall;
  readonly context: WorkflowSerializationContext;
  readonly settler: Settler<unknown>;
  /** Undefined where nobody waits for the start, or it is over. */
  start: StartWait | undefined;
  /** Whether the code waits for start and end in one. */
  readonly isExecuted: boolean;
  isCancelRequested: boolean;
  /** Whether somebody waits for the result. */
  isAwaited: boolean;
  /** Leaves the scope it was asked for in. */
  leave(): void;
}

/** The messages of errors that stand for a cancellation without a reason. */
const silentMessages: ReadonlySet<string> = new Set(["Cancelled", "Workflow cancelled"]);

/** The child workflows of a run. */
export class Children {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #values: Values;
  readonly #waits: Waits;
  readonly #random: RandomSource;
  readonly #flags: RunFlags;
  #pending: Map<number, PendingChild> | undefined;
  #lastSeq = 0;

  /** No child workflows yet. */
  constructor(
    state: RunState,
    commands: CommandList,
    scopes: Scopes,
    values: Values,
    waits: Waits,
    random: RandomSource,
    flags: RunFlags,
  ) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#values = values;
    this.#waits = waits;
    this.#random = random;
    this.#flags = flags;
  }

  /** Asks for a child workflow; the promise is that of its result. */
  execute(workflow: unknown, options: AnyChildOptions | undefined): Promise<unknown> {
    return this.#waits.make(options?.signal, (settler) => {
      return this.#schedule(readChildCall(workflow, options), settler, undefined).cancel;
    });
  }

  /** Asks for a child workflow; the promise is that of its start. A result that nobody asks for may reject. */
  start(workflow: unknown, options: AnyChildOptions | undefined): Promise<StartedChild> {
    return this.#waits.make(undefined, (settler) => {
      let scheduled: Scheduled | undefined;
      const result = this.#waits.make<unknown>(options?.signal, (resultSettler) => {
        const start = {
          started: (runId: string) => settler.resolve(this.#describe(scheduled!, runId, result)),
          giveUp: (error: Error) => settler.reject(error),
        };
        scheduled = this.#schedule(readChildCall(workflow, options), resultSettler, start);
        return scheduled.cancel;
      });
      // Without effect once it has started.
      result.then(undefined, (error) => settler.reject(error));
      return () => {};
    });
  }

  /** Takes in how the start of a child went. */
  resolveStart(seq: number, resolution: ChildStartResolution): void {
    const pending = this.#pending?.get(seq);
    if (!pending) return;
    const { start } = pending;
    if (resolution.status === "failed") return this.#failStart(seq, pending, resolution.cause);
    pending.start = undefined;
    if (resolution.status === "started") return start?.started(resolution.runId);
    return this.resolve(seq, resolution);
  }

  /** Takes in how a child ended. */
  resolve(seq: number, resolution: ChildResolution): void {
    const pending = this.#close(seq);
    if (!pending) return;
    if (pending.isExecuted) afterJobs(this.#state, promiseJobs.childExecuted, () => this.#settle(pending, resolution));
    else this.#settle(pending, resolution);
  }

  #settle({ settler, context, call }: PendingChild, resolution: ChildResolution): void {
    try {
      if (resolution.status !== "completed") settler.reject(this.#values.decodeFailure(resolution.failure, context));
      else settler.resolve(this.#values.decodeResult(resolution.result, call.hint, context));
    } catch (error) {
      settler.reject(this.#values.adopt(error));
    }
  }

  #failStart(
    seq: number,
    { call, context, isExecuted, settler, start }: PendingChild,
    cause: Parameters<typeof makeStartError>[0],
  ): void {
    this.#close(seq);
    const error = this.#values.adopt(makeStartError(cause, context.workflowId, call.name)) as Error;
    start?.giveUp(error);
    if (isExecuted) afterJobs(this.#state, promiseJobs.childNotStarted, () => settler.reject(error));
    else settler.reject(error);
  }

  #close(seq: number): PendingChild | undefined {
    const pending = this.#pending?.get(seq);
    this.#pending?.delete(seq);
    pending?.leave();
    return pending;
  }

  #describe({ id, cancel, ask }: Scheduled, firstExecutionRunId: string, result: Promise<unknown>): StartedChild {
    return {
      id,
      firstExecutionRunId,
      result: () => {
        ask();
        return result;
      },
      cancel: (reason) => {
        this.#state.assertWritable("cancelling a child workflow");
        cancel(this.#values.adopt(new CancelledError(reason)) as Error);
      },
    };
  }

  #schedule(call: ChildCall, settler: Settler<unknown>, start: StartWait | undefined): Scheduled {
    this.#state.assertWritable(`child workflow ${call.name}`);
    const id = call.options.id ?? this.#random.uuid4();
    const context = makeChildContext(id, this.#state);
    const request = makeChildRequest(call, this.#values, context, this.#state.start!.taskQueue);
    const caller = this.#scopes.context;
    const { scope } = caller;
    const cancelled = scope.takeCancellation(caller);
    if (cancelled) {
      const which = start ? "cancelledBefore" : "childCancelledBefore";
      afterJobs(this.#state, promiseJobs[which], () => {
        start?.giveUp(cancelled);
        settler.reject(cancelled);
      });
      return { id, cancel: () => {}, ask: () => {} };
    }
    const seq = ++this.#lastSeq;
    const cancellationType = this.#decideCancellation(request.cancellationType);
    this.#commands.push({ ...request, kind: "startChild", seq, cancellationType });
    const cancel: Cancel = (error) => this.#requestCancel(seq, error);
    const member = scope.addWait(cancel, caller, () => pending.isAwaited || pending.start !== undefined);
    const leave = () => scope.delete(member);
    const isExecuted = start === undefined;
    const pending: PendingChild = {
      call,
      context,
      settler,
      start,
      isExecuted,
      isCancelRequested: false,
      isAwaited: isExecuted,
      leave,
    };
    this.#pending ??= new Map();
    this.#pending.set(seq, pending);
    const ask = () => {
      pending.isAwaited = true;
      // The result tells of the cancellation, now that the code waits for it.
      if (pending.isCancelRequested) scope.takeCancellation(this.#scopes.context);
    };
    return { id, cancel, ask };
  }

  /**
   * The engine answers by resolving the start or the child, at once or later, as the cancellation type says. A workflow
   * that is cancelled waits for no start: the server may take its time.
   */
  #requestCancel(seq: number, error: Error): void {
    const pending = this.#pending?.get(seq);
    if (!pending || pending.isCancelRequested) return;
    pending.isCancelRequested = true;
    const reason = silentMessages.has(error.message) ? "" : error.message;
    this.#commands.push({ kind: "cancelChild", seq, reason });
    if (this.#scopes.reason !== undefined && this.#flags.author !== "typescript") pending.start?.giveUp(error);
  }

  /** In histories of the core SDKs the request's delivery resolves nothing: they wait for the end of the child. */
  #decideCancellation(type: StartChild["cancellationType"]): StartChild["cancellationType"] {
    if (type !== "WAIT_CANCELLATION_REQUESTED" || this.#flags.uses("CHILD_CANCELLATION_REQUESTED")) return type;
    return "WAIT_CANCELLATION_COMPLETED";
  }
}

function makeStartError(
  cause: Extract<ChildStartResolution, { status: "failed" }>["cause"],
  workflowId: string,
  workflowType: string,
): Error {
  if (cause === "WORKFLOW_ALREADY_EXISTS") {
    return new WorkflowAlreadyStartedError(`workflow ${workflowId} has already been started`, {
      workflowId,
      workflowType,
    });
  }
  const reason = cause === "NAMESPACE_NOT_FOUND"
    ? "its namespace was not found"
    : "its versioning override is not valid";
  return new ApplicationError(`child workflow ${workflowId} did not start: ${reason}`, { type: cause });
}
