/**
 * The half of a worker that runs activities: slots, pollers, rate limit, and the attempts under way.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import type { PollActivityTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { type ActivityTasks, createEagerActivities, type EagerActivities } from "./activity_tasks.ts";
import { waitFor } from "./backoff.ts";
import { runPoller } from "./poller.ts";
import type { TaskService } from "./service.ts";
import { type SlotLane, Slots } from "./slots.ts";
import type { PollSignals } from "./workflow_side.ts";

/** What the activity half needs. */
export interface ActivitySideOptions {
  service: TaskService;
  tasks: ActivityTasks;
  logger: Logger;
  slots: number;
  pollers: number;
  maxActivitiesPerSecond?: number;
}

/** Polls for activities and runs them. */
export class ActivitySide {
  readonly pollers: number;
  #options: ActivitySideOptions;
  #slots: Slots;
  #lane: SlotLane;

  constructor(options: ActivitySideOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots);
    this.#lane = this.#slots.lane();
    this.pollers = options.pollers;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#options.tasks.running;
  }

  /** Slots of this worker for activities that come with workflow tasks. */
  eager(limit: number): EagerActivities | undefined {
    return limit > 0 ? createEagerActivities(this.#options.tasks, this.#lane, limit) : undefined;
  }

  /** Polls until told to stop; rejects on a fatal error. */
  async poll(signals: PollSignals): Promise<void> {
    signals.stop.addEventListener("abort", () => this.#slots.close(), { once: true });
    const { service, tasks, logger, maxActivitiesPerSecond } = this.#options;
    const gate = maxActivitiesPerSecond === undefined ? undefined : createGate(maxActivitiesPerSecond, signals.stop);
    const poll = { lane: this.#lane, run: (signal: AbortSignal) => service.pollActivityTask(signal) };
    const pollers = Array.from({ length: this.pollers }, () =>
      runPoller<PollActivityTaskQueueResponse>({
        what: "activity",
        next: () => poll,
        handle: (task, permit) => tasks.start(task, permit),
        logger,
        gate,
        ...signals,
      }));
    await Promise.all(pollers);
  }

  /** Gives attempts `grace` milliseconds, cancels the rest, and waits for all. */
  async drain(grace: number): Promise<void> {
    const { tasks } = this.#options;
    const graceOver = new AbortController();
    const cancelled = waitFor(grace, graceOver.signal).then(() => {
      if (!graceOver.signal.aborted) tasks.cancelAll();
    });
    await tasks.drain();
    graceOver.abort();
    await cancelled;
  }
}

/** Lets through at most `rate` callers a second, evenly. */
function createGate(rate: number, stop: AbortSignal): () => Promise<void> {
  const interval = 1_000 / rate;
  let next = 0;
  return async () => {
    const now = performance.now();
    const turn = Math.max(now, next);
    next = turn + interval;
    if (turn > now) await waitFor(turn - now, stop);
  };
}
