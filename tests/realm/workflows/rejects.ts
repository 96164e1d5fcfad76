import * as workflow from "@anywhen/temporal/workflow";

export async function forgets(): Promise<void> {
  void Promise.reject(new RangeError("nobody looks"));
  await workflow.sleep(1);
}

export async function forgetsLater(): Promise<void> {
  void workflow.sleep(1).then(() => {
    throw new RangeError("later");
  });
  await workflow.waitCondition(() => false);
}

export async function looksLater(): Promise<string> {
  const promise = Promise.reject(new Error("seen in time"));
  return await promise.catch((error) => error.message);
}

export async function leavesCancelled(): Promise<string> {
  const scope = new workflow.CancellationScope();
  void scope.run(() => workflow.sleep("1h"));
  await workflow.sleep(1);
  scope.cancel();
  return "done";
}

export async function leavesActivity(): Promise<string> {
  const handle = workflow.startActivity("x", { startToCloseTimeout: 1 });
  await workflow.sleep(1);
  return handle.activityId;
}

export async function throwsInTimer(): Promise<void> {
  setTimeout(() => {
    throw new RangeError("in a timer");
  }, 1);
  await workflow.waitCondition(() => false);
}
