import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const { greet, failTimes, describeAttempt } = workflow.proxyActivities<typeof activities>({
  startToCloseTimeout: "20s",
  retryPolicy: { initialInterval: 10, maximumAttempts: 5 },
});

export async function hello(name: string): Promise<string> {
  return await greet("Hello", name);
}

// deno-lint-ignore require-await
export async function echo(...args: unknown[]): Promise<unknown[]> {
  return args;
}

export async function nothing(): Promise<void> {}

export async function napping(count: number): Promise<number> {
  for (let i = 0; i < count; i++) await workflow.sleep(1);
  return count;
}

export async function parallel(count: number): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, (_, i) => greet("Hello", String(i))));
}

export async function raceTimers(): Promise<string[]> {
  const order: string[] = [];
  const wait = (name: string, ms: number) => workflow.sleep(ms).then(() => order.push(name));
  await Promise.all([wait("slow", 300), wait("fast", 1), wait("middle", 150)]);
  return order;
}

export async function setTimeouts(): Promise<string[]> {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    setTimeout(() => resolve(), 100);
    const never = setTimeout(() => order.push("never"), 50);
    setTimeout(() => order.push("once"), 1);
    clearTimeout(never);
  });
  return order;
}

export async function conditionTimeout(): Promise<boolean> {
  return await workflow.waitCondition(() => false, { timeout: 10 });
}

export async function retried(failures: number): Promise<number> {
  return await failTimes(failures);
}

export async function attempted(): Promise<unknown> {
  return await describeAttempt();
}

export async function random(): Promise<unknown[]> {
  const before = [Math.random(), workflow.uuid4(), crypto.randomUUID(), Date.now(), workflow.now().getTime()];
  await workflow.sleep(1);
  const after = [Math.random(), workflow.uuid4(), Date.now() > (before[3] as number)];
  return [...before, ...after];
}

export async function executesByName(name: string): Promise<unknown> {
  return await workflow.executeActivity<(greeting: string, name: string) => string>("greet", {
    args: ["Ahoy", name],
    startToCloseTimeout: "5s",
  });
}

// deno-lint-ignore require-await
export async function fails(message: string): Promise<never> {
  throw new workflow.ApplicationError(message, { type: "Broken", details: [1, { two: 2 }], nonRetryable: true });
}

export async function activityFails(): Promise<never> {
  const options = { startToCloseTimeout: "5s", retryPolicy: { maximumAttempts: 1 } } as const;
  await workflow.executeActivity("alwaysFails", { ...options, args: [] });
  throw new Error("not reached");
}

export async function catches(): Promise<string[]> {
  try {
    return await activityFails();
  } catch (error) {
    const names: string[] = [];
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) names.push(cause.name);
    return [...names, String(error instanceof workflow.ActivityError)];
  }
}

export async function continues(left: number, seen: number[] = []): Promise<number[]> {
  if (left === 0) return seen;
  await workflow.sleep(1);
  return workflow.continueAsNew<typeof continues>({ args: [left - 1, [...seen, left]] });
}
