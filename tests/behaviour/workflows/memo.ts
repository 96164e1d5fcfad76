// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

export const go = workflow.defineSignal("go");
export const memoNow = workflow.defineQuery<Record<string, unknown>>("memoNow");
export const tryUpsert = workflow.defineQuery<void>("tryUpsert");

/** A schema as any library would make it: a number, doubled. */
const doubled = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "no number" }] },
    types: undefined as { input: number; output: number } | undefined,
  },
};

function attempt(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** Reads the memo it is started with in all ways. */
export async function readsMemo(): Promise<unknown[]> {
  return [
    workflow.memo(),
    workflow.memoValue<string>("text"),
    workflow.memoValue("number", { typeHint: doubled }),
    workflow.memoValue("absent", { default: "fallback" }),
    workflow.memoValue("absent", { default: undefined }) ?? "unset",
    attempt(() => workflow.memoValue("absent")),
    attempt(() => workflow.memoValue("text", { typeHint: doubled })).split(":")[0],
    Object.keys(workflow.info().rawMemo).sort(),
    Object.getPrototypeOf(workflow.memo()) === Object.prototype,
  ];
}

/** Changes, adds and removes; tells what it sees right after. */
export async function upsertsMemo(): Promise<unknown[]> {
  const seen: unknown[] = [];
  let isReady = false;
  workflow.setHandler(go, () => {
    isReady = true;
  });
  workflow.setHandler(memoNow, () => workflow.memo());
  workflow.setHandler(tryUpsert, () => workflow.upsertMemo({ forbidden: 1 }));
  const note = () => seen.push([workflow.memo(), Object.keys(workflow.info().rawMemo).sort()]);
  workflow.upsertMemo({ changed: "new", added: { deep: [1, null] } });
  note();
  workflow.upsertMemo({});
  seen.push(attempt(() => workflow.upsertMemo({ added: "half", bad: () => 1, large: 1n })));
  note();
  await workflow.waitCondition(() => isReady);
  workflow.upsertMemo({ removed: null, gone: undefined, never: null });
  note();
  return seen;
}

/** Goes on as new with the memo it has then. */
export async function hands(on: string | undefined): Promise<unknown> {
  if (on === undefined) return workflow.memo();
  workflow.upsertMemo({ second: on, first: null });
  if (on === "given") workflow.continueAsNew<typeof hands>({ args: [undefined], memo: { own: true } });
  return workflow.continueAsNew<typeof hands>({ args: [undefined] });
}

/** What a child finds that is given a memo, and one that is not. */
export async function givesMemo(): Promise<unknown[]> {
  workflow.upsertMemo({ own: true });
  const child = (options: { memo?: Record<string, unknown> }) =>
    workflow.executeChildWorkflow(hands, { ...options, args: [undefined] });
  return [await child({ memo: { a: { b: [1] }, left: undefined } }), await child({})];
}

/** Changes the memo once, then waits. */
export async function keepsMemo(): Promise<unknown> {
  let isReady = false;
  workflow.setHandler(go, () => {
    isReady = true;
  });
  workflow.upsertMemo({ removed: null, added: "secret" });
  await workflow.waitCondition(() => isReady);
  return workflow.memo();
}
