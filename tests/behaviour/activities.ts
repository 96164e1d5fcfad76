/** Activities that the behaviour tests share. */
import * as activity from "@anywhen/temporal/activity";

export function greet(greeting: string, name: string): string {
  return `${greeting}, ${name}!`;
}

export function failTimes(failures: number): number {
  const { attempt } = activity.info();
  if (attempt <= failures) throw new Error(`attempt ${attempt} fails`);
  return attempt;
}

export function alwaysFails(): never {
  throw new activity.ApplicationError("no luck", { type: "BadLuck", nonRetryable: true });
}

export function describeAttempt(): Record<string, unknown> {
  const info = activity.info();
  return {
    activityId: info.activityId,
    activityType: info.activityType,
    attempt: info.attempt,
    workflowType: info.workflowType,
    startToCloseTimeout: info.startToCloseTimeout,
    inWorkflow: info.inWorkflow,
    isLocal: info.isLocal,
  };
}

/** Reports that it runs by heartbeats, until it is cancelled. */
export async function untilCancelled(): Promise<string> {
  const beat = setInterval(() => activity.heartbeat("alive"), 20);
  try {
    await activity.waitForCancelled();
    activity.cancellationSignal().throwIfAborted();
    return "not cancelled";
  } finally {
    clearInterval(beat);
  }
}

/** Never ends on its own, and says nothing. */
export async function hangs(): Promise<void> {
  await activity.waitForCancelled();
}

/** Heartbeats once with its progress and hangs at its first attempt; tells what the former attempt had reported. */
export async function resumes(): Promise<readonly unknown[]> {
  const { attempt, heartbeatDetails } = activity.info();
  if (attempt > 1) return heartbeatDetails;
  activity.heartbeat({ done: 7 });
  await activity.waitForCancelled();
  return [];
}
