// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const { greet, describeAttempt } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "20s" });

export const go = workflow.defineSignal("go");
export const lastResult = workflow.defineQuery<unknown>("lastResult");

/** A schema as any library would make it: a number, doubled. */
const doubled = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "no number" }] },
    types: undefined as { input: number; output: number } | undefined,
  },
};

export async function hello(name: string): Promise<string> {
  return await greet("Hello", name);
}

export async function waits(): Promise<string> {
  let isReady = false;
  workflow.setHandler(go, () => {
    isReady = true;
  });
  await workflow.waitCondition(() => isReady);
  return workflow.info().runId;
}

/** Open until it is terminated. */
export async function stays(): Promise<void> {
  await workflow.waitCondition(() => false);
}

export async function threeArguments(text: string, flag: boolean, value: unknown = "default"): Promise<unknown[]> {
  return [text, flag, value];
}

/** Fails once, then tells of that. */
export async function failsOnce(): Promise<unknown> {
  const { attempt } = workflow.info();
  if (attempt === 1) {
    if (workflow.getLastFailure() !== undefined) throw new Error("there was no run before");
    throw new workflow.ApplicationError("the first one fails", { type: "First", details: [{ a: 1 }] });
  }
  const failure = workflow.getLastFailure() as workflow.ApplicationError;
  return {
    isApplicationError: failure instanceof workflow.ApplicationError,
    message: failure.message,
    type: failure.type,
    details: failure.details,
    hasLastCompletionResult: workflow.hasLastCompletionResult(),
    lastCompletionResult: workflow.getLastCompletionResult() ?? "none",
  };
}

/** Counts the runs of its schedule; the third waits for questions. */
export async function countsRuns(): Promise<number> {
  const last = workflow.hasLastCompletionResult() ? workflow.getLastCompletionResult<number>()! : 0;
  if (last < 2) return last + 1;
  const hinted = workflow.getLastCompletionResult(doubled);
  workflow.setHandler(lastResult, () => [last, hinted, workflow.getLastFailure() === undefined]);
  await workflow.waitCondition(() => false);
  return last;
}

/** The priorities of itself and of two activities, the second with one of its own. */
export async function priorities(): Promise<unknown[]> {
  const { describePriority } = workflow.proxyActivities<{ describePriority(): unknown }>({
    startToCloseTimeout: "20s",
  });
  const own = { priorityKey: 4, fairnessKey: "mine", fairnessWeight: 0.5 };
  const inherited = await describePriority();
  const overridden = await workflow.executeActivity("describePriority", {
    startToCloseTimeout: "20s",
    priority: own,
  });
  const mixed = await workflow.executeActivity("describePriority", {
    startToCloseTimeout: "20s",
    priority: { priorityKey: 1 },
  });
  return [workflow.info().priority, inherited, overridden, mixed];
}

/** The priorities that children see, the second with one of its own. */
export async function childPriorities(): Promise<unknown[]> {
  const priority = { priorityKey: 5 };
  return [
    await workflow.executeChildWorkflow(ownPriority),
    await workflow.executeChildWorkflow(ownPriority, { priority }),
  ];
}

export async function ownPriority(): Promise<unknown> {
  return workflow.info().priority;
}

export async function badPriorities(): Promise<string[]> {
  const faults: string[] = [];
  for (const priority of [{ priorityKey: -1 }, { priorityKey: "1" }, { fairnessKey: 1 }, { fairnessWeight: 0 }]) {
    try {
      workflow.startActivity("describePriority", { startToCloseTimeout: "20s", priority: priority as never });
    } catch (error) {
      faults.push(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }
  return faults;
}

/** Options in one object, and one by one. */
export async function spreads(): Promise<unknown[]> {
  const config: workflow.ActivityOptions = {
    startToCloseTimeout: "20s",
    heartbeatTimeout: "10s",
    retryPolicy: { maximumAttempts: 2 },
    summary: "the same",
    priority: { priorityKey: 2 },
    cancellationType: "ABANDON",
  };
  return [
    await workflow.executeActivity(describeAttempt, config),
    await workflow.executeActivity(describeAttempt, {
      startToCloseTimeout: "20s",
      heartbeatTimeout: "10s",
      retryPolicy: { maximumAttempts: 2 },
      summary: "the same",
      priority: { priorityKey: 2 },
      cancellationType: "ABANDON",
    }),
  ];
}

/** Uses a summary wherever one can be given. */
export async function summaries(child: string): Promise<void> {
  await workflow.executeActivity(greet, {
    args: ["Hello", "summary"],
    startToCloseTimeout: "20s",
    summary: "an activity",
  });
  await workflow.sleep("1ms", { summary: "a timer" });
  await Promise.all([1, 2, 3].map((number) => workflow.sleep(number, { summary: `timer ${number}` })));
  await workflow.waitCondition(() => false, { timeout: 1, timeoutSummary: "a condition" });
  await workflow.executeLocalActivity(greet, {
    args: ["Hello", "locally"],
    startToCloseTimeout: "20s",
    summary: "a local activity",
  });
  await workflow.executeChildWorkflow(hello, {
    id: child,
    args: ["child"],
    staticSummary: "a child",
    staticDetails: "of many words",
  });
  await new workflow.CancellationScope({ timeout: "1h", timeoutSummary: "a scope" }).run(() => workflow.sleep(1));
}
