/**
 * The jobs of the next activation, and the order in which they apply.
 *
 * @module
 */
import type {
  WorkflowExecutionCancelRequestedEventAttributes,
  WorkflowExecutionSignaledEventAttributes,
} from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Job } from "../workflow/activation.ts";

/**
 * Jobs apply by rank, within a rank in the order of the history. That an activity's result comes
 * after a later signal is part of every history: it must stay.
 */
const rank: Readonly<Record<Job["kind"], number>> = {
  initialize: 0,
  notifyHasPatch: 1,
  updateRandomSeed: 2,
  signalWorkflow: 3,
  doUpdate: 3,
  fireTimer: 4,
  resolveActivity: 4,
  resolveChildStart: 4,
  resolveChild: 4,
  resolveSignalExternal: 4,
  resolveCancelExternal: 4,
  cancelWorkflow: 4,
  resolveLocalActivity: 5,
  queryWorkflow: 6,
  removeFromCache: 7,
};

/** Gathers jobs until the next activation takes them. */
export class JobQueue {
  #jobs: Job[] = [];

  /** How many jobs wait. */
  get size(): number {
    return this.#jobs.length;
  }

  /** Adds a job. */
  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** All jobs in the order in which they apply; none is left. */
  take(): Job[] {
    const jobs = this.#jobs;
    this.#jobs = [];
    return jobs.sort((one, other) => rank[one.kind] - rank[other.kind]);
  }
}

/** The job for a signal in the history. */
export function signalJob(attributes: WorkflowExecutionSignaledEventAttributes): Job {
  return {
    kind: "signalWorkflow",
    name: attributes.signalName,
    args: attributes.input?.payloads ?? [],
    headers: attributes.header?.fields ?? {},
    identity: attributes.identity,
  };
}

/** The job for a request to cancel the workflow. */
export function cancelJob(attributes: WorkflowExecutionCancelRequestedEventAttributes): Job {
  return { kind: "cancelWorkflow", reason: attributes.cause };
}
