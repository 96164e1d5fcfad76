import * as workflow from "@anywhen/temporal/workflow";

export const work = workflow.defineUpdate<string, [name: string]>("work");
export const hurried = workflow.defineUpdate<string>("hurried");
export const stop = workflow.defineSignal("stop");
export const release = workflow.defineSignal("release");

/** Handlers of updates, some of which may run at a time. */
export async function guarded(permits: number): Promise<{ order: string[]; most: number }> {
  const semaphore = permits === 1 ? new workflow.Lock() : new workflow.Semaphore(permits);
  const order: string[] = [];
  let hasStopped = false;
  let running = 0;
  let most = 0;
  workflow.setHandler(work, async (name) => {
    using _permit = await semaphore.acquire();
    most = Math.max(most, ++running);
    order.push(`${name} in`);
    await workflow.sleep(5);
    order.push(`${name} out`);
    running--;
    return name;
  });
  workflow.setHandler(stop, () => {
    hasStopped = true;
  });
  await workflow.waitCondition(() => hasStopped && workflow.allHandlersFinished());
  return { order, most };
}

/** One who holds a lock, and others who have not the time to wait. */
export async function held(): Promise<string[]> {
  const lock = new workflow.Lock();
  const seen: string[] = [];
  let isReleased = false;
  const permit = await lock.acquire({ timeout: "1h" });
  workflow.setHandler(release, () => {
    isReleased = true;
  });
  workflow.setHandler(hurried, async () => {
    const permit = await lock.acquire({ timeout: 5 });
    permit.release();
    return "had it";
  });
  const scope = new workflow.CancellationScope();
  const cancelled = scope.run(() => lock.acquire()).catch((error) => seen.push(error.name));
  const controller = new AbortController();
  const aborted = lock.acquire({ signal: controller.signal }).catch((error) => seen.push(error.name));
  const next = lock.acquire().then((turn) => (seen.push("next"), turn));
  const last = lock.acquire().then((turn) => (seen.push("last"), turn));
  await workflow.sleep(1);
  scope.cancel();
  controller.abort();
  await Promise.all([cancelled, aborted]);
  await workflow.waitCondition(() => isReleased && workflow.allHandlersFinished());
  seen.push("release");
  permit.release();
  permit.release();
  (await next).release();
  (await last).release();
  using again = await lock.acquire();
  seen.push(typeof again.release);
  return seen;
}

/** Faults in how locks are made. */
// deno-lint-ignore require-await -- workflows are async
export async function badLocks(): Promise<string[]> {
  return [0, 1.5, NaN].map((permits) => {
    try {
      return String(new workflow.Semaphore(permits));
    } catch (error) {
      return (error as Error).name;
    }
  });
}

/** Results as they come. */
export async function inOrder(): Promise<string[]> {
  const wait = async (name: string, time: number) => {
    await workflow.sleep(time);
    if (name === "fails") throw new Error(name);
    return name;
  };
  const seen: string[] = [];
  for await (const name of workflow.asCompleted([wait("slow", 60), wait("quick", 20), Promise.resolve("at once")])) {
    seen.push(name);
  }
  const iterator = workflow.asCompleted([wait("fails", 1), wait("after", 30)])[Symbol.asyncIterator]();
  await iterator.next().catch((error) => seen.push(error.message));
  seen.push((await iterator.next()).value);
  seen.push(String((await iterator.next()).done));
  return seen;
}
