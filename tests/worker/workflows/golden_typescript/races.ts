/** The workflows of tests/histories/programs/typescript/races.js in this SDK's words. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
  later(): Promise<unknown>;
}

const { later } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "60s" });

function step(activityId: string): Promise<unknown> {
  return workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s", activityId }).echo(activityId);
}

const open = workflow.defineSignal("open");
const close = workflow.defineSignal("close");

export async function races(): Promise<unknown> {
  let isOpen = false;
  workflow.setHandler(open, () => void (isOpen = true));
  const { taskQueue: own, workflowId } = workflow.info();
  const taskQueue = `${own}-children`;
  const other = await workflow.startChildWorkflow("racer", { id: `${workflowId}-other`, taskQueue, args: ["other"] });
  const child = await workflow.startChildWorkflow("racer", { id: `${workflowId}-child`, taskQueue, args: ["child"] });
  await step("first");
  const scope = new workflow.CancellationScope();
  const isReady = () => isOpen;
  const waits = [
    workflow.waitCondition(isReady, { timeout: "1h" }).then(() => step("timed condition")),
    workflow.waitCondition(isReady).then(() => step("condition")),
    child.result().then(() => step("child's result")),
    workflow.executeChildWorkflow("racer", { id: `${workflowId}-whole`, taskQueue, args: ["whole"] })
      .then(() => step("child")),
    later().then(() => step("activity")),
    workflow.sleep(1500).then(() => step("timer")),
    scope.run(() => workflow.sleep("2h")).catch(() => step("cancelled timer")),
    scope.run(() => new workflow.CancellationScope().run(() => workflow.sleep("3h")))
      .catch(() => step("cancelled nested timer")),
    scope.run(() => later()).catch(() => step("cancelled activity")),
    scope.run(() => workflow.waitCondition(() => false, { timeout: "4h" })).catch(() => step("cancelled condition")),
    workflow.waitCondition(isReady).then(() => {
      scope.cancel();
      return step("after the cancellation");
    }),
    new workflow.CancellationScope({ timeout: "5h" }).run(() => workflow.waitCondition(isReady))
      .then(() => step("timed scope")),
    workflow.shield(() => workflow.waitCondition(isReady)).then(() => step("shielded")),
  ];
  await Promise.all(waits);
  await workflow.getExternalWorkflowHandle(other.id).signal(close);
  return await other.result();
}

export async function racer(name: string): Promise<string> {
  let isClosed = false;
  workflow.setHandler(close, () => void (isClosed = true));
  await workflow.waitCondition(() => isClosed);
  return name;
}
