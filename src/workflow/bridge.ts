/**
 * The seam between the workflow API in a realm (the facade) and the runtime behind it, types only. The facade calls the
 * {@link Operations} of its run through one callable; the runtime knows the realm by its {@link RealmBridge}. Only plain
 * data and callables cross; promises, errors and decoded values that user code gets are objects of the realm.
 *
 * @module
 */
import type {
  QueryDefinition,
  Schemas,
  SignalDefinition,
  TypeHint,
  UntypedWorkflow,
  UpdateDefinition,
} from "../common/definition.ts";
import type { Duration } from "../common/duration.ts";
import type { MetricAttributes, MetricOptions } from "../common/meter.ts";
import type { SearchAttributeUpdate } from "../common/search.ts";
import type { FailureConverter } from "../converter/failure.ts";
import type { PayloadConverter } from "../converter/payload.ts";
import type { Activation, Initialize } from "./activation.ts";
import type {
  ActivityOptions,
  CancellationScopeOptions,
  ChildWorkflowOptions,
  ContinueAsNewOptions,
  HandlerKind,
  HandlerUnfinishedPolicy,
  LocalActivityOptions,
  SleepOptions,
  WaitConditionOptions,
} from "./options.ts";

/** Everything the facade asks, by subject. Nexus will be a subject of its own. */
export interface Operations
  extends
    StateOperations,
    TimeOperations,
    ActivityOperations,
    ChildOperations,
    ExternalOperations,
    HandlerOperations,
    ScopeOperations,
    TurnOperations,
    RandomOperations,
    LogOperations,
    PatchOperations,
    PropertyOperations,
    MetricOperations,
    OutsideOperations {}

/** How the facade asks; throws errors of the realm. */
export type CallRun = <K extends keyof Operations>(
  operation: K,
  ...args: Parameters<Operations[K]>
) => ReturnType<Operations[K]>;

/** Where the run stands. */
export interface StateOperations {
  /** The start as the history has it. Throws IllegalStateError while modules load. */
  start(): Initialize;
  /** The activation in progress, or the last one. */
  activation(): Omit<Activation, "jobs">;
  /** Time of the run's first task, in milliseconds. */
  startTime(): number;
  /** Whether modules are loaded and workflow code may run. */
  isRunning(): boolean;
  /** Whether a query or a validator is running. */
  isReadOnly(): boolean;
  /** The object of a class workflow. */
  instance(): unknown;
  /** Cancels what was started. Throws ReadOnlyContextError in queries and validators. */
  cancelCall(call: StartedCall, reason: string | undefined): void;
  payloadConverter(): PayloadConverter;
  /** Throws ContinueAsNewError. */
  continueAsNew(options: (ContinueAsNewOptions<unknown> & { args?: unknown }) | undefined): never;
}

/** Timers and conditions. */
export interface TimeOperations {
  /** Workflow time in milliseconds. */
  time(): number;
  sleep(duration: Duration, options: SleepOptions | undefined): Promise<void>;
  waitCondition(condition: () => boolean, options: WaitConditionOptions | undefined): Promise<boolean>;
  /** Starts a timer of some milliseconds that belongs to no scope; returns its id. */
  setTimer(duration: number, callback: () => void): number;
  clearTimer(id: number): void;
}

/** A call that was started, whose result may be asked for later. */
export interface StartedCall {
  /** The same promise each time; from here on somebody waits for it. It may reject though nobody does: that is no fault. */
  result(): Promise<unknown>;
  /** Cancels it with an error of the realm, the first time. */
  cancel(error: Error): void;
}

/** An activity that was started. */
export interface StartedActivity extends StartedCall {
  activityId: string;
}

/** Activities, and those that run in this worker. */
export interface ActivityOperations {
  checkActivityOptions(what: string, options: ActivityOptions | LocalActivityOptions): void;
  executeActivity(activity: unknown, options: ActivityOptions & { args?: unknown }): Promise<unknown>;
  startActivity(activity: unknown, options: ActivityOptions & { args?: unknown }): StartedActivity;
  executeLocalActivity(activity: unknown, options: LocalActivityOptions & { args?: unknown }): Promise<unknown>;
  startLocalActivity(activity: unknown, options: LocalActivityOptions & { args?: unknown }): StartedActivity;
}

