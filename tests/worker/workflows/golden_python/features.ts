/** The workflows of tests/histories/programs/python/features.py in this SDK's words. */
import { SearchAttributeKey } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";
import { faulty, giver, holder } from "../golden_typescript/children.ts";

export { faulty, giver, holder };

interface Activities {
  echo(value: unknown): Promise<unknown>;
  succeedOn(attempt: number): Promise<number>;
}

const keyword = SearchAttributeKey.forKeyword("GoldenKeyword");
const int = SearchAttributeKey.forInt("GoldenInt");
const { echo } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s" });
const local = workflow.proxyLocalActivities<Activities>({ startToCloseTimeout: "10s" });
const retried = workflow.proxyLocalActivities<Activities>({
  startToCloseTimeout: "10s",
  retryPolicy: { initialInterval: 10, maximumAttempts: 3 },
});
const backingOff = workflow.proxyLocalActivities<Activities>({
  startToCloseTimeout: "10s",
  retryPolicy: { initialInterval: 300, backoffCoefficient: 1, maximumAttempts: 3 },
  localRetryThreshold: 100,
});

function childId(name: string): string {
  return `${workflow.info().workflowId}-${name}`;
}

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo("x");
}

export async function children(): Promise<unknown[]> {
  const first = await workflow.executeChildWorkflow(giver, { args: ["first"], id: childId("first") });
  const second = await workflow.startChildWorkflow(giver, {
    args: ["second"],
    id: childId("second"),
    memo: { of: "it" },
  });
  const results = await Promise.all([
    second.result(),
    echo("beside"),
    workflow.executeChildWorkflow(giver, { args: ["third"], id: childId("third") }),
  ]);
  const failure = await workflow.executeChildWorkflow(faulty, { id: childId("faulty") })
    .catch((error) => (error.cause as Error).message);
  const child = await workflow.startChildWorkflow(holder, { id: childId("holder") });
  const taken = await workflow.startChildWorkflow(holder, { id: childId("holder") }).catch((error) => error.name);
  await child.signal("release", "its parent");
  return [first, ...results, failure, taken, await child.result()];
}

export async function childCancellations(): Promise<boolean[]> {
  const types = ["ABANDON", "TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "WAIT_CANCELLATION_REQUESTED"] as const;
  const handles: workflow.ChildWorkflowHandle[] = [];
  for (const type of types) {
    handles.push(await workflow.startChildWorkflow(holder, { id: childId(type), cancellationType: type }));
  }
  await workflow.sleep(50);
  const endings: boolean[] = [];
  for (const handle of handles) {
    handle.cancel();
    endings.push(await handle.result().then(() => false, workflow.isCancelledException));
    await echo("one is over");
  }
  return endings;
}

export async function external(target: string): Promise<string[]> {
  const handle = workflow.getExternalWorkflowHandle(target);
  await handle.signal("nothing special", 1);
  const nowhere = workflow.getExternalWorkflowHandle("no such workflow");
  const failures: string[] = [];
  for (const attempt of [() => nowhere.signal("anything"), () => nowhere.cancel()]) {
    await attempt().catch((error) => failures.push(error.name));
  }
  await handle.cancel();
  return failures;
}

export async function locals(): Promise<unknown[]> {
  const one = await local.echo(1);
  const together = await Promise.all([local.echo(2), echo(3), local.echo(4)]);
  const third = await retried.succeedOn(3);
  const failed = await retried.succeedOn(9).catch((error) => (error.cause ?? error).message);
  await echo("between");
  return [one, together, third, failed, await local.echo("last")];
}

export async function localBackoff(): Promise<number> {
  return await backingOff.succeedOn(3);
}

export async function patchedOnce(): Promise<void> {
  await step(workflow.patched("first change") ? "new" : "old");
  if (workflow.patched("first change")) await workflow.sleep(1);
  if (workflow.patched("second change")) await step("newer");
  workflow.deprecatePatch("third change");
  await step("last");
}

export async function upserts(): Promise<Record<string, unknown>> {
  workflow.upsertMemo({ color: "red", count: 1 });
  workflow.upsertSearchAttributes([keyword.valueSet("first")]);
  await workflow.sleep(1);
  workflow.upsertSearchAttributes([keyword.valueSet("second"), int.valueSet(7)]);
  workflow.upsertMemo({ color: null });
  await echo("between");
  workflow.upsertSearchAttributes([int.valueUnset()]);
  return workflow.memo();
}
