/**
 * Failures: errors as plain data.
 *
 * @module
 */
import type { Payload } from "./payload.ts";

/** The source of failures that this SDK makes: that of all SDKs for TypeScript. */
export const failureSource: string = "TypeScriptSDK";

/** An error on the wire: the fields of the API's Failure message as plain data. */
export interface Failure {
  message: string;
  /** What made it: an SDK, for example `"TypeScriptSDK"`, or the server. */
  source: string;
  stackTrace: string;
  /** Message and stack trace as a payload, where they are to be encrypted. */
  encodedAttributes?: Payload;
  cause?: Failure;
  /** Which kind of failure this is, for example `applicationFailureInfo`, and the fields of that kind. */
  failureInfo?: { case: string; value: Record<string, unknown> } | { case: undefined; value?: undefined };
}