/** Options of a child workflow, whatever it is. */
export type AnyChildOptions = Omit<ChildWorkflowOptions<UntypedWorkflow>, "args"> & { args?: unknown };

/** A child workflow that has started. */
export interface StartedChild extends StartedCall {
  id: string;
  firstExecutionRunId: string;
}

/** Child workflows. */
export interface ChildOperations {
  startChild(workflow: unknown, options: AnyChildOptions | undefined): Promise<StartedChild>;
  executeChild(workflow: unknown, options: AnyChildOptions | undefined): Promise<unknown>;
}

/** A workflow by its id. */
export interface WorkflowTarget {
  workflowId: string;
  /** The current run where unset. */
  runId?: string;
  /** Whether it must be a child of this run; false where unset. */
  childOnly?: boolean;
}

/** Signals and requests to cancel other workflows, children among them. */
export interface ExternalOperations {
  signalExternal(target: WorkflowTarget, signal: unknown, args: readonly unknown[]): Promise<void>;
  cancelExternal(target: WorkflowTarget, reason: string | undefined): Promise<void>;
}

/** Options of handlers of all kinds. */
export interface AnyHandlerOptions {
  validator?: (...args: never[]) => void;
  description?: string;
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

/** A function of the user. */
export type UserFunction = (...args: never[]) => unknown;

/** Handlers of signals, queries and updates; those without a name are the dynamic ones. */
export interface HandlerOperations {
  setHandler(
    definition: SignalDefinition | QueryDefinition | UpdateDefinition | { kind: HandlerKind; name: undefined },
    handler: UserFunction | undefined,
    options: AnyHandlerOptions | undefined,
  ): void;
  getHandler(kind: HandlerKind, name: string | undefined): UserFunction | undefined;
  allHandlersFinished(): boolean;
  /** Whether an error fails the workflow, not the task. */
  isFailureException(error: unknown): boolean;
  currentUpdate(): { readonly id: string; readonly name: string } | undefined;
}

/** A node of the tree of cancellation scopes. */
export interface ScopeNode {
  /** Set once the scope is cancelled; an error of the realm. */
  readonly error: Error | undefined;
  /** The object that stands for this node in the realm. */
  facade: object | undefined;
  /** Calls back once when the scope is cancelled, at once if it is; returns how to stop waiting. */
  onCancel(callback: (error: Error) => void): () => void;
  /** Forgets the scope where nothing is left in it. */
  leave(): void;
}

/** Cancellation. */
export interface ScopeOperations {
  currentScope(): ScopeNode;
  openScope(options: CancellationScopeOptions): ScopeNode;
  enterScope<T>(node: ScopeNode, work: () => T): T;
  cancelScope(node: ScopeNode, reason: string | undefined): void;
  /** Starts the timer of a scope; returns how to stop it, and whether it fired. */
  startScopeTimer(node: ScopeNode, options: CancellationScopeOptions): { stop(): void; hasFired(): boolean };
  cancellationReason(): string | undefined;
}

/** A stream of random numbers; the main one has no name. */
export interface RandomStreamName {
  readonly name?: string;
}

/** The run's random numbers, of the stream that the running code uses by default. Not allowed in queries and validators. */
export interface RandomOperations {
  random(stream?: RandomStreamName): number;
  uuid4(stream?: RandomStreamName): string;
  uuid7(): string;
  fillRandom(bytes: Uint8Array, stream?: RandomStreamName): void;
  /** Runs work with the stream as the one to use. */
  withRandom<T>(stream: RandomStreamName, work: () => T): T;
  randomSeed(): bigint;
  /** Throws ReadOnlyContextError in queries and validators. */
  onRandomSeed(callback: (seed: bigint) => void): void;
  /** Real time in milliseconds. */
  realTime(): number;
  /** A number that is another one in replay. */
  realRandom(): number;
}

/** Patches. */
export interface PatchOperations {
  /** Whether the run goes by the code of a patch. Throws IllegalStateError while modules load. */
  patched(id: string, deprecated: boolean): boolean;
}

/** How long to wait for a turn. */
export interface TurnOptions {
  /** A timer. */
  timeout?: Duration;
  signal?: AbortSignal;
}

/** A wait that the facade ends itself. */
export interface Turn {
  /** False when the time was over before. Rejects when the wait is cancelled. */
  readonly came: Promise<boolean>;
  give(): boolean;
}

/** Waits for locks. */
export interface TurnOperations {
  waitForTurn(options: TurnOptions): Turn;
  /** Ends a wait; false where it is over already. */
  giveTurn(turn: Turn): boolean;
}

/** Log levels. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Logs of the run, silent in replay. */
export interface LogOperations {
  log(level: LogLevel, message: string, attributes: Record<string, unknown> | undefined): void;
}

/** What a run says of itself, and what the run before it left. */
export interface PropertyOperations {
  memoKeys(): string[];
  memoValue(key: string, options: { default?: unknown; typeHint?: TypeHint } | undefined): unknown;
  upsertMemo(updates: Record<string, unknown>): void;
  upsertSearchAttributes(updates: Iterable<SearchAttributeUpdate>): void;
  currentDetails(): string;
  setCurrentDetails(details: string): void;
  hasLastCompletionResult(): boolean;
  lastCompletionResult(typeHint: TypeHint | undefined): unknown;
  lastFailure(): Error | undefined;
}

/** A metric, by what it is called and what it measures. */
export interface MetricDescriptor extends MetricOptions {
  kind: "counter" | "upDownCounter" | "histogram" | "gauge";
  name: string;
  /** Default: `"int"`. */
  valueType?: "int" | "float" | "duration";
}

/** Metrics of the run, silent in replay and in queries. */
export interface MetricOperations {
  recordMetric(metric: MetricDescriptor, value: Duration, attributes: MetricAttributes): void;
}

/** What the worker does for a run. */
export interface OutsideOperations {
  /** Nobody hears what becomes of it. */
  callSink(sink: string, fn: string, args: readonly unknown[]): void;
  callExtern(name: string, args: readonly unknown[]): unknown;
}

/** A handler as the runtime keeps it. */
export interface HandlerEntry extends AnyHandlerOptions {
  /** Called with `self` as `this`. */
  fn: UserFunction;
  self?: unknown;
  /** Schemas of the arguments. */
  args?: Schemas;
}

/** The converters that a bundle may bring; they run in the realm. */
export interface RealmConverters {
  payloadConverter?: PayloadConverter;
  failureConverter?: FailureConverter;
}

/** A realm as the runtime knows it. */
export interface RealmBridge {
  /** What the realm's own intrinsics make belongs to the realm, whoever calls them. */
  readonly intrinsics: RealmIntrinsics;
  /** The user's modules, as their exports. */
  readonly modules: readonly object[];
  readonly converters: RealmConverters;
  /** Calls user code now; the promise settles two promise jobs after it ends. */
  perform(fn: UserFunction, self: unknown, args: unknown[]): Promise<unknown>;
  /** Exports of a part of this package, evaluated in the realm when first asked for. */
  load<K extends keyof RealmParts>(part: K): RealmParts[K];
}

/** Intrinsics of a realm. */
export interface RealmIntrinsics {
  readonly Array: ArrayConstructor;
  readonly Error: ErrorConstructor;
  readonly JSON: JSON;
  readonly Promise: PromiseConstructor;
  readonly Uint8Array: Uint8ArrayConstructor;
}

/** The parts of this package that a realm evaluates when they are needed. */
export interface RealmParts {
  /** All error classes, by name. */
  errors: Record<string, new (message: string, options: object) => Error>;
  /** Converts failures to errors of the realm. */
  failures: { failureConverter: FailureConverter };
  /** Copies of plain data, and raw values, as objects of the realm. */
  plain: { copyPlain<T>(value: T): T; RawValue: new (payload: unknown) => object };
}
