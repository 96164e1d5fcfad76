/** The workflows of tests/histories/programs/typescript in this SDK's words. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
  succeedOn(attempt: number): Promise<number>;
  beat(): Promise<void>;
  hang(): Promise<void>;
  later(): Promise<string>;
}

const options = { startToCloseTimeout: "30s" } as const;
const { echo, later } = workflow.proxyActivities<Activities>(options);
const { echo: echoAgain } = workflow.proxyActivities<Activities>({ ...options, activityId: "again" });
const { succeedOn } = workflow.proxyActivities<Activities>({
  ...options,
  retryPolicy: { initialInterval: 1, maximumAttempts: 3 },
});
const { hang } = workflow.proxyActivities<Activities>({
  startToCloseTimeout: 100,
  retryPolicy: { maximumAttempts: 1 },
});

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ ...options, activityId }).echo(activityId);
}

const add = workflow.defineSignal<[item: string]>("add");
const finish = workflow.defineSignal("finish");
const raise = workflow.defineUpdate<number, [by: number]>("raise");
const raiseSlowly = workflow.defineUpdate<number, [by: number]>("raiseSlowly");

function causeOf(error: unknown): { message: string; type?: string } {
  return (error as Error).cause as { message: string; type?: string };
}

export async function activities(): Promise<unknown[]> {
  const one = await echo(1);
  const [two, three, name] = await Promise.all([echo(2), succeedOn(3), echoAgain("named")]);
  const failed = await succeedOn(9).catch((error) => causeOf(error).message);
  const timedOut = await hang().catch((error) => causeOf(error).type);
  return [one, two, three, name, failed, timedOut];
}

export async function timers(): Promise<string[]> {
  await workflow.sleep(1);
  const order: string[] = [];
  const race = new workflow.CancellationScope();
  await Promise.all([
    workflow.sleep(300).then(() => order.push("slow")),
    workflow.sleep(10).then(() => order.push("fast")),
    race.run(() => workflow.sleep("1h")).catch(() => order.push("cancelled")),
    workflow.sleep(100).then(() => race.cancel()),
  ]);
  const early = new workflow.CancellationScope();
  await early.run(async () => {
    const never = workflow.sleep("2h");
    early.cancel();
    await never;
  }).catch(() => order.push("never sent"));
  await new Promise<void>((resolve) => {
    const never = setTimeout(resolve, 60_000);
    setTimeout(resolve, 5);
    clearTimeout(never);
  });
  return order;
}

export async function signals(): Promise<unknown[]> {
  const items: string[] = [];
  let isFinished = false;
  workflow.setHandler(add, async (item) => {
    items.push(item);
    await echo(item);
  });
  workflow.setHandler(finish, () => void (isFinished = true));
  const inTime = await workflow.waitCondition(() => isFinished, { timeout: "1h" });
  const late = await workflow.waitCondition(() => items.length > 99, { timeout: 10 });
  return [items, inTime, late];
}

export async function updates(): Promise<number> {
  let sum = 0;
  let isFinished = false;
  const validator = (by: number) => {
    if (by < 0) throw new Error("must not be negative");
  };
  workflow.setHandler(raise, (by) => sum += by, { validator });
  workflow.setHandler(raiseSlowly, async (by) => {
    await workflow.sleep(10);
    sum += await echo(by) as number;
    return sum;
  }, { validator });
  workflow.setHandler(finish, () => void (isFinished = true));
  await workflow.waitCondition(() => isFinished && workflow.allHandlersFinished());
  return sum;
}

export async function cancelled(): Promise<void> {
  try {
    await workflow.sleep("1h");
  } catch (error) {
    await workflow.shield(() => echo("cleaned up"));
    throw error;
  }
}

export async function cancellationTypes(): Promise<unknown[]> {
  const scope = new workflow.CancellationScope();
  const start = (cancellationType: workflow.ActivityCancellationType) =>
    workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", heartbeatTimeout: 500, cancellationType })
      .beat().then(
        () => "completed",
        (error) => workflow.isCancelledException(error) ? "cancelled" : String(error),
      );
  const endings = scope.run(() =>
    Promise.all([start("TRY_CANCEL"), start("WAIT_CANCELLATION_COMPLETED"), start("ABANDON")])
  );
  await workflow.sleep(300);
  scope.cancel();
  const early = new workflow.CancellationScope();
  const never = early.run(() => echo("never sent"));
  early.cancel();
  const isCancelled = await never.catch((error) => workflow.isCancelledException(error));
  return [await endings, isCancelled];
}

export async function continued(left: number): Promise<unknown> {
  await workflow.sleep(1);
  if (left > 0) workflow.continueAsNew<typeof continued>({ args: [left - 1] });
  return await echo("end of the chain");
}

export async function failing(): Promise<never> {
  await workflow.sleep(1);
  throw new workflow.ApplicationError("for good", { type: "Broken", nonRetryable: true, details: [{ order: 7 }] });
}

export async function random(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    if (Math.random() < 0.5) await workflow.sleep(1);
    else await step(workflow.uuid4());
  }
}

export async function together(): Promise<void> {
  const steps: Promise<unknown>[] = [];
  workflow.setHandler(add, (item) => void steps.push(step(`signal-${item}`)));
  workflow.setHandler(raise, async (by) => {
    await step(`update-${by}`);
    return by;
  });
  await step("first");
  await Promise.all([
    later().then(() => step("activity")),
    workflow.sleep(500).then(() => step("timer")),
  ]);
  await Promise.all(steps);
  await workflow.waitCondition(workflow.allHandlersFinished);
}

export async function waiting(): Promise<void> {
  await step("first");
  await workflow.sleep("1h");
}
