import * as workflow from "@anywhen/temporal/workflow";

/** As in replayed.ts, with a mistake before the first wait. */
export async function greeting(): Promise<void> {
  const nothing = undefined as unknown as () => Promise<void>;
  await nothing();
}

export async function failing(): Promise<void> {
  await workflow.sleep(1);
  throw new workflow.ApplicationError("in its own way", { type: "Own", details: ["secret"] });
}

/** Never waits. */
export function chatty(): Promise<void> {
  for (;;);
}
