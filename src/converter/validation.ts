/**
 * Schemas at the boundary: what is decoded is validated, synchronously.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";
import { ApplicationError } from "../common/failure_errors.ts";
import { ValueError } from "../common/temporal_error.ts";

interface Issue {
  message: string;
  path?: unknown;
}

/**
 * The schema's output for a decoded value; without a schema the value itself.
 *
 * @throws {ApplicationError} of type `PayloadValidationError`, not retryable: the value does not fit
 * @throws {ValueError} the schema answers with a promise
 */
export function validateValue(typeHint: TypeHint | undefined, value: unknown): unknown {
  if (!typeHint) return value;
  const { vendor, validate } = typeHint["~standard"];
  const outcome = validate(value) as { value?: unknown; issues?: readonly Issue[]; then?: unknown };
  if (typeof outcome.then === "function") {
    throw new ValueError(
      `a ${vendor} schema answers with a promise; payloads need schemas that validate synchronously`,
    );
  }
  if (!outcome.issues) return outcome.value;
  throw createPayloadValidationError(outcome.issues.map(({ message, path }) => ({ message, path: toKeys(path) })));
}

/**
 * The error for a value that does not fit its schema: it fails the workflow, update or activity at once.
 *
 * @param details what is wrong, for example a list of `{ message, path }`; null and undefined are left out
 */
export function createPayloadValidationError(details: unknown): ApplicationError {
  const [issue] = Array.isArray(details) ? details as Partial<Issue>[] : [];
  let message = "payload does not fit its schema";
  if (typeof issue?.message === "string") {
    const place = toKeys(issue.path).join(".");
    message += place ? `, at ${place}: ${issue.message}` : `: ${issue.message}`;
  }
  return new ApplicationError(message, {
    type: "PayloadValidationError",
    nonRetryable: true,
    details: details === undefined || details === null ? [] : [details],
  });
}

/** Of a path as Standard Schema has it; details of the user may have any other. */
function toKeys(path: unknown): (string | number)[] {
  if (!Array.isArray(path)) return [];
  return path.map((part: PropertyKey | { key: PropertyKey } | null) => {
    const key = typeof part === "object" ? part?.key : part;
    return typeof key === "number" ? key : String(key);
  });
}
