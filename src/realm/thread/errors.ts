/**
 * Errors across threads.
 *
 * @module
 */
import * as errors from "../../common/errors.ts";
import type { ErrorData } from "./messages.ts";

type ErrorClass = new (message: string, options: object) => Error;

/** An error, or whatever was thrown, as data. */
export function toErrorData(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), fields: {} };
  const { name, message, stack } = thrown;
  return { name, message, stack, fields: copyFields(thrown) };
}

/** The error again: of its class where that is one of this package, else one of its name. */
export function fromErrorData({ name, message, stack, fields }: ErrorData): Error {
  const known = (errors as unknown as Record<string, ErrorClass | undefined>)[name];
  const error = known ? new known(message, fields) : Object.assign(new Error(message), fields);
  if (!known) Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return error;
}

function copyFields(error: Error): Record<string, unknown> {
  try {
    return structuredClone({ ...error });
  } catch {
    return {};
  }
}
