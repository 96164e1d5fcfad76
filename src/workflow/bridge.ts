/**
 * The seam between the workflow API in a realm (the facade) and the runtime behind it, types only. The facade asks its
 * {@link RunBridge}, the runtime asks the {@link RealmBridge}. Only plain data and callables cross; promises, errors and
 * decoded values are made in the realm.
 *
 * @module
 */
import type { Payload } from "../common/payload.ts";
import type { Failure } from "../common/failure.ts";
import type { Schemas } from "../common/definition.ts";
import type { Activation, ActivityResolution, ContinueAsNew, Initialize, ScheduleActivity } from "./activation.ts";

/** What the facade asks of its run, by subject. Child workflows, patches, Nexus and sinks will be subjects of their own. */
export interface RunBridge {
  readonly state: StateBridge;
  readonly timers: TimerBridge;
  readonly conditions: ConditionBridge;
  readonly activities: ActivityBridge;
  readonly handlers: HandlerBridge;
  readonly scopes: ScopeBridge;
  readonly random: RandomBridge;
  readonly log: LogBridge;
}

/** Settles a promise of the realm. */
export interface Settler<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Cancels one wait with an error of the realm; no effect once the wait is over. */
export type Cancel = (error: Error) => void;

/** Where the run stands. */
export interface StateBridge {
  /** Undefined while the modules are loaded. */
  readonly start: Initialize | undefined;
  /** The activation in progress, or the last one. */
  readonly activation: Omit<Activation, "jobs">;
  /** Which read-only code is running, if any. */
  readonly readOnly: "query" | "validator" | undefined;
  /** Whether the code of the workflow may run: its modules are loaded. */
  readonly isRunning: boolean;
  /** The object of a class workflow. */
  readonly instance: unknown;
  /** Time of the run's first task, in milliseconds. */
  readonly startTime: number;
  /** A stack trace with the places of the user's files instead of those in the bundle. */
  mapStack(stack: string): string;
  /** Throws ReadOnlyContextError or IllegalStateError where `what` may not be called now. */
  assertWritable(what: string): void;
}

/** Durable timers. */
export interface TimerBridge {
  /** Starts a timer of `duration` milliseconds; the settler is resolved when it fires. */
  sleep(duration: number, summary: Payload | undefined, settler: Settler<void>): Cancel;
  /** Starts a timer that calls back and belongs to no scope; returns its id. */
  schedule(duration: number, callback: () => void): number;
  /** Cancels a timer made by `schedule`. */
  clear(id: number): void;
}

/** Waits for conditions over the workflow's state. */
export interface ConditionBridge {
  /** Resolves with true once `predicate` is true, with false when `timeout` milliseconds are over first. */
  wait(
    predicate: () => boolean,
    timeout: { duration: number; summary?: Payload } | undefined,
    settler: Settler<boolean>,
  ): Cancel;
}

/** What the facade says of an activity; the rest the run knows. */
export type ActivityRequest =
  & Omit<ScheduleActivity, "kind" | "seq" | "activityId" | "taskQueue">
  & Partial<Pick<ScheduleActivity, "activityId" | "taskQueue">>;

/** Activities. */
export interface ActivityBridge {
  /** Asks for an activity. `resolved` gets how it ended, `rejected` a cancellation before it was asked for. */
  schedule(
    request: ActivityRequest,
    resolved: (resolution: ActivityResolution) => void,
    rejected: (error: unknown) => void,
  ): { activityId: string; cancel: Cancel };
}

/** The kinds of handlers. */
export type HandlerKind = "signal" | "query" | "update";

/** A handler as the realm gives it to the run. */
export interface HandlerEntry {
  /** Called with `self` as `this`. */
  fn: (...args: never[]) => unknown;
  self?: unknown;
  validator?: (...args: never[]) => void;
  /** Schemas of the arguments. */
  args?: Schemas;
  description?: string;
  unfinishedPolicy?: "WARN_AND_ABANDON" | "ABANDON";
}

