import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  sleep,
} from "@temporalio/workflow";

const { echo } = proxyActivities({ startToCloseTimeout: "30s" });
const local = proxyLocalActivities({ startToCloseTimeout: "10s" });
const retried = proxyLocalActivities({
  startToCloseTimeout: "10s",
  retry: { initialInterval: 10, maximumAttempts: 3 },
});
const backingOff = proxyLocalActivities({
  startToCloseTimeout: "10s",
  retry: { initialInterval: 300, backoffCoefficient: 1, maximumAttempts: 3 },
  localRetryThreshold: 100,
});

/** Local activities alone, at once, retried, failing, and among activities and timers. */
export async function locals() {
  const one = await local.echo(1);
  const together = await Promise.all([
    local.echo(2),
    echo(3),
    local.echo(4),
    sleep(10),
    local.echo(5),
  ]);
  const third = await retried.succeedOn(3);
  const failed = await retried.succeedOn(9).catch((error) =>
    `${error.name}: ${(error.cause ?? error).message}`
  );
  await echo("between");
  return [one, together, third, failed, await local.echo("last")];
}

/** Waits between attempts that are too long for the worker become timers. */
export async function localBackoff() {
  const second = await backingOff.succeedOn(2);
  const failed = await backingOff.succeedOn(9).catch((error) =>
    `${error.name}: ${(error.cause ?? error).message}`
  );
  return [second, failed];
}

/** A local activity that outlives its workflow task. */
export async function localHeartbeat() {
  const [slow, quick] = await Promise.all([local.rest(3_000), local.rest(10)]);
  return [slow, quick, await echo("after")];
}

/** Local activities cancelled while they run, in each way. */
export async function localCancellations() {
  const scope = new CancellationScope();
  const start = (cancellationType) =>
    proxyLocalActivities({ startToCloseTimeout: "10s", cancellationType })
      .drowse().then(
        () => "completed",
        (error) => (isCancellation(error) ? "cancelled" : String(error)),
      );
  const endings = scope.run(() =>
    Promise.all([
      start(ActivityCancellationType.TRY_CANCEL),
      start(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED),
      start(ActivityCancellationType.ABANDON),
    ])
  );
  await sleep(200);
  scope.cancel();
  const result = await endings;
  await echo("after");
  return result;
}

/** Local activities that time out; some that are cancelled before they run, and while they wait for their next attempt. */
export async function localLimits() {
  const tell = (
    error,
  ) => (isCancellation(error)
    ? "cancelled"
    : `${error.message}: ${error.cause.message}`);
  const limited = (limits) =>
    proxyLocalActivities({ retry: { maximumAttempts: 1 }, ...limits }).hang()
      .catch(tell);
  const timeouts = [
    await limited({ startToCloseTimeout: 100 }),
    await limited({ scheduleToCloseTimeout: 100 }),
  ];
  const scope = new CancellationScope();
  const waiting = (localRetryThreshold) =>
    proxyLocalActivities({
      startToCloseTimeout: "10s",
      retry: { initialInterval: "1h" },
      localRetryThreshold,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }).succeedOn(9).catch(tell);
  const backOffs = scope.run(() => Promise.all([waiting("2h"), waiting(1)]));
  await local.rest(100);
  scope.cancel();
  const early = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"].map(
    (cancellationType) => {
      const own = new CancellationScope();
      const never = own.run(() =>
        proxyLocalActivities({ startToCloseTimeout: "10s", cancellationType })
          .echo(1)
      );
      own.cancel();
      return never.catch(tell);
    },
  );
  return [
    timeouts,
    await backOffs,
    await Promise.all(early),
    await echo("after"),
  ];
}
