/**
 * Payload codecs: encrypt or compress payloads, asynchronously and outside of workflows.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";
import type { SerializationContext } from "./context.ts";

/** Transforms payloads after conversion, and back before it. How many there are may change. */
export interface PayloadCodec {
  encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]>;
  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]>;
}

type Direction = "encode" | "decode";

/** Several codecs as one: encodes first to last, decodes last to first. Undefined where there is none. */
export function chainCodecs(codecs: PayloadCodec | PayloadCodec[] | undefined): PayloadCodec | undefined {
  if (!Array.isArray(codecs)) return codecs;
  if (codecs.length < 2) return codecs[0];
  const forward = [...codecs];
  const backward = [...codecs].reverse();
  return {
    encode: (payloads, context) => runChain(forward, "encode", payloads, context),
    decode: (payloads, context) => runChain(backward, "decode", payloads, context),
  };
}

async function runChain(
  codecs: PayloadCodec[],
  direction: Direction,
  payloads: Payload[],
  context?: SerializationContext,
): Promise<Payload[]> {
  for (const codec of codecs) payloads = await codec[direction](payloads, context);
  return payloads;
}

/**
 * Runs a single payload through a codec, for the places that hold exactly one.
 *
 * @throws {ValueError} the codec made none or several of it
 */
export async function codePayload(
  codec: PayloadCodec | undefined,
  direction: Direction,
  payload: Payload,
  context?: SerializationContext,
): Promise<Payload> {
  if (!codec) return payload;
  const coded = await codec[direction]([toPlainPayload(payload)], context);
  if (coded.length === 1) return coded[0];
  throw new ValueError(`payload codec answered ${direction} of 1 payload with ${coded.length}; only 1 fits there`);
}

/** A payload of its own: codecs may change what they get, and what they get is never a protobuf message. */
export function toPlainPayload({ metadata, data, externalPayloads }: Payload): Payload {
  const plain: Payload = { metadata: { ...metadata }, data };
  if (externalPayloads?.length) plain.externalPayloads = externalPayloads.map(({ sizeBytes }) => ({ sizeBytes }));
  return plain;
}

/** Runs a list of payloads through a codec; an empty list stays as it is. */
export async function codePayloads(
  codec: PayloadCodec | undefined,
  direction: Direction,
  payloads: Payload[],
  context?: SerializationContext,
): Promise<Payload[]> {
  return codec && payloads.length > 0 ? await codec[direction](payloads.map(toPlainPayload), context) : payloads;
}

/**
 * Runs each payload of a record, such as a memo, through a codec.
 *
 * @throws {ValueError} the codec made none or several of one
 */
export async function codePayloadRecord(
  codec: PayloadCodec | undefined,
  direction: Direction,
  payloads: Record<string, Payload>,
  context?: SerializationContext,
): Promise<Record<string, Payload>> {
  if (!codec) return payloads;
  const entries = Object.entries(payloads).map(async ([name, payload]) =>
    [name, await codePayload(codec, direction, payload, context)] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Runs all payloads of a failure and its causes through a codec; the failure itself is left unchanged. */
export async function codeFailure(
  codec: PayloadCodec | undefined,
  direction: Direction,
  failure: Failure,
  context?: SerializationContext,
): Promise<Failure> {
  if (!codec) return failure;
  const coded: Failure = { ...failure };
  if (failure.encodedAttributes) {
    coded.encodedAttributes = await codePayload(codec, direction, failure.encodedAttributes, context);
  }
  if (failure.cause) coded.cause = await codeFailure(codec, direction, failure.cause, context);
  if (failure.failureInfo?.case) {
    const { case: kind, value } = failure.failureInfo;
    coded.failureInfo = { case: kind, value: await codeFailureInfo(codec, direction, value, context) };
  }
  return coded;
}

async function codeFailureInfo(
  codec: PayloadCodec,
  direction: Direction,
  info: Record<string, unknown>,
  context?: SerializationContext,
): Promise<Record<string, unknown>> {
  const coded = { ...info };
  for (const name of ["details", "lastHeartbeatDetails"]) {
    const list = info[name] as { payloads: Payload[] } | undefined;
    if (list) coded[name] = { ...list, payloads: await codePayloads(codec, direction, list.payloads, context) };
  }
  return coded;
}
