import { defineSearchAttributeKey } from "@temporalio/common";
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";

const { echo } = proxyActivities({ startToCloseTimeout: "30s" });
const step = (activityId) => proxyActivities({ startToCloseTimeout: "30s", activityId }).echo(activityId);
const poke = defineSignal("poke");
const keyword = defineSearchAttributeKey("GoldenKeyword", "KEYWORD");
const int = defineSearchAttributeKey("GoldenInt", "INT");

/** Writes and removes memo entries and search attributes. */
export async function upserts() {
  upsertMemo({ color: "red", count: 1 });
  upsertSearchAttributes([{ key: keyword, value: "first" }]);
  await sleep(1);
  upsertSearchAttributes([{ key: keyword, value: "second" }, { key: int, value: 7 }]);
  upsertMemo({ color: null });
  await echo("between");
  upsertSearchAttributes([{ key: int, value: null }]);
  const { memo, typedSearchAttributes } = workflowInfo();
  return [memo, typedSearchAttributes.get(keyword), typedSearchAttributes.get(int) ?? null];
}

/** Goes on as new with everything that it may pass on. */
export async function continuedWithValues(left) {
  upsertSearchAttributes([{ key: keyword, value: `left-${left}` }]);
  await sleep(1);
  if (left === 0) return workflowInfo().memo;
  const next = makeContinueAsNewFunc({ memo: { left }, workflowRunTimeout: "1m", workflowTaskTimeout: "5s" });
  await next(left - 1);
}

/** Goes on as new out of a signal's handler, while the workflow itself waits. */
export async function continuedFromHandler(round) {
  if (round > 0) return round;
  setHandler(poke, async () => {
    await echo("poked");
    await continueAsNew(round + 1);
  });
  await condition(() => false, "1h");
}

/** Scopes in scopes: with time-outs, cancelled from outside and inside, not cancellable. */
export async function scopes() {
  const order = [];
  await CancellationScope.withTimeout(20, async () => {
    await CancellationScope.nonCancellable(() => sleep(40).then(() => order.push("shielded")));
    await sleep("1h");
  }).catch((error) => order.push(`timed out ${isCancellation(error)}`));
  const outer = new CancellationScope();
  const work = outer.run(async () => {
    const inner = new CancellationScope();
    const first = inner.run(() => sleep("2h")).catch(() => order.push("inner"));
    await sleep(5);
    inner.cancel();
    await first;
    const activity = step("shielded");
    await CancellationScope.nonCancellable(() => activity);
    await sleep("3h").catch(async () => {
      order.push("outer");
      await CancellationScope.nonCancellable(() => step("clean-up"));
    });
    await sleep("4h");
  }).catch((error) => order.push(`after ${isCancellation(error)}`));
  await sleep(1500);
  outer.cancel();
  await work;
  return order;
}

/** Many activities at once, then in small groups. */
export async function many(count) {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const all = await Promise.all(numbers.map((i) => echo(i)));
  let sum = 0;
  for (let i = 0; i < count; i += 5) {
    const group = await Promise.all(all.slice(i, i + 5).map((value) => echo(value)));
    sum += group.reduce((a, b) => a + b, 0);
  }
  return sum;
}

/** Conditions that hold at once, in time, too late, and with no time at all. */
export async function conditions() {
  let pokes = 0;
  setHandler(poke, () => void pokes++);
  const results = [await condition(() => true, 10)];
  results.push(await condition(() => false, 0));
  results.push(await condition(() => pokes > 0, "1h"));
  results.push(await condition(() => pokes > 99, 20));
  const race = await Promise.race([condition(() => pokes > 1).then(() => "poked"), sleep("1h").then(() => "slept")]);
  await step("last");
  return [...results, race];
}
