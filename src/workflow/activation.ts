/**
 * What passes between the engine and a workflow run: an {@link Activation} goes in, a
 * {@link Completion} comes out. Both are plain, structured-cloneable data, so that a run may live
 * in another realm or on another thread. The vocabulary is that of the core SDKs.
 *
 * @module
 */
import type { Payload } from "../common/payload.ts";
import type {
  Priority,
  RetryPolicy,
  VersioningBehavior,
  VersioningIntent,
  WorkerDeploymentVersion,
  WorkflowIDReusePolicy,
} from "../common/options.ts";
import type { Failure } from "../common/failure.ts";

/** Everything a run must take in before it goes on: jobs in the order in which they apply. */
export interface Activation {
  runId: string;
  /** Workflow time: milliseconds since the epoch, with the event time's fraction. */
  time: number;
  /** Whether the outcome of this activation is already in the history. */
  isReplaying: boolean;
  /** Id of the last event applied; in queries, of the event that started the last task. */
  historyLength: number;
  /** Bytes of history as the server counted them. */
  historySize: number;
  /** Whether the server suggests to continue as new. */
  continueAsNewSuggested: boolean;
  /** Build id of the worker that handled this task, "" when unknown. */
  buildId: string;
  /** Deployment version of that worker, where it has one. */
  deploymentVersion?: WorkerDeploymentVersion;
  /** Whether the server wants the run on another deployment version. */
  targetVersionChanged: boolean;
  /** SDK flags of the workflow side that the history has up to this task. */
  flags: readonly number[];
  /** The SDK that recorded those flags, which gives them their meaning; this one where nothing is recorded. */
  sdk: { readonly name: string; readonly version: string };
  jobs: Job[];
}

/** The start of a run: what the started event holds, ids and times as the workflow's info gives them. */
export interface Initialize {
  kind: "initialize";
  workflowId: string;
  workflowType: string;
  namespace: string;
  taskQueue: string;
  args: Payload[];
  headers: Record<string, Payload>;
  /** Seed of the run's random stream. */
  randomSeed: bigint;
  firstExecutionRunId: string;
  continuedRunId?: string;
  attempt: number;
  cronSchedule?: string;
  parent?: { namespace: string; workflowId: string; runId: string };
  root?: { workflowId: string; runId: string };
  priority: Priority;
  retryPolicy?: RetryPolicy;
  /** Time-outs in milliseconds. */
  executionTimeout?: number;
  runTimeout?: number;
  taskTimeout: number;
  memo: Record<string, Payload>;
  searchAttributes: Record<string, Payload>;
  /** Event time of the started event, in milliseconds. */
  workflowStartTime: number;
  lastCompletionResult?: Payload[];
  lastFailure?: Failure;
}

/** How an activity ended. */
export type ActivityResolution =
  | { status: "completed"; result?: Payload }
  | { status: "failed"; failure: Failure }
  | { status: "cancelled"; failure: Failure };

/** How an attempt of a local activity ended; `backoff`: wait by a timer, then schedule it again with that attempt. */
export type LocalActivityResolution =
  | ActivityResolution
  | {
    status: "backoff";
    /** The attempt to come. */
    attempt: number;
    /** Milliseconds to wait before it. */
    backoff: number;
    /** When it was scheduled first, in milliseconds since the epoch with their fraction. */
    originalScheduleTime: number;
  };

/** What came of starting a child workflow. */
export type ChildStartResolution =
  | { status: "started"; runId: string }
  | { status: "failed"; cause: "WORKFLOW_ALREADY_EXISTS" | "NAMESPACE_NOT_FOUND" | "INVALID_VERSIONING_OVERRIDE" }
  | { status: "cancelled"; failure: Failure };

/** How a child workflow ended. */
export type ChildResolution = ActivityResolution;

