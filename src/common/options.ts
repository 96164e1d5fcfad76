/**
 * Options that several rooms share: retries, priorities, policies, versions.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "./duration.ts";
import { ValueError } from "./temporal_error.ts";
import type { SearchAttributes } from "./search.ts";

/** How often and after how long a failed attempt is repeated. */
export interface RetryPolicy {
  /** Wait before the first retry; 1 s. */
  initialInterval?: Duration;
  /** Factor from one wait to the next; 2. */
  backoffCoefficient?: number;
  /** Longest wait; 100 times the first. */
  maximumInterval?: Duration;
  /** Attempts in all; 0, the default, is no limit. */
  maximumAttempts?: number;
  /** Types of ApplicationError that are never retried. */
  nonRetryableErrorTypes?: string[];
}

/** Which work goes first; unset parts are inherited. */
export interface Priority {
  /** A whole number from 1; lower goes first. */
  priorityKey?: number;
  /** Groups work that shares its turn. */
  fairnessKey?: string;
  /** Share of the group's turn. */
  fairnessWeight?: number;
}

/** Values kept beside an execution, not indexed. */
export type Memo = Record<string, unknown>;

/** Whether a workflow may take the id of one that has closed. */
export type WorkflowIDReusePolicy =
  | "ALLOW_DUPLICATE"
  | "ALLOW_DUPLICATE_FAILED_ONLY"
  | "REJECT_DUPLICATE"
  | "TERMINATE_IF_RUNNING";

/** What a start does when a workflow of that id is running. */
export type WorkflowIDConflictPolicy = "FAIL" | "USE_EXISTING" | "TERMINATE_EXISTING";

/** Whether a standalone activity may take the id of one that has closed. */
export type ActivityIDReusePolicy = Exclude<WorkflowIDReusePolicy, "TERMINATE_IF_RUNNING">;

/** What a start does when a standalone activity of that id is running. */
export type ActivityIDConflictPolicy = "FAIL" | "USE_EXISTING";

/** Whether a standalone Nexus operation may take the id of one that has closed. */
export type NexusOperationIDReusePolicy = ActivityIDReusePolicy;

/** What a start does when a standalone Nexus operation of that id is running. */
export type NexusOperationIDConflictPolicy = ActivityIDConflictPolicy;

/** Which workflows do not answer a query. */
export type QueryRejectCondition = "NONE" | "NOT_OPEN" | "NOT_COMPLETED_CLEANLY";

/** Whether headers pass through the payload codec. */
export type HeaderCodecBehavior = "NO_CODEC" | "CODEC" | "WORKFLOW_ONLY_CODEC";

/** Which build of the older worker versioning takes the work. */
export type VersioningIntent = "COMPATIBLE" | "DEFAULT";

/** Whether a workflow stays on the deployment version it started on. */
export type VersioningBehavior = "PINNED" | "AUTO_UPGRADE";

/** A version of a worker deployment. */
export interface WorkerDeploymentVersion {
  /** Without a "." in it. */
  deploymentName: string;
  buildId: string;
}

/** A versioning behaviour for one workflow, over that of its type. */
export type VersioningOverride =
  | { behavior: "PINNED"; version: WorkerDeploymentVersion }
  | { behavior: "AUTO_UPGRADE" };

/** Where a workflow execution stands. */
export type WorkflowExecutionStatus =
  | "RUNNING"
  | "COMPLETED"
  | "FAILED"
  | "CANCELED"
  | "TERMINATED"
  | "CONTINUED_AS_NEW"
  | "TIMED_OUT"
  | "PAUSED";

/** gRPC metadata; bytes only under keys that end in `-bin`. */
export type RpcMetadata = Record<string, string | Uint8Array>;

/** Options of each call to the server. */
export interface RpcOptions {
  /** Aborts the call; it rejects with an RPCError `CANCELLED`. */
  signal?: AbortSignal;
  /** Time for each RPC; 30 s, long polls 70 s. */
  rpcTimeout?: Duration;
  /** Sent along; keys override those of the client. */
  rpcMetadata?: RpcMetadata;
}

/** Why an activity was asked to stop. */
export interface ActivityCancellationDetails {
  notFound: boolean;
  cancelRequested: boolean;
  paused: boolean;
  reset: boolean;
  timedOut: boolean;
  workerShutdown: boolean;
}

