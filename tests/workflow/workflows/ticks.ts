/** Counts the promise jobs between what happens to a workflow and the code that waits for it. */
import * as workflow from "@anywhen/temporal/workflow";

const go = workflow.defineSignal("go");
const call = () => workflow.executeActivity("act", { startToCloseTimeout: "1m" });

let ticks = 0;
let isOpen = false;

/** Counts promise jobs from here. */
function count(): void {
  ticks = 0;
  const next = () => {
    if (ticks++ < 40) void Promise.resolve().then(next);
  };
  void Promise.resolve().then(next);
}

const waits: Record<string, () => Promise<unknown>> = {
  condition: () => workflow.waitCondition(() => isOpen),
  timedCondition: () => workflow.waitCondition(() => isOpen, { timeout: "1h" }),
  timedOut: () => workflow.waitCondition(() => false, { timeout: "1s" }),
  sleep: () => workflow.sleep("1s"),
  activity: () => call(),
  scope: () => new workflow.CancellationScope().run(call),
  shield: () => workflow.shield(call),
  scopedSleep: () => new workflow.CancellationScope().run(() => workflow.sleep("1s")),
  timedScope: () => new workflow.CancellationScope({ timeout: "1h" }).run(call),
  childStart: () => workflow.startChildWorkflow("child", { id: "child" }),
  child: () => workflow.executeChildWorkflow("child", { id: "child" }),
  childResult: async () => {
    const child = await workflow.startChildWorkflow("child", { id: "child" });
    await child.result();
  },
  childAtOnce: () => waits["child"](),
  childNotStarted: () => waits["child"](),
  childStartFailed: () => waits["childStart"](),
  childResultAtOnce: () => waits["childResult"](),
  signalExternal: () => workflow.getExternalWorkflowHandle("other").signal(go),
  cancelExternal: () => workflow.getExternalWorkflowHandle("other").cancel(),
};

/** The signal `go` comes first in the task that ends the wait. */
export async function waitTicks(name: string): Promise<number> {
  workflow.setHandler(go, () => {
    isOpen = true;
    count();
  });
  try {
    await waits[name]();
  } catch {
    // A failure takes its jobs too.
  }
  return ticks;
}

/** The signal `go` comes first in the task that cancels the workflow; waits in a scope are one promise job behind. */
export async function cancelTicks(name: string): Promise<string> {
  workflow.setHandler(go, count);
  try {
    await waits[name]();
  } catch (error) {
    return `${(error as Error).name} ${ticks}`;
  }
  return "not cancelled";
}

/** The wait begins in a scope that was cancelled before. */
export async function lateTicks(name: string): Promise<string> {
  const scope = new workflow.CancellationScope();
  scope.cancel();
  await workflow.sleep(1);
  count();
  try {
    await scope.run(waits[name]);
  } catch (error) {
    return `${(error as Error).name} ${ticks}`;
  }
  return "not cancelled";
}

/** A condition that holds from the start. */
export async function openTicks(timeout: string | undefined): Promise<number> {
  count();
  await workflow.waitCondition(() => true, { timeout: timeout as "1h" | undefined });
  return ticks;
}

/** An activity at every promise job shows where a command of a wait has its place among them. */
export async function commandTicks(): Promise<void> {
  workflow.setHandler(go, () => {
    isOpen = true;
    let at = 0;
    const next = () => {
      if (++at > 7) return;
      void workflow.executeActivity("act", { startToCloseTimeout: "1m", activityId: `tick ${at}` });
      void Promise.resolve().then(next);
    };
    void Promise.resolve().then(next);
  });
  await workflow.waitCondition(() => isOpen, { timeout: "1h" });
  await workflow.executeActivity("act", { startToCloseTimeout: "1m", activityId: "after" });
}
