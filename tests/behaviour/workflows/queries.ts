// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

const { echo } = workflow.proxyActivities<{ echo(text: string): Promise<string> }>({ startToCloseTimeout: "10s" });

export const stop = workflow.defineSignal("stop");
export const state = workflow.defineQuery<string, [suffix: string]>("state");
export const touch = workflow.defineQuery<void>("touch");
export const forbidden = workflow.defineQuery<void, [way: string]>("forbidden");
export const leavesBehind = workflow.defineQuery<string>("leavesBehind");
export const inPromise = workflow.defineQuery<unknown>("inPromise");
export const logs = workflow.defineQuery<string>("logs");
export const failing = workflow.defineQuery<void>("failing");

/** What queries may not do, by name. */
export const forbiddenWays = [
  "sleep",
  "waitCondition",
  "setTimeout",
  "executeActivity",
  "startActivity",
  "cancelScope",
  "cancelActivity",
  "abort",
  "continueAsNew",
  "random",
  "uuid4",
  "setHandler",
  "setDynamicHandler",
  "newScope",
  "lock",
];

/** Waits until it is told to stop, and answers. */
export async function asked(): Promise<string> {
  let text = "new";
  let hasStopped = false;
  let isTouched = false;
  const scope = new workflow.CancellationScope();
  const controller = new AbortController();
  const lock = new workflow.Lock();
  const handle = await startLater(scope, controller.signal);
  const ways: Record<string, () => unknown> = {
    sleep: () => workflow.sleep(1),
    waitCondition: () => workflow.waitCondition(() => true),
    setTimeout: () => setTimeout(() => {}, 1),
    executeActivity: () => echo("no"),
    startActivity: () => workflow.startActivity("echo", { args: ["no"], startToCloseTimeout: 1 }),
    cancelScope: () => scope.cancel(),
    cancelActivity: () => handle.cancel(),
    abort: () => controller.abort(),
    continueAsNew: () => workflow.continueAsNew(),
    random: () => Math.random(),
    uuid4: () => workflow.uuid4(),
    setHandler: () => workflow.setHandler(stop, undefined),
    setDynamicHandler: () => workflow.setDynamicHandler("query", () => 1),
    newScope: () => new workflow.CancellationScope(),
    lock: () => lock.acquire(),
  };
  workflow.setHandler(stop, () => {
    hasStopped = true;
  });
  workflow.setHandler(state, (suffix) => text + suffix);
  workflow.setHandler(touch, () => {
    isTouched = true;
  });
  workflow.setHandler(forbidden, (way) => void ways[way]());
  workflow.setHandler(leavesBehind, () => {
    void (async () => {
      await Promise.resolve();
      await workflow.sleep(1);
    })();
    return "answered too early";
  });
  workflow.setHandler(inPromise, async () => {
    try {
      await Promise.resolve();
      Math.random();
    } catch (error) {
      workflow.logger.info((error as Error).message);
    }
  });
  workflow.setHandler(logs, () => {
    workflow.logger.info("asked");
    return "logged";
  });
  workflow.setHandler(failing, () => {
    throw new workflow.ApplicationError("cannot say", { type: "Mute", details: ["hidden"] });
  });
  workflow.setDynamicHandler("query", (name, args) => `${name} ${args.length}`);
  void workflow.waitCondition(() => isTouched).then(() => {
    text = "woken";
  }, () => {});
  await workflow.waitCondition(() => hasStopped);
  return text;
}

/** A long activity that nothing but its cancellation ends before the workflow does. */
async function startLater(scope: workflow.CancellationScope, signal: AbortSignal): Promise<{ cancel(): void }> {
  void workflow.sleep("1h", { signal }).catch(() => {});
  let handle: { cancel(): void };
  await scope.run(async () => {
    handle = workflow.startActivity("nowhere", {
      scheduleToCloseTimeout: "1h",
      taskQueue: "nobody",
      cancellationType: "TRY_CANCEL",
    });
    void workflow.sleep("2h").catch(() => {});
  });
  return handle!;
}

/** Without a dynamic handler for queries. */
export async function named(): Promise<void> {
  workflow.setHandler(state, (suffix) => suffix, { description: "the suffix" });
  workflow.setHandler(touch, () => {});
  let hasStopped = false;
  workflow.setHandler(stop, () => {
    hasStopped = true;
  }, { description: "ends it" });
  workflow.setDynamicHandler("signal", () => {}, { description: "all others" });
  workflow.setHandler(workflow.defineUpdate<void>("b"), () => {});
  workflow.setHandler(workflow.defineUpdate<void>("a"), () => {});
  workflow.setCurrentDetails("half way");
  await workflow.waitCondition(() => hasStopped);
}

/** Waits in three places. */
export async function waiting(): Promise<void> {
  await Promise.all([waitsForTimer(), waitsForCondition(), waitsForActivity()]);
}

async function waitsForTimer(): Promise<void> {
  await workflow.sleep("1h");
}

async function waitsForCondition(): Promise<void> {
  await Promise.resolve();
  await workflow.waitCondition(() => false);
}

async function waitsForActivity(): Promise<void> {
  await workflow.executeActivity("nowhere", { scheduleToCloseTimeout: "1h", taskQueue: "nobody" });
}
