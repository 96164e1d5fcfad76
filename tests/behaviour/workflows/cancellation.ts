import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const options = { startToCloseTimeout: "30s", heartbeatTimeout: "10s" } as const;
const { greet } = workflow.proxyActivities<typeof activities>(options);

export async function sleepsLong(): Promise<void> {
  await workflow.sleep("1h");
}

/** Swallows the cancellation: the run ends as completed. */
export async function swallows(): Promise<string> {
  try {
    await workflow.sleep("1h");
    return "slept";
  } catch (error) {
    if (!workflow.isCancelledException(error)) throw error;
    return `cancelled: ${workflow.cancellationReason()}`;
  }
}

/** Cleans up under a shield, then ends as cancelled. */
export async function cleansUp(): Promise<void> {
  try {
    await workflow.sleep("1h");
  } finally {
    await workflow.shield(() => greet("Good bye", "World"));
  }
}

export async function cancelsActivity(
  cancellationType: workflow.ActivityCancellationType,
): Promise<string> {
  const handle = workflow.startActivity<typeof activities.untilCancelled>("untilCancelled", {
    ...options,
    cancellationType,
    args: [],
  });
  await workflow.sleep(100);
  handle.cancel();
  try {
    return await handle.result();
  } catch (error) {
    const { cause } = error as workflow.ActivityError;
    return `${(error as Error).name}: ${(cause as Error)?.name}`;
  }
}

/** Cancelled in the task in which they were made, nothing of them reaches the server. */
export async function cancelsAtOnce(): Promise<string[]> {
  const seen: string[] = [];
  const controller = new AbortController();
  const waits = [
    workflow.sleep("1h", { signal: controller.signal }).catch((error: Error) => seen.push(`timer ${error.name}`)),
    workflow.executeActivity("hangs", { ...options, args: [], signal: controller.signal })
      .catch((error: Error) => seen.push(`activity ${error.name}`)),
  ];
  controller.abort();
  await Promise.all(waits);
  return seen;
}

export async function scopes(): Promise<string[]> {
  const seen: string[] = [];
  const scope = new workflow.CancellationScope();
  const inner = scope.run(() => workflow.sleep("1h"));
  scope.cancel("enough");
  await inner.catch((error: Error) => seen.push(error.name));
  const timed = new workflow.CancellationScope({ timeout: 10 });
  await timed.run(() => workflow.sleep("1h")).catch((error: Error) => seen.push(error.name));
  seen.push(String(workflow.cancellationSignal().aborted));
  return seen;
}
