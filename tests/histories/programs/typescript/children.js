import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";

const { echo } = proxyActivities({ startToCloseTimeout: "30s" });
const release = defineSignal("release");

/** A child that gives its argument back, after a while. */
export async function giver(value) {
  await sleep(5);
  return value;
}

/** A child that fails for good. */
export async function faulty() {
  await sleep(1);
  throw ApplicationFailure.nonRetryable("the child's own", "Faulty");
}

/** A child that runs until it is released, or cancelled, which takes it a moment to admit. */
export async function holder() {
  let by;
  setHandler(release, (name) => void (by = name));
  try {
    await condition(() => by !== undefined);
  } catch (error) {
    await CancellationScope.nonCancellable(() => sleep(1000));
    throw error;
  }
  return by;
}

/** Children one after the other and at once, with ids made here and by the SDK; one fails, one runs out of time. */
export async function children() {
  const id = workflowInfo().workflowId;
  const first = await executeChild("giver", { args: ["first"] });
  const handle = await startChild("giver", { args: ["second"], workflowId: `${id}-second`, memo: { of: id } });
  const results = await Promise.all([
    handle.result(),
    executeChild("giver", { args: ["third"] }),
    echo("beside"),
    executeChild("giver", { args: ["fourth"], workflowId: `${id}-fourth`, retry: { maximumAttempts: 2 } }),
  ]);
  const failure = await executeChild("faulty").catch((error) => `${error.name}: ${error.cause.message}`);
  const late = await executeChild("holder", { workflowRunTimeout: 1000 }).catch((error) => error.cause.name);
  return [first, ...results, failure, late];
}

/** A child whose id is taken does not start. */
export async function childTaken() {
  const workflowId = `${workflowInfo().workflowId}-child`;
  const child = await startChild("holder", { workflowId, parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL });
  const error = await startChild("holder", { workflowId }).catch((error) => error);
  await child.signal(release, "its parent");
  return [error.name, await child.result()];
}

/** One child each, cancelled by its scope once it runs; what it takes until the wait is over differs. */
export async function childCancellation(type) {
  const scope = new CancellationScope();
  const child = await scope.run(() =>
    startChild("holder", { cancellationType: ChildWorkflowCancellationType[type] })
  );
  const result = scope.run(() => child.result());
  await sleep(50);
  scope.cancel();
  const ending = await result.then(
    () => "completed",
    (error) => `${error instanceof ChildWorkflowFailure} ${isCancellation(error)}`,
  );
  await echo(`${type} is over`);
  return ending;
}

/** A child cancelled before it was sent, and one between its start command and its start. */
export async function childCancelledEarly() {
  const never = await CancellationScope.cancellable(async () => {
    const child = startChild("holder");
    CancellationScope.current().cancel();
    return await child;
  }).catch((error) => isCancellation(error));
  const scope = new CancellationScope();
  const starting = scope.run(() => executeChild("holder", { workflowId: `${workflowInfo().workflowId}-early` }));
  const timer = sleep(1);
  scope.cancel();
  const early = await starting.catch((error) => isCancellation(error));
  await timer;
  return [never, early];
}

/** Cancelling the workflow cancels what it waits for, the child first; it cleans up once the child has ended. */
export async function parentCancelled() {
  const child = executeChild("holder");
  const ended = child.catch(() => {});
  try {
    await Promise.all([child, sleep("1h")]);
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await ended;
      await echo("cleaned up");
    });
  }
}

/** Signals to and cancellation of workflows that are not its own, and that are not there. */
export async function external(target) {
  const handle = getExternalWorkflowHandle(target);
  await handle.signal("nothing special", 1);
  const none = await getExternalWorkflowHandle("no such workflow").signal("anything").catch((error) => error.name);
  const noneToCancel = await getExternalWorkflowHandle("no such workflow").cancel().catch((error) => error.name);
  await handle.cancel();
  return [none, noneToCancel];
}
