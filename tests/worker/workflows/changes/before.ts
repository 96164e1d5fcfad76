/** Workflows as they were when the histories of the test were recorded; changes/after.ts has the same types. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  charge(amount: number): Promise<number>;
  refund(amount: number): Promise<number>;
}

const { charge, refund } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "10s" });

export const raise = workflow.defineUpdate<number, [by: number]>("raise");
export const finish = workflow.defineSignal("finish");

export async function wrongKind(): Promise<void> {
  await workflow.sleep(1);
  await charge(1);
}

export async function wrongType(): Promise<void> {
  await workflow.sleep(1);
  await charge(1);
}

export async function wrongId(): Promise<void> {
  await workflow.executeActivity<Activities["charge"]>("charge", {
    args: [1],
    startToCloseTimeout: "10s",
    activityId: "first",
  });
}

export async function doesLess(): Promise<void> {
  await charge(1);
  await refund(1);
}

export async function doesMore(): Promise<void> {
  await charge(1);
  await refund(1);
}

export async function doesNothing(): Promise<void> {
  await workflow.sleep(1);
  await workflow.waitCondition(() => false);
}

export async function endsLater(): Promise<void> {
  await workflow.sleep(1);
}

export async function endsInAnotherWay(): Promise<void> {
  await workflow.sleep(1);
}

export async function isOpen(): Promise<void> {
  await charge(1);
  await workflow.sleep("1h");
}

export async function cancels(): Promise<void> {
  const scope = new workflow.CancellationScope();
  const long = scope.run(() => workflow.sleep("1h")).catch(() => {});
  await workflow.sleep(1);
  scope.cancel();
  await long;
  await charge(1);
}

export async function child(): Promise<number> {
  return await charge(1);
}

export async function wrongChild(): Promise<number> {
  const { workflowId } = workflow.info();
  return await workflow.executeChildWorkflow(child, { id: `${workflowId}-one` });
}

export async function updated(): Promise<number> {
  let sum = 0;
  let isFinished = false;
  workflow.setHandler(raise, async (by) => {
    await charge(by);
    return sum += by;
  });
  workflow.setHandler(finish, () => {
    isFinished = true;
  });
  await workflow.waitCondition(() => isFinished);
  return sum;
}

export async function loses(): Promise<void> {
  if (workflow.patched("charges twice")) await charge(1);
  await charge(2);
}

export async function local(): Promise<void> {
  await workflow.proxyLocalActivities<Activities>({ startToCloseTimeout: "10s" }).charge(1);
}