/** What a new workflow may be given, by a client, a parent or a schedule. */
export interface NewWorkflowOptions {
  /** Time for the whole chain of runs. */
  executionTimeout?: Duration;
  /** Time for one run. */
  runTimeout?: Duration;
  /** Time for one workflow task; the server's default is 10 s. */
  taskTimeout?: Duration;
  retryPolicy?: RetryPolicy;
  memo?: Memo;
  searchAttributes?: SearchAttributes;
  /** One line for the UI. */
  staticSummary?: string;
  /** Several lines for the UI, in Markdown. */
  staticDetails?: string;
  priority?: Priority;
}

/** What a new activity may be given, by a client or a workflow. */
export interface NewActivityOptions {
  /** Time from scheduling to the end of the last attempt. */
  scheduleToCloseTimeout?: Duration;
  /** Time that it may wait for a worker. */
  scheduleToStartTimeout?: Duration;
  /** Time for one attempt. */
  startToCloseTimeout?: Duration;
  /** Longest time between two heartbeats. */
  heartbeatTimeout?: Duration;
  retryPolicy?: RetryPolicy;
  /** One line for the UI. */
  summary?: string;
  priority?: Priority;
}

/**
 * Checks a retry policy; with a single attempt nothing is checked.
 *
 * @param what names the policy in errors
 * @throws {ValueError} a coefficient under 1, an initial interval over the maximum, attempts not whole or negative
 */
export function validateRetryPolicy(policy: RetryPolicy, what: string = "retryPolicy"): void {
  if (policy.maximumAttempts === 1) return;
  const { backoffCoefficient: coefficient = 2, maximumAttempts: attempts = 0 } = policy;
  if (!(coefficient >= 1)) throw new ValueError(`${what}.backoffCoefficient is ${coefficient}; give 1 or more`);
  if (!Number.isSafeInteger(attempts) || attempts < 0) {
    throw new ValueError(`${what}.maximumAttempts is ${attempts}; give a whole number, 0 for no limit`);
  }
  const initial = toMilliseconds(policy.initialInterval ?? 1_000, `${what}.initialInterval`);
  if (policy.maximumInterval === undefined) return;
  const maximum = toMilliseconds(policy.maximumInterval, `${what}.maximumInterval`);
  if (maximum < initial) {
    throw new ValueError(`${what}.maximumInterval (${maximum} ms) is under its initialInterval (${initial} ms)`);
  }
}

/**
 * Checks a priority and gives its parts.
 *
 * @param what names the priority in errors
 * @throws {ValueError} a key that is not whole or under 1, a fairness key that is no text, a weight that is not above 0
 */
export function validatePriority(priority: Priority, what: string = "priority"): Priority {
  const { priorityKey, fairnessKey, fairnessWeight } = priority;
  if (priorityKey !== undefined && !(Number.isInteger(priorityKey) && priorityKey >= 1)) {
    throw new ValueError(`${what}.priorityKey: ${priorityKey} is not a whole number of at least 1`);
  }
  if (fairnessKey !== undefined && typeof fairnessKey !== "string") {
    throw new ValueError(`${what}.fairnessKey is of type ${typeof fairnessKey}; give a text`);
  }
  if (fairnessWeight !== undefined && !(Number.isFinite(fairnessWeight) && fairnessWeight > 0)) {
    throw new ValueError(`${what}.fairnessWeight: ${fairnessWeight} is not a number above 0`);
  }
  return { priorityKey, fairnessKey, fairnessWeight };
}

/**
 * A deployment version as one text, `name.buildId`.
 *
 * @throws {ValueError} a "." in the deployment name
 */
export function toCanonicalString(version: WorkerDeploymentVersion): string {
  if (version.deploymentName.includes(".")) {
    throw new ValueError(`deployment name ${JSON.stringify(version.deploymentName)} has a "." in it; rename it`);
  }
  return `${version.deploymentName}.${version.buildId}`;
}

/**
 * The deployment version that {@link toCanonicalString} wrote.
 *
 * @throws {ValueError} no "." in the text
 */
export function fromCanonicalString(text: string): WorkerDeploymentVersion {
  const dot = text.indexOf(".");
  if (dot < 0) throw new ValueError(`${JSON.stringify(text)} is not a deployment version; write it as name.buildId`);
  return { deploymentName: text.slice(0, dot), buildId: text.slice(dot + 1) };
}
