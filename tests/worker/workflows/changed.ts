import * as workflow from "@anywhen/temporal/workflow";

const { greet } = workflow.proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: "10s" });

/** As in replayed.ts, with the activity before the timer. */
export async function greeting(who: string): Promise<string> {
  const result = await greet(who);
  await workflow.sleep(1);
  return result;
}
