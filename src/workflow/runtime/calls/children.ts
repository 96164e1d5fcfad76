/**
 * Child workflows that a run has asked for.
 *
 * @module
 */
import { ApplicationError, WorkflowAlreadyStartedError } from "../../../common/errors.ts";
import type { WorkflowSerializationContext } from "../../../converter/context.ts";
import type { ChildResolution, ChildStartResolution, StartChild } from "../../activation.ts";
import type { AnyChildOptions, StartedChild } from "../../bridge.ts";
import type { CommandList } from "../commands.ts";
import type { RandomSource } from "../facts/random.ts";
import type { RunFlags } from "../flags.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import { Caller } from "../waiting/caller.ts";
import { Pending } from "../waiting/pending.ts";
import { afterJobs, promiseJobs } from "../waiting/promise_jobs.ts";
import type { Scopes } from "../waiting/scopes.ts";
import type { Cancel, Settler } from "../waiting/settler.ts";
import type { Waits } from "../waiting/waits.ts";
import { type ChildCall, makeChildRequest, makeWorkflowContext, readChildCall } from "./child_request.ts";
import { settle } from "./settle.ts";

/** A child that was asked for. */
interface Scheduled {
  readonly id: string;
  /** Who asked; waits for the start, then for the end where that is asked for. */
  readonly caller: Caller;
  /** Undefined where there is nothing to cancel. */
  readonly cancel: Cancel | undefined;
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
  readonly caller: Caller;
  /** Undefined where nobody waits for the start, or it is over. */
  start: StartWait | undefined;
  /** Whether the code waits for start and end in one. */
  readonly isExecuted: boolean;
  isCancelRequested: boolean;
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
  readonly #pending: Pending<PendingChild> = new Pending();

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
    return this.#waits.make("a child workflow", options?.signal, (settler) => {
      return this.#schedule(readChildCall(workflow, options), settler, undefined).cancel;
    });
  }

  /** Asks for a child workflow; the promise is that of its start. A result that nobody asks for may reject. */
  start(workflow: unknown, options: AnyChildOptions | undefined): Promise<StartedChild> {
    return this.#waits.make<StartedChild>("a child workflow", undefined, (settler) => {
      let scheduled: Scheduled | undefined;
      const result = this.#waits.make<unknown>("a child workflow", options?.signal, (resultSettler) => {
        const start = {
          started: (runId: string) => settler.resolve(this.#describe(scheduled!, runId, result)),
          giveUp: (error: Error) => settler.reject(error),
        };
        scheduled = this.#schedule(readChildCall(workflow, options), resultSettler, start);
        return scheduled.cancel;
      });
      // Without effect once it has started.
      result.then(undefined, (error) => settler.reject(error));
      return undefined;
    });
  }

  /** Takes in how the start of a child went. */
  resolveStart(seq: number, resolution: ChildStartResolution): void {
    const pending = this.#pending.get(seq);
    if (!pending) return;
    const { start, caller, isExecuted } = pending;
    if (resolution.status === "failed") return this.#failStart(seq, pending, resolution.cause);
    if (resolution.status === "cancelled") return this.resolve(seq, resolution);
    pending.start = undefined;
    caller.isWaiting = isExecuted;
    start?.started(resolution.runId);
  }

  /** Takes in how a child ended. */
  resolve(seq: number, resolution: ChildResolution): void {
    const pending = this.#close(seq);
    if (!pending) return;
    if (pending.isExecuted) afterJobs(this.#state, promiseJobs.childExecuted, () => this.#settle(pending, resolution));
    else this.#settle(pending, resolution);
  }

  #settle({ settler, context, call }: PendingChild, resolution: ChildResolution): void {
    settle(settler, resolution, { values: this.#values, context, hint: call.hint });
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
    const pending = this.#pending.take(seq);
    pending?.caller.leave();
    return pending;
  }

  #describe({ id, caller, cancel }: Scheduled, firstExecutionRunId: string, result: Promise<unknown>): StartedChild {
    return {
      id,
      firstExecutionRunId,
      result: () => {
        caller.wait(this.#scopes.context);
        return result;
      },
      cancel: (error) => cancel?.(error),
    };
  }

  #schedule(call: ChildCall, settler: Settler<unknown>, start: StartWait | undefined): Scheduled {
    const id = call.options.id ?? this.#random.uuid4();
    const context = makeWorkflowContext(id, this.#state);
    const request = makeChildRequest(call, this.#values, context, this.#state.start!.taskQueue);
    const caller = new Caller(this.#scopes.context);
    const isExecuted = start === undefined;
    const reject = (error: unknown) => {
      start?.giveUp(error as Error);
      settler.reject(error);
    };
    const jobs = isExecuted ? "childCancelledBefore" : "cancelledBefore";
    if (caller.isCancelledBefore(this.#state, { reject }, jobs)) return { id, caller, cancel: undefined };
    const pending: PendingChild = { call, context, settler, caller, start, isExecuted, isCancelRequested: false };
    const seq = this.#pending.add(pending);
    const cancellationType = this.#decideCancellation(request.cancellationType);
    this.#commands.push({ ...request, kind: "startChild", seq, cancellationType });
    const cancel = (error: Error) => this.#requestCancel(seq, error);
    caller.join(cancel);
    return { id, caller, cancel };
  }

  /**
   * The engine answers by resolving the start or the child, at once or later, as the cancellation type says. A workflow
   * that is cancelled waits for no start: the server may take its time.
   */
  #requestCancel(seq: number, error: Error): void {
    const pending = this.#pending.get(seq);
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
