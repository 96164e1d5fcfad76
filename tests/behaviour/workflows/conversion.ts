// deno-lint-ignore-file require-await -- workflows are async
/** Workflows about values and their payloads. */
import { RawValue } from "@anywhen/temporal/common";
import { transferTypeHint } from "@anywhen/temporal/converter";
import * as workflow from "@anywhen/temporal/workflow";
import { bigint, date, map, set, url } from "@anywhen/temporal/valibot";
import * as v from "valibot";
import type * as activities from "../activities.ts";
import { Money } from "./converters/money.ts";
import { counts, Point } from "./converters/types.ts";

const { echo } = workflow.proxyActivities<{ echo(value: unknown): unknown }>({ startToCloseTimeout: "10s" });
const { greet } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "10s" });

const classes: Record<string, (value: unknown) => boolean> = {
  bigint: (value) => typeof value === "bigint",
  bytes: (value) => value instanceof Uint8Array,
  date: (value) => value instanceof Date,
  list: (value) => Array.isArray(value) && value instanceof Array,
  map: (value) => value instanceof Map,
  object: (value) => Object.getPrototypeOf(value) === Object.prototype,
  point: (value) => value instanceof Point,
  set: (value) => value instanceof Set,
  url: (value) => value instanceof URL,
};

/** Gives back what it got, through an activity, and which of it are of the classes of this realm. */
export async function roundTrip(values: Record<string, unknown>): Promise<[kinds: string[], values: unknown]> {
  const through = await echo(values) as Record<string, unknown>;
  const isKind = (value: unknown, kind: string) => classes[kind]?.(value) ?? false;
  return [Object.keys(values).filter((kind) => isKind(values[kind], kind) && isKind(through[kind], kind)), through];
}

/** Bytes at the top are not JSON. */
export async function returnsBytes(bytes: Uint8Array): Promise<[boolean, string]> {
  const through = await echo(bytes) as Uint8Array;
  return [through instanceof Uint8Array && bytes instanceof Uint8Array, [...through].join()];
}

/** How often the converter of this realm was used up to now. */
export async function countConversions(_first: number, _second: number): Promise<number> {
  const before = counts.conversions;
  await workflow.sleep(1);
  return before;
}

/** An object of a class whose transfer type the payload converter writes. */
export const addMoney = workflow.define({
  name: "addMoney",
  args: [transferTypeHint(Money)],
  result: transferTypeHint(Money),
  run: async (money) => {
    const back = await workflow.executeActivity("echo", {
      args: [money],
      startToCloseTimeout: "10s",
      resultType: transferTypeHint(Money),
    }) as Money;
    return money.plus(back);
  },
});

/** What `payloadConverter()` makes and reads, and what is wrong with a value that it refuses. */
export async function usesConverter(): Promise<unknown[]> {
  const converter = workflow.payloadConverter();
  const payload = converter.toPayload({ a: 1 });
  let refused: unknown;
  try {
    converter.toPayload(() => {});
  } catch (error) {
    refused = error;
  }
  return [
    new TextDecoder().decode(payload.data),
    payload.data instanceof Uint8Array,
    converter.fromPayload(payload),
    refused instanceof workflow.ValueError && refused instanceof Error,
  ];
}

/** Reads wire values by schemas. */
export const readsWire = workflow.define({
  name: "readsWire",
  args: [bigint(), map(v.string(), date()), set(v.string()), url()],
  run: async (count, times, names, link) => {
    await workflow.sleep(1);
    const first = times.get("first") as Date;
    return [typeof count, first.toISOString(), [...names].join("+"), link.host].join(" ");
  },
});

/** Waits; its signal, query and update have schemas. */
export const approve = workflow.defineSignal("approve", {
  args: [v.pipe(v.string(), v.minLength(2))],
});
export const approver = workflow.defineQuery("approver", {
  args: [v.string()],
  result: v.string(),
});
export const rename = workflow.defineUpdate("rename", {
  args: [v.pipe(v.string(), v.minLength(2))],
  result: v.string(),
});
export async function approval(): Promise<string> {
  let name = "";
  workflow.setHandler(approve, (by) => {
    name = by;
  });
  workflow.setHandler(approver, (prefix) => prefix + name);
  workflow.setHandler(rename, (to) => {
    const before = name;
    name = to;
    return before;
  });
  await workflow.waitCondition(() => name.endsWith("!"));
  return name;
}

/** Takes one number. */
export const takesNumber = workflow.define({
  name: "takesNumber",
  args: [v.number()],
  run: (n) => Promise.resolve(n),
});

/** Takes anything that can be decoded. */
export async function takesAnything(value: unknown): Promise<string> {
  return await Promise.resolve(typeof value);
}

/** Fails where its argument cannot be decoded. */
export const takesPicky = workflow.define({
  name: "takesPicky",
  failureExceptionTypes: [workflow.ValueError],
  run: (value) => Promise.resolve(typeof value),
});

/** Tries a call that cannot be encoded in a scope, cancels the scope, and tells what it saw. */
export async function badCalls(): Promise<string[]> {
  const seen: string[] = [];
  const scope = new workflow.CancellationScope();
  await scope.run(async () => {
    const calls = [
      () => greet("Hello", (() => {}) as unknown as string),
      () => workflow.sleep(NaN),
      () => workflow.executeActivity("greet", { args: [5n], startToCloseTimeout: "1s" }),
      () => workflow.executeActivity("greet", { args: [], summary: "x", startToCloseTimeout: -1 }),
    ];
    for (const call of calls) {
      try {
        await call();
      } catch (error) {
        seen.push((error as Error).name);
      }
    }
    scope.cancel();
  });
  // Numbers that the refused calls might have used up show in the ids.
  return [...seen, await greet("Hello", "World")];
}

/** Gives an activity what nobody can read: as its argument, or as the details of its last heartbeat. */
export async function passesUnknown(asHeartbeat: boolean): Promise<void> {
  const encoding = new TextEncoder().encode("test/unknown");
  const unknown = new RawValue({ metadata: { encoding }, data: new Uint8Array() });
  await workflow.executeActivity(asHeartbeat ? "reportsUnknown" : "echo", {
    args: asHeartbeat ? [] : [unknown],
    startToCloseTimeout: "10s",
    retryPolicy: { initialInterval: 1, maximumAttempts: asHeartbeat ? 5 : 1 },
  });
}
