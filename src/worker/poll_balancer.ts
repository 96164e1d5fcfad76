/**
 * Shares the polls for workflow tasks between the queue of all workers and this worker's own, the
 * sticky one: each always has a poll, and the queue whose tasks wait longer draws the others.
 *
 * How long a task waited says more than the server's count of those behind it, which is that of one
 * partition of the queue; and polls that stay while a burst ends reach the tasks left in all of them.
 *
 * @module
 */

/** The two queues that bring a worker its workflow tasks. */
export type WorkflowQueue = "normal" | "sticky";

/** Milliseconds below which a wait is the server's usual way, no sign of too few polls. */
const usualWait = 100;

/** Milliseconds beyond which a longer wait on the normal queue takes no poll from the sticky one, whose tasks time out. */
const longestNormalWait = 1_000;

/** Milliseconds for which a wait tells of the next one. */
const memory = 1_000;

interface QueueState {
  /** Open polls. */
  polls: number;
  /** Milliseconds that the last task waited, and when it came. */
  waited: number;
  at: number;
}

/** Chooses a queue for each poll. */
export class PollBalancer {
  #restingNormal: number;
  #now: () => number;
  #queues: Record<WorkflowQueue, QueueState> = {
    normal: { polls: 0, waited: 0, at: 0 },
    sticky: { polls: 0, waited: 0, at: 0 },
  };

  /** While no task waits long, the share `nonstickyRatio` of the `pollers`, at least one, polls the normal queue. */
  constructor(pollers: number, nonstickyRatio: number, now: () => number = () => performance.now()) {
    this.#restingNormal = Math.max(1, Math.floor(pollers * nonstickyRatio));
    this.#now = now;
  }

  /** The queue that needs a poll most; the poll counts as open until {@link close}. */
  open(): WorkflowQueue {
    const queue = this.#choose();
    this.#queues[queue].polls++;
    return queue;
  }

  /** Takes a poll back; `waited` is how many milliseconds its task had waited, undefined where it brought none. */
  close(queue: WorkflowQueue, waited: number | undefined): void {
    const state = this.#queues[queue];
    state.polls--;
    state.waited = waited ?? 0;
    state.at = this.#now();
  }

  #choose(): WorkflowQueue {
    const { normal, sticky } = this.#queues;
    if (normal.polls === 0) return "normal";
    if (sticky.polls === 0) return "sticky";
    const normalWait = Math.min(this.#recall(normal), longestNormalWait);
    const stickyWait = this.#recall(sticky);
    if (Math.max(normalWait, stickyWait) < usualWait) return normal.polls < this.#restingNormal ? "normal" : "sticky";
    return normalWait > stickyWait ? "normal" : "sticky";
  }

  #recall({ waited, at }: QueueState): number {
    return this.#now() - at < memory ? waited : 0;
  }
}
