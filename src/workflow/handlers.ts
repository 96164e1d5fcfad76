/**
 * Handlers of signals, queries and updates, set while the workflow runs.
 *
 * @module
 */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { RawValue } from "../common/payload.ts";
import type { AnyHandlerOptions, UserFunction } from "./bridge.ts";
import { callRun } from "./current.ts";
import type { HandlerKind, HandlerUnfinishedPolicy, UpdateHandlerOptions } from "./options.ts";

/** A handler of all names that have none of their own. */
export type DynamicHandler = (name: string, args: RawValue[]) => unknown;

/**
 * Sets the handler of a signal, which gets what has arrived so far; `undefined` clears it. Throws ValueError for a
 * reserved name and for bad options, ReadOnlyContextError in queries and validators.
 */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<A extends any[]>(
  definition: SignalDefinition<A>,
  handler: ((...args: NoInfer<A>) => void | Promise<void>) | undefined,
  options?: { description?: string; unfinishedPolicy?: HandlerUnfinishedPolicy },
): void;
/** Sets the handler of a query; synchronous, may only read. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<R, A extends any[]>(
  definition: QueryDefinition<R, A>,
  handler: ((...args: NoInfer<A>) => NoInfer<R>) | undefined,
  options?: { description?: string },
): void;
/** Sets the handler of an update, which gets what has arrived in this activation. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<R, A extends any[]>(
  definition: UpdateDefinition<R, A>,
  handler: ((...args: NoInfer<A>) => NoInfer<R> | Promise<NoInfer<R>>) | undefined,
  options?: UpdateHandlerOptions<NoInfer<A>>,
): void;
export function setHandler(
  definition: SignalDefinition | QueryDefinition | UpdateDefinition,
  handler: UserFunction | undefined,
  options?: AnyHandlerOptions,
): void {
  callRun("setHandler", definition, handler, options);
}

/** The handler that is set, if any, to call as it is: that of a class keeps its `this`. */
export function getHandler(
  definition: SignalDefinition | QueryDefinition | UpdateDefinition,
  // deno-lint-ignore no-explicit-any -- as declared by the user
): ((...args: any[]) => unknown) | undefined {
  return callRun("getHandler", definition.kind, definition.name);
}

/** Sets the handler of all names that have none of their own; a signal handler gets all that have arrived so far. */
export function setDynamicHandler(
  kind: HandlerKind,
  handler: DynamicHandler | undefined,
  options?: UpdateHandlerOptions<[name: string, args: RawValue[]]>,
): void {
  callRun("setHandler", { kind, name: undefined }, handler, options);
}

/** The dynamic handler that is set, if any. */
export function getDynamicHandler(kind: HandlerKind): DynamicHandler | undefined {
  return callRun("getHandler", kind, undefined) as DynamicHandler | undefined;
}

/** Whether no signal or update handler is in progress: wait for it before the workflow returns. */
export function allHandlersFinished(): boolean {
  return callRun("allHandlersFinished");
}

/** The update in whose handler or validator this is called, also after an `await`. */
export function currentUpdateInfo(): { id: string; name: string } | undefined {
  const update = callRun("currentUpdate");
  return update && { id: update.id, name: update.name };
}

/** Whether an error, where it is thrown, fails the workflow or update: anything else fails the task, which is tried again. */
export function isFailureException(error: unknown): boolean {
  return callRun("isFailureException", error);
}

/** Throws ValueError for names that are kept for tools, and for none. */
export function checkHandlerName(name: unknown, kind: string): void {
  const fault = findNameFault(name, kind);
  if (fault) throw new ValueError(fault);
}

/** What is wrong with the name of a handler. */
export function findNameFault(name: unknown, kind: string): string | undefined {
  if (typeof name !== "string" || name === "") return `${kind === "update" ? "an" : "a"} ${kind} needs a name`;
  return isReservedName(name)
    ? `${kind} name ${name} is reserved; choose one without a leading __temporal_ and none of the stack trace queries`
    : undefined;
}

/** Whether a name is kept for tools. */
export function isReservedName(name: string): boolean {
  return name.startsWith("__temporal_") || name === "__stack_trace" || name === "__enhanced_stack_trace";
}
