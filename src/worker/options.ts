/**
 * What a worker is made from, checked at the edge: all faults at once, one line.
 *
 * @module
 */
import type { Client } from "../client/client.ts";
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import type { TelemetryOptions } from "../common/telemetry.ts";
import type { WorkflowBundle } from "../realm/bundle.ts";
import { type ActivityRegistry, type ActivitySource, collectActivities } from "./activity_registry.ts";
import {
  type Hosting,
  type HostingOptions,
  hostingOptions,
  type PatchActivationCallback,
  resolveHosting,
} from "./hosting.ts";

/** Where workflow code comes from: modules by URL or path, or a bundle made before. */
export type WorkflowSource = URL | string | (URL | string)[] | WorkflowBundle;

/** How many polls for tasks are open at once. */
export interface PollerBehavior {
  /** A fixed number. */
  type: "simple-maximum";
  /** 5 when unset; at least 2 for workflow tasks with a cache. */
  maximum?: number;
}

/** What worker and replayer share. */
export interface WorkflowHostOptions extends HostingOptions {
  /** Modules whose exports are workflows, or a bundle of them. */
  workflows?: WorkflowSource;
  /** Where logs and metrics go; the client's when unset. */
  telemetry?: TelemetryOptions;
  /** Names the version of this code; a hash of the workflow code when unset. */
  buildId?: string;
  /**
   * Names of error classes that fail the workflow they are thrown from, instead of its task, which is tried again. The
   * name of a class counts for those that extend it: "Error" is all, "NondeterminismError" is code that does not follow
   * its history.
   */
  workflowFailureExceptionTypes?: string[];
  /** Whether the query `__enhanced_stack_trace` gives the text of the files too; false. */
  showStackTraceSources?: boolean;
}

/** Options of {@link Worker.create}. */
export interface WorkerOptions extends WorkflowHostOptions {
  /** Its connection, namespace, identity and converter are the worker's. */
  client: Client;
  /** The queue that clients start workflows on, and workflows their activities. */
  taskQueue: string;
  /** The client's when unset. */
  identity?: string;
  /** Functions, by the names under which they are registered. */
  activities?: ActivitySource | ActivitySource[];
  /** Idle workflow runs kept in memory; 1000. With 0 each task replays its run from the start. */
  maxCachedWorkflows?: number;
  /** How long a task may wait for this worker before any other may take it; 10 s. */
  stickyQueueScheduleToStartTimeout?: Duration;
  /** Share of the workflow pollers that look for work new to this worker while no task waits long; 0.2. */
  nonstickyToStickyPollRatio?: number;
  /** Workflow tasks handled at once; 100. At least 2 with a cache. */
  maxConcurrentWorkflowTasks?: number;
  /** Activities run at once; 100. */
  maxConcurrentActivities?: number;
  /** Attempts of local activities run at once; 100. */
  maxConcurrentLocalActivities?: number;
  /** Open polls for workflow tasks; 5. */
  workflowTaskPollerBehavior?: PollerBehavior;
  /** Open polls for activities; 5. */
  activityTaskPollerBehavior?: PollerBehavior;
  /** Activities that this worker starts a second; no limit when unset. */
  maxActivitiesPerSecond?: number;
  /** Activities that the server hands out from this task queue a second, to all workers; no limit when unset. */
  maxTaskQueueActivitiesPerSecond?: number;
  /** Whether this worker leaves its task queue's activities to others; false. */
  noRemoteActivities?: boolean;
  /** Whether the server never hands activities back with a workflow task; false. */
  disableEagerActivityExecution?: boolean;
  /** Activities that may come back with one workflow task; 3, 0 is none. Always none beside a rate limit. */
  maxEagerActivityReservationsPerWorkflowTask?: number;
  /** Longest time between two heartbeats sent; 60 s. */
  maxHeartbeatThrottleInterval?: Duration;
  /** Time between two heartbeats sent where there is no heartbeat time-out; 30 s. */
  defaultHeartbeatThrottleInterval?: Duration;
  /** How long activities may go on at shutdown before they are cancelled; 0. */
  gracefulShutdownTimeout?: Duration;
  /** How long a shutdown may take before `run` gives up; no limit when unset. */
  forceShutdownTimeout?: Duration;
  /** Signals of the process that shut the worker down; SIGINT and SIGTERM. */
  shutdownSignals?: string[];
  /** Whether payloads that the server will not take are sent all the same, which ends their workflow; false. */
  disablePayloadErrorLimit?: boolean;
  /** Decides whether a patch that is new goes live in a run; all do when unset. Its answer for a run must stay the same. */
  patchActivationCallback?: PatchActivationCallback;
  /** Called when the worker fails for good, before it shuts down, which nothing it does can prevent. */
  onFatalError?: (error: unknown) => void | Promise<void>;
}

