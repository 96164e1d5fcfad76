/**
 * Activities that a run has asked for. Local activities will share the numbers.
 *
 * @module
 */
import type { ActivityResolution } from "../activation.ts";
import type { ActivityBridge, ActivityRequest, Cancel } from "../bridge.ts";
import type { CommandList } from "./commands.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";

interface PendingActivity {
  isCancelRequested: boolean;
  cancel: Cancel;
  resolve(resolution: ActivityResolution): void;
}

/** The activities of a run. */
export class Activities implements ActivityBridge {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #pending: Map<number, PendingActivity> = new Map();
  #lastSeq = 0;

  /** No activities yet. */
  constructor(state: RunState, commands: CommandList, scopes: Scopes) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
  }

  schedule(
    request: ActivityRequest,
    resolved: (resolution: ActivityResolution) => void,
    rejected: (error: unknown) => void,
  ): { activityId: string; cancel: Cancel } {
    this.#state.assertWritable("an activity");
    const scope = this.#scopes.current;
    if (scope.error) {
      rejected(scope.error);
      return { activityId: request.activityId ?? "", cancel: () => {} };
    }
    const seq = ++this.#lastSeq;
    const activityId = request.activityId ?? String(seq);
    const taskQueue = request.taskQueue ?? this.#state.start!.taskQueue;
    this.#commands.push({ ...request, kind: "scheduleActivity", seq, activityId, taskQueue });
    const pending: PendingActivity = {
      isCancelRequested: false,
      cancel: () => this.#requestCancel(seq),
      resolve: (resolution) => {
        scope.delete(pending);
        resolved(resolution);
      },
    };
    this.#pending.set(seq, pending);
    scope.add(pending);
    return { activityId, cancel: pending.cancel };
  }

  /** Takes in how an activity ended. */
  resolve(seq: number, resolution: ActivityResolution): void {
    const pending = this.#pending.get(seq);
    this.#pending.delete(seq);
    pending?.resolve(resolution);
  }

  /** The engine answers by resolving the activity, at once or later, as its cancellation type says. */
  #requestCancel(seq: number): void {
    const pending = this.#pending.get(seq);
    if (!pending || pending.isCancelRequested) return;
    pending.isCancelRequested = true;
    this.#commands.push({ kind: "requestCancelActivity", seq });
  }
}
