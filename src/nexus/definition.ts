/**
 * Nexus services: what callers and handlers agree on.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";

/** One operation of a service: its wire name, and the types of its input and output. */
// deno-lint-ignore no-explicit-any
export interface OperationDefinition<I = any, O = any> {
  readonly kind: "operation";
  readonly name: string;
  /** Type only, never set. */
  readonly $input?: I;
  /** Type only, never set. */
  readonly $output?: O;
}

/** A service: a name, and operations by key. */
export interface ServiceDefinition<
  Ops extends Record<string, OperationDefinition> = Record<string, OperationDefinition>,
> {
  readonly name: string;
  readonly operations: Ops;
}

/** What names an operation of `S`: its key or its definition; any text where the service is only named. */
export type OperationKey<S> = S extends ServiceDefinition<infer Ops> ? (keyof Ops & string) | Ops[keyof Ops] : string;

/** The definition behind a key. */
export type OperationOf<S, O> = O extends OperationDefinition ? O
  : S extends ServiceDefinition<infer Ops> ? O extends keyof Ops ? Ops[O] : never
  : OperationDefinition;

/** The input type of an operation. */
// deno-lint-ignore no-explicit-any
export type OperationInput<S, O = S> = OperationOf<S, O> extends OperationDefinition<infer I, any> ? I : never;

/** The output type of an operation. */
// deno-lint-ignore no-explicit-any
export type OperationOutput<S, O = S> = OperationOf<S, O> extends OperationDefinition<any, infer R> ? R : never;

/** What the outcome of starting an operation is: a value, or a token of what goes on. */
export type OperationResult<O> = { value: O } | { asyncToken: string };

/** Points from an operation to what it started, or from where it was called. */
export interface Link {
  url: URL;
  type: string;
}

/** What a handler is told about a cancellation. */
export interface CancelOperationContext {
  service: string;
  operation: string;
  /** Keys are lower case. */
  headers: Record<string, string>;
  /** Aborts when the task is cancelled. */
  signal: AbortSignal;
  requestDeadline?: Date;
}

/** What a handler is told about a start. */
export interface StartOperationContext extends CancelOperationContext {
  requestId: string;
  callbackUrl?: string;
  callbackHeaders: Record<string, string>;
  inboundLinks: Link[];
  /** Add what callers shall see. */
  outboundLinks: Link[];
}

/** Starts and cancels an operation that may outlast the call. */
export interface OperationHandler<I, O> {
  start(ctx: StartOperationContext, input: I): Promise<OperationResult<O>>;
  cancel(ctx: CancelOperationContext, token: string): Promise<void>;
}

/** What may handle an operation: a function that answers at once, or a handler with start and cancel. */
export type OperationHandlerFor<D> = D extends OperationDefinition<infer I, infer O>
  ? ((ctx: StartOperationContext, input: I) => O | Promise<O>) | OperationHandler<I, O>
  : never;

/** What `operation` takes. */
export interface OperationOptions<I, O> {
  /** The wire name; the key within its service when unset. */
  name?: string;
  input?: TypeHint<I>;
  output?: TypeHint<O>;
}

/** Declares an operation of a service. Throws ValueError for an empty name. */
export function operation<I, O>(options: OperationOptions<I, O> = {}): OperationDefinition<I, O> {
  if (options.name === "") {
    throw new ValueError("nexus.operation: `name` must not be empty; leave it out to use the key");
  }
  return { ...options, kind: "operation", name: options.name ?? "" };
}

/**
 * Declares a service. Throws ValueError without a name, without operations, and when two operations have one name.
 *
 * ```ts
 * import * as nexus from "@anywhen/temporal/nexus";
 *
 * export const greeter = nexus.service("greeter", {
 *   greet: nexus.operation<string, string>(),
 * });
 * ```
 */
export function service<Ops extends Record<string, OperationDefinition>>(
  name: string,
  operations: Ops,
): ServiceDefinition<Ops> {
  if (typeof name !== "string" || name === "") throw new ValueError("nexus.service: the service needs a name");
  const keys = Object.keys(operations);
  if (keys.length === 0) throw new ValueError(`nexus.service: ${name} has no operations; declare at least one`);
  const taken = new Map<string, string>();
  const named = keys.map((key) => {
    const definition = checkOperation(name, key, operations[key]);
    const other = taken.get(definition.name);
    if (other !== undefined) {
      throw new ValueError(`nexus.service: ${name} has two operations named ${definition.name} (${other} and ${key})`);
    }
    taken.set(definition.name, key);
    return [key, definition];
  });
  return { name, operations: Object.fromEntries(named) };
}

function checkOperation(service: string, key: string, definition: OperationDefinition): OperationDefinition {
  if (definition?.kind !== "operation") {
    throw new ValueError(`nexus.service: ${service}.${key} must be made by nexus.operation()`);
  }
  return definition.name === "" ? { ...definition, name: key } : definition;
}
