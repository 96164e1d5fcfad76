/** The workflows of tests/histories/programs/typescript/local.js in this SDK's words. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
  succeedOn(attempt: number): Promise<number>;
  rest(milliseconds: number): Promise<number>;
  drowse(): Promise<void>;
  hang(): Promise<void>;
}

const { echo } = workflow.proxyActivities<Activities>({
  startToCloseTimeout: "30s",
});
const local = workflow.proxyLocalActivities<Activities>({
  startToCloseTimeout: "10s",
});
const retried = workflow.proxyLocalActivities<Activities>({
  startToCloseTimeout: "10s",
  retryPolicy: { initialInterval: 10, maximumAttempts: 3 },
});
const backingOff = workflow.proxyLocalActivities<Activities>({
  startToCloseTimeout: "10s",
  retryPolicy: {
    initialInterval: 300,
    backoffCoefficient: 1,
    maximumAttempts: 3,
  },
  localRetryThreshold: 100,
});

function describe(error: Error): string {
  const cause = error.cause ?? error;
  return `ApplicationFailure: ${(cause as Error).message}`;
}

export async function locals(): Promise<unknown[]> {
  const one = await local.echo(1);
  const together = await Promise.all([
    local.echo(2),
    echo(3),
    local.echo(4),
    workflow.sleep(10),
    local.echo(5),
  ]);
  const third = await retried.succeedOn(3);
  const failed = await retried.succeedOn(9).catch(describe);
  await echo("between");
  return [one, together, third, failed, await local.echo("last")];
}

export async function localBackoff(): Promise<unknown[]> {
  const second = await backingOff.succeedOn(2);
  const failed = await backingOff.succeedOn(9).catch(describe);
  return [second, failed];
}

export async function localHeartbeat(): Promise<unknown[]> {
  const [slow, quick] = await Promise.all([local.rest(3_000), local.rest(10)]);
  return [slow, quick, await echo("after")];
}

export async function localCancellations(): Promise<string[]> {
  const scope = new workflow.CancellationScope();
  const start = (cancellationType: workflow.ActivityCancellationType) =>
    workflow.proxyLocalActivities<Activities>({
      startToCloseTimeout: "10s",
      cancellationType,
    }).drowse().then(
      () => "completed",
      (error) => workflow.isCancelledException(error) ? "cancelled" : String(error),
    );
  const endings = scope.run(() =>
    Promise.all([
      start("TRY_CANCEL"),
      start("WAIT_CANCELLATION_COMPLETED"),
      start("ABANDON"),
    ])
  );
  await workflow.sleep(200);
  scope.cancel();
  const result = await endings;
  await echo("after");
  return result;
}

export async function localLimits(): Promise<unknown[]> {
  const tell = (error: Error) =>
    workflow.isCancelledException(error) ? "cancelled" : `${error.message}: ${(error.cause as Error).message}`;
  const limited = (limits: workflow.LocalActivityOptions) =>
    workflow.proxyLocalActivities<Activities>({
      retryPolicy: { maximumAttempts: 1 },
      ...limits,
    }).hang().catch(tell);
  const timeouts = [
    await limited({ startToCloseTimeout: 100 }),
    await limited({ scheduleToCloseTimeout: 100 }),
  ];
  const scope = new workflow.CancellationScope();
  const waiting = (
    localRetryThreshold: workflow.LocalActivityOptions["localRetryThreshold"],
  ) =>
    workflow.proxyLocalActivities<Activities>({
      startToCloseTimeout: "10s",
      retryPolicy: { initialInterval: "1h" },
      localRetryThreshold,
      cancellationType: "WAIT_CANCELLATION_COMPLETED",
    }).succeedOn(9).catch(tell);
  const backOffs = scope.run(() => Promise.all([waiting("2h"), waiting(1)]));
  await local.rest(100);
  scope.cancel();
  const types = [
    "TRY_CANCEL",
    "WAIT_CANCELLATION_COMPLETED",
    "ABANDON",
  ] as const;
  const early = types.map((cancellationType) => {
    const own = new workflow.CancellationScope();
    const never = own.run(() =>
      workflow.proxyLocalActivities<Activities>({
        startToCloseTimeout: "10s",
        cancellationType,
      }).echo(1)
    );
    own.cancel();
    return never.catch(tell);
  });
  return [
    timeouts,
    await backOffs,
    await Promise.all(early),
    await echo("after"),
  ];
}
