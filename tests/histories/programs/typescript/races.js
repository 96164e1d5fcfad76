import {
  CancellationScope,
  condition,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";

const { later } = proxyActivities({ startToCloseTimeout: "60s" });
const step = (activityId) => proxyActivities({ startToCloseTimeout: "30s", activityId }).echo(activityId);

const open = defineSignal("open");
const close = defineSignal("close");

/**
 * Waits of every kind that all end in one task, in which the worker was away: each shows by the id of an activity when
 * its code goes on.
 */
export async function races() {
  let isOpen = false;
  setHandler(open, () => void (isOpen = true));
  const { taskQueue: own, workflowId } = workflowInfo();
  const taskQueue = `${own}-children`;
  const other = await startChild("racer", { workflowId: `${workflowId}-other`, taskQueue, args: ["other"] });
  const child = await startChild("racer", { workflowId: `${workflowId}-child`, taskQueue, args: ["child"] });
  await step("first");
  const scope = new CancellationScope();
  const waits = [
    condition(() => isOpen, "1h").then(() => step("timed condition")),
    condition(() => isOpen).then(() => step("condition")),
    child.result().then(() => step("child's result")),
    executeChild("racer", { workflowId: `${workflowId}-whole`, taskQueue, args: ["whole"] }).then(() => step("child")),
    later().then(() => step("activity")),
    sleep(1500).then(() => step("timer")),
    scope.run(() => sleep("2h")).catch(() => step("cancelled timer")),
    scope.run(() => CancellationScope.cancellable(() => sleep("3h"))).catch(() => step("cancelled nested timer")),
    scope.run(() => later()).catch(() => step("cancelled activity")),
    scope.run(() => condition(() => false, "4h")).catch(() => step("cancelled condition")),
    condition(() => isOpen).then(() => {
      scope.cancel();
      return step("after the cancellation");
    }),
    CancellationScope.withTimeout("5h", () => condition(() => isOpen)).then(() => step("timed scope")),
    CancellationScope.nonCancellable(() => condition(() => isOpen)).then(() => step("shielded")),
  ];
  await Promise.all(waits);
  await getExternalWorkflowHandle(other.workflowId).signal(close);
  return await other.result();
}

/** Ends by a signal. */
export async function racer(name) {
  let isClosed = false;
  setHandler(close, () => void (isClosed = true));
  await condition(() => isClosed);
  return name;
}
