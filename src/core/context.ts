/**
 * What the machines of a run share.
 *
 * @module
 */
import type { WorkerDeploymentVersion } from "../common/options.ts";
import type { Message } from "../gen/temporal/api/protocol/v1/message_pb.ts";
import type { JobQueue } from "./activation_jobs.ts";
import type { CommandQueue, Machine } from "./commands.ts";
import type { Flags } from "./flags.ts";

/** Which run this is, and on which worker it lives. */
export interface RunOptions {
  namespace: string;
  workflowId: string;
  runId: string;
  workflowType: string;
  /** The task queue of the worker. */
  taskQueue: string;
  /** The build id of the worker, "" where it has none. */
  buildId: string;
  /** The deployment version of the worker, where it has one. */
  deploymentVersion?: WorkerDeploymentVersion;
  /**
   * Whether activities may ask to be handed out in the answer of the task that schedules them; false.
   * The worker must then take the wish back from commands for which it has no slot.
   */
  requestEagerActivities?: boolean;
}

/** The surroundings in which machines work: where their jobs, commands and messages go. */
export interface MachineContext {
  readonly options: RunOptions;
  readonly jobs: JobQueue;
  readonly commands: CommandQueue;
  readonly flags: Flags;
  /** Messages for the next answer. */
  readonly outbox: Message[];
  /** Who takes the events that refer to an earlier event, by its id. */
  readonly followers: Map<number, Machine>;
  /** Whether the code now runs for what is in the history already. */
  readonly isReplaying: boolean;
  /** Whether the events being applied are the last of the history. */
  readonly isLastSequence: boolean;
}

/** Machines by the number that workflow code gave them; forgets closed ones, yet knows that they were. */
export class MachineIndex<M> {
  readonly #machines: Map<number, M> = new Map();
  #highest = 0;

  /** Adds the machine with the next number. */
  add(seq: number, machine: M): void {
    this.#machines.set(seq, machine);
    if (seq > this.#highest) this.#highest = seq;
  }

  /** The machine of that number, undefined once closed. */
  find(seq: number): M | undefined {
    return this.#machines.get(seq);
  }

  /** Forgets a closed machine. */
  remove(seq: number): void {
    this.#machines.delete(seq);
  }

  /** Whether there ever was one of that number. */
  knows(seq: number): boolean {
    return seq > 0 && seq <= this.#highest;
  }
}
