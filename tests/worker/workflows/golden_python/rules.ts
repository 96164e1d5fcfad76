/** The workflows of tests/histories/programs/python/rules.py in this SDK's words. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: string): Promise<string>;
  later(): Promise<string>;
}

const { later } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "60s" });

function step(activityId: string): Promise<string> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo(activityId);
}

export async function besides(): Promise<number> {
  let sum = 0;
  workflow.setHandler(workflow.defineUpdate<number, [by: number]>("add"), (by) => sum += by);
  workflow.setHandler(workflow.defineUpdate<number, [by: number]>("addAtOnce"), (by) => Promise.resolve(sum += by));
  workflow.setHandler(workflow.defineUpdate<number, [by: number]>("addSlowly"), async (by) => {
    await step(`update-${by}`);
    return sum += by;
  });
  workflow.setHandler(workflow.defineSignal<[by: number]>("poke"), async (by) => {
    await step(`signal-${by}`);
    sum += by;
  });
  await step("first");
  await workflow.waitCondition(() => sum >= 15);
  await workflow.waitCondition(workflow.allHandlersFinished);
  return sum;
}

export async function cancelledWithResult(): Promise<string> {
  const outcome = await later().catch((error) => {
    if (workflow.isCancelledException(error)) return "cancelled";
    throw error;
  });
  await step("after");
  return outcome;
}
