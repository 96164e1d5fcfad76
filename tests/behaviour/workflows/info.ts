import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "../activities.ts";

const { greet } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "20s" });

export const advance = workflow.defineSignal("advance");
export const progress = workflow.defineQuery<Progress>("progress");
export const buildId = workflow.defineQuery<string>("buildId");
export const atStart = workflow.defineQuery<unknown>("atStart");

/** How far the history is, as workflow code sees it. */
export interface Progress {
  length: number;
  size: number;
  isContinueAsNewSuggested: boolean;
}

function measure(): Progress {
  const info = workflow.info();
  return {
    length: info.getCurrentHistoryLength(),
    size: info.getCurrentHistorySize(),
    isContinueAsNewSuggested: info.isContinueAsNewSuggested(),
  };
}

/** All of its info that is plain data, dates as text, and what else is told at its start. */
// deno-lint-ignore require-await -- workflows are async
export async function describeStart(): Promise<Record<string, unknown>> {
  const { searchAttributes, rawMemo, headers, ...info } = workflow.info();
  return {
    ...JSON.parse(JSON.stringify(info)),
    searchAttributes: searchAttributes.toObject(),
    rawMemo: Object.keys(rawMemo),
    headers: Object.keys(headers),
    hasDates: info.startTime instanceof Date && info.workflowStartTime instanceof Date,
    now: workflow.now().getTime(),
    time: workflow.time(),
    timeNs: String(workflow.timeNs()),
    buildId: info.getCurrentBuildId(),
    deploymentVersion: info.getCurrentDeploymentVersion() ?? "none",
    targetVersionChanged: info.isTargetWorkerDeploymentVersionChanged(),
    inWorkflow: workflow.inWorkflow(),
    instance: workflow.instance() === undefined,
  };
}

/** Tells after every signal how far the history is; ends after `count` of them. */
export async function progresses(count: number): Promise<Progress[]> {
  const seen = [measure()];
  let signals = 0;
  workflow.setHandler(advance, () => {
    signals++;
  });
  workflow.setHandler(progress, measure);
  for (let i = 0; i < count; i++) {
    await workflow.waitCondition(() => signals > i);
    seen.push(measure());
  }
  return seen;
}

/** Writes events until the server has had enough of its history. */
export async function growsLong(): Promise<{ steps: number; length: number }> {
  for (let steps = 0; steps < 20; steps++) {
    if (workflow.info().isContinueAsNewSuggested()) {
      return { steps, length: workflow.info().getCurrentHistoryLength() };
    }
    for (let i = 0; i < 1_500; i++) workflow.upsertMemo({ step: i });
    await workflow.sleep(1);
  }
  throw new workflow.ApplicationError("the server never suggests to continue as new");
}

/** Tells whether lines run in replay, and how long the history is, right after what a signal lets go on. */
export async function lineByLine(): Promise<unknown[]> {
  const lines: unknown[] = [];
  let signals = 0;
  const note = () => lines.push({ ...measure(), isReplaying: workflow.unsafe.isReplaying() });
  workflow.setHandler(advance, () => {
    signals++;
    if (!workflow.unsafe.isReplaying()) note();
  });
  workflow.setHandler(progress, measure);
  await workflow.waitCondition(() => signals > 0);
  return lines;
}

/** Keeps the build id it began with, and tells the current one. */
export async function builds(): Promise<string[]> {
  const first = workflow.info().getCurrentBuildId();
  let signals = 0;
  workflow.setHandler(advance, () => {
    signals++;
  });
  workflow.setHandler(buildId, () => workflow.info().getCurrentBuildId());
  workflow.setHandler(atStart, () => first);
  await workflow.waitCondition(() => signals > 0);
  const second = workflow.info().getCurrentBuildId();
  await greet("Hello", second);
  return [first, second];
}

/** The infos it is given are copies. */
// deno-lint-ignore require-await -- workflows are async
export async function changesInfo(): Promise<boolean> {
  const info = workflow.info();
  info.rawMemo.more = { metadata: {}, data: new Uint8Array() };
  info.workflowId = "another";
  const again = workflow.info();
  return again.workflowId !== "another" && !("more" in again.rawMemo) &&
    Object.getPrototypeOf(info) === Object.prototype;
}

/** A class finds itself. */
@workflow.defn
export class Selfish {
  @workflow.run
  // deno-lint-ignore require-await -- workflows are async
  async run(): Promise<boolean> {
    return workflow.instance() === this;
  }
}
