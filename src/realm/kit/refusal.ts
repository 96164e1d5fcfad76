/** The error for what may not be used in workflow code. @module */
import { RestrictedWorkflowAccessError } from "../../common/errors.ts";

/** Makes the error, an object of the realm. */
export function create(
  message: string,
  options: { qualifiedName: string; replacement?: string; source?: string },
): Error {
  return new RestrictedWorkflowAccessError(message, options);
}