/** Handlers of signals, queries and updates; the name `undefined` is that of the dynamic handler. */
export interface HandlerBridge {
  set(kind: HandlerKind, name: string | undefined, entry: HandlerEntry | undefined): void;
  get(kind: HandlerKind, name: string | undefined): HandlerEntry | undefined;
  /** Whether no signal or update handler is in progress. */
  readonly allFinished: boolean;
  /** The update in whose handler or validator the caller runs. */
  readonly currentUpdate: { id: string; name: string } | undefined;
}

/** A node of the tree of cancellation scopes. */
export interface ScopeNode {
  /** Set once the scope is cancelled; an error of the realm. */
  readonly error: Error | undefined;
  /** The object that stands for this node in the realm. */
  facade: object | undefined;
  /** Cancels everything in the scope, the first time. */
  cancel(error: Error): void;
  /** Calls back once when the scope is cancelled, at once if it is; returns how to stop waiting. */
  onCancel(callback: (error: Error) => void): () => void;
  /** Runs `work` in this scope. */
  enter<T>(work: () => T): T;
  /** Forgets the scope: nothing in it can be reached by its parent any more. */
  leave(): void;
  /** Calls back when `duration` milliseconds are over; returns how to stop the timer. */
  startTimer(duration: number, summary: Payload | undefined, callback: () => void): () => void;
}

/** The tree of cancellation scopes. */
export interface ScopeBridge {
  /** The scope of the running code. */
  readonly current: ScopeNode;
  readonly root: ScopeNode;
  /** Why the workflow was cancelled: undefined when it was not, "" without a text. */
  readonly reason: string | undefined;
  /** A scope in the current one; a shielded one is not cancelled with its parent. */
  open(options: { shielded: boolean }): ScopeNode;
}

/** The run's stream of random numbers. */
export interface RandomBridge {
  /** The next number, from 0 up to 1. Throws ReadOnlyContextError in queries and validators. */
  next(): number;
  /** A version 4 UUID of the next four numbers. */
  uuid4(): string;
  /** Fills bytes, one number each. */
  fill(bytes: Uint8Array): void;
  readonly seed: bigint;
}

/** Log levels. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Logs of the run, silent in replay. */
export interface LogBridge {
  write(level: LogLevel, message: string, attributes: Record<string, unknown> | undefined): void;
}

/** The errors that the runtime throws into a realm. */
export type RuntimeErrorKind = "CancelledError" | "IllegalStateError" | "ReadOnlyContextError" | "ValueError";

/** A call of user code: `fn` with `self` as `this`. */
export interface UserCall {
  fn: (...args: never[]) => unknown;
  self: unknown;
  args: unknown[];
}

/** Where a registered workflow is in the bundle, as {@link RealmBridge.list} found it. */
export interface WorkflowListing {
  type: string;
  /** Whether it takes the types that no other workflow has. */
  dynamic: boolean;
  /** Index of the module, name of the export. */
  module: number;
  exportName: string;
}

/** A workflow ready to run: its class constructed, its handlers set. */
export interface WorkflowMain {
  call: UserCall;
  /** The object of a class workflow. */
  instance: unknown;
}

/** What the runtime asks of a realm. */
export interface RealmBridge {
  /** The workflows in the bundle. Throws ValueError for definitions that cannot be. */
  list(): WorkflowListing[];
  /** Decodes the arguments, constructs a class workflow and sets its handlers. */
  prepare(listing: Pick<WorkflowListing, "module" | "exportName">, start: Initialize): WorkflowMain;
  /** Calls user code now; `done` or `failed` hear of its end by promise jobs. */
  perform(call: UserCall, done: (value: unknown) => void, failed: (error: unknown) => void): void;
  /** Payloads as values of the realm; without a schema for an argument its type decides. */
  decode(payloads: readonly Payload[], schemas: Schemas | undefined): unknown[];
  /** Payloads as RawValue objects of the realm, the arguments of a dynamic handler. */
  decodeRaw(payloads: readonly Payload[]): unknown[];
  encode(value: unknown): Payload;
  encodeFailure(error: unknown): Failure;
  makeError(kind: RuntimeErrorKind, message: string): Error;
  /** What a ContinueAsNewError asks for. */
  readContinuation(error: unknown): Omit<ContinueAsNew, "kind"> | undefined;
}
