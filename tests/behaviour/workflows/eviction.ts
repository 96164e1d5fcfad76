import { AsyncLocalStorage } from "node:async_hooks";
import * as workflow from "@anywhen/temporal/workflow";

interface Sinks {
  trail: { mark(text: string): void };
}

interface Activities {
  waits(text: string): Promise<string>;
}

const { trail } = workflow.proxySinks<Sinks>();
const { waits } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "1m" });

export const poke = workflow.defineSignal("poke");
export const pokes = workflow.defineQuery<number>("pokes");
export const finish = workflow.defineSignal("finish");

/** Ends when it is told. */
export async function child(): Promise<string> {
  await workflow.sleep(200);
  return "child";
}

/** Leaves clean-up code to the end, while all kinds of things are under way. */
export async function cleansUp(): Promise<number> {
  let count = 0;
  let isOver = false;
  workflow.setHandler(poke, () => {
    count += 1;
  });
  workflow.setHandler(pokes, () => count);
  workflow.setHandler(finish, () => {
    isOver = true;
  });
  trail.mark("begun");
  try {
    await Promise.all([
      waits("a").finally(() => trail.mark("activity")),
      workflow.executeChildWorkflow(child, { id: `${workflow.info().workflowId}-child` }).finally(() =>
        trail.mark("child")
      ),
      workflow.sleep("100ms").finally(() => trail.mark("timer")),
      workflow.waitCondition(() => isOver).finally(() => trail.mark("condition")),
    ]);
  } catch (error) {
    trail.mark(`caught ${error}`);
    throw error;
  } finally {
    trail.mark("cleaned up");
  }
  return count;
}

/** Swallows whatever ends it, and goes on. */
export async function swallows(): Promise<string> {
  let isOver = false;
  workflow.setHandler(pokes, () => 0);
  workflow.setHandler(finish, () => {
    isOver = true;
  });
  while (!isOver) {
    try {
      await workflow.waitCondition(() => isOver);
    } catch {
      trail.mark("swallowed");
    } finally {
      trail.mark("cleaned up");
    }
  }
  return "done";
}

const storage = new AsyncLocalStorage<string>();

/** Keeps what it was started with in async context, across all kinds of waits and in handlers. */
export async function remembers(text: string): Promise<string[]> {
  const seen: (string | undefined)[] = [storage.getStore()];
  let isOver = false;
  await storage.run(text, async () => {
    workflow.setHandler(finish, () => {
      isOver = true;
    });
    seen.push(storage.getStore());
    await workflow.sleep(1);
    seen.push(storage.getStore());
    await new workflow.CancellationScope().run(async () => {
      await Promise.resolve();
      seen.push(storage.getStore());
      await workflow.waitCondition(() => isOver);
    });
    seen.push(storage.getStore());
  });
  seen.push(storage.getStore());
  return seen.map(String);
}
