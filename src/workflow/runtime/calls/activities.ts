/**
 * Activities that a run has asked for.
 *
 * @module
 */
import type { ActivityResolution } from "../../activation.ts";
import type { StartedActivity } from "../../bridge.ts";
import type { ActivityOptions } from "../../options.ts";
import type { Caller } from "../waiting/caller.ts";
import type { Settler } from "../waiting/settler.ts";
import type { ActivityCalls, BegunCall } from "./activity_calls.ts";
import { type ActivityCall, makeContext, makeRequest, mergeOptions, readCall } from "./activity_request.ts";

/** The activities of a run. */
export class Activities {
  readonly #calls: ActivityCalls;

  /** No activities yet. */
  constructor(calls: ActivityCalls) {
    this.#calls = calls;
  }

  /** Asks for an activity; the promise is that of its result. */
  execute(activity: unknown, options: ActivityOptions & { args?: unknown }): Promise<unknown> {
    const merged = mergeOptions(activity, options);
    return this.#calls.execute("an activity", merged.signal, (settler, caller) => {
      return this.#begin(readCall(activity, merged), settler, caller);
    });
  }

  /** Asks for an activity. */
  start(activity: unknown, options: ActivityOptions & { args?: unknown }): StartedActivity {
    const merged = mergeOptions(activity, options);
    return this.#calls.start("an activity", merged.signal, (settler, caller) => {
      return this.#begin(readCall(activity, merged), settler, caller);
    });
  }

  #begin(call: ActivityCall, settler: Settler<unknown>, caller: Caller): BegunCall {
    const { state, values, nextSeq } = this.#calls;
    const { activityId = String(nextSeq), taskQueue } = call.options;
    const context = makeContext(call, activityId, state.start!, { taskQueue, isLocal: false });
    const request = makeRequest(call, values, context);
    if (this.#calls.isCancelledBefore(settler, caller)) return { activityId, cancel: undefined };
    const cancel = this.#calls.send(
      {
        schedule: (seq) => ({ ...request, kind: "scheduleActivity", seq, activityId }),
        cancelKind: "requestCancelActivity",
      },
      caller,
      (resolution) => this.#calls.settle(resolution as ActivityResolution, call, context, settler),
    );
    return { activityId, cancel };
  }
}
