/** The workflow of old.ts once no run is left that recorded its patch. */
import * as workflow from "@anywhen/temporal/workflow";
import { finish, seen } from "./old.ts";

const { greet } = workflow.proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: "1m" });

export async function changing(): Promise<string> {
  let version = "none";
  let isFinished = false;
  workflow.setHandler(seen, () => version);
  workflow.setHandler(finish, () => void (isFinished = true));
  await greet("patch");
  version = "removed";
  await workflow.waitCondition(() => isFinished);
  return version;
}
