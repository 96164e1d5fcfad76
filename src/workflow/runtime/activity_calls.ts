/**
 * What calls of activities and of local activities have in common: the numbers that they share, and how they end.
 *
 * @module
 */
import { CancelledError } from "../../common/errors.ts";
import type { ActivitySerializationContext } from "../../converter/context.ts";
import type { ActivityResolution, Command, LocalActivityResolution } from "../activation.ts";
import type { StartedActivity } from "../bridge.ts";
import type { ActivityCall, AnyActivityOptions } from "./activity_request.ts";
import type { CommandList } from "./commands.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Context, Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";
import type { Cancel, Settler, Waits } from "./waits.ts";

/** A call that has begun. */
export interface BegunCall {
  readonly activityId: string;
  readonly cancel: Cancel;
}

/** What is asked of the engine. */
export interface ActivityCommands {
  schedule(seq: number): Command;
  readonly cancelKind: "requestCancelActivity" | "requestCancelLocalActivity";
}

interface PendingCall {
  readonly cancelKind: ActivityCommands["cancelKind"];
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
  #pending: Map<number, PendingCall> | undefined;
  #lastSeq = 0;

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
    return this.#lastSeq + 1;
  }

  /** The promise of the result of a call that `begin` begins; what `begin` throws, it rejects with. */
  execute(signal: AbortSignal | undefined, begin: (settler: Settler<unknown>) => BegunCall): Promise<unknown> {
    return this.#waits.make(signal, (settler) => begin(settler).cancel);
  }

  /** Begins a call. A result that nobody asks for may reject: that is no fault. Throws what `begin` throws. */
  start(
    { options }: ActivityCall<AnyActivityOptions>,
    begin: (settler: Settler<unknown>) => BegunCall,
  ): StartedActivity {
    let begun: BegunCall | undefined;
    let fault: { error: unknown } | undefined;
    const result = this.#waits.make<unknown>(options.signal, (settler) => {
      try {
        begun = begin(settler);
        return begun.cancel;
      } catch (error) {
        fault = { error };
        throw error;
      }
    });
    result.then(undefined, () => {});
    if (fault) throw fault.error;
    return {
      activityId: begun?.activityId ?? options.activityId ?? "",
      result,
      cancel: (reason) => begun?.cancel(this.values.adopt(new CancelledError(reason)) as Error),
    };
  }

  /** The context of the running code, unless it was cancelled: that settles the call, and there is nothing to send. */
  enter(settler: Settler<unknown>): Context | undefined {
    const { context } = this.#scopes;
    const cancelled = context.scope.takeCancellation(context);
    if (!cancelled) return context;
    // Its number counts, as in all SDKs: ids come of numbers.
    this.#lastSeq++;
    afterJobs(this.state, promiseJobs.cancelledBefore, () => settler.reject(cancelled));
    return undefined;
  }

  /**
   * Asks the engine for an activity that the scope of `caller` can cancel; `resolve` hears how it ended, and why it
   * was cancelled if it was.
   */
  send(commands: ActivityCommands, caller: Context, resolve: PendingCall["resolve"]): Cancel {
    const seq = ++this.#lastSeq;
    this.#commands.push(commands.schedule(seq));
    const cancel = (error: Error) => this.#requestCancel(seq, error);
    const member = caller.scope.addWait(cancel, caller);
    this.#pending ??= new Map();
    this.#pending.set(seq, {
      cancelKind: commands.cancelKind,
      cancelled: undefined,
      resolve: (resolution, cancelled) => {
        caller.scope.delete(member);
        resolve(resolution, cancelled);
      },
    });
    return cancel;
  }

  /** Takes in how an activity ended. */
  resolve(seq: number, resolution: LocalActivityResolution): void {
    const pending = this.#pending?.get(seq);
    this.#pending?.delete(seq);
    pending?.resolve(resolution, pending.cancelled);
  }

  /** Settles a call for good. */
  settle(
    resolution: ActivityResolution,
    { hint }: ActivityCall<AnyActivityOptions>,
    context: ActivitySerializationContext,
    settler: Settler<unknown>,
  ): void {
    try {
      if (resolution.status !== "completed") settler.reject(this.values.decodeFailure(resolution.failure, context));
      else settler.resolve(this.values.decodeResult(resolution.result, hint, context));
    } catch (error) {
      settler.reject(this.values.adopt(error));
    }
  }

  /** The engine answers by resolving the activity, at once or later, as its cancellation type says. */
  #requestCancel(seq: number, error: Error): void {
    const pending = this.#pending?.get(seq);
    if (!pending || pending.cancelled) return;
    pending.cancelled = error;
    this.#commands.push({ kind: pending.cancelKind, seq });
  }
}