/** Options with every default in place; times are milliseconds. */
export interface WorkerSettings {
  taskQueue: string;
  identity: string;
  registry: ActivityRegistry;
  maxCachedWorkflows: number;
  stickyTimeout: number;
  nonstickyRatio: number;
  workflowSlots: number;
  activitySlots: number;
  localActivitySlots: number;
  workflowPollers: number;
  activityPollers: number;
  maxActivitiesPerSecond?: number;
  maxTaskQueueActivitiesPerSecond?: number;
  pollActivities: boolean;
  eagerActivities: number;
  heartbeatThrottle: { maximum: number; fallback: number };
  gracefulShutdownTimeout: number;
  forceShutdownTimeout?: number;
  shutdownSignals: string[];
  checksPayloadSizes: boolean;
  hosting: Hosting;
}

type Numbers =
  | "maxCachedWorkflows"
  | "nonstickyToStickyPollRatio"
  | "maxConcurrentWorkflowTasks"
  | "maxConcurrentActivities"
  | "maxConcurrentLocalActivities"
  | "maxActivitiesPerSecond"
  | "maxTaskQueueActivitiesPerSecond"
  | "maxEagerActivityReservationsPerWorkflowTask";

type Durations =
  | "stickyQueueScheduleToStartTimeout"
  | "maxHeartbeatThrottleInterval"
  | "defaultHeartbeatThrottleInterval"
  | "gracefulShutdownTimeout"
  | "forceShutdownTimeout";

const wholeFrom = (minimum: number): NumberRule => ({
  holds: (value) => Number.isSafeInteger(value) && value >= minimum,
  advice: `give a whole number of ${minimum} or more`,
});

const positive: NumberRule = { holds: (value) => value > 0 && Number.isFinite(value), advice: "give a number above 0" };

interface NumberRule {
  holds(value: number): boolean;
  advice: string;
}

const numberRules: Readonly<Record<Numbers, NumberRule>> = {
  maxCachedWorkflows: wholeFrom(0),
  nonstickyToStickyPollRatio: { holds: (value) => value > 0 && value < 1, advice: "give a number between 0 and 1" },
  maxConcurrentWorkflowTasks: wholeFrom(1),
  maxConcurrentActivities: wholeFrom(1),
  maxConcurrentLocalActivities: wholeFrom(1),
  maxActivitiesPerSecond: positive,
  maxTaskQueueActivitiesPerSecond: positive,
  maxEagerActivityReservationsPerWorkflowTask: wholeFrom(0),
};

const durations: readonly Durations[] = [
  "stickyQueueScheduleToStartTimeout",
  "maxHeartbeatThrottleInterval",
  "defaultHeartbeatThrottleInterval",
  "gracefulShutdownTimeout",
  "forceShutdownTimeout",
];

const otherOptions: readonly (keyof WorkerOptions)[] = [
  "client",
  "taskQueue",
  "identity",
  "activities",
  "workflows",
  "telemetry",
  "buildId",
  "workflowFailureExceptionTypes",
  "showStackTraceSources",
  "workflowTaskPollerBehavior",
  "activityTaskPollerBehavior",
  "noRemoteActivities",
  "disableEagerActivityExecution",
  "shutdownSignals",
  "disablePayloadErrorLimit",
  "onFatalError",
  "patchActivationCallback",
  ...hostingOptions,
];

const knownOptions: ReadonlySet<string> = new Set([...Object.keys(numberRules), ...durations, ...otherOptions]);

/** Checks options and fills in defaults. Throws one ValueError that lists everything that is wrong. */
export function resolveOptions(options: WorkerOptions): WorkerSettings {
  const faults: string[] = [];
  checkKeys(options, faults);
  checkBasics(options, faults);
  checkNumbers(options, faults);
  const registry = collectActivities(toList(options.activities), faults);
  const settings = fillIn(options, registry, faults);
  checkSettings(options, settings, faults);
  if (faults.length > 0) throw new ValueError(`Worker.create: ${faults.join("; ")}`);
  return settings;
}

function fillIn(options: WorkerOptions, registry: ActivityRegistry, faults: string[]): WorkerSettings {
  const time = (key: Durations, fallback: number) => readDuration(options, key, faults) ?? fallback;
  const maxCachedWorkflows = options.maxCachedWorkflows ?? 1_000;
  const hasActivities = registry.named.size > 0 || registry.dynamic !== undefined;
  const pollActivities = hasActivities && !options.noRemoteActivities;
  return {
    taskQueue: options.taskQueue,
    identity: options.identity ?? options.client?.identity,
    registry,
    maxCachedWorkflows,
    stickyTimeout: time("stickyQueueScheduleToStartTimeout", 10_000),
    nonstickyRatio: options.nonstickyToStickyPollRatio ?? 0.2,
    workflowSlots: workflowSlots(options.maxConcurrentWorkflowTasks ?? 100, maxCachedWorkflows),
    activitySlots: options.maxConcurrentActivities ?? 100,
    localActivitySlots: options.maxConcurrentLocalActivities ?? 100,
    workflowPollers: readPollers(options.workflowTaskPollerBehavior, "workflowTaskPollerBehavior", faults),
    activityPollers: readPollers(options.activityTaskPollerBehavior, "activityTaskPollerBehavior", faults),
    maxActivitiesPerSecond: options.maxActivitiesPerSecond,
    maxTaskQueueActivitiesPerSecond: options.maxTaskQueueActivitiesPerSecond,
    pollActivities,
    eagerActivities: pollActivities ? readEager(options) : 0,
    heartbeatThrottle: {
      maximum: time("maxHeartbeatThrottleInterval", 60_000),
      fallback: time("defaultHeartbeatThrottleInterval", 30_000),
    },
    gracefulShutdownTimeout: time("gracefulShutdownTimeout", 0),
    forceShutdownTimeout: readDuration(options, "forceShutdownTimeout", faults),
    shutdownSignals: options.shutdownSignals ?? ["SIGINT", "SIGTERM"],
    checksPayloadSizes: !options.disablePayloadErrorLimit,
    hosting: resolveHosting(options, faults),
  };
}

