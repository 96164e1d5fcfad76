import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "./activities.ts";

const { echo } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "20s" });

/** Gives its argument back, by way of an activity. */
export async function anywhenEcho(value: unknown): Promise<unknown> {
  return await echo(value);
}

/** Lives until it is told to finish. */
export async function order(limit: number): Promise<string[]> {
  const items: string[] = [];
  let isFinished = false;
  workflow.setHandler(workflow.defineSignal<[item: string]>("add"), (item) => void items.push(item));
  workflow.setHandler(workflow.defineSignal("finish"), () => void (isFinished = true));
  workflow.setHandler(workflow.defineQuery<number>("count"), () => items.length);
  workflow.setHandler(workflow.defineUpdate<number, [limit: number]>("setLimit"), async (next) => {
    await workflow.sleep(10);
    const old = limit;
    limit = next;
    return old;
  });
  await workflow.waitCondition(() => isFinished);
  return items;
}
