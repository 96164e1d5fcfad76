/**
 * The activities that run on a worker right now.
 *
 * @module
 */
import type { PollActivityTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { ActivityAttempt, type ActivityHost } from "./activity_attempt.ts";
import type { Permit, SlotLane } from "./slots.ts";

/** Starts attempts, and cancels and awaits all of them. */
export class ActivityTasks {
  #host: ActivityHost;
  #running = new Map<ActivityAttempt, Promise<void>>();
  #cancelled = false;

  constructor(host: ActivityHost) {
    this.#host = host;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Runs a task and gives its permit back in the end. */
  start(task: PollActivityTaskQueueResponse, permit: Permit): void {
    const attempt = new ActivityAttempt(this.#host, task);
    if (this.#cancelled) attempt.cancelForShutdown();
    const finished = attempt.run().then(() => {
      this.#running.delete(attempt);
      permit.release();
    });
    this.#running.set(attempt, finished);
  }

  /** Cancels all attempts because the worker shuts down. */
  cancelAll(): void {
    this.#cancelled = true;
    for (const attempt of this.#running.keys()) attempt.cancelForShutdown();
  }

  /** Resolves when no attempt runs any more. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }
}

/** Slots for activities that the server hands back with a workflow task, without a poll. */
export interface EagerActivities {
  /** At most so many for each workflow task. */
  readonly limit: number;
  reserve(): Permit | undefined;
  start(task: PollActivityTaskQueueResponse, permit: Permit): void;
}

/** Eager activities on a worker's slots. */
export function createEagerActivities(tasks: ActivityTasks, lane: SlotLane, limit: number): EagerActivities {
  return { limit, reserve: () => lane.tryAcquire(), start: (task, permit) => tasks.start(task, permit) };
}
