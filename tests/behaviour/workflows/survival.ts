import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const { greet } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "10s" });

/** Calls an activity on each side of a timer, and remembers the first result in between. */
export async function survives(name: string): Promise<string[]> {
  const before = await greet("Hello", name);
  await workflow.sleep("1s");
  return [before, await greet("Good bye", name)];
}

/** Ends at once: whoever waits for it knows that a worker runs. */
// deno-lint-ignore require-await
export async function answers(): Promise<boolean> {
  return true;
}
