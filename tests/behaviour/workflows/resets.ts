import * as workflow from "@anywhen/temporal/workflow";

export const add = workflow.defineUpdate<number, [n: number]>("add");
export const finish = workflow.defineSignal("finish");

/** Sums up what updates bring, each with a timer of its own, until it is told to finish. */
export async function sum(): Promise<number> {
  let total = 0;
  let isFinished = false;
  workflow.setHandler(add, async (n) => {
    await workflow.sleep(1);
    return total += n;
  });
  workflow.setHandler(finish, () => {
    isFinished = true;
  });
  await workflow.waitCondition(() => isFinished && workflow.allHandlersFinished());
  return total;
}

/** Waits for a child, and then until it is told to finish. */
export async function parent(childId: string): Promise<string> {
  let isFinished = false;
  workflow.setHandler(finish, () => {
    isFinished = true;
  });
  const result = await workflow.executeChildWorkflow(child, { id: childId });
  await workflow.waitCondition(() => isFinished);
  return result;
}

/** Ends when it is told to. */
export async function child(): Promise<string> {
  let isFinished = false;
  workflow.setHandler(finish, () => {
    isFinished = true;
  });
  await workflow.waitCondition(() => isFinished);
  return "from the child";
}
