/**
 * Workflow code made up at random: what it does follows from its seed and from the jobs, their order
 * and the time it was given, so that any difference between live and replay shows in its commands.
 *
 * @module
 */
import type { UpdateOutcome } from "../../src/core/update.ts";
import type { Activation, Command, Job } from "../../src/workflow/activation.ts";
import { cancelActivity, cancelTimer, completeWorkflow, scheduleActivity, startTimer } from "./driver.ts";
import { failure } from "./history_builder.ts";

/** A number from 0 up to and without 1, and a whole one below a limit. */
export interface Random {
  next(): number;
  below(limit: number): number;
  /** Makes what follows depend on a text. */
  mix(text: string): void;
}

/** Random numbers that follow from a seed. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  function next(): number {
    state = state + 0x6d2b79f5 | 0;
    let word = Math.imul(state ^ state >>> 15, 1 | state);
    word = word + Math.imul(word ^ word >>> 7, 61 | word) ^ word;
    return ((word ^ word >>> 14) >>> 0) / 4294967296;
  }
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    mix: (text) => {
      for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
    },
  };
}

const cancellationTypes = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;

/** What an update must be called for the code to turn it down. */
export const rejectedName = "reject";

/** The code of one run. */
export class RandomProgram {
  readonly #random: Random;
  readonly #timers: number[] = [];
  readonly #activities: number[] = [];
  readonly #updates: string[] = [];
  #seq = 0;
  #isOver = false;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  activate(activation: Activation): Command[] {
    if (activation.jobs[0].kind === "queryWorkflow") {
      return activation.jobs.map((job) => ({ kind: "queryAnswered", id: (job as { id: string }).id }));
    }
    const commands: Command[] = [];
    const jobs = activation.jobs.filter((job) => !(job.kind === "doUpdate" && job.name === rejectedName));
    for (const job of activation.jobs) {
      if (job.kind !== "doUpdate" || job.name !== rejectedName) continue;
      commands.push({ kind: "updateRejected", protocolInstanceId: job.protocolInstanceId, failure: failure("no") });
    }
    if (jobs.length === 0) return commands;
    this.#random.mix(`${activation.time} ${activation.historyLength}`);
    for (const job of jobs) this.#apply(job, commands);
    return commands;
  }

  #apply(job: Job, commands: Command[]): void {
    this.#random.mix(job.kind);
    if (job.kind === "doUpdate") {
      commands.push({ kind: "updateAccepted", protocolInstanceId: job.protocolInstanceId });
      this.#updates.push(job.protocolInstanceId);
    }
    if (job.kind === "fireTimer") this.#timers.splice(this.#timers.indexOf(job.seq), 1);
    if (job.kind === "resolveActivity") this.#activities.splice(this.#activities.indexOf(job.seq), 1);
    if (this.#isOver) return;
    for (let count = this.#random.below(4); count > 0; count--) commands.push(...this.#act());
    if (this.#random.next() < 0.01) {
      this.#isOver = true;
      commands.push(completeWorkflow);
    }
  }

  #act(): Command[] {
    const choice = this.#random.below(10);
    if (choice < 2) return [this.#startTimer()];
    if (choice < 5) return [this.#scheduleActivity()];
    if (choice < 7) return this.#cancelTimer();
    if (choice < 9) return this.#cancelActivity();
    return this.#completeUpdate();
  }

  #startTimer(): Command {
    this.#timers.push(++this.#seq);
    return startTimer(this.#seq, 1 + this.#random.below(5000));
  }

  #scheduleActivity(): Command {
    this.#activities.push(++this.#seq);
    const activityType = `type${this.#random.below(3)}`;
    return scheduleActivity(this.#seq, { activityType, cancellationType: cancellationTypes[this.#random.below(3)] });
  }

  #cancelTimer(): Command[] {
    if (this.#timers.length === 0) return [];
    const [seq] = this.#timers.splice(this.#random.below(this.#timers.length), 1);
    return [cancelTimer(seq)];
  }

  #cancelActivity(): Command[] {
    if (this.#activities.length === 0) return [];
    return [cancelActivity(this.#activities[this.#random.below(this.#activities.length)])];
  }

  #completeUpdate(): Command[] {
    const id = this.#updates.shift();
    if (id === undefined) return [];
    const outcome: UpdateOutcome = this.#random.below(2) === 0 ? {} : { failure: failure("update failed") };
    return [{ kind: "updateCompleted", protocolInstanceId: id, outcome }];
  }
}
