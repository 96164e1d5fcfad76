import { SearchAttributeKey } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

interface Sinks {
  audit: { record(entry: unknown): void; always(entry: unknown): void; throws(): void };
  unknown: { record(): void };
}

interface Externs {
  double(n: number): number;
  describe(value: { when: Date; names: string[] }): { text: string; list: string[] };
  throws(type: string): never;
  waits(): Promise<void>;
  missing(): void;
}

const { audit, unknown } = workflow.proxySinks<Sinks>();
const externs = workflow.externFunctions<Externs>();

export const ask = workflow.defineQuery<string>("ask");

/** Calls sinks before and after it waits. */
export async function callsSinks(): Promise<void> {
  const entry = { text: "begun", list: [1] };
  workflow.setHandler(ask, () => {
    audit.record("asked");
    return "answered";
  });
  audit.record(entry);
  entry.text = "changed";
  audit.always("begun");
  await workflow.sleep(1);
  audit.record("woken");
  audit.always("woken");
}

/** Calls sinks that cannot be called. */
export async function callsBadSinks(): Promise<string> {
  audit.throws();
  unknown.record();
  audit.record(() => {});
  await workflow.sleep(1);
  return "done";
}

const keyword = SearchAttributeKey.forKeyword("AnywhenKeyword");

/** Changes what it says of itself between two calls. */
export async function changesItself(): Promise<void> {
  audit.record("before");
  workflow.upsertMemo({ state: "changed" });
  workflow.upsertSearchAttributes([keyword.valueSet("changed")]);
  audit.record("after");
  await workflow.sleep(1);
  audit.record("later");
}

/** Calls functions of the worker. */
export async function callsExterns(): Promise<unknown[]> {
  const found: unknown[] = [externs.double(21)];
  const described = externs.describe({ when: new Date(0), names: ["a", "b"] });
  found.push(described.text, described.list instanceof Array && described instanceof Object);
  for (
    const call of [() => externs.throws("Error"), () => externs.throws("ApplicationError"), () => externs.missing()]
  ) {
    try {
      call();
    } catch (error) {
      const { name, message } = error as Error;
      found.push(`${name}: ${message}`, error instanceof Error, error instanceof workflow.ApplicationError);
    }
  }
  try {
    externs.waits();
  } catch (error) {
    found.push((error as Error).message);
  }
  await workflow.sleep(1);
  found.push(externs.double(1));
  return found;
}

/** Logs what cannot be copied. */
// deno-lint-ignore require-await -- workflows are async functions
export async function logs(): Promise<void> {
  workflow.logger.info("with a function", { fn: () => 1, nested: { list: [1, Symbol("s")] } });
  workflow.logger.warn("plain", { n: 1n, when: new Date(0) });
}

/** Goes by a patch. */
export async function patches(): Promise<boolean> {
  const isOn = workflow.patched("new-code");
  await workflow.sleep(1);
  return isOn;
}

/** Measures. */
export async function measures(): Promise<void> {
  const meter = workflow.metricMeter();
  const counter = meter.createCounter("orders", { unit: "1" });
  counter.add(1, { region: "eu" });
  await workflow.sleep(1);
  counter.add(2);
  meter.createHistogram("time", { valueType: "duration" }).record("2s");
}