/** One thing that a run takes in. The engine sorts them as all core SDKs do. */
export type Job =
  | Initialize
  | { kind: "notifyHasPatch"; patchId: string }
  | { kind: "updateRandomSeed"; randomSeed: bigint }
  | { kind: "signalWorkflow"; name: string; args: Payload[]; headers: Record<string, Payload>; identity: string }
  | {
    kind: "doUpdate";
    /** The update's own id. */
    id: string;
    /** Names this update in the commands that answer it. */
    protocolInstanceId: string;
    name: string;
    args: Payload[];
    headers: Record<string, Payload>;
    identity: string;
    /** False in replay: what was accepted once stays accepted. */
    runValidator: boolean;
  }
  | { kind: "fireTimer"; seq: number }
  | { kind: "resolveActivity"; seq: number; resolution: ActivityResolution }
  | { kind: "resolveLocalActivity"; seq: number; resolution: LocalActivityResolution }
  | { kind: "resolveChildStart"; seq: number; resolution: ChildStartResolution }
  | { kind: "resolveChild"; seq: number; resolution: ChildResolution }
  /** Without a failure the signal was delivered. */
  | { kind: "resolveSignalExternal"; seq: number; failure?: Failure }
  /** Without a failure the request was delivered. */
  | { kind: "resolveCancelExternal"; seq: number; failure?: Failure }
  | { kind: "cancelWorkflow"; reason: string }
  | { kind: "queryWorkflow"; id: string; name: string; args: Payload[]; headers: Record<string, Payload> }
  | { kind: "removeFromCache"; reason: string };

/** Summary and details that tools show beside a command. */
export interface UserMetadata {
  summary?: Payload;
  details?: Payload;
}

/** What a run wants done, in the order in which it asked. */
export type Command =
  | { kind: "startTimer"; seq: number; /** Milliseconds, at least 1. */ duration: number; metadata?: UserMetadata }
  | { kind: "cancelTimer"; seq: number }
  | ScheduleActivity
  | { kind: "requestCancelActivity"; seq: number }
  | ScheduleLocalActivity
  | { kind: "requestCancelLocalActivity"; seq: number }
  | StartChild
  | { kind: "cancelChild"; seq: number; /** What the child gets to read; "" for none. */ reason: string }
  | SignalExternal
  | { kind: "cancelSignalExternal"; seq: number }
  | {
    kind: "requestCancelExternal";
    seq: number;
    workflowId: string;
    /** "" for the current run. */
    runId: string;
    /** "" for none. */
    reason: string;
  }
  | { kind: "setPatchMarker"; patchId: string; deprecated: boolean }
  /** A payload of null, without a type, removes the attribute. */
  | { kind: "upsertSearchAttributes"; searchAttributes: Record<string, Payload> }
  /** A payload of null removes the entry. */
  | { kind: "upsertMemo"; memo: Record<string, Payload> }
  | { kind: "updateAccepted"; protocolInstanceId: string }
  | { kind: "updateRejected"; protocolInstanceId: string; failure: Failure }
  | { kind: "updateCompleted"; protocolInstanceId: string; outcome: { result?: Payload } | { failure: Failure } }
  | { kind: "queryAnswered"; id: string; result?: Payload }
  | { kind: "queryFailed"; id: string; failure: Failure }
  | { kind: "completeWorkflow"; result?: Payload }
  | { kind: "failWorkflow"; failure: Failure }
  | { kind: "cancelWorkflow" }
  | ContinueAsNew;

/** Asks for an activity; time-outs are milliseconds. */
export interface ScheduleActivity {
  kind: "scheduleActivity";
  seq: number;
  activityId: string;
  activityType: string;
  taskQueue: string;
  args: Payload[];
  headers: Record<string, Payload>;
  scheduleToCloseTimeout?: number;
  scheduleToStartTimeout?: number;
  startToCloseTimeout?: number;
  heartbeatTimeout?: number;
  retryPolicy?: RetryPolicy;
  cancellationType: "TRY_CANCEL" | "WAIT_CANCELLATION_COMPLETED" | "ABANDON";
  disableEagerExecution: boolean;
  versioningIntent?: VersioningIntent;
  priority?: Priority;
  metadata?: UserMetadata;
}

