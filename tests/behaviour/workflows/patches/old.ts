/** Workflows before their patches. */
import * as workflow from "@anywhen/temporal/workflow";

export const finish = workflow.defineSignal("finish");
export const go = workflow.defineSignal("go");
export const seen = workflow.defineQuery<string>("seen");
export const steps = workflow.defineQuery<string[]>("steps");

/** Shows which code it runs: old code waits by a timer, new code by an activity. */
export async function changing(): Promise<string> {
  let version = "none";
  let isFinished = false;
  workflow.setHandler(seen, () => version);
  workflow.setHandler(finish, () => void (isFinished = true));
  await workflow.sleep(1);
  version = "old";
  await workflow.waitCondition(() => isFinished);
  return version;
}

/** Two places for one patch, a wait between them. */
export async function twice(): Promise<string[]> {
  let isOpen = false;
  workflow.setHandler(go, () => void (isOpen = true));
  await workflow.waitCondition(() => isOpen);
  return ["first false", "second false"];
}

/** A condition that a patch will change. */
export async function inCondition(): Promise<string> {
  let count = 0;
  workflow.setHandler(go, async () => {
    count++;
    await workflow.sleep(1);
  });
  await workflow.waitCondition(() => count >= 2);
  await workflow.sleep(2);
  return `after ${count}`;
}

/** A handler that a patch will change. */
export async function inHandler(): Promise<string[]> {
  const notes: string[] = [];
  let isFinished = false;
  workflow.setHandler(steps, () => notes);
  workflow.setHandler(finish, () => void (isFinished = true));
  workflow.setHandler(go, async () => {
    await workflow.sleep(1);
    notes.push("handled");
  });
  await workflow.waitCondition(() => isFinished && workflow.allHandlersFinished());
  return notes;
}

/** Waits for a signal between two tasks, so that the second is live where the first is replayed. */
export async function later(): Promise<string[]> {
  let isOpen = false;
  workflow.setHandler(go, () => void (isOpen = true));
  await workflow.waitCondition(() => isOpen);
  return ["early false", "late false"];
}
