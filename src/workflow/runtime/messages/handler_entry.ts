/**
 * What user code gives as a handler, checked.
 *
 * @module
 */
import { findDefinition } from "../../../common/definition.ts";
import { ValueError } from "../../../common/errors.ts";
import type { AnyHandlerOptions, HandlerEntry, Operations, UserFunction } from "../../bridge.ts";
import { findHandlerFaults } from "../../definition_checks.ts";
import { checkHandlerName } from "../../handlers.ts";

/** A handler as a run keeps it; undefined for none. Throws ValueError for a reserved name and for what is no handler. */
export function makeEntry(
  definition: Parameters<Operations["setHandler"]>[0],
  fn: UserFunction | undefined,
  options: AnyHandlerOptions = {},
): HandlerEntry | undefined {
  const { kind, name } = definition;
  if (name !== undefined) checkHandlerName(name, kind);
  const faults = findHandlerFaults(options);
  if (fn !== undefined && typeof fn !== "function") faults.unshift("it is no function");
  if (faults.length > 0) throw new ValueError(`the handler of ${kind} ${name ?? "(dynamic)"}: ${faults.join("; ")}`);
  const { description, unfinishedPolicy, validator } = options;
  return fn && { fn, args: findDefinition(definition)?.args, description, unfinishedPolicy, validator };
}
