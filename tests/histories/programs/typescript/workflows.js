import {
  ActivityCancellationType,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  uuid4,
} from "@temporalio/workflow";

export * from "./children.js";
export * from "./local.js";
export * from "./values.js";
export * from "./versions.js";

const options = { startToCloseTimeout: "30s" };
const { echo, later } = proxyActivities(options);
const { echo: echoAgain } = proxyActivities({ ...options, activityId: "again" });
const { succeedOn } = proxyActivities({ ...options, retry: { initialInterval: 1, maximumAttempts: 3 } });
const { hang } = proxyActivities({ startToCloseTimeout: 100, retry: { maximumAttempts: 1 } });

const step = (activityId) => proxyActivities({ ...options, activityId }).echo(activityId);

const add = defineSignal("add");
const finish = defineSignal("finish");
const total = defineQuery("total");
const raise = defineUpdate("raise");
const raiseSlowly = defineUpdate("raiseSlowly");

/** Activities one after the other, at once, retried, timed out, and with an id of their own. */
export async function activities() {
  const one = await echo(1);
  const [two, three, name] = await Promise.all([echo(2), succeedOn(3), echoAgain("named")]);
  const failed = await succeedOn(9).catch((error) => error.cause.message);
  const timedOut = await hang().catch(({ cause: { timeoutType } }) => timeoutType === 1 ? "START_TO_CLOSE" : timeoutType);
  return [one, two, three, name, failed, timedOut];
}

/** Timers that fire, that race, that are cancelled before and after their start. */
export async function timers() {
  await sleep(1);
  const order = [];
  const race = new CancellationScope();
  await Promise.all([
    sleep(300).then(() => order.push("slow")),
    sleep(10).then(() => order.push("fast")),
    race.run(() => sleep("1h")).catch(() => order.push("cancelled")),
    sleep(100).then(() => race.cancel()),
  ]);
  const early = new CancellationScope();
  await early.run(async () => {
    const never = sleep("2h");
    early.cancel();
    await never;
  }).catch(() => order.push("never sent"));
  await new Promise((resolve) => {
    const never = setTimeout(resolve, 60_000);
    setTimeout(resolve, 5);
    clearTimeout(never);
  });
  return order;
}

/** Signals before the first task, while waiting, and with a handler that works. */
export async function signals() {
  const items = [];
  let isFinished = false;
  setHandler(add, async (item) => {
    items.push(item);
    await echo(item);
  });
  setHandler(finish, () => void (isFinished = true));
  setHandler(total, () => items.length);
  const inTime = await condition(() => isFinished, "1h");
  const late = await condition(() => items.length > 99, 10);
  return [items, inTime, late];
}

/** Updates that are answered at once, later, and not at all. */
export async function updates() {
  let sum = 0;
  let isFinished = false;
  const validator = (by) => {
    if (by < 0) throw new Error("must not be negative");
  };
  setHandler(raise, (by) => sum += by, { validator });
  setHandler(raiseSlowly, async (by) => {
    await sleep(10);
    sum += await echo(by);
    return sum;
  }, { validator });
  setHandler(finish, () => void (isFinished = true));
  await condition(() => isFinished && allHandlersFinished());
  return sum;
}

/** Cleans up when it is cancelled, then ends as cancelled. */
export async function cancelled() {
  try {
    await sleep("1h");
  } catch (error) {
    await CancellationScope.nonCancellable(() => echo("cleaned up"));
    throw error;
  }
}

/** Activities cancelled in each way, and one before it was sent. */
export async function cancellationTypes() {
  const scope = new CancellationScope();
  const start = (cancellationType) =>
    proxyActivities({ startToCloseTimeout: "30s", heartbeatTimeout: 500, cancellationType }).beat().then(
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
  await sleep(300);
  scope.cancel();
  const early = new CancellationScope();
  const never = early.run(() => echo("never sent"));
  early.cancel();
  const isCancelled = await never.catch((error) => isCancellation(error));
  return [await endings, isCancelled];
}

/** A chain of runs. */
export async function continued(left) {
  await sleep(1);
  if (left > 0) await continueAsNew(left - 1);
  return await echo("end of the chain");
}

/** Fails for good. */
export async function failing() {
  await sleep(1);
  throw ApplicationFailure.create({ message: "for good", type: "Broken", nonRetryable: true, details: [{ order: 7 }] });
}

/** Decides by random numbers, and shows them by the ids of its activities. */
export async function random() {
  for (let i = 0; i < 8; i++) {
    if (Math.random() < 0.5) await sleep(1);
    else await step(uuid4());
  }
}

/** Whatever one task brings, it applies in one order; each step shows by the id of an activity. */
export async function together() {
  const steps = [];
  setHandler(add, (item) => void steps.push(step(`signal-${item}`)));
  setHandler(raise, async (by) => {
    await step(`update-${by}`);
    return by;
  });
  await step("first");
  await Promise.all([
    later().then(() => step("activity")),
    sleep(500).then(() => step("timer")),
  ]);
  await Promise.all(steps);
  await condition(allHandlersFinished ?? (() => true)); // which version 1.10 does not have
}

/** Waits until it is ended from outside. */
export async function waiting() {
  await step("first");
  await sleep("1h");
}
