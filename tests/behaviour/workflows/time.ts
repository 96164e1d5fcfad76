// deno-lint-ignore-file require-await -- workflows are async
/** Workflows that wait. */
import * as workflow from "@anywhen/temporal/workflow";

const { hangs } = workflow.proxyActivities<{ hangs(): Promise<void> }>({
  startToCloseTimeout: "1m",
  heartbeatTimeout: "5s",
});

export const open = workflow.defineSignal("open");

export async function sleeps(): Promise<string> {
  await workflow.sleep(1, { summary: "by number" });
  await workflow.sleep("2ms", { summary: "by text" });
  await workflow.sleep({ milliseconds: 3 });
  return "rested";
}

export async function sleepsTogether(count: number): Promise<number[]> {
  const order: number[] = [];
  const naps = Array.from({ length: count }, (_, i) => {
    return workflow.sleep(1 + i % 3, { summary: `nap ${i}` }).then(() => order.push(i));
  });
  await Promise.all(naps);
  return order;
}

export async function badDurations(): Promise<string[]> {
  const messages: string[] = [];
  for (const duration of [-1, NaN, "soon", undefined]) {
    await workflow.sleep(duration as number).catch((error: Error) => messages.push(error.name));
  }
  await workflow.waitCondition(() => true, { timeout: -5 }).catch((error: Error) => messages.push(error.name));
  return messages;
}

export async function conditions(): Promise<unknown[]> {
  let isOpen = false;
  workflow.setHandler(open, () => void (isOpen = true));
  const results: unknown[] = [];
  results.push(await workflow.waitCondition(() => false, { timeout: 1, timeoutSummary: "too long" }));
  results.push(await workflow.waitCondition(() => false, { timeout: 0 }));
  results.push(await workflow.waitCondition(() => isOpen, { timeout: "1h" }));
  results.push(await workflow.waitCondition(() => isOpen));
  return results;
}

export async function timeouts(): Promise<string[]> {
  const ends: string[] = [];
  const note = (name: string) => (error: unknown) => void ends.push(`${name} ${(error as Error).name}`);
  await new workflow.CancellationScope({ timeout: 200 }).run(() => hangs()).catch(note("scope"));
  ends.push(`condition ${await workflow.waitCondition(() => false, { timeout: 200 })}`);
  await hangs2(AbortSignal.timeout(200)).catch(note("signal"));
  await new Promise<void>((resolve) => void setTimeout(resolve, 200)).then(() => ends.push("setTimeout"));
  return ends;
}

function hangs2(signal: AbortSignal): Promise<unknown> {
  return workflow.executeActivity("hangs", { startToCloseTimeout: "1m", heartbeatTimeout: "5s", signal });
}

export async function languageTimers(): Promise<string[]> {
  const fired: string[] = [];
  const cleared = setTimeout(() => fired.push("cleared"), 5);
  setTimeout((name: string) => fired.push(name), 20, "late");
  setTimeout(() => fired.push("early"), 1);
  clearTimeout(cleared);
  await workflow.waitCondition(() => fired.length === 2);
  await workflow.sleep(10);
  return fired;
}

export async function asCompletedOrder(): Promise<string[]> {
  const waits = [40, 1, 20].map((time) => workflow.sleep(time).then(() => `${time}`));
  const order: string[] = [];
  await Promise.all(waits.map((wait) => wait.then((name) => order.push(name))));
  return order;
}

function helper(): boolean {
  return workflow.inWorkflow();
}

export async function insideCheck(): Promise<boolean> {
  return helper();
}
