/**
 * What a workflow can ask about itself.
 *
 * @module
 */
import type { Priority, RetryPolicy, WorkerDeploymentVersion } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import { searchAttributesFromPayloads, type TypedSearchAttributes } from "../common/search.ts";
import type { Activation, Initialize } from "./activation.ts";
import { callRun, inRealm } from "./current.ts";
import { copyPlain } from "./plain.ts";

/** What is known of a run; time-outs in milliseconds. */
export interface Info {
  attempt: number;
  /** The run before this one in its chain. */
  continuedRunId?: string;
  cronSchedule?: string;
  executionTimeout?: number;
  firstExecutionRunId: string;
  headers: Record<string, Payload>;
  namespace: string;
  parent?: { namespace: string; runId: string; workflowId: string };
  /** The first workflow of a chain of parents, where it is not this one. */
  root?: { runId: string; workflowId: string };
  priority: Priority;
  rawMemo: Record<string, Payload>;
  retryPolicy?: RetryPolicy;
  runId: string;
  runTimeout?: number;
  searchAttributes: TypedSearchAttributes;
  /** Time of the first task. */
  startTime: Date;
  taskQueue: string;
  taskTimeout: number;
  workflowId: string;
  /** Time at which the server took the start. */
  workflowStartTime: Date;
  workflowType: string;
  /** Of the worker that handled the current task, "" when unknown. */
  getCurrentBuildId(): string;
  /** Of that worker, undefined where it has none. */
  getCurrentDeploymentVersion(): WorkerDeploymentVersion | undefined;
  /** Id of the last event taken in. */
  getCurrentHistoryLength(): number;
  /** In bytes. */
  getCurrentHistorySize(): number;
  /** Whether the history is so long that the server suggests to continue as new. */
  isContinueAsNewSuggested(): boolean;
  /** Whether the server wants the run on another deployment version than the one it is on. */
  isTargetWorkerDeploymentVersionChanged(): boolean;
}

/** What is known of this run. */
export function info(): Info {
  return makeInfo(callRun("start"), callRun("startTime"), () => callRun("activation"));
}

/** What is known of a run, from its start, the time of its first task and its activation in progress. */
export function makeInfo(begin: Initialize, startTime: number, activation: () => Omit<Activation, "jobs">): Info {
  const {
    args: _args,
    randomSeed: _seed,
    kind: _kind,
    lastCompletionResult: _result,
    lastFailure: _failure,
    ...start
  } = begin;
  const { memo, searchAttributes, workflowStartTime, ...rest } = start;
  return {
    ...copyPlain(rest),
    rawMemo: copyPlain(memo),
    runId: activation().runId,
    searchAttributes: searchAttributesFromPayloads(copyPlain(searchAttributes)),
    startTime: new Date(startTime),
    workflowStartTime: new Date(workflowStartTime),
    getCurrentBuildId: () => activation().buildId,
    getCurrentDeploymentVersion: () => copyPlain(activation().deploymentVersion),
    getCurrentHistoryLength: () => activation().historyLength,
    getCurrentHistorySize: () => activation().historySize,
    isContinueAsNewSuggested: () => activation().continueAsNewSuggested,
    isTargetWorkerDeploymentVersionChanged: () => activation().targetVersionChanged,
  };
}

/** Whether this runs as part of a workflow. */
export function inWorkflow(): boolean {
  return inRealm() && callRun("isRunning");
}

/** The object of a class workflow, undefined for a function. */
export function instance<T = unknown>(): T {
  return callRun("instance") as T;
}