/** Asks for an attempt of an activity in this worker; time-outs are milliseconds. Numbers are shared with activities. */
export interface ScheduleLocalActivity {
  kind: "scheduleLocalActivity";
  seq: number;
  activityId: string;
  activityType: string;
  /** 1, or what a back-off said. */
  attempt: number;
  /** What a back-off said. */
  originalScheduleTime?: number;
  args: Payload[];
  headers: Record<string, Payload>;
  scheduleToCloseTimeout?: number;
  scheduleToStartTimeout?: number;
  startToCloseTimeout?: number;
  retryPolicy?: RetryPolicy;
  /** Waits between attempts that are longer become timers of the workflow. */
  localRetryThreshold: number;
  cancellationType: "TRY_CANCEL" | "WAIT_CANCELLATION_COMPLETED" | "ABANDON";
  metadata?: UserMetadata;
}

/** Asks for a child workflow; time-outs are milliseconds. */
export interface StartChild {
  kind: "startChild";
  seq: number;
  workflowId: string;
  workflowType: string;
  taskQueue: string;
  args: Payload[];
  headers: Record<string, Payload>;
  executionTimeout?: number;
  runTimeout?: number;
  taskTimeout?: number;
  parentClosePolicy: "TERMINATE" | "ABANDON" | "REQUEST_CANCEL";
  idReusePolicy?: WorkflowIDReusePolicy;
  retryPolicy?: RetryPolicy;
  cronSchedule?: string;
  memo?: Record<string, Payload>;
  searchAttributes?: Record<string, Payload>;
  cancellationType:
    | "ABANDON"
    | "TRY_CANCEL"
    | "WAIT_CANCELLATION_COMPLETED"
    | "WAIT_CANCELLATION_REQUESTED";
  versioningIntent?: VersioningIntent;
  priority?: Priority;
  metadata?: UserMetadata;
}

/** Asks for a signal to another workflow. */
export interface SignalExternal {
  kind: "signalExternal";
  seq: number;
  workflowId: string;
  /** "" for the current run. */
  runId: string;
  /** Whether the target is a child of this run. */
  childOnly: boolean;
  name: string;
  args: Payload[];
  headers: Record<string, Payload>;
}

/** Ends this run and starts the next of its chain; what is left out is inherited. */
export interface ContinueAsNew {
  kind: "continueAsNew";
  workflowType: string;
  taskQueue: string;
  args: Payload[];
  headers: Record<string, Payload>;
  runTimeout?: number;
  taskTimeout?: number;
  retryPolicy?: RetryPolicy;
  memo?: Record<string, Payload>;
  searchAttributes?: Record<string, Payload>;
  versioningIntent?: VersioningIntent;
  /** Milliseconds before the next run's first task. */
  backoffStartInterval?: number;
  initialVersioningBehavior?: "AUTO_UPGRADE" | "USE_RAMPING_VERSION";
}

/** The outcome of an activation: commands, or a failure of the workflow task (not of the workflow). */
export type Completion =
  | {
    kind: "successful";
    commands: Command[];
    /** SDK flags this code newly relies on. */
    usedFlags: number[];
    /** What the workflow's definition says, where it says anything. */
    versioningBehavior?: VersioningBehavior;
    /** Whether a NondeterminismError of the engine fails the workflow, not the task; false when unset. */
    nondeterminismFailsWorkflow?: boolean;
  }
  | { kind: "failed"; failure: Failure; /** Why, in the server's terms. */ cause: TaskFailureCause };

/** The workflow-task failure causes that a run can name. */
export type TaskFailureCause = "WORKFLOW_WORKER_UNHANDLED_FAILURE" | "NON_DETERMINISTIC_ERROR" | "PAYLOADS_TOO_LARGE";
