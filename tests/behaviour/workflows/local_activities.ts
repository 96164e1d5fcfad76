import * as workflow from "@anywhen/temporal/workflow";
import type * as work from "../local_work.ts";

const options = { startToCloseTimeout: "30s" } as const;
const local = workflow.proxyLocalActivities<typeof work>(options);

/** The error at the bottom, and the one around it. */
function describe(error: unknown): Record<string, unknown> {
  const { name, message, cause, type } = error as workflow.ApplicationError;
  const inner = cause as workflow.TimeoutError | undefined;
  return { name, message, type, cause: inner?.name, causeMessage: inner?.message, causeType: inner?.type };
}

export async function simple(): Promise<unknown[]> {
  const one = await local.echo(1);
  const two = await workflow.executeLocalActivity<typeof work.echo<number>>("echo", { ...options, args: [2] });
  const handle = workflow.startLocalActivity<typeof work.echo<number>>("echo", {
    ...options,
    args: [3],
    activityId: "third",
    summary: "the third one",
  });
  return [one, two, await handle.result(), handle.activityId];
}

export async function parallel(): Promise<unknown[]> {
  const order: number[] = [];
  const rest = async (milliseconds: number) => void order.push(await local.rest(milliseconds));
  await Promise.all([rest(150), rest(10), rest(80)]);
  return order;
}

export async function mixed(): Promise<unknown[]> {
  const { echo } = workflow.proxyActivities<typeof work>(options);
  return [await local.echo(1), await echo(2), await workflow.sleep(1), await local.echo(4)];
}

export async function run(name: string, more: workflow.LocalActivityOptions, ...args: unknown[]): Promise<unknown> {
  try {
    return await workflow.executeLocalActivity(name, { ...options, ...more, args });
  } catch (error) {
    return describe(error);
  }
}

export async function fails(): Promise<never> {
  return await local.failWith({ type: "BadLuck", nonRetryable: true });
}

/** Times that the workflow sees, for a query to tell again. */
export async function times(): Promise<number[]> {
  const seen = [workflow.time()];
  workflow.setHandler(workflow.defineQuery<number[]>("times"), () => seen);
  for (const milliseconds of [30, 60]) {
    await local.rest(milliseconds);
    seen.push(workflow.time());
  }
  await workflow.sleep(1);
  return seen;
}

/** One that is done and one that waits for its next attempt. */
export async function oneOfTwo(): Promise<unknown[]> {
  const flaky = workflow.proxyLocalActivities<typeof work>({ ...options, retryPolicy: { initialInterval: "30s" } });
  return await Promise.all([local.echo("done"), flaky.succeedOn(1), flaky.failWith({ type: "Flaky" })]);
}

/** Outlives its workflow tasks; tells what else came in. */
export async function outlives(milliseconds: number): Promise<unknown> {
  const signals: string[] = [];
  workflow.setHandler(workflow.defineSignal<[text: string]>("note"), (text) => void signals.push(text));
  workflow.setHandler(workflow.defineQuery<string[]>("notes"), () => signals);
  const rested = await local.rest(milliseconds);
  return [rested, signals];
}

export async function cancels(
  cancellationType: workflow.ActivityCancellationType,
  obeys: boolean,
): Promise<unknown[]> {
  const scope = new workflow.CancellationScope();
  const { untilCancelled } = workflow.proxyLocalActivities<typeof work>({ ...options, cancellationType });
  const ending = scope.run(() => untilCancelled(obeys)).catch(describe);
  const before = await local.hears();
  scope.cancel();
  if (cancellationType === "WAIT_CANCELLATION_COMPLETED") return [before, await ending];
  return [before, await ending, await local.hears()];
}

/** Cancelled in the turn in which it was asked for. */
export async function cancelsAtOnce(): Promise<unknown[]> {
  const types = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;
  return await Promise.all(types.map(async (cancellationType) => {
    const handle = workflow.startLocalActivity("succeedOn", { ...options, cancellationType, args: [1] });
    handle.cancel();
    return await handle.result().catch(describe);
  }));
}

/** Cancelled while the worker, or a timer, waits before the next attempt. */
export async function cancelsBackOff(localRetryThreshold: workflow.LocalActivityOptions["localRetryThreshold"]) {
  const scope = new workflow.CancellationScope();
  const retryPolicy = { initialInterval: "1h" };
  const { succeedOn } = workflow.proxyLocalActivities<typeof work>({
    ...options,
    retryPolicy,
    localRetryThreshold,
    cancellationType: "WAIT_CANCELLATION_COMPLETED",
  });
  const ending = scope.run(() => succeedOn(9)).catch((
    error,
  ) => [workflow.isCancelledException(error), describe(error)]);
  await local.rest(50);
  await workflow.sleep(1);
  scope.cancel();
  return await ending;
}

/** Both in the end, whatever the worker does meanwhile. */
export async function untilStopped(): Promise<unknown> {
  return [await local.echo("first"), await local.untilCancelled(true)];
}

export async function closesEarly(): Promise<string> {
  void local.untilCancelled(true).catch(() => {});
  await local.rest(20);
  return "done";
}

export async function queriedLater(name: string): Promise<unknown> {
  const result = await workflow.executeLocalActivity(name, { ...options, args: ["recorded"] });
  workflow.setHandler(workflow.defineQuery("result"), () => result);
  await workflow.sleep("1h");
  return result;
}

export async function loaded(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => local.countsLoad(20)));
}
