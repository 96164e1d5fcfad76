import * as workflow from "@anywhen/temporal/workflow";

export const echo = workflow.defineQuery<unknown, [value: unknown]>("echo");
export const stop = workflow.defineSignal("stop");

/** Gives back what it is asked, until it is stopped. */
export async function echoes(first: unknown): Promise<unknown> {
  let isOver = false;
  workflow.setHandler(echo, (value) => value);
  workflow.setHandler(stop, () => {
    isOver = true;
  });
  await workflow.waitCondition(() => isOver);
  return first;
}

/** Blocks. */
// deno-lint-ignore require-await -- workflows are async functions
export async function blocks(): Promise<void> {
  for (;;);
}

/** Takes its time, whatever the machine. */
// deno-lint-ignore require-await -- workflows are async functions
export async function computes(turns: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < turns; i++) sum = (sum + i) % 1_000_003;
  return sum;
}

/** Each time it is asked to stop, it computes for a while and starts a timer. */
export async function worksOn(turns: number): Promise<void> {
  workflow.setHandler(stop, async () => {
    await computes(turns);
    await workflow.sleep("1h");
  });
  await workflow.waitCondition(() => false);
}

/** Tells a sink that it was started. */
// deno-lint-ignore require-await -- workflows are async functions
export async function tells(name: string): Promise<void> {
  workflow.proxySinks<{ test: { started(name: string): void } }>().test.started(name);
}

/** Remembers in its module what it was started with. */
let seen = "";
// deno-lint-ignore require-await -- workflows are async functions
export async function remembers(text: string): Promise<string> {
  seen += text;
  return seen;
}

/** Shows an object of its realm to the worker, then waits. */
export async function shows(): Promise<void> {
  const shown = { text: "of the realm" };
  workflow.externFunctions<{ show(value: object): void }>().show(shown);
  workflow.setHandler(echo, () => shown.text);
  await workflow.waitCondition(() => shown.text === "");
}
