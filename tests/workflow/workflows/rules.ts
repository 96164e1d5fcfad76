// deno-lint-ignore-file require-await -- workflows are async
/** Workflows whose order of things depends on the rules of the SDK that recorded them. */
import * as workflow from "@anywhen/temporal/workflow";

const go = workflow.defineSignal<[name: string]>("go");
const add = workflow.defineUpdate<number, [by: number]>("add");
const call = (activityId: string) => workflow.executeActivity("act", { startToCloseTimeout: "1m", activityId });

/** Logs when a handler ends and when an activity's code goes on. */
export async function phases(): Promise<string[]> {
  const order: string[] = [];
  workflow.setHandler(go, async (name) => {
    order.push(name);
    for (let i = 0; i < 5; i++) await Promise.resolve();
    order.push(`${name} ended`);
  });
  await call("one");
  order.push("activity");
  await workflow.waitCondition(() => order.length > 2);
  return order;
}

/** Updates that never wait. */
export async function sums(): Promise<number> {
  let sum = 0;
  workflow.setHandler(add, async (by) => sum += by);
  await workflow.waitCondition(() => sum > 100);
  return sum;
}

/** A condition that holds for a moment between two handlers. */
export async function moment(): Promise<string> {
  let name = "";
  workflow.setHandler(go, (next) => void (name = next));
  await workflow.waitCondition(() => name !== "");
  return name;
}

/** A cancellation may come with the activity's result. */
export async function cancelledWithResult(): Promise<string> {
  const outcome = await call("one").then((value) => `result ${value}`, (error: Error) => error.name);
  const later = await workflow.sleep("1h").then(() => "slept", (error: Error) => error.name);
  return `${outcome}, ${later}, ${workflow.cancellationReason()}`;
}

/** Waits in a shielded scope while the workflow is cancelled. */
export async function shielded(kind: "scope" | "condition" | "later condition"): Promise<string> {
  const wait = () => workflow.waitCondition(() => false, { timeout: "1h" });
  return await workflow.shield(async () => {
    try {
      if (kind === "later condition") {
        await call("first");
        await wait();
      } else if (kind === "condition") await wait();
      else await new workflow.CancellationScope().run(() => workflow.sleep("1h"));
      return "shielded";
    } catch (error) {
      return (error as Error).name;
    }
  });
}

/** A scope that ends before its time. */
export async function timedScope(): Promise<string> {
  await new workflow.CancellationScope({ timeout: "1h" }).run(() => call("one"));
  await call("two");
  return "done";
}
