import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const once = { maximumAttempts: 1 };

/** Runs one activity with the options given and tells how it failed. */
export async function runActivity(name: string, options: workflow.ActivityOptions, args: unknown[]): Promise<unknown> {
  try {
    return await workflow.executeActivity(name, { retryPolicy: once, ...options, args });
  } catch (error) {
    const { cause, retryState } = error as workflow.ActivityError;
    const { name: causeName, message, type } = cause as workflow.ApplicationError;
    return { name: causeName, message, type, retryState };
  }
}

export async function resumed(): Promise<readonly unknown[]> {
  return await workflow.executeActivity<typeof activities.resumes>("resumes", {
    args: [],
    startToCloseTimeout: "300ms",
    retryPolicy: { initialInterval: 10, maximumAttempts: 3 },
  });
}

export async function onOtherQueue(taskQueue: string): Promise<unknown> {
  return await runActivity("greet", { taskQueue, scheduleToStartTimeout: 200, startToCloseTimeout: "5s" }, ["a", "b"]);
}
