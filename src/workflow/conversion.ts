/**
 * Values to payloads and back with the converters of this realm.
 *
 * @module
 */
import type { Schemas, TypeHint } from "../common/definition.ts";
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import type { SerializationContext } from "../converter/context.ts";
import { DefaultFailureConverter, type FailureConverter } from "../converter/failure.ts";
import { basePayloadConverter, fromPayloads, type PayloadConverter, toPayloads } from "../converter/payload.ts";
import { currentRun } from "./current.ts";
import { copyPlain } from "./plain.ts";

/** The converters that a bundle may bring. */
export interface Converters {
  payloadConverter?: PayloadConverter;
  failureConverter?: FailureConverter;
}

let converters: Converters = {};
let defaultFailureConverter: FailureConverter | undefined;

/** Sets the converters of this realm. */
export function useConverters(custom: Converters): void {
  converters = custom;
}

/** The payload converter that the worker was given, or the default one. */
export function payloadConverter(): PayloadConverter {
  return converters.payloadConverter ?? basePayloadConverter;
}

/** The context of the workflow's own values. */
export function workflowContext(): SerializationContext {
  const { namespace, workflowId } = currentRun("a conversion").state.start!;
  return { kind: "workflow", namespace, workflowId };
}

/** One value as a payload. */
export function encodeValue(value: unknown, context: SerializationContext = workflowContext()): Payload {
  return encodeValues([value], context)[0];
}

/** Values as payloads. */
export function encodeValues(values: readonly unknown[], context: SerializationContext = workflowContext()): Payload[] {
  return toPayloads(payloadConverter(), values, context);
}

/** Payloads of the runtime as values of this realm. */
export function decodeValues(
  payloads: readonly Payload[],
  schemas?: Schemas,
  context: SerializationContext = workflowContext(),
): unknown[] {
  return fromPayloads(payloadConverter(), copyPlain(payloads), schemas, context);
}

/** A result: undefined where there is no payload and no schema. */
export function decodeResult(payload: Payload | undefined, hint?: TypeHint, context?: SerializationContext): unknown {
  return decodeValues(payload ? [payload] : [], hint && [hint], context)[0];
}

/** What was thrown, as a failure whose stack traces name the user's files. */
export function encodeFailure(error: unknown): Failure {
  mapStacks(error);
  return failureConverter().toFailure(error, payloadConverter(), workflowContext());
}

/** A failure of the runtime as an error of this realm. */
export function decodeFailure(failure: Failure, context: SerializationContext = workflowContext()): Error {
  return failureConverter().fromFailure(copyPlain(failure), payloadConverter(), context);
}

/** One line or more for the UI, as a payload. */
export function encodeText(text: string | undefined): Payload | undefined {
  return text === undefined ? undefined : encodeValue(text);
}

function failureConverter(): FailureConverter {
  return converters.failureConverter ?? (defaultFailureConverter ??= new DefaultFailureConverter());
}

function mapStacks(error: unknown): void {
  const { mapStack } = currentRun("a conversion").state;
  const seen = new Set<unknown>();
  for (let link = error; typeof link === "object" && link !== null && !seen.has(link); link = (link as Error).cause) {
    seen.add(link);
    const { stack } = link as Error;
    const mapped = typeof stack === "string" ? mapStack(stack) : stack;
    if (mapped !== stack) Reflect.defineProperty(link, "stack", { value: mapped, writable: true, configurable: true });
  }
}
