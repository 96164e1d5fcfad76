/**
 * Activities that a run has asked for.
 *
 * @module
 */
import type { ActivityResolution } from "../activation.ts";
import type { StartedActivity } from "../bridge.ts";
import type { ActivityOptions } from "../options.ts";
import type { ActivityCalls, BegunCall } from "./activity_calls.ts";
import { type ActivityCall, makeContext, makeRequest, readCall } from "./activity_request.ts";
import type { Settler } from "./waits.ts";

/** The activities of a run. */
export class Activities {
  readonly #calls: ActivityCalls;

  /** No activities yet. */
  constructor(calls: ActivityCalls) {
    this.#calls = calls;
  }

  /** Asks for an activity; the promise is that of its result. */
  execute(activity: unknown, options: ActivityOptions & { args?: unknown }): Promise<unknown> {
    return this.#calls.execute(options?.signal, (settler) => this.#begin(readCall(activity, options), settler));
  }

  /** Asks for an activity. */
  start(activity: unknown, options: ActivityOptions & { args?: unknown }): StartedActivity {
    const call = readCall(activity, options);
    return this.#calls.start(call, (settler) => this.#begin(call, settler));
  }

  #begin(call: ActivityCall, settler: Settler<unknown>): BegunCall {
    const { state, values, nextSeq } = this.#calls;
    state.assertWritable(`activity ${call.name}`);
    const { activityId = String(nextSeq), taskQueue } = call.options;
    const context = makeContext(call, activityId, state.start!, { taskQueue, isLocal: false });
    const request = makeRequest(call, values, context);
    const caller = this.#calls.enter(settler);
    if (!caller) return { activityId: call.options.activityId ?? "", cancel: () => {} };
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
