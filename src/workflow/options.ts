/**
 * Options of the calls that workflow code makes, and what it is told; types only.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference of arguments
import type { ArgsOption, TypeHint, WorkflowArgs } from "../common/definition.ts";
import type { Duration } from "../common/duration.ts";
import type {
  NewActivityOptions,
  NewWorkflowOptions,
  VersioningIntent,
  WorkflowIDReusePolicy,
} from "../common/options.ts";

/** Options of `sleep`. */
export interface SleepOptions {
  /** One line for the UI. */
  summary?: string;
  /** Cancels the wait, besides the scope it is made in. */
  signal?: AbortSignal;
}

/** Options of `waitCondition`. */
export interface WaitConditionOptions {
  /** Gives up after this time; a timer even when 0. */
  timeout?: Duration;
  /** One line for the UI, beside the timer. */
  timeoutSummary?: string;
  /** Cancels the wait, besides the scope it is made in. */
  signal?: AbortSignal;
}

/** When a cancelled activity rejects: at once, when it has ended, or at once and without telling it. */
export type ActivityCancellationType = "TRY_CANCEL" | "WAIT_CANCELLATION_COMPLETED" | "ABANDON";

/** Options of a call. */
export interface CallOptions {
  /** Default: `"TRY_CANCEL"`. */
  cancellationType?: ActivityCancellationType;
  /** Default: the number of the call. */
  activityId?: string;
  /** Schema of the result. */
  resultType?: TypeHint;
  /** Cancels the call, besides the scope it is made in. */
  signal?: AbortSignal;
}

/** Options of an activity; one of `startToCloseTimeout` and `scheduleToCloseTimeout` is needed. */
export interface ActivityOptions extends NewActivityOptions, CallOptions {
  /** Default: the workflow's. */
  taskQueue?: string;
  versioningIntent?: VersioningIntent;
  /** Whether the activity may not be run by this worker at once; default false. */
  disableEagerExecution?: boolean;
}

/**
 * When a cancelled child workflow rejects: at once and without telling it, at once, when it has ended, or when it was
 * told.
 */
export type ChildWorkflowCancellationType =
  | "ABANDON"
  | "TRY_CANCEL"
  | "WAIT_CANCELLATION_COMPLETED"
  | "WAIT_CANCELLATION_REQUESTED";

/** What becomes of a child workflow when its parent ends. */
export type ParentClosePolicy = "TERMINATE" | "ABANDON" | "REQUEST_CANCEL";

/** Options of a child workflow; `args` are required exactly when the workflow requires some. */
export type ChildWorkflowOptions<W> =
  & ArgsOption<WorkflowArgs<W>>
  & NewWorkflowOptions
  & {
    /** Default: a UUID of the main random stream. */
    id?: string;
    /** Default: the workflow's. */
    taskQueue?: string;
    /** Default: `"WAIT_CANCELLATION_COMPLETED"`. */
    cancellationType?: ChildWorkflowCancellationType;
    /** Default: `"TERMINATE"`. With `"ABANDON"` wait for the start, too: the server starts no child of a parent that ended. */
    parentClosePolicy?: ParentClosePolicy;
    /** Whether an id may be used again once closed; `"ALLOW_DUPLICATE"` when unset. */
    idReusePolicy?: WorkflowIDReusePolicy;
    /** When to run again and again, as a cron expression in UTC. */
    cronSchedule?: string;
    versioningIntent?: VersioningIntent;
    /** Schema of the result. */
    resultType?: TypeHint;
    /** Cancels the child, besides the scope it is started in. */
    signal?: AbortSignal;
  };

/** Options of a local activity; one of `startToCloseTimeout` and `scheduleToCloseTimeout` is needed. */
export interface LocalActivityOptions extends Omit<NewActivityOptions, "heartbeatTimeout" | "priority">, CallOptions {
  /** Waits between attempts that are longer become timers of the workflow; default 1 min. */
  localRetryThreshold?: Duration;
}

/** Options of a cancellation scope. */
export interface CancellationScopeOptions {
  /** Whether cancellation of the scope around it stops here; default false. */
  shielded?: boolean;
  /** Cancels the content after this time; `run` then rejects with TimeoutError. */
  timeout?: Duration;
  /** One line for the UI, beside the timer. */
  timeoutSummary?: string;
  /** Cancels the scope too. */
  signal?: AbortSignal;
}

/** Options of `continueAsNew`; what is unset is inherited. */
export interface ContinueAsNewOptions<W>
  extends Pick<NewWorkflowOptions, "runTimeout" | "taskTimeout" | "retryPolicy" | "memo" | "searchAttributes"> {
  /** Default: this workflow. */
  workflow?: W | string;
  /** Default: that of this run. */
  taskQueue?: string;
  versioningIntent?: VersioningIntent;
  /** Time before the next run's first task; none when unset. */
  backoffStartInterval?: Duration;
  /** Which deployment version the next run starts on, where this one is versioned; its own when unset. */
  initialVersioningBehavior?: "AUTO_UPGRADE" | "USE_RAMPING_VERSION";
}

/** The kinds of handlers. */
export type HandlerKind = "signal" | "query" | "update";

/** Whether a handler that is left unfinished at the end of the workflow is worth a warning. */
export type HandlerUnfinishedPolicy = "WARN_AND_ABANDON" | "ABANDON";

/** Options of an update handler. */
export interface UpdateHandlerOptions<A extends any[]> {
  /** Rejects the update by throwing; synchronous, may only read. `this` is the instance of a class workflow. */
  validator?: (this: any, ...args: A) => void;
  /** One line for tools. */
  description?: string;
  /** Default: `"WARN_AND_ABANDON"`. */
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}
