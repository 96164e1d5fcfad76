/** The workflows of tests/histories/programs/typescript/values.js in this SDK's words. */
import { SearchAttributeKey } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
}

const { echo } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s" });
const poke = workflow.defineSignal("poke");
const keyword = SearchAttributeKey.forKeyword("GoldenKeyword");
const int = SearchAttributeKey.forInt("GoldenInt");

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo(activityId);
}

export async function upserts(): Promise<unknown[]> {
  workflow.upsertMemo({ color: "red", count: 1 });
  workflow.upsertSearchAttributes([keyword.valueSet("first")]);
  await workflow.sleep(1);
  workflow.upsertSearchAttributes([keyword.valueSet("second"), int.valueSet(7)]);
  workflow.upsertMemo({ color: null });
  await echo("between");
  workflow.upsertSearchAttributes([int.valueUnset()]);
  const { searchAttributes } = workflow.info();
  return [workflow.memo(), searchAttributes.get(keyword), searchAttributes.get(int) ?? null];
}

export async function continuedWithValues(left: number): Promise<unknown> {
  workflow.upsertSearchAttributes([keyword.valueSet(`left-${left}`)]);
  await workflow.sleep(1);
  if (left === 0) return workflow.memo();
  workflow.continueAsNew<typeof continuedWithValues>({
    args: [left - 1],
    memo: { left },
    runTimeout: "1m",
    taskTimeout: "5s",
  });
}

export async function continuedFromHandler(round: number): Promise<unknown> {
  if (round > 0) return round;
  workflow.setHandler(poke, async () => {
    await echo("poked");
    workflow.continueAsNew<typeof continuedFromHandler>({ args: [round + 1] });
  });
  await workflow.waitCondition(() => false, { timeout: "1h" });
}

export async function scopes(): Promise<string[]> {
  const order: string[] = [];
  const limited = new workflow.CancellationScope({ timeout: 20 });
  await limited.run(async () => {
    await workflow.shield(() => workflow.sleep(40).then(() => order.push("shielded")));
    await workflow.sleep("1h");
  }).catch((error) => order.push(`timed out ${error instanceof workflow.TimeoutError}`));
  const outer = new workflow.CancellationScope();
  const work = outer.run(async () => {
    const inner = new workflow.CancellationScope();
    const first = inner.run(() => workflow.sleep("2h")).catch(() => order.push("inner"));
    await workflow.sleep(5);
    inner.cancel();
    await first;
    const activity = step("shielded");
    await workflow.shield(() => activity);
    await workflow.sleep("3h").catch(async () => {
      order.push("outer");
      await workflow.shield(() => step("clean-up"));
    });
    // The official SDK starts nothing in a cancelled scope; here cancellation comes once, and code may go on.
    workflow.CancellationScope.current().signal.throwIfAborted();
    await workflow.sleep("4h");
  }).catch((error) => order.push(`after ${workflow.isCancelledException(error)}`));
  await workflow.sleep(1500);
  outer.cancel();
  await work;
  return order;
}

export async function many(count: number): Promise<number> {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const all = await Promise.all(numbers.map((i) => echo(i) as Promise<number>));
  let sum = 0;
  for (let i = 0; i < count; i += 5) {
    const group = await Promise.all(all.slice(i, i + 5).map((value) => echo(value) as Promise<number>));
    sum += group.reduce((a, b) => a + b, 0);
  }
  return sum;
}

/** A condition without time is not waited for since a version of the official SDK; which one, a patch tells. */
const noWait = "__sdk_internal_patch_number:1";

export async function conditions(): Promise<unknown[]> {
  let pokes = 0;
  workflow.setHandler(poke, () => void pokes++);
  const results = [await workflow.waitCondition(() => true, { timeout: 10 })];
  workflow.patched(noWait);
  results.push(await workflow.waitCondition(() => false, { timeout: 0 }));
  results.push(await workflow.waitCondition(() => pokes > 0, { timeout: "1h" }));
  results.push(await workflow.waitCondition(() => pokes > 99, { timeout: 20 }));
  const race = await Promise.race([
    workflow.waitCondition(() => pokes > 1).then(() => "poked"),
    workflow.sleep("1h").then(() => "slept"),
  ]);
  await step("last");
  return [...results, race];
}
