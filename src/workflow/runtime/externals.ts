/**
 * Signals and requests to cancel that a run sends to other workflows, its children among them.
 *
 * @module
 */
import { definitionName } from "../../common/definition.ts";
import { ValueError } from "../../common/errors.ts";
import type { Failure } from "../../common/failure.ts";
import type { WorkflowSerializationContext } from "../../converter/context.ts";
import type { WorkflowTarget } from "../bridge.ts";
import { makeChildContext } from "./child_request.ts";
import type { CommandList } from "./commands.ts";
import type { RunFlags } from "./flags.ts";
import type { Patches } from "./patches.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";
import type { Cancel, Settler, Waits } from "./waits.ts";

interface PendingCall {
  readonly context: WorkflowSerializationContext;
  readonly settler: Settler<void>;
  /** Leaves the scope it was made in. */
  leave(): void;
}

/** Calls of one kind by their numbers. */
class PendingCalls {
  readonly #calls: Map<number, PendingCall> = new Map();
  #lastSeq = 0;

  add(call: (seq: number) => PendingCall): number {
    const seq = ++this.#lastSeq;
    this.#calls.set(seq, call(seq));
    return seq;
  }

  has(seq: number): boolean {
    return this.#calls.has(seq);
  }

  /** Forgets a call, which is over. */
  end(seq: number): PendingCall | undefined {
    const call = this.#calls.get(seq);
    this.#calls.delete(seq);
    call?.leave();
    return call;
  }
}

/** The patch with which the official TypeScript SDK records that the wait for a request to cancel was cancelled. */
const cancelPatch = "__temporal_internal_connect_external_handle_cancel_to_scope";

/** What a run sends to other workflows. */
export class Externals {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #values: Values;
  readonly #waits: Waits;
  readonly #flags: RunFlags;
  readonly #patches: Patches;
  #signals: PendingCalls | undefined;
  #cancels: PendingCalls | undefined;

  /** Nothing sent yet. */
  constructor(
    state: RunState,
    commands: CommandList,
    scopes: Scopes,
    values: Values,
    waits: Waits,
    flags: RunFlags,
    patches: Patches,
  ) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#values = values;
    this.#waits = waits;
    this.#flags = flags;
    this.#patches = patches;
  }

  /** Sends a signal; the promise settles when it is delivered. Cancelling takes it back, until it is sent. */
  signal(target: WorkflowTarget, signal: unknown, args: readonly unknown[]): Promise<void> {
    return this.#waits.make<void>(undefined, (settler) => {
      this.#state.assertWritable("a signal to another workflow");
      const name = definitionName(signal, "signal");
      const context = this.#contextOf(target);
      const payloads = this.#values.encode(args, context);
      const calls = this.#signals ??= new PendingCalls();
      const cancel = (seq: number) => {
        if (calls.has(seq)) this.#commands.push({ kind: "cancelSignalExternal", seq });
      };
      const seq = this.#begin(calls, context, settler, cancel);
      if (seq === undefined) return () => {};
      this.#commands.push({ kind: "signalExternal", seq, ...fillTarget(target), name, args: payloads, headers: {} });
      return () => cancel(seq);
    });
  }

  /** Asks that a workflow be cancelled; the promise settles when the request is delivered. Only the wait is cancellable. */
  cancel(target: WorkflowTarget, reason: string | undefined): Promise<void> {
    return this.#waits.make<void>(undefined, (settler) => {
      this.#state.assertWritable("a request to cancel another workflow");
      const context = this.#contextOf(target);
      const calls = this.#cancels ??= new PendingCalls();
      const cancel = (seq: number, error: Error) => {
        if (this.#mayGiveUp()) calls.end(seq)?.settler.reject(error);
      };
      const seq = this.#begin(calls, context, settler, cancel);
      if (seq === undefined) return () => {};
      const { workflowId, runId } = fillTarget(target);
      this.#commands.push({ kind: "requestCancelExternal", seq, workflowId, runId, reason: reason ?? "" });
      return (error) => cancel(seq, error);
    });
  }

  /** Takes in what became of a signal. */
  resolveSignal(seq: number, failure: Failure | undefined): void {
    this.#settle(this.#signals?.end(seq), failure);
  }

  /** Takes in what became of a request to cancel. */
  resolveCancel(seq: number, failure: Failure | undefined): void {
    this.#settle(this.#cancels?.end(seq), failure);
  }

  /** The number of a new call; undefined where its scope is cancelled, and the wait with it. */
  #begin(
    calls: PendingCalls,
    context: WorkflowSerializationContext,
    settler: Settler<void>,
    cancel: (seq: number, error: Error) => void,
  ): number | undefined {
    const caller = this.#scopes.context;
    const { scope } = caller;
    const cancelled = scope.takeCancellation(caller);
    if (cancelled) {
      afterJobs(this.#state, promiseJobs.cancelledBefore, () => settler.reject(cancelled));
      return undefined;
    }
    return calls.add((seq) => {
      const cancelThis: Cancel = (error) => cancel(seq, error);
      const member = scope.addWait(cancelThis, caller);
      return { context, settler, leave: () => scope.delete(member) };
    });
  }

  #settle(call: PendingCall | undefined, failure: Failure | undefined): void {
    if (!call) return;
    if (!failure) return call.settler.resolve();
    try {
      call.settler.reject(this.#values.decodeFailure(failure, call.context));
    } catch (error) {
      call.settler.reject(this.#values.adopt(error));
    }
  }

  /** The official TypeScript SDK waits on, unless its history has the patch. */
  #mayGiveUp(): boolean {
    return this.#flags.author !== "typescript" || this.#patches.isOn(cancelPatch, false);
  }

  #contextOf({ workflowId }: WorkflowTarget): WorkflowSerializationContext {
    if (typeof workflowId === "string" && workflowId !== "") return makeChildContext(workflowId, this.#state);
    throw new ValueError(`the id of the other workflow is ${JSON.stringify(workflowId)}; give a text`);
  }
}

function fillTarget({ workflowId, runId = "", childOnly = false }: WorkflowTarget): Required<WorkflowTarget> {
  return { workflowId, runId, childOnly };
}
