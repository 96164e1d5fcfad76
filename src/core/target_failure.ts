/**
 * The failure for another workflow that could not be reached.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";

/** An application failure; its type is the server's cause as the core SDKs spell it. */
export function targetFailure(message: string, cause: readonly [type: string, reason: string] | undefined): Failure {
  const [type, reason] = cause ?? ["Unspecified", "unknown"];
  return {
    message: `${message} ${reason}`,
    source: "",
    stackTrace: "",
    failureInfo: { case: "applicationFailureInfo", value: { type, nonRetryable: false } },
  };
}
