// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

const atLoad = Date.now();

export async function time(): Promise<unknown> {
  const first = new Date();
  class Day extends Date {
    get number(): number {
      return this.getTime();
    }
  }
  const values = [
    first.getTime(),
    Date.now(),
    atLoad,
    Date() === first.toString(),
    new Date(0).getTime(),
    new Date(2020, 1, 2).getFullYear(),
    new Day().number,
    first instanceof Date,
    new (first.constructor as DateConstructor)().getTime(),
    Date.UTC(2000, 0),
    Date.name,
    new Intl.DateTimeFormat("en", { timeZone: "UTC" }).format(),
  ];
  await workflow.sleep(1);
  return [...values, Date.now()];
}

export async function temporalNow(): Promise<unknown> {
  const { Temporal } = globalThis as { Temporal?: { Now: Record<string, (zone?: string) => unknown> } };
  if (!Temporal) return "none";
  return [String(Temporal.Now.instant()), String(Temporal.Now.plainDateISO("UTC"))];
}

export async function chance(): Promise<unknown> {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [
    Math.random(),
    Math.random(),
    crypto.randomUUID(),
    workflow.uuid4(),
    Array.from(bytes),
    workflow.random().random(),
    bytes instanceof Uint8Array,
  ];
}

export async function web(): Promise<Record<string, unknown>> {
  const url = new URL("../b?x=1&x=2#h", "https://user@example.com:8080/a/c");
  url.searchParams.append("y", "z z");
  url.hostname = "example.org";
  const headers = new Headers({ "X-One": "1" });
  headers.append("x-one", "2");
  const bytes = new TextEncoder().encode("grüß");
  return {
    href: url.href,
    origin: url.origin,
    all: url.searchParams.getAll("x"),
    allIsArray: url.searchParams.getAll("x") instanceof Array,
    entries: [...new URLSearchParams({ a: "1", b: "2" })],
    json: JSON.stringify({ url: new URL("https://example.com") }),
    canParse: [URL.canParse("https://x"), URL.canParse("nothing")],
    invalid: failure(() => new URL("nothing")),
    headers: [...headers],
    badHeader: failure(() => headers.set("bad name", "1")),
    bytes: [bytes.length, bytes instanceof Uint8Array, new TextDecoder().decode(bytes)],
    fatal: failure(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255]))),
    label: failure(() => new TextDecoder("nonsense")),
    base64: [btoa("hello"), atob("aGVsbG8="), failure(() => btoa("→"))],
    names: [URL.name, Headers.name, TextEncoder.name, AbortController.name].join(),
  };
}

function failure(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return `${(error as Error).name} ${error instanceof Error}`;
  }
}

export async function abort(): Promise<unknown> {
  const order: string[] = [];
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, new AbortController().signal]);
  any.addEventListener("abort", (event) => order.push(`${event.type} ${event.target === any}`));
  controller.signal.onabort = () => order.push("onabort");
  const removed = () => order.push("removed");
  controller.signal.addEventListener("abort", removed);
  controller.signal.removeEventListener("abort", removed);
  controller.abort();
  controller.abort("twice");
  const { reason } = any;
  order.push(`${reason.name} ${reason instanceof DOMException} ${reason.code} ${reason instanceof Error}`);
  order.push(failure(() => any.throwIfAborted()), String(AbortSignal.abort("why").reason));
  const timeout = AbortSignal.timeout(1000);
  await workflow.waitCondition(() => timeout.aborted);
  order.push(timeout.reason.name, failure(() => new (AbortSignal as unknown as new () => unknown)()));
  const target = new EventTarget();
  target.addEventListener("x", (event) => event.preventDefault(), { once: true });
  order.push(String(target.dispatchEvent(new Event("x", { cancelable: true }))));
  order.push(String(target.dispatchEvent(new Event("x", { cancelable: true }))));
  return order;
}

export async function clone(): Promise<unknown> {
  const value = {
    date: new Date(5),
    map: new Map([["k", new Set([1])]]),
    bytes: new Uint8Array([1, 2]).subarray(1),
    list: [1, , 3],
    error: new RangeError("r", { cause: 1 }),
    pattern: /x/gi,
    big: 5n,
    self: undefined as unknown,
  };
  value.self = value;
  const copy = structuredClone(value);
  return [
    copy !== value && copy.self === copy,
    copy.date.getTime(),
    [...copy.map.get("k")!],
    [...copy.bytes],
    1 in copy.list,
    `${copy.error.name} ${copy.error.message} ${copy.error.cause} ${copy.error instanceof RangeError}`,
    String(copy.pattern),
    String(copy.big),
    failure(() => structuredClone({ f: () => {} })),
  ];
}

export async function tasks(): Promise<string[]> {
  const order: string[] = [];
  queueMicrotask(() => order.push("micro"));
  await Promise.resolve();
  order.push("main");
  console.group("a group");
  console.table([1]);
  console.assert(false, "an assertion");
  return order;
}

export async function polyfills(): Promise<unknown> {
  (globalThis as Record<string, unknown>).fetch = () => "mine";
  return [fetch as unknown, (fetch as unknown as () => string)()].length + (fetch as unknown as () => string)();
}
