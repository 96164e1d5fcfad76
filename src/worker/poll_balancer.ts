/**
 * Shares the polls for workflow tasks between the queue of all workers and this worker's own, the
 * sticky one: each always has a poll, and what waits draws the others.
 *
 * @module
 */

/** The two queues that bring a worker its workflow tasks. */
export type WorkflowQueue = "normal" | "sticky";

/** Chooses a queue for each poll. */
export class PollBalancer {
  #restingNormal: number;
  #open: Record<WorkflowQueue, number> = { normal: 0, sticky: 0 };
  #backlog: Record<WorkflowQueue, number> = { normal: 0, sticky: 0 };

  /** While nothing waits, the share `nonstickyRatio` of the `pollers`, at least one, polls the normal queue. */
  constructor(pollers: number, nonstickyRatio: number) {
    this.#restingNormal = Math.max(1, Math.floor(pollers * nonstickyRatio));
  }

  /** The queue that needs a poll most; the poll counts as open until {@link close}. */
  open(): WorkflowQueue {
    const queue = this.#choose();
    this.#open[queue]++;
    return queue;
  }

  /** Takes a poll back. `backlog` is how many tasks the server says still wait, undefined when the poll failed. */
  close(queue: WorkflowQueue, backlog: number | undefined): void {
    this.#open[queue]--;
    if (backlog !== undefined) this.#backlog[queue] = backlog;
  }

  #choose(): WorkflowQueue {
    const { normal, sticky } = this.#open;
    if (normal === 0) return "normal";
    if (sticky === 0) return "sticky";
    // The tasks of the sticky queue belong to runs under way and move to the normal one when they wait too long.
    if (this.#backlog.sticky > sticky) return "sticky";
    if (this.#backlog.normal > 0) return "normal";
    return normal < this.#restingNormal ? "normal" : "sticky";
  }
}
