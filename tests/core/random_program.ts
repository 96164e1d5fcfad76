/**
 * Workflow code made up at random: what it does follows from its seed and from the jobs, their order
 * and the time it was given, so that any difference between live and replay shows in its commands.
 *
 * @module
 */
import type { UpdateOutcome } from "../../src/core/update.ts";
import type { Activation, Command, Job } from "../../src/workflow/activation.ts";
import {
  cancelActivity,
  cancelChild,
  cancelExternal,
  cancelLocal,
  cancelSignal,
  cancelTimer,
  completeWorkflow,
  scheduleActivity,
  scheduleLocal,
  signalExternal,
  startChild,
  startTimer,
} from "./driver.ts";
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

const childCancellationTypes = [
  "TRY_CANCEL",
  "WAIT_CANCELLATION_COMPLETED",
  "WAIT_CANCELLATION_REQUESTED",
  "ABANDON",
] as const;

/** What an update must be called for the code to turn it down. */
export const rejectedName = "reject";

/** The code of one run. */
export class RandomProgram {
  readonly #random: Random;
  readonly #timers: number[] = [];
  readonly #activities: number[] = [];
  readonly #updates: string[] = [];
  readonly #locals: number[] = [];
  readonly #children: number[] = [];
  readonly #signals: number[] = [];
  readonly #knownPatches = new Set<string>();
  readonly #patches = new Set<string>();
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
    for (const job of jobs) if (job.kind === "notifyHasPatch") this.#knownPatches.add(job.patchId);
    if (jobs.every(({ kind }) => kind === "notifyHasPatch")) return commands;
    this.#random.mix(`${activation.time} ${activation.historyLength}`);
    for (const job of jobs) this.#apply(job, commands, activation.isReplaying);
    return commands;
  }

  #apply(job: Job, commands: Command[], isReplaying: boolean): void {
    if (job.kind === "notifyHasPatch") return;
    this.#random.mix(job.kind);
    if (job.kind === "doUpdate") {
      commands.push({ kind: "updateAccepted", protocolInstanceId: job.protocolInstanceId });
      this.#updates.push(job.protocolInstanceId);
    }
    if (job.kind === "fireTimer") this.#timers.splice(this.#timers.indexOf(job.seq), 1);
    if (job.kind === "resolveActivity") this.#activities.splice(this.#activities.indexOf(job.seq), 1);
    if (job.kind === "resolveChildStart") {
      this.#random.mix(job.resolution.status);
      if (job.resolution.status !== "started") remove(this.#children, job.seq);
    }
    if (job.kind === "resolveChild") {
      this.#random.mix(job.resolution.status);
      remove(this.#children, job.seq);
    }
    if (job.kind === "resolveLocalActivity") {
      this.#random.mix(job.resolution.status);
      remove(this.#locals, job.seq);
    }
    if (job.kind === "resolveSignalExternal") remove(this.#signals, job.seq);
    if (this.#isOver) return;
    for (let count = this.#random.below(4); count > 0; count--) commands.push(...this.#act(isReplaying));
    if (this.#random.next() < 0.01) {
      this.#isOver = true;
      commands.push(completeWorkflow);
    }
  }

  #act(isReplaying: boolean): Command[] {
    const choice = this.#random.below(19);
    if (choice < 2) return [this.#startTimer()];
    if (choice < 5) return [this.#scheduleActivity()];
    if (choice < 7) return this.#cancelTimer();
    if (choice < 9) return this.#cancelActivity();
    if (choice < 10) return this.#completeUpdate();
    if (choice < 11) return this.#patch(isReplaying);
    if (choice < 13) return this.#startChild();
    if (choice < 14) return this.#cancelChild();
    if (choice < 15) return this.#signalExternal();
    if (choice < 18) return choice < 17 ? this.#scheduleLocal() : this.#cancelLocal();
    return this.#random.below(2) === 0 ? this.#cancelSignal() : [cancelExternal(++this.#seq, "enough")];
  }

  /** Whoever waits for what a cancelled one says is told otherwise where it begins anew: that is cancelled at once. */
  #scheduleLocal(): Command[] {
    const seq = ++this.#seq;
    const cancellationType = cancellationTypes[this.#random.below(3)];
    const command = scheduleLocal(seq, { cancellationType, originalScheduleTime: 1 });
    const waits = cancellationType === "WAIT_CANCELLATION_COMPLETED";
    if (this.#random.below(5) === 0) return [command, cancelLocal(seq)];
    if (!waits) this.#locals.push(seq);
    return [command];
  }

  #cancelLocal(): Command[] {
    if (this.#locals.length === 0) return [];
    return [cancelLocal(this.#locals[this.#random.below(this.#locals.length)])];
  }

  #startChild(): Command[] {
    const seq = ++this.#seq;
    this.#children.push(seq);
    const cancellationType = childCancellationTypes[this.#random.below(4)];
    const workflowId = `child${seq}`;
    const start = startChild(seq, { workflowId, workflowType: `type${this.#random.below(3)}`, cancellationType });
    return this.#random.below(5) === 0 ? [start, cancelChild(seq, "at once")] : [start];
  }

  #cancelChild(): Command[] {
    if (this.#children.length === 0) return [];
    return [cancelChild(this.#children[this.#random.below(this.#children.length)], "enough")];
  }

  #signalExternal(): Command[] {
    const seq = ++this.#seq;
    this.#signals.push(seq);
    return this.#random.below(3) === 0 ? [signalExternal(seq), cancelSignal(seq)] : [signalExternal(seq)];
  }

  #cancelSignal(): Command[] {
    if (this.#signals.length === 0) return [];
    return [cancelSignal(this.#signals[this.#random.below(this.#signals.length)])];
  }

  /** The code of the patch, where it is on, asks for more; replay must have heard of the marker by then. */
  #patch(isReplaying: boolean): Command[] {
    const patchId = `patch${this.#random.below(6)}`;
    if (this.#patches.has(patchId)) return [this.#startTimer()];
    if (isReplaying && !this.#knownPatches.has(patchId)) return [];
    this.#patches.add(patchId);
    const deprecated = this.#random.below(3) === 0;
    return [{ kind: "setPatchMarker", patchId, deprecated }, this.#startTimer()];
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

function remove(list: number[], seq: number): void {
  const index = list.indexOf(seq);
  if (index >= 0) list.splice(index, 1);
}
