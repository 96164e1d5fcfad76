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
  options: WorkflowDefnOptions;
}

/**
 * Makes a workflow with schemas or a name of its own: `define({ name: "greet", args: [v.string()], run })`. Without
 * `name` its type is the name under which it is exported. Throws ValueError where `run` is missing.
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
  options: WorkflowDefnOptions & { args?: Schemas; result?: TypeHint; run: (...args: any[]) => Promise<any> },
): WorkflowDefinition {
  const { run, args, result, ...rest } = options;
  if (typeof run !== "function") throw new ValueError("workflow.define: `run` must be the workflow's async function");
  const name = rest.name ?? (run.name === "run" ? "" : run.name);
  return remember({ kind: "workflow", name, run }, { kind: "workflow", name, args, result, options: rest });
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

/** Remembers what a workflow is. */
export function remember<T extends object>(target: T, definition: WorkflowInfoDefinition): T {
  const { name } = definition;
  if (name.startsWith("__temporal_")) throw new ValueError(`workflow name ${name} is reserved; choose another one`);
  if (definition.options.name === "") throw new ValueError("workflow name is empty; leave it out or give one");
  refuseUnsupported(name, definition.options);
  return attachDefinition(target, definition);
}

/** What has no effect yet must not look as if it had. */
function refuseUnsupported(workflow: string, options: WorkflowDefnOptions & { dynamicConfig?: unknown }): void {
  const { failureExceptionTypes, versioningBehavior, dynamicConfig, sandboxed } = options;
  const wanted = {
    failureExceptionTypes,
    versioningBehavior,
    dynamicConfig,
    sandboxed: sandboxed === false || undefined,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    throw new ValueError(`workflow ${workflow}: the option ${name} is not supported yet; leave it out`);
  }
}

function describe(
  kind: "signal" | "query" | "update",
  name: string,
  options: { args?: Schemas; result?: TypeHint } = {},
): { kind: "signal" | "query" | "update"; name: string } {
  checkHandlerName(name, kind);
  return attachDefinition({ kind, name }, { kind, name, args: options.args, result: options.result });
}