/** What comes back with a workflow task has passed no rate limit, so that there is none of it beside one. */
function readEager(options: WorkerOptions): number {
  const { maxActivitiesPerSecond, maxTaskQueueActivitiesPerSecond } = options;
  const isLimited = maxActivitiesPerSecond !== undefined || maxTaskQueueActivitiesPerSecond !== undefined;
  if (options.disableEagerActivityExecution || isLimited) return 0;
  return options.maxEagerActivityReservationsPerWorkflowTask ?? 3;
}

/** A busy run cannot leave the cache, so that more tasks at once than cached runs would overfill it. */
function workflowSlots(maximum: number, maxCachedWorkflows: number): number {
  return maxCachedWorkflows === 0 ? maximum : Math.min(maximum, Math.max(2, maxCachedWorkflows));
}

function checkKeys(options: WorkerOptions, faults: string[]): void {
  for (const key of Object.keys(options)) {
    if (!knownOptions.has(key)) faults.push(`${key} is not an option of this version; leave it out`);
  }
}

function checkBasics(options: WorkerOptions, faults: string[]): void {
  if (!options.client) faults.push("client is missing; pass the client from Client.connect()");
  if (typeof options.taskQueue !== "string" || options.taskQueue === "") {
    faults.push("taskQueue is missing; name the queue that clients start workflows on");
  }
  if (options.identity === "") faults.push("identity is empty; leave it out to use the client's");
  if (!isListOfNames(options.workflowFailureExceptionTypes)) {
    faults.push('workflowFailureExceptionTypes must be an array of class names such as ["PaymentError"]');
  }
  if (options.shutdownSignals !== undefined && !Array.isArray(options.shutdownSignals)) {
    faults.push('shutdownSignals must be an array such as ["SIGTERM"]');
  }
}

function isListOfNames(names: unknown): boolean {
  if (names === undefined) return true;
  return Array.isArray(names) && names.every((name) => typeof name === "string" && name !== "");
}

function checkNumbers(options: WorkerOptions, faults: string[]): void {
  for (const [key, { holds, advice }] of Object.entries(numberRules) as [Numbers, NumberRule][]) {
    const value = options[key];
    if (value !== undefined && !(typeof value === "number" && holds(value))) {
      faults.push(`${key} is ${value}; ${advice}`);
    }
  }
}

function checkSettings(options: WorkerOptions, settings: WorkerSettings, faults: string[]): void {
  const { registry, maxCachedWorkflows, workflowPollers } = settings;
  const hasActivities = toList(options.activities).length > 0 || registry.named.size > 0;
  if (!hasWorkflows(options) && !hasActivities) {
    faults.push("no workflows and no activities; pass `workflows`, `activities` or both");
  } else if (options.noRemoteActivities && !hasWorkflows(options)) {
    faults.push("noRemoteActivities leaves a worker without workflows nothing to do; leave it out");
  }
  if (maxCachedWorkflows > 0 && hasWorkflows(options)) {
    if (options.maxConcurrentWorkflowTasks === 1) {
      faults.push("maxConcurrentWorkflowTasks is 1; give 2 or more, or set maxCachedWorkflows to 0");
    }
    if (workflowPollers === 1) {
      faults.push("workflowTaskPollerBehavior.maximum is 1; give 2 or more, or set maxCachedWorkflows to 0");
    }
  }
}

/** Whether there is workflow code to run. */
export function hasWorkflows({ workflows }: WorkflowHostOptions): boolean {
  return workflows !== undefined && !(Array.isArray(workflows) && workflows.length === 0);
}

function readPollers(behavior: PollerBehavior | undefined, what: string, faults: string[]): number {
  const { type, maximum = 5 } = behavior ?? { type: "simple-maximum" };
  if (type !== "simple-maximum") {
    faults.push(`${what}.type is ${JSON.stringify(type)}; this version has "simple-maximum"`);
  }
  if (!Number.isSafeInteger(maximum) || maximum < 1) {
    faults.push(`${what}.maximum is ${maximum}; give a whole number of 1 or more`);
  }
  return maximum;
}

function readDuration(options: WorkerOptions, key: Durations, faults: string[]): number | undefined {
  const value = options[key];
  try {
    return value === undefined ? undefined : toMilliseconds(value, key);
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function toList(activities: WorkerOptions["activities"]): ActivitySource[] {
  if (activities === undefined) return [];
  return Array.isArray(activities) ? activities : [activities];
}
