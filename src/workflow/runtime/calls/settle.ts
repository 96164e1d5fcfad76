/**
 * How what the engine says of a call ends the wait for it.
 *
 * @module
 */
import type { TypeHint } from "../../../common/definition.ts";
import type { SerializationContext } from "../../../converter/context.ts";
import type { ActivityResolution } from "../../activation.ts";
import type { Values } from "../values.ts";
import type { Settler } from "../waiting/settler.ts";

/** How the values of a call are converted. */
export interface Conversion {
  readonly values: Values;
  readonly context: SerializationContext;
  /** Schema of the result. */
  readonly hint?: TypeHint;
}

/** Settles a call; what cannot be converted, it rejects with. */
export function settle(
  settler: Settler<unknown>,
  resolution: ActivityResolution,
  { values, context, hint }: Conversion,
): void {
  try {
    if (resolution.status !== "completed") settler.reject(values.decodeFailure(resolution.failure, context));
    else settler.resolve(values.decodeResult(resolution.result, hint, context));
  } catch (error) {
    settler.reject(values.adopt(error));
  }
}
