/**
 * Decorators for class workflows: the standard ones, bare or with options.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference of arguments
import {
  attachDefinition,
  findDefinition,
  type Schemas,
  type TypeHint,
  type WorkflowClass,
} from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import { type DynamicWorkflowConfig, remember, type WorkflowDefnOptions } from "./definition.ts";
import { findClassFaults, findHandlerFaults, type MarkedMethod } from "./definition_checks.ts";
import { findNameFault } from "./handlers.ts";
import type { HandlerKind, HandlerUnfinishedPolicy, UpdateHandlerOptions } from "./options.ts";

/** A decorator of methods, bare or with options. */
export type HandlerDecorator<O, F extends (...args: any[]) => any> = {
  <T, M extends F>(method: M, context: ClassMethodDecoratorContext<T, M>): void;
  (options: O): <T, M extends F>(method: M, context: ClassMethodDecoratorContext<T, M>) => void;
};

/** What may be said of a handler. */
export interface HandlerOptions {
  /** Default: the method's name. */
  name?: string;
  /** Whether it takes the names that have no handler of their own, with the name and `RawValue`s. */
  dynamic?: boolean;
  /** One line for tools. */
  description?: string;
  /** Schemas of the arguments, in order. */
  args?: Schemas;
  /** Schema of the result, read by callers. */
  result?: TypeHint;
}

/** What a method may be marked as. */
type MethodKind = HandlerKind | "run" | "dynamicConfig";

/** What is remembered of a decorated method. */
export interface MethodDefinition extends MarkedMethod {
  kind: MethodKind;
  options: HandlerOptions & { validator?: (...args: any[]) => void; unfinishedPolicy?: HandlerUnfinishedPolicy };
}

/**
 * Makes a class a workflow: `@workflow.defn`. Its method `run` is the workflow, its constructor gets the arguments too.
 * Throws one ValueError that lists all that is wrong with the class and its handlers.
 */
export function defn<C extends WorkflowClass>(workflow: C, context: ClassDecoratorContext<C>): void;
/** Makes a class a workflow: `@workflow.defn({ name: "Approval" })`. */
export function defn(
  options: WorkflowDefnOptions,
): <C extends WorkflowClass>(workflow: C, context: ClassDecoratorContext<C>) => void;
export function defn(first: unknown, context?: ClassDecoratorContext): unknown {
  if (typeof first === "function") return defineClass(first as WorkflowClass, context, {});
  return (workflow: WorkflowClass, own: ClassDecoratorContext) => {
    defineClass(workflow, own, first as WorkflowDefnOptions);
  };
}

/** Marks the method `run` of a class workflow; with options to give schemas. */
export const run: HandlerDecorator<{ args?: Schemas; result?: TypeHint }, (...args: any[]) => Promise<any>> =
  /* @__PURE__ */ makeDecorator("run");

/** Makes a method the handler of a signal. */
export const signal: HandlerDecorator<
  HandlerOptions & { unfinishedPolicy?: HandlerUnfinishedPolicy },
  (...args: any[]) => void | Promise<void>
> = /* @__PURE__ */ makeDecorator("signal");

/** Makes a method the handler of a query; synchronous, may only read. */
export const query: HandlerDecorator<HandlerOptions, (...args: any[]) => any> = /* @__PURE__ */ makeDecorator("query");

/** Makes a method decide, once the workflow is constructed, what the options of `defn` leave open. It may only read. */
export const dynamicConfig: HandlerDecorator<never, (...args: any[]) => DynamicWorkflowConfig> =
  /* @__PURE__ */ makeDecorator("dynamicConfig");

const decorateUpdate = /* @__PURE__ */ makeDecorator("update") as (...args: unknown[]) => unknown;

/** Makes a method the handler of an update. */
export function update<T, M extends (...args: any[]) => any>(
  method: M,
  context: ClassMethodDecoratorContext<T, M>,
): void;
/** Makes a method the handler of an update, with a validator for example. */
export function update<A extends any[] = any[]>(
  options: HandlerOptions & UpdateHandlerOptions<A>,
): <T, M extends (...args: A) => any>(method: M, context: ClassMethodDecoratorContext<T, M>) => void;
export function update(...args: unknown[]): unknown {
  return decorateUpdate(...args);
}

function defineClass(
  workflow: WorkflowClass,
  context: ClassDecoratorContext | undefined,
  options: WorkflowDefnOptions,
) {
  assertStandard(context, "class", "defn");
  const name = options.name ?? workflow.name;
  const args = findDefinition(workflow.prototype.run)?.args;
  remember(workflow, { kind: "workflow", name, args, options }, findClassFaults(workflow));
}

function makeDecorator(kind: MethodKind): HandlerDecorator<any, any> {
  const decorate = (method: object, context: ClassMethodDecoratorContext, options: MethodDefinition["options"]) => {
    assertStandard(context, "method", kind);
    // Nobody could find what is wrong with a method that is not there for others: the rest waits for `defn`.
    if (context.private) throw new ValueError(describeHidden(kind, context));
    const faults = findMethodFaults(kind, method, context, options);
    const name = options.name ?? String(context.name);
    const definition: MethodDefinition = { kind, name, args: options.args, result: options.result, options, faults };
    attachDefinition(method, definition);
  };
  return ((first: unknown, context?: ClassMethodDecoratorContext) => {
    if (typeof first === "function") return decorate(first, context!, {});
    return (method: object, own: ClassMethodDecoratorContext) => decorate(method, own, first as HandlerOptions);
  }) as HandlerDecorator<any, any>;
}

function findMethodFaults(
  kind: MethodKind,
  method: object,
  context: ClassMethodDecoratorContext,
  options: MethodDefinition["options"],
): string[] {
  const { name } = context;
  const other = findDefinition(method);
  const faults = findHandlerFaults(options);
  if (context.static || typeof name === "symbol") faults.push(describeHidden(kind, context));
  if (other) faults.push(`${String(name)} is marked as ${other.kind} and as ${kind}; keep one`);
  if (kind === "run") return name === "run" ? faults : [...faults, describeMisnamed(name)];
  if (options.dynamic && options.name !== undefined) {
    faults.push(`${kind} ${options.name} is dynamic and has a name; leave one out`);
  }
  const nameFault = kind === "dynamicConfig" ? undefined : findNameFault(options.name ?? name, kind);
  return nameFault ? [...faults, nameFault] : faults;
}

function describeHidden(kind: MethodKind, { name }: ClassMethodDecoratorContext): string {
  return `@workflow.${kind}: ${String(name)} must be a public method of the instance, with a name`;
}

function describeMisnamed(name: string | symbol): string {
  return `@workflow.run: the method is named ${String(name)}; name it run`;
}

function assertStandard(context: unknown, kind: string, decorator: string): void {
  if ((context as { kind?: unknown } | undefined)?.kind === kind) return;
  throw new ValueError(
    `@workflow.${decorator} is a standard decorator of a ${kind}; ` +
      'put it on one, and remove "experimentalDecorators" from tsconfig.json',
  );
}
