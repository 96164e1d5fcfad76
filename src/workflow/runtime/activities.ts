/**
 * Activities that a run has asked for. Local activities will share the numbers.
 *
 * @module
 */
import { CancelledError } from "../../common/errors.ts";
import type { ActivityResolution } from "../activation.ts";
import type { StartedActivity } from "../bridge.ts";
import type { ActivityOptions } from "../options.ts";
import { type ActivityCall, makeContext, makeRequest, readCall } from "./activity_request.ts";
import type { CommandList } from "./commands.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";
import type { Cancel, Settler, Waits } from "./waits.ts";

interface PendingActivity {
  isCancelRequested: boolean;
  resolve(resolution: ActivityResolution): void;
}

/** The activities of a run. */
export class Activities {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #values: Values;
  readonly #waits: Waits;
  readonly #pending: Map<number, PendingActivity> = new Map();
  #lastSeq = 0;

  /** No activities yet. */
  constructor(state: RunState, commands: CommandList, scopes: Scopes, values: Values, waits: Waits) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#values = values;
    this.#waits = waits;
  }

  /** Asks for an activity; the promise is that of its result. */
  execute(activity: unknown, options: ActivityOptions & { args?: unknown }): Promise<unknown> {
    return this.#waits.make(options?.signal, (settler) => this.#schedule(readCall(activity, options), settler).cancel);
  }

  /** Asks for an activity. A result that nobody asks for may reject: that is no fault. */
  start(activity: unknown, options: ActivityOptions & { args?: unknown }): StartedActivity {
    const call = readCall(activity, options);
    let started: { activityId: string; cancel: Cancel } | undefined;
    let fault: { error: unknown } | undefined;
    const result = this.#waits.make<unknown>(options.signal, (settler) => {
      try {
        started = this.#schedule(call, settler);
        return started.cancel;
      } catch (error) {
        fault = { error };
        throw error;
      }
    });
    result.then(undefined, () => {});
    if (fault) throw fault.error;
    return {
      activityId: started?.activityId ?? call.options.activityId ?? "",
      result,
      cancel: (reason) => started?.cancel(this.#values.adopt(new CancelledError(reason)) as Error),
    };
  }

  /** Takes in how an activity ended. */
  resolve(seq: number, resolution: ActivityResolution): void {
    const pending = this.#pending.get(seq);
    this.#pending.delete(seq);
    pending?.resolve(resolution);
  }

  #schedule(call: ActivityCall, settler: Settler<unknown>): { activityId: string; cancel: Cancel } {
    this.#state.assertWritable(`activity ${call.name}`);
    const context = makeContext(call, this.#state.start!);
    const request = makeRequest(call, this.#values, context);
    const caller = this.#scopes.context;
    const { scope } = caller;
    const cancelled = scope.takeCancellation(caller);
    if (cancelled) {
      settler.reject(cancelled);
      return { activityId: request.activityId ?? "", cancel: () => {} };
    }
    const seq = ++this.#lastSeq;
    const activityId = request.activityId ?? String(seq);
    this.#commands.push({ ...request, kind: "scheduleActivity", seq, activityId });
    const cancel = () => this.#requestCancel(seq);
    const member = scope.addWait(cancel, caller);
    this.#pending.set(seq, {
      isCancelRequested: false,
      resolve: (resolution) => {
        scope.delete(member);
        this.#settle(resolution, call, context, settler);
      },
    });
    return { activityId, cancel };
  }

  #settle(
    resolution: ActivityResolution,
    call: ActivityCall,
    context: ReturnType<typeof makeContext>,
    settler: Settler<unknown>,
  ): void {
    try {
      if (resolution.status !== "completed") settler.reject(this.#values.decodeFailure(resolution.failure, context));
      else settler.resolve(this.#values.decodeResult(resolution.result, call.hint, context));
    } catch (error) {
      settler.reject(this.#values.adopt(error));
    }
  }

  /** The engine answers by resolving the activity, at once or later, as its cancellation type says. */
  #requestCancel(seq: number): void {
    const pending = this.#pending.get(seq);
    if (!pending || pending.isCancelRequested) return;
    pending.isCancelRequested = true;
    this.#commands.push({ kind: "requestCancelActivity", seq });
  }
}
