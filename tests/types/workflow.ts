import * as workflow from "../../src/workflow/mod.ts";
import type { Equal, Expect } from "./equal.ts";

declare const text: workflow.AcquireOptions;
declare const promises: Promise<string>[];

const signal = workflow.defineSignal<[name: string]>("signal");
const query = workflow.defineQuery<number, [name: string]>("query");
const update = workflow.defineUpdate<number, [name: string, count: number]>("update");

/** Handlers take what their definitions say. */
export function setHandlers(): void {
  workflow.setHandler(signal, (name) => void name.length, { unfinishedPolicy: "ABANDON" });
  workflow.setHandler(query, (name) => name.length, { description: "length" });
  workflow.setHandler(update, async (name, count) => await Promise.resolve(name.length + count), {
    validator: (name, count) => void [name.length, count.toFixed()],
  });
  workflow.setHandler(update, undefined);
  workflow.setHandler(update, () => 1);
  workflow.setHandler(signal, async () => await workflow.sleep(1));
  workflow.setDynamicHandler("signal", (name, args) => void [name.length, args[0].payload.data]);
  // @ts-expect-error -- a query answers with a number
  workflow.setHandler(query, (name) => name);
  // @ts-expect-error -- a query answers at once
  workflow.setHandler(query, (name) => Promise.resolve(name.length));
  // @ts-expect-error -- a signal takes a text
  workflow.setHandler(signal, (count: number) => void count);
  // @ts-expect-error -- no such policy
  workflow.setHandler(signal, () => {}, { unfinishedPolicy: "WARN" });
  // @ts-expect-error -- a signal has no validator
  workflow.setHandler(signal, () => {}, { validator: () => {} });
}

/** What a class says of itself. */
@workflow.defn({ dynamic: true, failureExceptionTypes: [TypeError, workflow.ApplicationError] })
export class Dynamic {
  @workflow.run
  async run(): Promise<void> {}

  @workflow.dynamicConfig
  config(): workflow.DynamicWorkflowConfig {
    return { versioningBehavior: "PINNED" };
  }

  // @ts-expect-error -- no configuration
  @workflow.dynamicConfig
  other(): string {
    return "";
  }
}

/** A definition that decides for each run. */
export const decided = workflow.define({
  dynamic: true,
  run: async () => {},
  dynamicConfig: () => ({ failureExceptionTypes: [RangeError] }),
});

export type Helpers = Expect<[
  Equal<ReturnType<typeof workflow.asCompleted<string>>, AsyncIterable<string>>,
  Equal<ReturnType<workflow.Semaphore["acquire"]>, Promise<Disposable & { release(): void }>>,
  Equal<ReturnType<typeof workflow.isFailureException>, boolean>,
  Equal<ConstructorParameters<typeof workflow.Lock>, []>,
]>;

/** Locks and results as they come. */
export async function wait(): Promise<void> {
  const lock: workflow.Semaphore = new workflow.Lock();
  using _permit = await lock.acquire(text);
  for await (const value of workflow.asCompleted(promises)) void value.length;
  // @ts-expect-error -- one permit
  new workflow.Lock(2);
}
