/**
 * The half of a worker that runs workflows: slots, pollers on both queues, and the tasks under way.
 *
 * @module
 */
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { EagerWorker, TaskSlot } from "../client/eager_starts.ts";
import type { Logger } from "../common/logger.ts";
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { messageOf } from "./failures.ts";
import type { LocalActivities } from "./local_activities.ts";
import { PollBalancer, type WorkflowQueue } from "./poll_balancer.ts";
import { type Poll, runPoller } from "./poller.ts";
import type { TaskService } from "./service.ts";
import { type Permit, type SlotLane, Slots } from "./slots.ts";
import type { WorkflowTasks } from "./workflow_tasks.ts";

/** The signals that end polling. */
export interface PollSignals {
  /** No new poll starts once it aborts. */
  stop: AbortSignal;
  /** Polls under way are given up once it aborts. */
  abort: AbortSignal;
}

/** What the workflow half needs. */
export interface WorkflowSideOptions {
  service: TaskService;
  tasks: WorkflowTasks;
  local: LocalActivities;
  logger: Logger;
  /** The build id of this worker. */
  buildId: string;
  slots: number;
  pollers: number;
  /** Share of the pollers on the queue that all workers poll, while no task waits long. */
  nonstickyRatio: number;
}

/** Polls for workflow tasks and handles them. */
export class WorkflowSide {
  readonly pollers: number;
  #options: WorkflowSideOptions;
  #slots: Slots;
  #running = new Set<Promise<void>>();
  #reserved = new Set<Promise<void>>();

  constructor(options: WorkflowSideOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots);
    this.pollers = options.pollers;
  }

  /** This worker as one that takes first tasks of the client it is made from. */
  offer(): EagerWorker {
    const { namespace, taskQueue } = this.#options.service.settings;
    const lane = this.#slots.lane();
    return { namespace, taskQueue, reserve: () => this.#reserve(lane) };
  }

  /** Tasks under way. */
  get running(): number {
    return this.#running.size;
  }

  /** Runs held, busy and idle. */
  get cached(): number {
    return this.#options.tasks.cached;
  }

  /** Polls until told to stop; rejects on a fatal error. */
  async poll(signals: PollSignals): Promise<void> {
    signals.stop.addEventListener("abort", () => this.#slots.close(), { once: true });
    const next = this.#createPolls();
    const pollers = Array.from({ length: this.pollers }, () =>
      runPoller<PollWorkflowTaskQueueResponse>({
        what: "workflow task",
        next,
        handle: (task, permit) => this.#handle(task, permit),
        logger: this.#options.logger,
        ...signals,
      }));
    await Promise.all(pollers);
  }

  /** Attempts of local activities under way. */
  get runningLocal(): number {
    return this.#options.local.running;
  }

  /**
   * Waits for the tasks under way and for those that a start may still bring, then drops all runs. Local activities
   * have `grace` milliseconds.
   */
  async drain(grace: number): Promise<void> {
    const { local, tasks } = this.#options;
    const spare = local.endAfter(grace);
    this.#slots.close();
    while (this.#running.size + this.#reserved.size > 0) await Promise.all([...this.#running, ...this.#reserved]);
    tasks.clear();
    await local.drain();
    spare();
  }

  #createPolls(): () => Poll<PollWorkflowTaskQueueResponse> {
    const { service, buildId, nonstickyRatio } = this.#options;
    if (service.settings.stickyQueue === undefined) {
      const run = (signal: AbortSignal) => service.pollWorkflowTask(false, buildId, signal);
      const poll = { lane: this.#slots.lane(), run };
      return () => poll;
    }
    const balancer = new PollBalancer(this.pollers, nonstickyRatio);
    const all = this.#slots.size;
    const lanes = { normal: this.#slots.lane(all - 1), sticky: this.#slots.lane(all - 1) };
    return () => {
      const queue = balancer.open();
      return { lane: lanes[queue], run: (signal) => this.#poll(queue, balancer, signal) };
    };
  }

  async #poll(
    queue: WorkflowQueue,
    balancer: PollBalancer,
    signal: AbortSignal,
  ): Promise<PollWorkflowTaskQueueResponse | undefined> {
    let waited: number | undefined;
    try {
      const { service, buildId } = this.#options;
      const task = await service.pollWorkflowTask(queue === "sticky", buildId, signal);
      waited = task && readWait(task);
      return task;
    } finally {
      balancer.close(queue, waited);
    }
  }

  #reserve(lane: SlotLane): TaskSlot | undefined {
    const permit = lane.tryAcquire();
    if (!permit) return undefined;
    let isOver = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (finish: () => void) => {
      if (isOver) return;
      isOver = true;
      finish();
      this.#reserved.delete(promise);
      resolve();
    };
    this.#reserved.add(promise);
    return { use: (task) => end(() => this.#handle(task, permit)), release: () => end(() => permit.release()) };
  }

  #handle(task: PollWorkflowTaskQueueResponse, permit: Permit): void {
    const handled = this.#options.tasks.handle(task).catch((error) => {
      this.#options.logger.error(`a workflow task was dropped: ${messageOf(error)}`, { error });
    }).finally(() => {
      this.#running.delete(handled);
      permit.release();
    });
    this.#running.add(handled);
  }
}

/** Milliseconds from when a task was made until a poll took it, by the server's clock; 0 where it does not say. */
function readWait({ scheduledTime, startedTime }: PollWorkflowTaskQueueResponse): number {
  return scheduledTime && startedTime ? timestampMs(startedTime) - timestampMs(scheduledTime) : 0;
}
