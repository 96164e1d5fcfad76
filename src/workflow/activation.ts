/**
 * What passes between the engine and a workflow run: an {@link Activation} goes in, a
 * {@link Completion} comes out. Both are plain, structured-cloneable data, so that a run may live
 * in another realm or on another thread. The vocabulary is that of the core SDKs.
 *
 * @module
 */
import type { Payload } from "../common/payload.ts";
import type { Priority, RetryPolicy, VersioningIntent } from "../common/options.ts";
import type { Failure } from "../common/failure.ts";

/** Everything a run must take in before it goes on: jobs in the order in which they apply. */
export interface Activation {
  runId: string;
  /** Workflow time: milliseconds since the epoch, with the event time's fraction. */
  time: number;
  /** Whether the outcome of this activation is already in the history. */
  isReplaying: boolean;
  /** Id of the last event applied. */
  historyLength: number;
  /** Bytes of history as the server counted them. */
  historySize: number;
  /** Whether the server suggests to continue as new. */
  continueAsNewSuggested: boolean;
  /** Build id of the worker that handled this task, "" when unknown. */
  buildId: string;
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
}

/** The outcome of an activation: commands, or a failure of the workflow task (not of the workflow). */
export type Completion =
  | { kind: "successful"; commands: Command[]; /** SDK flags this code newly relies on. */ usedFlags: number[] }
  | { kind: "failed"; failure: Failure; /** Why, in the server's terms. */ cause: TaskFailureCause };

/** The workflow-task failure causes that a run can name. */
export type TaskFailureCause = "WORKFLOW_WORKER_UNHANDLED_FAILURE" | "NON_DETERMINISTIC_ERROR" | "PAYLOADS_TOO_LARGE";
