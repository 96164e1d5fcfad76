/**
 * Definitions of workflows, signals, queries and updates as values.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference of arguments
import {
  attachDefinition,
  type Definition,
  type Outputs,
  type QueryDefinition,
  type Schemas,
  type SignalDefinition,
  type TypeHint,
  type UpdateDefinition,
  type WorkflowDefinition,
} from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { VersioningBehavior } from "../common/options.ts";
import { findTypeFaults, findWorkflowFaults } from "./definition_checks.ts";
import { checkHandlerName } from "./handlers.ts";

/** A class of errors. */
export type ErrorClass = abstract new (...args: any[]) => Error;

/** What may be said of a workflow where it is defined. */
export interface WorkflowDefnOptions {
  /** The workflow's type; default: the name of the class or export. */
  name?: string;
  /** Whether it takes the types that no other workflow has, with `RawValue`s. */
  dynamic?: boolean;
  /** Default true. */
  sandboxed?: boolean;
  /** Errors that fail the workflow instead of the task. */
  failureExceptionTypes?: ErrorClass[];
  versioningBehavior?: VersioningBehavior;
  /** One line for tools. */
  description?: string;
}

/** What is decided once the workflow's arguments are known. */
export interface DynamicWorkflowConfig {
  failureExceptionTypes?: ErrorClass[];
  versioningBehavior?: VersioningBehavior;
}

/** What is remembered of a workflow. */
export interface WorkflowInfoDefinition extends Definition {
  kind: "workflow";
  options: WorkflowDefnOptions & { dynamicConfig?: () => DynamicWorkflowConfig };
}

/**
 * Makes a workflow with schemas or a name of its own: `define({ name: "greet", args: [v.string()], run })`. Without
 * `name` its type is the name under which it is exported. Throws one ValueError that lists all that is wrong.
 */
export function define<const S extends Schemas, R>(
  options: WorkflowDefnOptions & {
    args: S;
    result?: TypeHint<R>;
    run: (...args: Outputs<S>) => Promise<R>;
    dynamicConfig?: () => DynamicWorkflowConfig;
  },
): WorkflowDefinition<Outputs<S>, R>;
/** Makes a workflow whose arguments are typed by its function alone. */
export function define<A extends any[], R>(
  options: WorkflowDefnOptions & {
    args?: undefined;
    result?: TypeHint<R>;
    run: (...args: A) => Promise<R>;
    dynamicConfig?: () => DynamicWorkflowConfig;
  },
): WorkflowDefinition<A, R>;
export function define(
  options: WorkflowInfoDefinition["options"] & {
    args?: Schemas;
    result?: TypeHint;
    run: (...args: any[]) => Promise<any>;
  },
): WorkflowDefinition {
  const { run, args, result, ...rest } = options;
  const isFunction = typeof run === "function";
  const name = rest.name ?? (!isFunction || run.name === "run" ? "" : run.name);
  const faults = isFunction ? [] : ["`run` must be the workflow's async function"];
  return remember({ kind: "workflow", name, run }, { kind: "workflow", name, args, result, options: rest }, faults);
}

/** A signal by name; its arguments as type parameters or as schemas. */
export function defineSignal<const S extends Schemas>(name: string, options: { args: S }): SignalDefinition<Outputs<S>>;
/** A signal by name, its arguments as type parameter. */
export function defineSignal<A extends any[] = []>(name: string): SignalDefinition<A>;
export function defineSignal(name: string, options?: { args?: Schemas }): SignalDefinition<any> {
  return describe("signal", name, options) as SignalDefinition<any>;
}

/** A query by name; its arguments as type parameters or as schemas. */
export function defineQuery<R, const S extends Schemas>(
  name: string,
  options: { args: S; result?: TypeHint<R> },
): QueryDefinition<R, Outputs<S>>;
/** A query by name, its result and arguments as type parameters. */
export function defineQuery<R, A extends any[] = []>(name: string): QueryDefinition<R, A>;
export function defineQuery(name: string, options?: { args?: Schemas; result?: TypeHint }): QueryDefinition<any, any> {
  return describe("query", name, options) as QueryDefinition<any, any>;
}

/** An update by name; its arguments as type parameters or as schemas. */
export function defineUpdate<R, const S extends Schemas>(
  name: string,
  options: { args: S; result?: TypeHint<R> },
): UpdateDefinition<R, Outputs<S>>;
/** An update by name, its result and arguments as type parameters. */
export function defineUpdate<R, A extends any[] = []>(name: string): UpdateDefinition<R, A>;
export function defineUpdate(
  name: string,
  options?: { args?: Schemas; result?: TypeHint },
): UpdateDefinition<any, any> {
  return describe("update", name, options) as UpdateDefinition<any, any>;
}

/** Remembers what a workflow is. Throws one ValueError with these faults and those of its options. */
export function remember<T extends object>(target: T, definition: WorkflowInfoDefinition, faults: string[]): T {
  const all = [...faults, ...findTypeFaults(definition.name), ...findWorkflowFaults(definition.options)];
  if (all.length === 0) return attachDefinition(target, definition);
  throw new ValueError(`workflow ${definition.name || "without a name"}: ${all.join("; ")}`);
}

function describe(
  kind: "signal" | "query" | "update",
  name: string,
  options: { args?: Schemas; result?: TypeHint } = {},
): { kind: "signal" | "query" | "update"; name: string } {
  checkHandlerName(name, kind);
  return attachDefinition({ kind, name }, { kind, name, args: options.args, result: options.result });
}
