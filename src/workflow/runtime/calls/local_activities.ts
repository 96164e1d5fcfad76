/**
 * Local activities that a run has asked for. Where the worker does not wait for the next attempt, a timer does, and
 * then the activity is asked for again under a new number.
 *
 * @module
 */
import { ValueError } from "../../../common/errors.ts";
import type { LocalActivityResolution } from "../../activation.ts";
import type { StartedActivity } from "../../bridge.ts";
import type { LocalActivityOptions } from "../../options.ts";
import type { Ending } from "../program/ending.ts";
import type { Caller } from "../waiting/caller.ts";
import type { Cancel, Settler } from "../waiting/settler.ts";
import type { Timers } from "../waiting/timers.ts";
import type { ActivityCalls, BegunCall } from "./activity_calls.ts";
import {
  type ActivityCall,
  type LocalActivityRequest,
  makeContext,
  makeLocalRequest,
  mergeOptions,
  readCall,
} from "./activity_request.ts";

/** The activities of the worker, as far as a run must know them. */
export interface KnownActivities {
  readonly names: readonly string[];
  /** Whether one of them serves all other names. */
  readonly isDynamic: boolean;
}

/** A call on its way through its attempts. */
interface LocalCall {
  readonly call: ActivityCall<LocalActivityOptions>;
  readonly request: LocalActivityRequest;
  readonly caller: Caller;
  readonly settler: Settler<unknown>;
  /** Cancels what the call waits for: the activity, or the timer before its next attempt. */
  cancel: Cancel | undefined;
}

/** Where a call goes on after a back-off. */
interface Attempt {
  readonly attempt: number;
  readonly originalScheduleTime?: number;
}

/** The local activities of a run. */
export class LocalActivities {
  readonly #calls: ActivityCalls;
  readonly #timers: Timers;
  readonly #ending: Ending;
  readonly #known: KnownActivities | undefined;

  /** No local activities yet; `known` are those that may be asked for, all where it is left out. */
  constructor(
    calls: ActivityCalls,
    timers: Timers,
    ending: Ending,
    known: KnownActivities | undefined,
  ) {
    this.#calls = calls;
    this.#timers = timers;
    this.#ending = ending;
    this.#known = known;
  }

  /** Asks for a local activity; the promise is that of its result. */
  execute(activity: unknown, options: LocalActivityOptions & { args?: unknown }): Promise<unknown> {
    const merged = mergeOptions(activity, options);
    return this.#calls.execute("a local activity", merged.signal, (settler, caller) => {
      return this.#begin(readCall(activity, merged), settler, caller);
    });
  }

  /** Asks for a local activity. */
  start(activity: unknown, options: LocalActivityOptions & { args?: unknown }): StartedActivity {
    const merged = mergeOptions(activity, options);
    return this.#calls.start("a local activity", merged.signal, (settler, caller) => {
      return this.#begin(readCall(activity, merged), settler, caller);
    });
  }

  #begin(call: ActivityCall<LocalActivityOptions>, settler: Settler<unknown>, caller: Caller): BegunCall {
    const { state, values, nextSeq } = this.#calls;
    const { activityId = String(nextSeq) } = call.options;
    const request = makeLocalRequest(call, values, makeContext(call, activityId, state.start!, { isLocal: true }));
    this.#checkName(call.name);
    if (this.#calls.isCancelledBefore(settler, caller)) return { activityId, cancel: undefined };
    const running: LocalCall = { call, request, caller, settler, cancel: undefined };
    this.#send(running, { attempt: 1 });
    return { activityId, cancel: (error) => running.cancel?.(error) };
  }

  /**
   * What the history has was registered once: that is not for replay to check. Code that caught the error would
   * therefore do something else in replay, so that the task fails whether it does or not.
   */
  #checkName(name: string): void {
    if (!this.#known || this.#calls.state.activation.isReplaying) return;
    const { names, isDynamic } = this.#known;
    if (isDynamic || names.includes(name)) return;
    const found = names.length > 0 ? `registered: ${[...names].sort().join(", ")}` : "it has no activities";
    const error = new ValueError(
      `local activity ${name} is not registered on this worker, ${found}; pass it to Worker.create in \`activities\``,
    );
    this.#ending.failTask(error);
    throw error;
  }

  #send(running: LocalCall, { attempt, originalScheduleTime }: Attempt): void {
    const { call, request, caller, settler } = running;
    const { state, nextSeq } = this.#calls;
    const activityId = request.activityId ?? String(nextSeq);
    const context = makeContext(call, activityId, state.start!, { isLocal: true });
    running.cancel = this.#calls.send(
      {
        schedule: (seq) => ({
          ...request,
          kind: "scheduleLocalActivity",
          seq,
          activityId,
          attempt,
          originalScheduleTime,
        }),
        cancelKind: "requestCancelLocalActivity",
      },
      caller,
      (resolution, cancelled) => {
        if (resolution.status === "backoff") this.#backOff(running, resolution, cancelled);
        else this.#calls.settle(resolution, call, context, settler);
      },
    );
  }

  #backOff(
    running: LocalCall,
    next: Extract<LocalActivityResolution, { status: "backoff" }>,
    cancelled: Error | undefined,
  ): void {
    const { caller, settler } = running;
    // It failed before it heard of the cancellation.
    if (cancelled) return settler.reject(cancelled);
    const timer: Settler<void> = { resolve: () => this.#send(running, next), reject: settler.reject };
    running.cancel = this.#timers.sleep(next.backoff, undefined, timer, caller);
  }
}
