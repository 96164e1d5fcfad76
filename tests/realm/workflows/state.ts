// deno-lint-ignore-file require-await -- workflows are async
import { AsyncLocalStorage } from "node:async_hooks";
import * as workflow from "@anywhen/temporal/workflow";

type Failed = workflow.ActivityError & { cause: workflow.ApplicationError };

let count = 0;
const seen = new Map<string, number>();

export async function counter(): Promise<unknown> {
  workflow.setHandler(workflow.defineSignal("bump"), () => {
    count++;
    seen.set("bump", count);
    (globalThis as Record<PropertyKey, unknown>).bumps = count;
    (Array.prototype as unknown as Record<string, unknown>).bumps = count;
  });
  await workflow.waitCondition(() => count >= 2);
  return [
    count,
    seen.get("bump"),
    (globalThis as Record<string, unknown>).bumps,
    ([] as unknown as { bumps: number }).bumps,
  ];
}

export async function peek(): Promise<unknown> {
  return [count, seen.size, "bumps" in globalThis, "bumps" in []];
}

export async function identity(value: { list: unknown[]; bytes?: unknown }, bytes: Uint8Array): Promise<unknown> {
  const failed = await workflow.executeActivity("x", { startToCloseTimeout: 1 }).catch((error) => error) as Failed;
  const cancelled = await new workflow.CancellationScope().run(async () => {
    workflow.CancellationScope.current().cancel();
    return await workflow.sleep(1).catch((error) => error);
  });
  const faulty = await workflow.sleep(-1).catch((error) => error);
  const asleep = workflow.sleep(1);
  const info = workflow.info();
  return {
    value: value instanceof Object && value.list instanceof Array && Array.isArray(value.list),
    bytes: bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer,
    promise: asleep instanceof Promise,
    failed: [
      failed instanceof Error,
      failed instanceof workflow.ActivityError,
      failed.constructor === workflow.ActivityError,
      failed.cause instanceof workflow.ApplicationError,
      failed.cause.details instanceof Array,
      failed.failure instanceof Object,
    ],
    cancelled: [cancelled instanceof Error, cancelled.constructor === workflow.CancelledError],
    faulty: [
      faulty instanceof Error,
      faulty.constructor === workflow.ValueError,
      faulty instanceof workflow.CancelledError,
    ],
    info: [info instanceof Object, info.startTime instanceof Date, info.headers instanceof Object],
    global: globalThis instanceof Object,
  };
}

export async function context(): Promise<unknown> {
  const outer = workflow.CancellationScope.current();
  const scope = new workflow.CancellationScope();
  const inside = await scope.run(async () => {
    await Promise.all([workflow.sleep(1), Promise.resolve().then(() => workflow.sleep(2))]);
    return workflow.CancellationScope.current() === scope;
  });
  return [inside, workflow.CancellationScope.current() === outer];
}

const storage = new AsyncLocalStorage<string>();

export async function asyncContext(): Promise<unknown> {
  const name = (label: string) =>
    storage.run(label, async () => {
      await workflow.sleep(1);
      return storage.getStore();
    });
  return [...await Promise.all([name("a"), name("b")]), storage.getStore()];
}
