// deno-lint-ignore-file require-await -- workflows are async
import { SearchAttributeKey, type SearchAttributeUpdate } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

const keyword = SearchAttributeKey.forKeyword("Keyword");
const int = SearchAttributeKey.forInt("Int");

export const go = workflow.defineSignal<[then: string]>("go");
export const ask = workflow.defineQuery<unknown, [what: string]>("ask");
export const change = workflow.defineUpdate<unknown, [what: string]>("change");

/** A meter may be made anywhere; it records only in workflows. */
const meter = workflow.metricMeter();
const lines = meter.createCounter("lines", { description: "lines of code that ran", unit: "line" });

const { audit } = workflow.proxySinks<{ audit: { note(text: string): void } }>();

const half = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => typeof value === "number" ? { value: value / 2 } : { issues: [{ message: "no" }] },
    types: undefined as { input: number; output: number } | undefined,
  },
};

function attempt(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    const { name, message } = error as Error;
    return `${error instanceof Error ? name : "foreign"}: ${message}`;
  }
}

const changes: Record<string, () => unknown> = {
  memo: () => workflow.upsertMemo({ forbidden: 1 }),
  attributes: () => workflow.upsertSearchAttributes([keyword.valueSet("forbidden")]),
  details: () => workflow.setCurrentDetails("forbidden"),
};

const answers: Record<string, () => unknown> = {
  ...changes,
  memoNow: () => workflow.memo(),
  detailsNow: () => workflow.getCurrentDetails(),
  suggested: () => workflow.info().isContinueAsNewSuggested(),
  metric: () => lines.add(1),
  log: () => workflow.logger.info("asked"),
};

/** Waits for what to do next. */
export async function properties(): Promise<unknown> {
  const todo: string[] = [];
  workflow.setHandler(go, (then) => void todo.push(then));
  workflow.setHandler(ask, (what) => answers[what]());
  workflow.setHandler(change, async (what) => {
    workflow.logger.info("changing");
    await null;
    workflow.logger.warn("changed", { what });
    return answers[what]();
  }, { validator: (what) => void changes[what]?.() });
  for (;;) {
    await workflow.waitCondition(() => todo.length > 0);
    const step = steps[todo.shift()!];
    const told = await step();
    if (told !== undefined) return told;
  }
}

const steps: Record<string, () => unknown> = {
  upsert: () => {
    workflow.upsertMemo({ kept: { a: 1 }, old: null, gone: undefined });
    workflow.upsertSearchAttributes([keyword.valueSet("v"), int.valueUnset()]);
    const { rawMemo, searchAttributes } = workflow.info();
    return [workflow.memo(), Object.keys(rawMemo), searchAttributes.toObject()];
  },
  refuse: () => [
    attempt(() => workflow.upsertMemo({ good: 1, bad: 1n })),
    attempt(() => workflow.upsertMemo("memo" as never)),
    attempt(() => workflow.upsertMemo(null as never)),
    attempt(() => workflow.upsertMemo([1] as never)),
    attempt(() => workflow.upsertSearchAttributes([int.valueSet(1), { key: keyword, value: 1 }] as never)),
    attempt(() => workflow.upsertSearchAttributes("no" as never)),
    attempt(() =>
      workflow.upsertSearchAttributes([{ key: "Keyword", value: "x" }] as unknown as SearchAttributeUpdate[])
    ),
    attempt(() => workflow.setCurrentDetails(1 as never)),
    workflow.memo(),
    workflow.getCurrentDetails(),
  ],
  nothing: () => {
    workflow.upsertMemo({});
    workflow.upsertSearchAttributes([]);
  },
  details: () => workflow.setCurrentDetails("# at work"),
  upsertAndSink: () => {
    audit.note("before");
    workflow.upsertMemo({ added: 1 });
    workflow.upsertSearchAttributes([keyword.valueSet("v")]);
    audit.note("after");
  },
  measure: () => {
    lines.add(1);
    lines.withAdditionalAttributes({ where: "here" }).add(2, { when: 3 });
    const tagged = workflow.metricMeter().withAdditionalAttributes({ all: true });
    tagged.createUpDownCounter("open").add(-1);
    tagged.createHistogram("wait", { valueType: "duration" }).record({ seconds: 2 });
    tagged.createHistogram("size").record(5, { all: false });
    tagged.createGauge("load", { valueType: "float" }).set(0.5);
  },
  mismeasure: () => [
    attempt(() => lines.add(-1)),
    attempt(() => lines.add(NaN)),
    attempt(() => lines.add(1, { bad: {} as never })),
    attempt(() => lines.add("soon" as never)),
    attempt(() => meter.createHistogram("wait").record("soon")),
    attempt(() => meter.createGauge("load").set(-1)),
    attempt(() => lines.add(1)),
    lines.name,
    lines.description,
    lines.unit,
  ],
  log: () => workflow.logger.info("at work", { step: 1 }),
  end: () => "ended",
};

/** What the run before left. */
export async function previous(): Promise<unknown[]> {
  const failure = workflow.getLastFailure();
  return [
    workflow.hasLastCompletionResult(),
    workflow.getLastCompletionResult() ?? "none",
    attempt(() => workflow.getLastCompletionResult(half)) === "nothing thrown"
      ? workflow.getLastCompletionResult(half) ?? "none"
      : "refused",
    failure instanceof workflow.ApplicationError ? [failure.type, failure.message, failure.details] : failure ?? "none",
  ];
}

/** What its first task knows. */
export async function firstTask(): Promise<unknown[]> {
  const info = workflow.info();
  const version = info.getCurrentDeploymentVersion();
  const isOwn = version === undefined || Object.getPrototypeOf(version) === Object.prototype;
  return [
    info.isContinueAsNewSuggested(),
    info.isTargetWorkerDeploymentVersionChanged(),
    info.getCurrentBuildId(),
    { ...version },
    isOwn,
    info.root ?? "none",
    info.parent ?? "none",
    info.priority,
    Object.keys(info.headers),
  ];
}

/** Keeps bytes that are none, which is not to keep nothing. */
export async function keepsNoBytes(): Promise<string[]> {
  workflow.upsertMemo({ none: new Uint8Array(), nothing: null });
  return Object.keys(workflow.memo());
}
