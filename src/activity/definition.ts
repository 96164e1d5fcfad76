/**
 * Definitions of activities: `define` makes one from a function, `defn` marks methods of a class.
 *
 * @module
 */
import {
  type ActivityDefinition,
  type ActivityFunction,
  attachDefinition,
  type Definition,
  findDefinition,
  type Outputs,
  type Schemas,
  type TypeHint,
} from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";

/** How an activity is named and how its values are read. */
export interface ActivitySettings {
  /** The activity's type; the name of the function or method, or its key where it is registered, when unset. */
  name?: string;
  /** Whether it serves every type that nothing else is registered for, with raw arguments. */
  dynamic?: boolean;
  /** Schemas of the arguments, in order. */
  args?: Schemas;
  /** Schema of the result, read by callers. */
  result?: TypeHint;
}

/** What is remembered of a defined activity. */
export interface ActivityRecord extends Definition {
  dynamic?: boolean;
}

/** A decorator for methods, bare or with options. */
export type ActivityDecorator = {
  <T, M extends ActivityFunction>(method: M, context: ClassMethodDecoratorContext<T, M>): void;
  (options: ActivitySettings): <T, M extends ActivityFunction>(
    method: M,
    context: ClassMethodDecoratorContext<T, M>,
  ) => void;
};

/**
 * Makes an activity with schemas or a name of its own: `define({ name: "greet", args: [v.string()], run })`.
 * Without `name` its type is the key under which it is registered. Throws ValueError for an empty name or a missing `run`.
 */
export function define<const S extends Schemas, R>(options: {
  name?: string;
  dynamic?: boolean;
  args: S;
  result?: TypeHint<R>;
  run: (...args: Outputs<S>) => R | Promise<R>;
}): ActivityDefinition<Outputs<S>, R>;
/** Makes an activity whose arguments are typed by its function alone. */
// deno-lint-ignore no-explicit-any
export function define<A extends any[], R>(options: {
  name?: string;
  dynamic?: boolean;
  args?: undefined;
  result?: TypeHint<R>;
  run: (...args: A) => R | Promise<R>;
}): ActivityDefinition<A, R>;
export function define(options: ActivitySettings & { run: ActivityFunction }): ActivityDefinition {
  const { run, ...settings } = options;
  if (typeof run !== "function") {
    throw new ValueError("activity.define: `run` must be the function that does the work");
  }
  checkName(settings.name, "activity.define");
  const name = settings.name ?? (run.name === "run" ? "" : run.name);
  return attachDefinition({ kind: "activity" as const, name, run }, { ...settings, kind: "activity", name });
}

/**
 * Marks a method as an activity, bare or with options: `@activity.defn`, `@activity.defn({ name: "greet" })`.
 * Register an instance of the class. Throws ValueError for an empty name.
 */
export const defn: ActivityDecorator = decorate as ActivityDecorator;

/** What `define` or `defn` recorded, undefined for anything else. */
export function findActivityRecord(value: unknown): ActivityRecord | undefined {
  const record = findDefinition<ActivityRecord>(value);
  return record?.kind === "activity" ? record : undefined;
}

/** Whether a value is a definition made by `define`. */
export function isActivityDefinition(value: unknown): value is ActivityDefinition {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "activity" &&
    typeof (value as { run?: unknown }).run === "function";
}

function decorate(first: unknown, context?: ClassMethodDecoratorContext): unknown {
  if (typeof first === "function" && context) return void markMethod(first, context, {});
  const settings = first as ActivitySettings;
  checkName(settings.name, "activity.defn");
  return (method: object, own: ClassMethodDecoratorContext) => markMethod(method, own, settings);
}

function markMethod(method: object, context: ClassMethodDecoratorContext, settings: ActivitySettings): void {
  if (context.kind !== "method" || context.static || context.private) {
    throw new ValueError(`activity.defn: ${String(context.name)} must be a public method of an instance`);
  }
  attachDefinition(method, { ...settings, kind: "activity", name: settings.name ?? String(context.name) });
}

function checkName(name: string | undefined, where: string): void {
  if (name === "") {
    throw new ValueError(`${where}: \`name\` must not be empty; leave it out to use the function's name`);
  }
}
