/**
 * Signals and requests to cancel that a run sends to other workflows, its children among them.
 *
 * @module
 */
import { definitionName } from "../../../common/definition.ts";
import { ValueError } from "../../../common/errors.ts";
import type { Failure } from "../../../common/failure.ts";
import type { WorkflowSerializationContext } from "../../../converter/context.ts";
import type { WorkflowTarget } from "../../bridge.ts";
import type { CommandList } from "../commands.ts";
import type { Patches } from "../facts/patches.ts";
import type { RunFlags } from "../flags.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import { Caller } from "../waiting/caller.ts";
import { Pending } from "../waiting/pending.ts";
import type { Scopes } from "../waiting/scopes.ts";
import type { Settler } from "../waiting/settler.ts";
import type { Waits } from "../waiting/waits.ts";
import { makeWorkflowContext } from "./child_request.ts";
import { settle } from "./settle.ts";

interface PendingCall {
  readonly context: WorkflowSerializationContext;
  readonly settler: Settler<void>;
  readonly caller: Caller;
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
  readonly #signals: Pending<PendingCall> = new Pending();
  readonly #cancels: Pending<PendingCall> = new Pending();

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
    return this.#waits.make<void>("a signal to another workflow", undefined, (settler) => {
      const name = definitionName(signal, "signal");
      const call = this.#makeCall(target, settler);
      const payloads = this.#values.encode(args, call.context);
      const cancel = (seq: number) => {
        if (this.#signals.get(seq)) this.#commands.push({ kind: "cancelSignalExternal", seq });
      };
      const seq = this.#begin(this.#signals, call, cancel);
      if (seq === undefined) return undefined;
      this.#commands.push({ kind: "signalExternal", seq, ...fillTarget(target), name, args: payloads, headers: {} });
      return undefined;
    });
  }

  /** Asks that a workflow be cancelled; the promise settles when the request is delivered. Only the wait is cancellable. */
  cancel(target: WorkflowTarget, reason: string | undefined): Promise<void> {
    return this.#waits.make<void>("a request to cancel another workflow", undefined, (settler) => {
      const cancel = (seq: number, error: Error) => {
        if (this.#cancels.get(seq) && this.#mayGiveUp()) end(this.#cancels, seq)?.settler.reject(error);
      };
      const seq = this.#begin(this.#cancels, this.#makeCall(target, settler), cancel);
      if (seq === undefined) return undefined;
      const { workflowId, runId } = fillTarget(target);
      this.#commands.push({ kind: "requestCancelExternal", seq, workflowId, runId, reason: reason ?? "" });
      return undefined;
    });
  }

  /** Takes in what became of a signal. */
  resolveSignal(seq: number, failure: Failure | undefined): void {
    this.#settle(end(this.#signals, seq), failure);
  }

  /** Takes in what became of a request to cancel. */
  resolveCancel(seq: number, failure: Failure | undefined): void {
    this.#settle(end(this.#cancels, seq), failure);
  }

  #makeCall({ workflowId }: WorkflowTarget, settler: Settler<void>): PendingCall {
    if (typeof workflowId !== "string" || workflowId === "") {
      throw new ValueError(`the id of the other workflow is ${JSON.stringify(workflowId)}; give a text`);
    }
    return { context: makeWorkflowContext(workflowId, this.#state), settler, caller: new Caller(this.#scopes.context) };
  }

  /** The number of a new call; undefined where its scope is cancelled, and the wait with it. */
  #begin(
    calls: Pending<PendingCall>,
    call: PendingCall,
    cancel: (seq: number, error: Error) => void,
  ): number | undefined {
    if (call.caller.isCancelledBefore(this.#state, call.settler)) return undefined;
    const seq = calls.add(call);
    call.caller.join((error) => cancel(seq, error));
    return seq;
  }

  #settle(call: PendingCall | undefined, failure: Failure | undefined): void {
    if (!call) return;
    const { settler, context } = call;
    const resolution = failure ? { status: "failed" as const, failure } : { status: "completed" as const };
    settle(settler as Settler<unknown>, resolution, { values: this.#values, context });
  }

  /** The official TypeScript SDK waits on, unless its history has the patch. */
  #mayGiveUp(): boolean {
    return this.#flags.author !== "typescript" || this.#patches.isOn(cancelPatch, false);
  }
}

function end(calls: Pending<PendingCall>, seq: number): PendingCall | undefined {
  const call = calls.take(seq);
  call?.caller.leave();
  return call;
}

function fillTarget({ workflowId, runId = "", childOnly = false }: WorkflowTarget): Required<WorkflowTarget> {
  return { workflowId, runId, childOnly };
}
