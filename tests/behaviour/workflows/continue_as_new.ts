import { SearchAttributeKey } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

export const keyword = SearchAttributeKey.forKeyword("AnywhenKeyword");
export const go = workflow.defineSignal("go");
export const next = workflow.defineUpdate<string, [value: string]>("next");

interface Seen {
  runId: string;
  firstExecutionRunId: string;
  continuedRunId?: string;
  memo: unknown;
  keyword: unknown;
  maximumAttempts?: number;
  runTimeout?: number;
  taskTimeout: number;
}

function look(): Seen {
  const { runId, firstExecutionRunId, continuedRunId, retryPolicy, runTimeout, taskTimeout, searchAttributes } =
    workflow.info();
  return {
    runId,
    firstExecutionRunId,
    continuedRunId,
    memo: workflow.memo(),
    keyword: searchAttributes.get(keyword),
    maximumAttempts: retryPolicy?.maximumAttempts,
    runTimeout,
    taskTimeout,
  };
}

/** Continues as new some times; tells what each run saw. */
export async function goesOn(times: number, seen: Seen[] = []): Promise<Seen[]> {
  await workflow.sleep(1);
  const all = [...seen, look()];
  if (times === 0) return all;
  workflow.continueAsNew<typeof goesOn>({ args: [times - 1, all] });
}

/** What the next run is like that it was told to be. */
export async function tellsAll(...args: unknown[]): Promise<unknown> {
  const { workflowType, taskQueue, headers } = workflow.info();
  return await Promise.resolve({ ...look(), args, workflowType, taskQueue, headers: Object.keys(headers) });
}

/** Continues as another workflow with everything changed. */
export async function changesAll(taskQueue: string): Promise<void> {
  await Promise.resolve();
  workflow.continueAsNew({
    workflow: tellsAll,
    taskQueue,
    args: ["new", 1],
    runTimeout: "20m",
    taskTimeout: "8s",
    retryPolicy: { maximumAttempts: 9 },
    memo: { note: "new" },
    searchAttributes: [keyword.valueSet("new")],
  });
}

/** Continues with search attributes and memo as upserts have left them. */
export async function upsertsAndGoesOn(): Promise<void> {
  workflow.upsertSearchAttributes([keyword.valueSet("upserted")]);
  await workflow.sleep(1);
  workflow.continueAsNew({ workflow: "tellsAll" });
}

/** Continues by a signal, an update, or a helper far down. */
export async function goesOnFromHandler(run: number = 1): Promise<string> {
  if (run > 1) return `run ${run}`;
  workflow.setHandler(go, async () => {
    await workflow.sleep(1);
    workflow.continueAsNew<typeof goesOnFromHandler>({ args: [run + 1] });
  });
  workflow.setHandler(next, async () => {
    await workflow.sleep(1);
    return workflow.continueAsNew<typeof goesOnFromHandler>({ args: [run + 2] });
  });
  await workflow.waitCondition(() => false);
  return "never";
}

/** What catches everything must throw it on. */
export async function rethrows(run: number = 1): Promise<string> {
  if (run > 1) return "went on";
  try {
    await goDown(3);
    return "not thrown";
  } catch (error) {
    if (error instanceof workflow.ContinueAsNewError) throw error;
    return `caught ${error}`;
  }
}

async function goDown(depth: number): Promise<never> {
  await Promise.resolve();
  if (depth > 0) return await goDown(depth - 1);
  return workflow.continueAsNew<typeof rethrows>({ args: [2] });
}

/** Continues after a pause. */
export async function waitsToGoOn(run: number = 1): Promise<string> {
  await Promise.resolve();
  if (run === 1) workflow.continueAsNew<typeof waitsToGoOn>({ args: [2], backoffStartInterval: 1 });
  return "went on";
}

/** Continues with options that are not right. */
export async function misspells(): Promise<string[]> {
  await Promise.resolve();
  const wrong: object[] = [
    { args: "no list" },
    { backoffStartInterval: "soon" },
    { initialVersioningBehavior: "PINNED" },
    { workflow: "" },
  ];
  return wrong.map((options) => {
    try {
      return workflow.continueAsNew(options);
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  });
}

/** Leaves what is unfinished behind. */
export async function leavesWork(run: number = 1): Promise<string> {
  if (run > 1) return "second run";
  void workflow.sleep("1h");
  void workflow.executeChildWorkflow(sleepsLong, { id: `${workflow.info().workflowId}-child` }).catch(() => {});
  await workflow.sleep(200);
  workflow.continueAsNew<typeof leavesWork>({ args: [2] });
}

export async function sleepsLong(): Promise<void> {
  await workflow.sleep("1h");
}
