/**
 * The state of one run, as data. Who changes what is in the modules beside this one; every change
 * happens within `transact`.
 *
 * @module
 */

import type { ConnectError } from "@connectrpc/connect";
import type {
  Payload,
  Payloads,
  WorkflowExecution as WorkflowExecutionMessage,
} from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import type {
  ActivityTaskScheduledEventAttributes,
  HistoryEvent,
  RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
  SignalExternalWorkflowExecutionInitiatedEventAttributes,
  StartChildWorkflowExecutionInitiatedEventAttributes,
  WorkflowExecutionStartedEventAttributes,
} from "../../gen/temporal/api/history/v1/message_pb.ts";
import type { WorkflowQuery, WorkflowQueryResult } from "../../gen/temporal/api/query/v1/message_pb.ts";
import type { UserMetadata } from "../../gen/temporal/api/sdk/v1/user_metadata_pb.ts";
import type { Outcome, Request as UpdateRequest } from "../../gen/temporal/api/update/v1/message_pb.ts";
import { WorkflowExecutionStatus } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ResetPointInfo } from "../../gen/temporal/api/workflow/v1/message_pb.ts";
import type { ClockEntry } from "./clock.ts";
import type { Namespace } from "./namespace.ts";
import type { Waiter } from "./wait.ts";

/** The pending workflow task of a run. Times are milliseconds. */
export interface WorkflowTaskState {
  scheduledEventId: number;
  /** 0 until a worker took it. */
  startedEventId: number;
  /** Speculative tasks carry updates; they leave no trace if every update is rejected. */
  isSpeculative: boolean;
  attempt: number;
  requestId: string;
  identity: string;
  scheduledTime: number;
  originalScheduledTime: number;
  startedTime: number;
  timeoutMs: number;
  suggestContinueAsNew: boolean;
  historySizeBytes: number;
  timer: ClockEntry | undefined;
}

/** A pending activity. Times are milliseconds. */
export interface ActivityState {
  readonly scheduledEventId: number;
  readonly activityId: string;
  readonly attributes: ActivityTaskScheduledEventAttributes;
  /** First attempt's scheduling. */
  readonly scheduledTime: number;
  attemptScheduledTime: number;
  phase: "scheduled" | "started" | "backoff";
  attempt: number;
  startedTime: number;
  requestId: string;
  identity: string;
  lastIdentity: string;
  lastHeartbeatTime: number;
  lastAttemptCompleteTime: number;
  heartbeatDetails: Payloads | undefined;
  lastFailure: Failure | undefined;
  isCancelRequested: boolean;
  cancelRequestedEventId: number;
  timer: ClockEntry | undefined;
}

/** A pending user timer. */
export interface TimerState {
  readonly timerId: string;
  readonly startedEventId: number;
  readonly due: number;
  entry: ClockEntry | undefined;
}

/** A child workflow that was asked for. */
export interface ChildState {
  readonly initiatedEventId: number;
  readonly attributes: StartChildWorkflowExecutionInitiatedEventAttributes;
  /** Of the child run, undefined until it started. */
  runId: string | undefined;
  startedEventId: number;
  readonly requestId: string;
}

/** A cancel request on its way to another workflow. */
export interface ExternalCancelState {
  readonly initiatedEventId: number;
  readonly attributes: RequestCancelExternalWorkflowExecutionInitiatedEventAttributes;
  readonly requestId: string;
}

/** A signal on its way to another workflow. */
export interface ExternalSignalState {
  readonly initiatedEventId: number;
  readonly attributes: SignalExternalWorkflowExecutionInitiatedEventAttributes;
  readonly requestId: string;
}

/** Where an update stands. */
export type UpdatePhase = "admitted" | "sent" | "accepted" | "completed" | "aborted";

/** One update of a run. */
export interface UpdateState {
  readonly id: string;
  phase: UpdatePhase;
  /** Undefined once only its outcome is of interest. */
  request: UpdateRequest | undefined;
  /** Id of the protocol message that carries the request. */
  readonly messageId: string;
  /** The event its request is sequenced at. */
  sequencingEventId: number;
  acceptedEventId: number;
  /** Its request is in history: a worker reads it there. */
  isDurable: boolean;
  outcome: Outcome | undefined;
  /** What waiting callers get instead of an outcome. */
  error: ConnectError | undefined;
  waiters: Set<UpdateWaiter>;
}

/** A caller that waits for an update. */
export interface UpdateWaiter {
  readonly forCompletion: boolean;
  readonly waiter: Waiter<void>;
}

/** A query that waits for the workflow task in flight. */
export interface BufferedQuery {
  readonly id: string;
  readonly query: WorkflowQuery;
  /** Undefined: nobody answered it on a task, so it must go to a worker directly. */
  answer(result: WorkflowQueryResult | undefined): void;
  fail(error: unknown): void;
}

/** Where partial histories go. */
export interface StickyQueue {
  readonly name: string;
  readonly scheduleToStartMs: number;
}

/** A workflow that is started by another. */
export interface ParentLink {
  readonly namespace: Namespace;
  readonly workflowId: string;
  readonly runId: string;
  readonly initiatedEventId: number;
}

