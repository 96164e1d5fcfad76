/** Activities that the tests of local activities run. */
import { setTimeout } from "node:timers/promises";
import * as activity from "@anywhen/temporal/activity";
import type { ApplicationErrorOptions } from "@anywhen/temporal/common";

export function echo<T>(value: T): T {
  return value;
}

/** Takes its time, and hears nothing. */
export async function rest(milliseconds: number): Promise<number> {
  await setTimeout(milliseconds);
  return milliseconds;
}

/** Fails until the given attempt; tells the attempts that this worker made of it. */
export function succeedOn(attempt: number): number {
  const info = activity.info();
  attemptsOf(info.workflowId!).push(info.attempt);
  if (info.attempt < attempt) throw new activity.ApplicationError(`attempt ${info.attempt} fails`, { type: "Flaky" });
  return info.attempt;
}

export function failWith(options: ApplicationErrorOptions): never {
  attemptsOf(activity.info().workflowId!).push(activity.info().attempt);
  throw new activity.ApplicationError("no luck", options);
}

/** Runs until it is cancelled, and says how that reached it; `obeys` tells whether it ends as cancelled then. */
export async function untilCancelled(obeys: boolean): Promise<string> {
  const { workflowId } = activity.info();
  running.add(workflowId!);
  await activity.waitForCancelled();
  running.delete(workflowId!);
  if (obeys) activity.cancellationSignal().throwIfAborted();
  const { cancelRequested, workerShutdown } = activity.cancellationDetails()!;
  return cancelRequested ? "was asked to stop" : workerShutdown ? "the worker shuts down" : "something else";
}

/** Whether {@link untilCancelled} has heard of its cancellation, if this workflow runs it. */
export async function hears(): Promise<boolean> {
  await setTimeout(20);
  return !running.has(activity.info().workflowId!);
}

export function describeAttempt(): Record<string, unknown> {
  const info = activity.info();
  return {
    activityId: info.activityId,
    activityType: info.activityType,
    attempt: info.attempt,
    workflowType: info.workflowType,
    startToCloseTimeout: info.startToCloseTimeout,
    scheduleToCloseTimeout: info.scheduleToCloseTimeout,
    heartbeatTimeout: info.heartbeatTimeout,
    inWorkflow: info.inWorkflow,
    isLocal: info.isLocal,
  };
}

/** What local activities cannot do. */
export function heartbeats(): string {
  activity.heartbeat("nobody hears this");
  return "went on";
}

export function completesElsewhere(): never {
  activity.raiseCompleteAsync();
}

const attempts = new Map<string, number[]>();
const running = new Set<string>();

/** The attempts of {@link succeedOn} and {@link failWith} that this process made for a workflow. */
export function attemptsOf(workflowId: string): number[] {
  const made = attempts.get(workflowId) ?? [];
  attempts.set(workflowId, made);
  return made;
}

/** How many run at once, and how many did at most. */
export const load: { now: number; most: number } = { now: 0, most: 0 };

export async function countsLoad(milliseconds: number): Promise<void> {
  load.now++;
  load.most = Math.max(load.most, load.now);
  await setTimeout(milliseconds);
  load.now--;
}
