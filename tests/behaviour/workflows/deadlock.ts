import * as workflow from "@anywhen/temporal/workflow";

export const add = workflow.defineUpdate<number, [n: number]>("add");
export const total = workflow.defineQuery<number>("total");
export const finish = workflow.defineSignal("finish");

/** Never comes to an end, nor lets anybody else. */
// deno-lint-ignore require-await -- workflows are async functions
export async function blocks(): Promise<void> {
  workflow.logger.info("about to block");
  for (;;);
}

/** Blocks after it has waited for something. */
export async function blocksLater(): Promise<void> {
  await workflow.sleep(1);
  for (;;);
}

/** Computes for as long as it takes to count to `turns`. */
// deno-lint-ignore require-await -- workflows are async functions
export async function computes(turns: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < turns; i++) sum = (sum + i) % 1_000_003;
  return sum;
}

/** Adds what it is told, until it is to finish. */
export async function adds(): Promise<number> {
  let sum = 0;
  let isOver = false;
  workflow.setHandler(add, (n) => sum += n);
  workflow.setHandler(total, () => sum);
  workflow.setHandler(finish, () => {
    isOver = true;
  });
  await workflow.waitCondition(() => isOver);
  return sum;
}

/** Whether it runs on the thread of the worker. */
// deno-lint-ignore require-await -- workflows are async functions
export async function runsWithWorker(): Promise<boolean> {
  const { isOwnThread } = workflow.externFunctions<{ isOwnThread(test: () => void): boolean }>();
  let wasCalled = false;
  // A function cannot be passed to another thread.
  isOwnThread(() => {
    wasCalled = true;
  });
  return wasCalled;
}
