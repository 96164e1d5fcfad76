/**
 * The half of a worker that runs workflows: slots, pollers on both queues, and the tasks under way.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { messageOf } from "./failures.ts";
import { runPoller } from "./poller.ts";
import type { TaskService } from "./service.ts";
import { type Permit, Slots } from "./slots.ts";
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
  logger: Logger;
  slots: number;
  pollers: number;
  /** Share of the pollers on the queue that all workers poll. */
  nonstickyRatio: number;
}

/** Polls for workflow tasks and handles them. */
export class WorkflowSide {
  readonly pollers: number;
  #options: WorkflowSideOptions;
  #slots: Slots;
  #running = new Set<Promise<void>>();

  constructor(options: WorkflowSideOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots);
    this.pollers = options.pollers;
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
    const { stickyQueue } = this.#options.service.settings;
    const normal = stickyQueue === undefined
      ? this.pollers
      : nonstickyPollers(this.pollers, this.#options.nonstickyRatio);
    await Promise.all([...this.#start(normal, false, signals), ...this.#start(this.pollers - normal, true, signals)]);
  }

  /** Waits for the tasks under way, then drops all runs. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#options.tasks.clear();
  }

  #start(count: number, sticky: boolean, signals: PollSignals): Promise<void>[] {
    const { service, logger } = this.#options;
    const hasTwoQueues = service.settings.stickyQueue !== undefined;
    const lane = this.#slots.lane(hasTwoQueues ? this.#slots.size - 1 : this.#slots.size);
    return Array.from({ length: count }, () =>
      runPoller<PollWorkflowTaskQueueResponse>({
        what: sticky ? "sticky workflow task" : "workflow task",
        lane,
        poll: (signal) => service.pollWorkflowTask(sticky, signal),
        handle: (task, permit) => this.#handle(task, permit),
        logger,
        ...signals,
      }));
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

function nonstickyPollers(pollers: number, ratio: number): number {
  return Math.max(1, Math.floor(pollers * ratio));
}
