// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

/** A text larger than any server takes in one field. */
const large = (): string => "x".repeat(3 * 1024 * 1024);

export const tooMuch = workflow.defineQuery<string>("tooMuch");
export const small = workflow.defineQuery<string>("small");
export const finish = workflow.defineSignal("finish");

export async function returnsLarge(): Promise<string> {
  return large();
}

export async function sendsLargeArgument(): Promise<unknown> {
  return await workflow.executeActivity("echo", { args: [large()], startToCloseTimeout: "10s" });
}

export async function startsLargeMemo(): Promise<unknown> {
  return await workflow.executeChildWorkflow("returnsLarge", { args: [], memo: { large: large() } });
}

/** Answers queries, too much to one of them. */
export async function answers(): Promise<void> {
  let isFinished = false;
  workflow.setHandler(tooMuch, large);
  workflow.setHandler(small, () => "small");
  workflow.setHandler(finish, () => {
    isFinished = true;
  });
  await workflow.waitCondition(() => isFinished);
}

/** What an activity fails with at its second attempt of two, and that there was a second. */
export async function runsTwice(activity: string): Promise<[message: string, type: string | undefined]> {
  try {
    await workflow.executeActivity(activity, {
      startToCloseTimeout: "10s",
      retryPolicy: { initialInterval: 1, maximumAttempts: 2 },
    });
    return ["no failure", undefined];
  } catch (error) {
    const { message, type } = (error as Error).cause as workflow.ApplicationError;
    return [message, type];
  }
}
