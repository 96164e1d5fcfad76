/** The workflows of tests/histories/programs/typescript/versions.js in this SDK's words; `unpatched` has gained a patch. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
}

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo(activityId);
}

const go = workflow.defineSignal<[name: string]>("go");

export async function unpatched(): Promise<void> {
  if (workflow.patched("first change")) await step("new");
  else await step("old");
  await workflow.sleep(1);
  if (workflow.patched("second change")) await step("newer");
  await step("last");
}

export async function patchedOnce(): Promise<void> {
  if (workflow.patched("first change")) await step("new");
  else await step("old");
  if (workflow.patched("first change")) await workflow.sleep(1);
  if (workflow.patched("second change")) await step("newer");
  await step("last");
}

export async function patchDeprecated(): Promise<void> {
  workflow.deprecatePatch("first change");
  await step("new");
  await workflow.sleep(1);
  workflow.deprecatePatch("second change");
  await step("last");
}

export async function patchedInHandlers(): Promise<void> {
  let gone = 0;
  workflow.setHandler(go, async (name) => {
    if (workflow.patched(`handler-${name}`)) await step(`handler-${name}`);
    gone++;
  });
  const timer = workflow.sleep(50);
  for (let i = 0; i < 3; i++) workflow.patched(`b${2 - i}`);
  await timer;
  await workflow.waitCondition(() => gone === 2);
}
