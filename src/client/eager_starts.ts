/**
 * Eager starts: workers that run on a connection take the first task of what is started over it, without a poll.
 *
 * @module
 */
import type { PollWorkflowTaskQueueResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";

/** A free slot of a worker, held for one task; used or given back exactly once. */
export interface TaskSlot {
  /** Handles the task on this slot. */
  use(task: PollWorkflowTaskQueueResponse): void;
  /** Gives the slot back unused. */
  release(): void;
}

/** A worker that takes first tasks. */
export interface EagerWorker {
  namespace: string;
  taskQueue: string;
  /** A slot that is free right now, else undefined. */
  reserve(): TaskSlot | undefined;
}

/** The workers that run on one connection. */
export class EagerStarts {
  readonly #workers: Set<EagerWorker> = new Set();

  /** Adds a worker until the function it returns is called. */
  add(worker: EagerWorker): () => void {
    this.#workers.add(worker);
    return () => this.#workers.delete(worker);
  }

  /** A free slot of a worker on that task queue, else undefined. */
  reserve(namespace: string, taskQueue: string): TaskSlot | undefined {
    for (const worker of this.#workers) {
      const slot = worker.namespace === namespace && worker.taskQueue === taskQueue ? worker.reserve() : undefined;
      if (slot) return slot;
    }
    return undefined;
  }
}
