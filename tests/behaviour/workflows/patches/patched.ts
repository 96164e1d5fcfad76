/** The workflows of old.ts with their patches. */
import * as workflow from "@anywhen/temporal/workflow";
import { finish, go, seen, steps } from "./old.ts";

const { greet } = workflow.proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: "1m" });

export async function changing(): Promise<string> {
  let version = "none";
  let isFinished = false;
  workflow.setHandler(seen, () => version);
  workflow.setHandler(finish, () => void (isFinished = true));
  if (workflow.patched("change")) {
    await greet("patch");
    version = "new";
  } else {
    await workflow.sleep(1);
    version = "old";
  }
  await workflow.waitCondition(() => isFinished);
  return version;
}

export async function twice(): Promise<string[]> {
  let isOpen = false;
  workflow.setHandler(go, () => void (isOpen = true));
  const first = workflow.patched("twice");
  await workflow.waitCondition(() => isOpen);
  return [`first ${first}`, `second ${workflow.patched("twice")}`];
}

export async function inCondition(): Promise<string> {
  let count = 0;
  workflow.setHandler(go, async () => {
    count++;
    await workflow.sleep(1);
  });
  await workflow.waitCondition(() => count >= 1 && workflow.patched("in condition") || count >= 2);
  await workflow.sleep(2);
  return `after ${count}`;
}

export async function inHandler(): Promise<string[]> {
  const notes: string[] = [];
  let isFinished = false;
  workflow.setHandler(steps, () => notes);
  workflow.setHandler(finish, () => void (isFinished = true));
  workflow.setHandler(go, async () => {
    if (workflow.patched("in handler")) notes.push("patched");
    await workflow.sleep(1);
    notes.push("handled");
  });
  await workflow.waitCondition(() => isFinished && workflow.allHandlersFinished());
  return notes;
}

export async function later(): Promise<string[]> {
  let isOpen = false;
  workflow.setHandler(go, () => void (isOpen = true));
  const early = workflow.patched("later");
  await workflow.waitCondition(() => isOpen);
  return [`early ${early}`, `late ${workflow.patched("later")}`];
}

/** Asks for the same patch in three ways. */
export async function asking(): Promise<boolean[]> {
  const answers = [workflow.patched("asked"), workflow.patched("asked")];
  await workflow.sleep(1);
  workflow.deprecatePatch("gone");
  return [...answers, workflow.patched("asked"), workflow.patched("gone")];
}
