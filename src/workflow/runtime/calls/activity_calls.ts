/**
 * What calls of activities and of local activities have in common: the numbers that they share, and how they end.
 *
 * @module
 */
import type { ActivitySerializationContext } from "../../../converter/context.ts";
import type { ActivityResolution, Command, LocalActivityResolution } from "../../activation.ts";
import type { StartedActivity } from "../../bridge.ts";
import type { CommandList } from "../commands.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import { Caller } from "../waiting/caller.ts";
import { Pending } from "../waiting/pending.ts";
import type { Scopes } from "../waiting/scopes.ts";
import type { Cancel, Settler } from "../waiting/settler.ts";
import type { Waits } from "../waiting/waits.ts";
import type { ActivityCall, AnyActivityOptions } from "./activity_request.ts";
import { settle } from "./settle.ts";

/** A call that has begun. */
export interface BegunCall {
  readonly activityId: string;
  /** Undefined where there is nothing to cancel. */
  readonly cancel: Cancel | undefined;
}

/** Begins a call, which settles later. */
export type BeginCall = (settler: Settler<unknown>, caller: Caller) => BegunCall;

/** What is asked of the engine. */
export interface ActivityCommands {
  schedule(seq: number): Command;
  readonly cancelKind: "requestCancelActivity" | "requestCancelLocalActivity";
}

interface PendingCall {
  readonly cancelKind: ActivityCommands["cancelKind"];
  readonly caller: Caller;
  cancelled: Error | undefined;
  resolve(resolution: LocalActivityResolution, cancelled: Error | undefined): void;
}

/** The calls of a run. */
export class ActivityCalls {
  readonly state: RunState;
  readonly values: Values;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #waits: Waits;
  readonly #pending: Pending<PendingCall> = new Pending();

  /** No calls yet. */
  constructor(state: RunState, commands: CommandList, scopes: Scopes, values: Values, waits: Waits) {
    this.state = state;
    this.values = values;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#waits = waits;
  }

  /** The number that the next call gets. */
  get nextSeq(): number {
    return this.#pending.nextSeq;
  }

  /** The promise of the result of a call that `begin` begins; what `begin` throws, it rejects with. */
  execute(what: string, signal: AbortSignal | undefined, begin: BeginCall): Promise<unknown> {
    return this.#waits.make(what, signal, (settler) => begin(settler, new Caller(this.#scopes.context)).cancel);
  }

  /** Begins a call. A result that nobody asks for may reject: that is no fault. Throws what `begin` throws. */
  start(what: string, signal: AbortSignal | undefined, begin: BeginCall): StartedActivity {
    const caller = new Caller(this.#scopes.context, false);
    let begun: BegunCall | undefined;
    let fault: { error: unknown } | undefined;
    const result = this.#waits.make<unknown>(what, signal, (settler) => {
      try {
        begun = begin(settler, caller);
        return begun.cancel;
      } catch (error) {
        fault = { error };
        throw error;
      }
    });
    result.then(undefined, () => {});
    if (fault) throw fault.error;
    return {
      activityId: begun?.activityId ?? "",
      result: () => {
        caller.wait(this.#scopes.context);
        return result;
      },
      cancel: (error) => begun?.cancel?.(error),
    };
  }

  /** Whether the caller was cancelled before the call: that settles it, and there is nothing to send. */
  isCancelledBefore(settler: Settler<unknown>, caller: Caller): boolean {
    const isCancelled = caller.isCancelledBefore(this.state, settler);
    if (isCancelled) this.#pending.skip();
    return isCancelled;
  }

  /**
   * Asks the engine for an activity that the scope of `caller` can cancel; `resolve` hears how it ended, and why it
   * was cancelled if it was.
   */
  send({ schedule, cancelKind }: ActivityCommands, caller: Caller, resolve: PendingCall["resolve"]): Cancel {
    const seq = this.#pending.add({ cancelKind, caller, cancelled: undefined, resolve });
    this.#commands.push(schedule(seq));
    const cancel = (error: Error) => this.#requestCancel(seq, error);
    caller.join(cancel);
    return cancel;
  }

  /** Takes in how an activity ended. */
  resolve(seq: number, resolution: LocalActivityResolution): void {
    const pending = this.#pending.take(seq);
    pending?.caller.leave();
    pending?.resolve(resolution, pending.cancelled);
  }

  /** Settles a call for good. */
  settle(
    resolution: ActivityResolution,
    { hint }: ActivityCall<AnyActivityOptions>,
    context: ActivitySerializationContext,
    settler: Settler<unknown>,
  ): void {
    settle(settler, resolution, { values: this.values, context, hint });
  }

  /** The engine answers by resolving the activity, at once or later, as its cancellation type says. */
  #requestCancel(seq: number, error: Error): void {
    const pending = this.#pending.get(seq);
    if (!pending || pending.cancelled) return;
    pending.cancelled = error;
    this.#commands.push({ kind: pending.cancelKind, seq });
  }
}
