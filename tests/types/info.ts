import {
  type Duration,
  type Memo,
  type MetricMeter,
  type Payload,
  type Priority,
  type RetryPolicy,
  SearchAttributeKey,
  type TypedSearchAttributes,
  type TypeHint,
  type WorkerDeploymentVersion,
} from "../../src/common/mod.ts";
import type { WorkflowHandle } from "../../src/client/mod.ts";
import * as workflow from "../../src/workflow/mod.ts";
import type { Equal, Expect } from "./equal.ts";

declare const hint: TypeHint<{ a: number }>;

// Info: every field, optional exactly where the server may leave it unset
type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
export type InfoFields = Expect<[
  Equal<
    Optional<workflow.Info>,
    | "continuedRunId"
    | "cronSchedule"
    | "executionTimeout"
    | "parent"
    | "root"
    | "retryPolicy"
    | "runTimeout"
  >,
  Equal<workflow.Info["attempt"], number>,
  Equal<workflow.Info["headers"], Record<string, Payload>>,
  Equal<workflow.Info["rawMemo"], Record<string, Payload>>,
  Equal<workflow.Info["priority"], Priority>,
  Equal<workflow.Info["retryPolicy"], RetryPolicy | undefined>,
  Equal<workflow.Info["searchAttributes"], TypedSearchAttributes>,
  Equal<workflow.Info["startTime"] | workflow.Info["workflowStartTime"], Date>,
  Equal<ReturnType<workflow.Info["getCurrentBuildId"]>, string>,
  Equal<ReturnType<workflow.Info["getCurrentDeploymentVersion"]>, WorkerDeploymentVersion | undefined>,
  Equal<ReturnType<workflow.Info["getCurrentHistoryLength"]>, number>,
  Equal<ReturnType<workflow.Info["getCurrentHistorySize"]>, number>,
  Equal<ReturnType<workflow.Info["isContinueAsNewSuggested"]>, boolean>,
  Equal<ReturnType<workflow.Info["isTargetWorkerDeploymentVersionChanged"]>, boolean>,
]>;

// Memo
export function memos(): void {
  const all: Memo = workflow.memo();
  const unknown: unknown = workflow.memoValue("a");
  const text: string = workflow.memoValue<string>("a");
  const hinted = workflow.memoValue("a", { typeHint: hint });
  const fallback = workflow.memoValue("a", { default: 1 });
  workflow.upsertMemo({ a: 1, b: null, c: undefined });
  // @ts-expect-error -- values go by name
  workflow.upsertMemo("a");
  return void [all, unknown, text, hinted.a satisfies number, fallback satisfies number];
}

// Search attributes
export function attributes(): void {
  const count = SearchAttributeKey.forInt("Count");
  workflow.upsertSearchAttributes([count.valueSet(1), count.valueUnset()]);
  workflow.upsertSearchAttributes(new Set([count.valueSet(1)]));
  // @ts-expect-error -- a record cannot be upserted: its types are not known
  workflow.upsertSearchAttributes({ Count: 1 });
  // @ts-expect-error -- not the type of the key
  workflow.upsertSearchAttributes([count.valueSet("1")]);
}

// The run before
export function previous(): void {
  const has: boolean = workflow.hasLastCompletionResult();
  const unknown: unknown = workflow.getLastCompletionResult();
  const hinted: { a: number } | undefined = workflow.getLastCompletionResult(hint);
  const failure: Error | undefined = workflow.getLastFailure();
  // @ts-expect-error -- there may be none
  const certain: number = workflow.getLastCompletionResult<number>();
  return void [has, unknown, hinted, failure, certain];
}

// Details, time, metrics
export function others(): void {
  workflow.setCurrentDetails(workflow.getCurrentDetails());
  // @ts-expect-error -- a text
  workflow.setCurrentDetails(undefined);
  const [date, milliseconds, nanoseconds]: [Date, number, bigint] = [
    workflow.now(),
    workflow.time(),
    workflow.timeNs(),
  ];
  const meter: MetricMeter = workflow.metricMeter();
  meter.createHistogram("wait", { valueType: "duration" }).record({ seconds: 1 } satisfies Duration);
  // @ts-expect-error -- a gauge of durations is none
  meter.createGauge("wait", { valueType: "duration" });
  return void [date, milliseconds, nanoseconds];
}

// START-25: options as one object, then a call with them and arguments
export async function spread(greet: (name: string) => string): Promise<string> {
  const config: workflow.ActivityOptions = { startToCloseTimeout: "1m", summary: "a summary", activityId: "one" };
  const child: Omit<workflow.ChildWorkflowOptions<typeof run>, "args"> = { staticSummary: "a", taskQueue: "q" };
  await workflow.executeChildWorkflow(run, { ...child, args: ["x"] });
  const byName = await workflow.executeActivity("greet", { ...config, args: ["x", 1] });
  // @ts-expect-error: a name says nothing of the result
  byName.length;
  return await workflow.executeActivity(greet, { ...config, args: ["x"] });
}
declare function run(name: string): Promise<number>;

// START-24: an abstract class stands for its implementations
export abstract class Protocol {
  abstract run(name: string): Promise<number>;
  abstract add(count: number): void;
}
export async function useProtocol(handle: WorkflowHandle<typeof Protocol>): Promise<number> {
  await handle.signal("add", 1);
  // @ts-expect-error -- not the type of the parameter
  await handle.signal("add", "1");
  return await handle.result();
}
