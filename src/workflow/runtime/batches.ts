/**
 * Which jobs of an activation apply together, before promise jobs run. This SDK applies all at once, as the official
 * TypeScript SDK does by now; what others recorded replays in the batches of its time.
 *
 * @module
 */
import { type Failure, failureSource } from "../../common/failure.ts";
import type { Job } from "../activation.ts";
import { PythonFlag, type RunFlags, TypeScriptFlag } from "./flags.ts";

/** A job as it applies: a cancellation may be one that the workflow never got to see. */
export type AppliedJob =
  | Exclude<Job, { kind: "cancelWorkflow" }>
  | Extract<Job, { kind: "cancelWorkflow" }> & { isLost?: boolean };

/** Jobs that apply together. */
export interface Batch {
  readonly jobs: readonly AppliedJob[];
  /** When conditions are evaluated: after each job and once promise jobs have run, only then, or not at all. */
  readonly conditions: "each" | "end" | "never";
}

/** Jobs that apply before everything else and move nothing by themselves. */
const silent: ReadonlySet<Job["kind"]> = new Set<Job["kind"]>(["notifyHasPatch", "updateRandomSeed", "initialize"]);

/** Whether conditions may have become true by a job. */
export function movesConditions({ kind }: AppliedJob): boolean {
  return !silent.has(kind);
}

/** The batches of an activation. */
export function makeBatches(jobs: readonly Job[], flags: RunFlags): Batch[] {
  if (jobs.every(({ kind }) => kind === "queryWorkflow")) return [{ jobs, conditions: "never" }];
  const { author } = flags;
  if (author === "python") return makePythonBatches(jobs, flags);
  const isSplit = author === "typescript" && jobs.some(isSignal) && !flags.hasTypeScript(TypeScriptFlag.SINGLE_BATCH);
  return (isSplit ? splitSignals(jobs) : [jobs]).map((batch) => ({ jobs: batch, conditions: "each" }));
}

/** The official TypeScript SDK before 1.11: signals, then everything else. */
function splitSignals(jobs: readonly Job[]): Job[][] {
  const isFirst = (job: Job) => isSignal(job) || job.kind === "notifyHasPatch";
  return [jobs.filter(isFirst), jobs.filter((job) => !isFirst(job))].filter(({ length }) => length > 0);
}

/**
 * The official Python SDK: patches, then signals and updates, then the rest, unless a flag makes them one; conditions
 * when nothing else moves. There a handler that never waits ends before the next one begins: each has a batch.
 */
function makePythonBatches(jobs: readonly Job[], flags: RunFlags): Batch[] {
  const isSingle = flags.hasPython(PythonFlag.SINGLE_BATCH);
  const messages = jobs.filter(isMessage);
  const rest = loseCancellation(jobs.filter((job) => !isMessage(job)), flags);
  const early = rest.filter(({ kind }) => kind === "notifyHasPatch" || kind === "updateRandomSeed");
  const late = rest.filter((job) => !early.includes(job));
  const batches: Batch[] = messages.map((job, index) => {
    const isLast = index === messages.length - 1 && !(isSingle && late.length > 0);
    return { jobs: index === 0 ? [...early, job] : [job], conditions: isLast ? "end" : "never" };
  });
  if (messages.length === 0) batches.push({ jobs: rest, conditions: "end" });
  else if (late.length > 0) batches.push({ jobs: late, conditions: "end" });
  return batches;
}

/**
 * In Python a cancellation is thrown into what the main function waits for. Where that was an activity which ended in
 * the same task, the activity's result went to the code and the cancellation was lost; later releases raise the
 * cancellation in place of the result.
 */
function loseCancellation(jobs: readonly Job[], flags: RunFlags): readonly AppliedJob[] {
  if (!jobs.some(isCancellation) || !jobs.some(isActivityResult)) return jobs;
  const isRaised = flags.hasPython(PythonFlag.RAISE_ON_CANCELLING_COMPLETED_ACTIVITY);
  return jobs.map((job): AppliedJob => {
    if (job.kind === "cancelWorkflow") return { ...job, isLost: true };
    return isRaised && isActivityResult(job)
      ? { ...job, resolution: { status: "cancelled", failure: cancelled } }
      : job;
  });
}

const cancelled: Failure = {
  message: "Cancelled",
  source: failureSource,
  stackTrace: "",
  failureInfo: { case: "canceledFailureInfo", value: {} },
};

function isSignal({ kind }: Job): boolean {
  return kind === "signalWorkflow";
}

function isMessage({ kind }: AppliedJob): boolean {
  return kind === "signalWorkflow" || kind === "doUpdate";
}

function isCancellation({ kind }: Job): boolean {
  return kind === "cancelWorkflow";
}

function isActivityResult(job: Job): job is Extract<Job, { kind: "resolveActivity" }> {
  return job.kind === "resolveActivity";
}
