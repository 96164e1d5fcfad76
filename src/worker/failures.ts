/**
 * Errors as failures for the server, whatever converter and codec make of them.
 *
 * @module
 */
import { type Failure, failureSource } from "../common/failure.ts";
import type { SerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";

/**
 * An error as a failure; when it cannot be encoded, a failure that says so and nothing of what a codec
 * might have had to hide.
 *
 * @param complaint how that failure begins, for example `Failed building exception result`
 */
export async function encodeAnyFailure(
  dataConverter: DataConverter,
  error: unknown,
  complaint: string,
  context: SerializationContext,
): Promise<Failure> {
  try {
    return await dataConverter.encodeFailure(error, context);
  } catch (fault) {
    const message = `${complaint}: ${messageOf(fault)}`;
    const failureInfo = { case: "applicationFailureInfo", value: { type: "EncodingError" } };
    return { message, source: failureSource, stackTrace: "", failureInfo };
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