/** One run of one workflow. */
export interface Execution {
  readonly namespace: Namespace;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstRunId: string;
  readonly originalRunId: string;
  readonly start: WorkflowExecutionStartedEventAttributes;
  readonly userMetadata: UserMetadata | undefined;
  readonly parent: ParentLink | undefined;
  /** Its own address, shared by every message that holds it. */
  readonly self: WorkflowExecutionMessage;
  readonly root: WorkflowExecutionMessage;
  readonly taskQueue: string;
  readonly taskTimeoutMs: number;
  readonly startTime: number;
  /** When its first task may run. */
  readonly executionTime: number;
  /** 0 if it never expires. */
  readonly runExpiration: number;
  readonly executionExpiration: number;
  readonly startRequestId: string;
  /** Runs that began later have a higher number. */
  readonly startOrder: number;
  /** Further requests that were answered with this run. */
  readonly attachedRequestIds: Map<string, number>;

  status: WorkflowExecutionStatus;
  closeTime: number;
  /** The run that carries on after this one. */
  continuedRunId: string;
  closeEventId: number;
  /** Runs that closed later have a higher number, open ones 0. */
  closeOrder: number;

  readonly events: HistoryEvent[];
  nextEventId: number;
  /** Events that wait for the task in flight to end; they have no id yet. */
  buffered: HistoryEvent[];
  historySizeBytes: number;
  /** How many events `historySizeBytes` covers. */
  measuredEvents: number;
  stateTransitions: number;

  workflowTask: WorkflowTaskState | undefined;
  workflowTaskAttempt: number;
  /** The started event of the last completed workflow task. */
  lastStartedEventId: number;
  /** The last completed workflow task's completed event. */
  lastCompletedEventId: number;
  hasFirstTask: boolean;
  sticky: StickyQueue | undefined;
  workerName: { sdkName: string; sdkVersion: string };

  readonly activities: Map<number, ActivityState>;
  readonly activityIds: Map<string, number>;
  readonly timers: Map<string, TimerState>;
  readonly children: Map<number, ChildState>;
  readonly externalCancels: Map<number, ExternalCancelState>;
  readonly externalSignals: Map<number, ExternalSignalState>;
  readonly updates: Map<string, UpdateState>;
  readonly queries: Map<string, BufferedQuery>;
  readonly signalRequestIds: Set<string>;
  signalCount: number;

  memo: Record<string, Payload>;
  searchAttributes: Record<string, Payload>;
  isCancelRequested: boolean;
  cancelRequestId: string;
  resetPoints: ResetPointInfo[];
  resetRunId: string;

  runTimer: ClockEntry | undefined;
  executionTimer: ClockEntry | undefined;
  startTimer: ClockEntry | undefined;
  /** Callers that wait for history. */
  readonly historyWaiters: Set<() => void>;
  isDeleted: boolean;
}

/** Whether the run still goes on. */
export function isRunning(run: Execution): boolean {
  return run.status === WorkflowExecutionStatus.RUNNING;
}

/** Whether a worker holds the run's workflow task right now. */
export function hasStartedTask(run: Execution): boolean {
  return run.workflowTask !== undefined && run.workflowTask.startedEventId > 0;
}

/** The id of the last event that is in history. */
export function lastEventId(run: Execution): number {
  return run.nextEventId - 1;
}

/** What only `createExecution` needs to know. */
export type ExecutionSeed = Pick<
  Execution,
  | "namespace"
  | "workflowId"
  | "runId"
  | "firstRunId"
  | "originalRunId"
  | "start"
  | "userMetadata"
  | "parent"
  | "self"
  | "root"
  | "taskQueue"
  | "taskTimeoutMs"
  | "startTime"
  | "executionTime"
  | "runExpiration"
  | "executionExpiration"
  | "startRequestId"
  | "startOrder"
  | "memo"
  | "searchAttributes"
  | "resetPoints"
>;

/** A new run with no events yet. */
export function createExecution(seed: ExecutionSeed): Execution {
  return {
    ...seed,
    attachedRequestIds: new Map(),
    status: WorkflowExecutionStatus.RUNNING,
    closeTime: 0,
    continuedRunId: "",
    closeEventId: 0,
    closeOrder: 0,
    events: [],
    nextEventId: 1,
    buffered: [],
    historySizeBytes: 0,
    measuredEvents: 0,
    stateTransitions: 0,
    workflowTask: undefined,
    workflowTaskAttempt: 1,
    lastStartedEventId: 0,
    lastCompletedEventId: 0,
    hasFirstTask: false,
    sticky: undefined,
    workerName: { sdkName: "", sdkVersion: "" },
    activities: new Map(),
    activityIds: new Map(),
    timers: new Map(),
    children: new Map(),
    externalCancels: new Map(),
    externalSignals: new Map(),
    updates: new Map(),
    queries: new Map(),
    signalRequestIds: new Set(),
    signalCount: 0,
    isCancelRequested: false,
    cancelRequestId: "",
    resetRunId: "",
    runTimer: undefined,
    executionTimer: undefined,
    startTimer: undefined,
    historyWaiters: new Set(),
    isDeleted: false,
  };
}
