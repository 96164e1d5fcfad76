/**
 * The converter of workflow code.
 *
 * @module
 */
import type { PayloadConverter } from "../converter/payload.ts";
import { callRun } from "./current.ts";

/**
 * The payload converter that the worker was given, or the default one; where no context is passed to it, it is told that
 * values belong to this workflow.
 */
export function payloadConverter(): PayloadConverter {
  return callRun("payloadConverter");
}
