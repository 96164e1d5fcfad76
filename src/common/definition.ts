/**
 * References: how calls name workflows, activities and handlers, and what TypeScript infers from them.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions needs `any` in parameter positions
import { ValueError } from "./temporal_error.ts";

/** A schema of any library that follows Standard Schema. */
export interface StandardSchemaV1<I = unknown, O = I> {
  "~standard": {
    version: 1;
    vendor: string;
    validate: (value: unknown) => unknown;
    types?: { input: I; output: O } | undefined;
  };
}

/** A schema whose output is the static type. */
export type TypeHint<T = any> = StandardSchemaV1<any, T>;

/** Schemas of a list of arguments. */
export type Schemas = readonly TypeHint[];

/** The static types of a list of schemas. */
export type Outputs<S extends Schemas> = {
  -readonly [K in keyof S]: S[K] extends StandardSchemaV1<any, infer O> ? O : never;
};

/** A workflow as a function. */
export type WorkflowFunction = (...args: any[]) => Promise<unknown>;

/** A workflow as a class. */
export type WorkflowClass = abstract new (...args: any[]) => { run(...args: any[]): Promise<unknown> };

/** A workflow by value. */
export type WorkflowRef = WorkflowFunction | WorkflowClass | WorkflowDefinition<any[], unknown>;

/** A workflow of which only the name is known. */
export type UntypedWorkflow = (...args: any[]) => Promise<unknown>;

/** A workflow as a definition object. */
export interface WorkflowDefinition<A extends any[] = any[], R = any> {
  kind: "workflow";
  name: string;
  run(...args: A): Promise<R>;
}

/** A signal by name and arguments. */
export interface SignalDefinition<A extends any[] = any[]> {
  kind: "signal";
  name: string;
  /** A type only. */
  $args?: A;
}

/** A query by name, arguments and result. */
export interface QueryDefinition<R = any, A extends any[] = any[]> {
  kind: "query";
  name: string;
  /** A type only. */
  $args?: A;
  /** A type only. */
  $result?: R;
}

/** An update by name, arguments and result. */
export interface UpdateDefinition<R = any, A extends any[] = any[]> {
  kind: "update";
  name: string;
  /** A type only. */
  $args?: A;
  /** A type only. */
  $result?: R;
}

/** An activity as a function. */
export type ActivityFunction = (...args: any[]) => unknown;

/** An activity as a definition object. */
export interface ActivityDefinition<A extends any[] = any[], R = any> {
  kind: "activity";
  name: string;
  run(...args: A): R | Promise<R>;
}

/** An activity by value. */
export type ActivityRef = ActivityFunction | ActivityDefinition<any[], unknown>;

/** An activity of which only the name is known. */
export type UntypedActivity = (...args: any[]) => unknown;

/** The arguments of a workflow. */
export type WorkflowArgs<W> = W extends WorkflowDefinition<infer A, any> ? A
  : W extends WorkflowClass ? Parameters<InstanceType<W>["run"]>
  : W extends (...args: infer A) => any ? A
  : never;

/** The result of a workflow. */
export type WorkflowResult<W> = W extends WorkflowDefinition<any, infer R> ? R
  : W extends WorkflowClass ? Awaited<ReturnType<InstanceType<W>["run"]>>
  : W extends (...args: any[]) => infer R ? Awaited<R>
  : never;

/** The names of a workflow's handlers: the methods of a class, else any name. */
export type HandlerName<W> = W extends WorkflowClass ? Exclude<
    & { [K in keyof InstanceType<W>]: InstanceType<W>[K] extends (...args: any[]) => any ? K : never }[
      keyof InstanceType<W>
    ]
    & string,
    "run"
  >
  : string;

/** The arguments of a handler. */
export type HandlerArgs<W, N> = W extends WorkflowClass
  ? N extends keyof InstanceType<W> ? InstanceType<W>[N] extends (...args: infer A) => any ? A : never : never
  : any[];

/** The result of a handler. */
export type HandlerResult<W, N> = W extends WorkflowClass
  ? N extends keyof InstanceType<W> ? InstanceType<W>[N] extends (...args: any[]) => infer R ? Awaited<R> : never
  : never
  : any;

/** The arguments of an activity. */
export type ActivityArgs<T> = T extends ActivityDefinition<infer A, any> ? A
  : T extends (...args: infer A) => any ? A
  : never;

/** The result of an activity. */
export type ActivityResult<T> = T extends ActivityDefinition<any, infer R> ? Awaited<R>
  : T extends (...args: any[]) => infer R ? Awaited<R>
  : never;

/** The option `args`, required exactly when a parameter is. */
export type ArgsOption<A extends any[]> = A extends [] ? { args?: [] } : [] extends A ? { args?: A } : { args: A };

/** Options that may be left out exactly when nothing in them is required. */
export type OptionsRest<O> = Record<never, never> extends O ? [options?: O] : [options: O];

/** What is known at run time of something that was defined: by a decorator or by a define function. */
export interface Definition {
  /** For example `"workflow"` or `"activity"`. */
  kind: string;
  name: string;
  /** Validate arguments where they are decoded. */
  args?: Schemas;
  /** Validates the result where it is decoded. */
  result?: TypeHint;
}

const definitionKey: unique symbol = Symbol.for("@anywhen/temporal/Definition") as never;

/** Remembers a definition on the function, class or object that it defines, which is returned. */
export function attachDefinition<T extends object>(target: T, definition: Definition): T {
  Object.defineProperty(target, definitionKey, { value: definition, configurable: true });
  return target;
}

/** What {@link attachDefinition} remembered on this very value; not what a class inherits. */
export function findDefinition<D extends Definition = Definition>(target: unknown): D | undefined {
  const mayHaveOne = typeof target === "function" || (typeof target === "object" && target !== null);
  if (!mayHaveOne || !Object.hasOwn(target as object, definitionKey)) return undefined;
  return (target as { [definitionKey]?: D })[definitionKey];
}

/**
 * The name that a reference stands for: the text itself, the name given in its definition, or that of the function.
 *
 * @param what names the reference in errors, for example `workflow`
 * @throws {ValueError} an empty text, a function without a name, anything else
 */
export function definitionName(reference: unknown, what: string): string {
  const name = findName(reference);
  if (typeof name === "string" && name !== "") return name;
  throw new ValueError(
    typeof reference === "function"
      ? `${what} is a function without a name; give it one, or pass the name`
      : `${what} has no name: ${
        typeof reference === "string" ? '""' : String(reference)
      }; pass a name, a function, a class or a definition`,
  );
}

function findName(reference: unknown): unknown {
  if (typeof reference === "string") return reference;
  const definition = findDefinition(reference);
  if (definition) return definition.name;
  return (reference as { name?: unknown } | null | undefined)?.name;
}

/**
 * The arguments of a call, `[]` where there are none.
 *
 * @param what names the call in errors
 * @throws {ValueError} not an array
 */
export function readArgs(args: unknown, what: string): unknown[] {
  if (args === undefined) return [];
  if (Array.isArray(args)) return args;
  throw new ValueError(
    `args of ${what} is not an array; write args: [${typeof args === "object" ? "…" : String(args)}]`,
  );
}
