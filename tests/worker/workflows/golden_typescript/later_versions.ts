/** The workflows of versions.ts some releases later: their patches are deprecated, those deprecated are gone. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
}

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo(activityId);
}

export async function patchedOnce(): Promise<void> {
  workflow.deprecatePatch("first change");
  await step("new");
  await workflow.sleep(1);
  workflow.deprecatePatch("second change");
  await step("newer");
  await step("last");
}

export async function patchDeprecated(): Promise<void> {
  await step("new");
  await workflow.sleep(1);
  await step("last");
}
