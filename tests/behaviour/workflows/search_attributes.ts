import { SearchAttributeKey, type SearchAttributeUpdate, TypedSearchAttributes } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

export const text = SearchAttributeKey.forText("AnywhenText");
export const keyword = SearchAttributeKey.forKeyword("AnywhenKeyword");
export const int = SearchAttributeKey.forInt("AnywhenInt");
export const double = SearchAttributeKey.forFloat("AnywhenDouble");
export const bool = SearchAttributeKey.forBool("AnywhenBool");
export const datetime = SearchAttributeKey.forDatetime("AnywhenDatetime");
export const list = SearchAttributeKey.forKeywordList("AnywhenKeywordList");

export const go = workflow.defineSignal("go");
export const attributesNow = workflow.defineQuery<Record<string, unknown>>("attributesNow");

/** What the server adds to those of a run is none of its code's business. */
function ownAttributes(): Record<string, unknown> {
  const { BuildIds: _, ...own } = workflow.info().searchAttributes.toObject();
  return own;
}

function attempt(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** Sets and unsets; tells what it sees right after. */
export async function upserts(): Promise<unknown[]> {
  const seen: unknown[] = [];
  let isReady = false;
  workflow.setHandler(go, () => {
    isReady = true;
  });
  workflow.setHandler(attributesNow, ownAttributes);
  seen.push(ownAttributes());
  workflow.upsertSearchAttributes([
    text.valueSet("some words"),
    keyword.valueSet("new"),
    int.valueSet(0),
    double.valueSet(1.5),
    bool.valueSet(false),
    datetime.valueSet(new Date(1_700_000_000_123)),
    list.valueSet(["a", "b"]),
  ]);
  workflow.upsertSearchAttributes([]);
  seen.push(ownAttributes());
  await workflow.waitCondition(() => isReady);
  workflow.upsertSearchAttributes(new Set([double.valueUnset(), keyword.valueSet("newer")]));
  seen.push(ownAttributes());
  return seen;
}

/** Goes on as new with what it has then. */
export async function hands(on: boolean): Promise<unknown> {
  if (!on) return await Promise.resolve(ownAttributes());
  workflow.upsertSearchAttributes([keyword.valueSet("upserted"), int.valueUnset()]);
  return workflow.continueAsNew<typeof hands>({ args: [false] });
}

/** What cannot be upserted, and that nothing of it is. */
// deno-lint-ignore require-await -- workflows are async
export async function refuses(): Promise<unknown[]> {
  const upsert = (...updates: unknown[]) =>
    attempt(() => workflow.upsertSearchAttributes(updates as SearchAttributeUpdate[]));
  return [
    attempt(() => int.valueSet(1.5)),
    attempt(() => datetime.valueSet(new Date(NaN))),
    attempt(() => list.valueSet(["a", 1] as never)),
    attempt(() => list.valueSet("a" as never)),
    upsert({ key: int, value: 1.5 }),
    upsert({ key: bool, value: "yes" }),
    upsert(keyword.valueSet("one"), keyword.valueSet("two")),
    upsert({ AnywhenKeyword: "one" }),
    attempt(() => workflow.upsertSearchAttributes({ AnywhenKeyword: "one" } as never)),
    attempt(() => new TypedSearchAttributes([keyword.valueSet("one"), keyword.valueSet("two")])),
    ownAttributes(),
  ];
}
