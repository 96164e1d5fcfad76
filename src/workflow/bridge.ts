/**
 * The seam between the workflow API in a realm (the facade) and the runtime behind it, types only. The facade calls the
 * {@link Operations} of its run through one callable; the runtime knows the realm by its {@link RealmBridge}. Only plain
 * data and callables cross; promises, errors and decoded values that user code gets are objects of the realm.
 *
 * @module
 */
import type { QueryDefinition, Schemas, SignalDefinition, UpdateDefinition } from "../common/definition.ts";
import type { Duration } from "../common/duration.ts";
import type { FailureConverter } from "../converter/failure.ts";
import type { PayloadConverter } from "../converter/payload.ts";
import type { Activation, Initialize } from "./activation.ts";
import type {
  ActivityOptions,
  CancellationScopeOptions,
  ContinueAsNewOptions,
  HandlerKind,
  HandlerUnfinishedPolicy,
  SleepOptions,
  WaitConditionOptions,
} from "./options.ts";

/** Everything the facade asks, by subject. Child workflows, patches, Nexus and sinks will be subjects of their own. */
export interface Operations
  extends
    StateOperations,
    TimeOperations,
    ActivityOperations,
    HandlerOperations,
    ScopeOperations,
    RandomOperations,
    LogOperations {}

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

/** An activity that was started. */
export interface StartedActivity {
  activityId: string;
  result: Promise<unknown>;
  cancel(reason: string | undefined): void;
}

/** Activities. Local ones will be operations of the same shape. */
export interface ActivityOperations {
  checkActivityOptions(what: string, options: ActivityOptions): void;
  executeActivity(activity: unknown, options: ActivityOptions & { args?: unknown }): Promise<unknown>;
  startActivity(activity: unknown, options: ActivityOptions & { args?: unknown }): StartedActivity;
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

/** The run's random numbers. Not allowed in queries and validators. */
export interface RandomOperations {
  random(): number;
  uuid4(): string;
  fillRandom(bytes: Uint8Array): void;
  randomSeed(): bigint;
}

/** Log levels. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Logs of the run, silent in replay. */
export interface LogOperations {
  log(level: LogLevel, message: string, attributes: Record<string, unknown> | undefined): void;
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
