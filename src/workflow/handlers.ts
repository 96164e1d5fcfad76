/**
 * Handlers of signals, queries and updates, set while the workflow runs.
 *
 * @module
 */
import {
  findDefinition,
  type QueryDefinition,
  type SignalDefinition,
  type UpdateDefinition,
} from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { RawValue } from "../common/payload.ts";
import type { HandlerKind } from "./bridge.ts";
import { currentRun } from "./current.ts";

export type { HandlerKind } from "./bridge.ts";

/** Whether a handler that is left unfinished at the end of the workflow is worth a warning. */
export type HandlerUnfinishedPolicy = "WARN_AND_ABANDON" | "ABANDON";

/** Options of an update handler. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export interface UpdateHandlerOptions<A extends any[]> {
  /** Rejects the update by throwing; synchronous, may only read. */
  // deno-lint-ignore no-explicit-any -- `this` is the instance of a class workflow
  validator?: (this: any, ...args: A) => void;
  /** One line for tools. */
  description?: string;
  /** Default: `"WARN_AND_ABANDON"`. */
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

/** A handler of all names that have none of their own. */
export type DynamicHandler = (name: string, args: RawValue[]) => unknown;

interface AnyHandlerOptions {
  validator?: (...args: never[]) => void;
  description?: string;
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

/** Sets the handler of a signal, which gets what has arrived so far; `undefined` clears it. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<A extends any[]>(
  definition: SignalDefinition<A>,
  handler: ((...args: A) => void | Promise<void>) | undefined,
  options?: { description?: string; unfinishedPolicy?: HandlerUnfinishedPolicy },
): void;
/** Sets the handler of a query; synchronous, may only read. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<R, A extends any[]>(
  definition: QueryDefinition<R, A>,
  handler: ((...args: A) => R) | undefined,
  options?: { description?: string },
): void;
/** Sets the handler of an update, which gets what has arrived in this activation. */
// deno-lint-ignore no-explicit-any -- inference of arguments
export function setHandler<R, A extends any[]>(
  definition: UpdateDefinition<R, A>,
  handler: ((...args: A) => R | Promise<R>) | undefined,
  options?: UpdateHandlerOptions<A>,
): void;
export function setHandler(
  definition: SignalDefinition | QueryDefinition | UpdateDefinition,
  handler: ((...args: never[]) => unknown) | undefined,
  options: AnyHandlerOptions = {},
): void {
  const { kind, name } = definition;
  checkHandlerName(name, kind);
  const entry = handler && { fn: handler, args: findDefinition(definition)?.args, ...options };
  currentRun("setHandler").handlers.set(kind, name, entry);
}

/** The handler that is set, if any. */
export function getHandler(
  definition: SignalDefinition | QueryDefinition | UpdateDefinition,
  // deno-lint-ignore no-explicit-any -- as declared by the user
): ((...args: any[]) => unknown) | undefined {
  return currentRun("getHandler").handlers.get(definition.kind, definition.name)?.fn;
}

/** Sets the handler of all names that have none of their own; a signal handler gets all that have arrived so far. */
export function setDynamicHandler(
  kind: HandlerKind,
  handler: DynamicHandler | undefined,
  options: UpdateHandlerOptions<[name: string, args: RawValue[]]> = {},
): void {
  const entry = handler && { fn: handler, ...options } as { fn: (...args: never[]) => unknown };
  currentRun("setDynamicHandler").handlers.set(kind, undefined, entry);
}

/** The dynamic handler that is set, if any. */
export function getDynamicHandler(kind: HandlerKind): DynamicHandler | undefined {
  return currentRun("getDynamicHandler").handlers.get(kind, undefined)?.fn as DynamicHandler | undefined;
}

/** Whether no signal or update handler is in progress: wait for it before the workflow returns. */
export function allHandlersFinished(): boolean {
  return currentRun("allHandlersFinished").handlers.allFinished;
}

/** The update in whose handler or validator this is called, also after an `await`. */
export function currentUpdateInfo(): { id: string; name: string } | undefined {
  const update = currentRun("currentUpdateInfo").handlers.currentUpdate;
  return update && { id: update.id, name: update.name };
}

/** Throws ValueError for names that are kept for tools, and for none. */
export function checkHandlerName(name: unknown, kind: string): void {
  if (typeof name !== "string" || name === "") throw new ValueError(`a ${kind} needs a name`);
  if (name.startsWith("__temporal_") || name === "__stack_trace" || name === "__enhanced_stack_trace") {
    throw new ValueError(`${kind} name ${name} is reserved; choose one without a leading __temporal_`);
  }
}
