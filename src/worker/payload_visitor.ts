/**
 * Passes the payloads between engine and run through the codec, which works outside the realm. Search attributes are left
 * as they are, and so are headers unless the client says otherwise.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import { codeFailure, codePayload, codePayloadRecord, codePayloads, type PayloadCodec } from "../converter/codec.ts";
import type { SerializationContext } from "../converter/context.ts";
import { readEncoding } from "../converter/payload.ts";
import type { Activation, Completion } from "../workflow/activation.ts";
import { CodecCalls } from "./codec_calls.ts";
import { commandFields, type Fields, jobFields, nestedFields, type Shape } from "./payload_fields.ts";
import type { RunContexts } from "./run_contexts.ts";

/** How the codec is used for one run. */
export interface CodecUse {
  codec: PayloadCodec;
  contexts: RunContexts;
  /** Whether headers pass through the codec too. */
  codesHeaders: boolean;
}

/** Calls of a codec that are under way at once for one activation. */
const mostCalls = 32;

/** The same activation, decoded by the codec. Rejects with the first error of the codec. */
export async function decodeActivation(activation: Activation, use: CodecUse): Promise<Activation> {
  const { contexts, codesHeaders } = use;
  return await limitCalls(use.codec, async (codec) => {
    const jobs = await Promise.all(activation.jobs.map((job) => {
      const coder: Coder = { codec, direction: "decode", codesHeaders, context: contexts.ofJob(job) };
      return codeFields(job, jobFields[job.kind], () => coder);
    }));
    return { ...activation, jobs };
  });
}

/** The same completion, encoded by the codec. Rejects with the first error of the codec. */
export async function encodeCompletion(completion: Completion, use: CodecUse): Promise<Completion> {
  const { contexts, codesHeaders } = use;
  return await limitCalls(use.codec, async (codec) => {
    if (completion.kind === "failed") {
      return { ...completion, failure: await codeFailure(codec, "encode", completion.failure, contexts.workflow) };
    }
    const commands = await Promise.all(completion.commands.map((command) => {
      contexts.note(command);
      return codeFields(command, commandFields[command.kind], (field) => ({
        codec,
        direction: "encode",
        codesHeaders,
        context: contexts.ofCommand(command, field),
      }));
    }));
    return { ...completion, commands };
  });
}

async function limitCalls<T>(codec: PayloadCodec, work: (codec: PayloadCodec) => Promise<T>): Promise<T> {
  const calls = new CodecCalls(codec, mostCalls);
  try {
    return await work(calls);
  } catch (error) {
    await calls.drain();
    throw error;
  }
}

/** What is done with the payloads of one field. */
interface Coder {
  codec: PayloadCodec;
  direction: "encode" | "decode";
  codesHeaders: boolean;
  context: SerializationContext;
}

async function codeFields<T extends object>(holder: T, fields: Fields, coderOf: (field: string) => Coder): Promise<T> {
  const coded: Record<string, unknown> = {};
  for (const field in fields) {
    const value = (holder as Record<string, unknown>)[field];
    if (value !== undefined) coded[field] = await coders[fields[field]](value, coderOf(field));
  }
  return { ...holder, ...coded };
}

const coders: Readonly<Record<Shape, (value: unknown, coder: Coder) => Promise<unknown>>> = {
  list: (value, { codec, direction, context }) => codePayloads(codec, direction, value as Payload[], context),
  one: (value, { codec, direction, context }) => codePayload(codec, direction, value as Payload, context),
  map: (value, { codec, direction, context }) =>
    codePayloadRecord(codec, direction, value as Record<string, Payload>, context),
  changes: async (value, coder) => {
    // What a removal looks like to the server must stay.
    const changes = Object.entries(value as Record<string, Payload>);
    const kept = Object.fromEntries(changes.filter(([, payload]) => readEncoding(payload) !== "binary/null"));
    return { ...value as Record<string, Payload>, ...await coders.map(kept, coder) as Record<string, Payload> };
  },
  headers: (value, coder) => coder.codesHeaders ? coders.map(value, coder) : Promise.resolve(value),
  left: (value) => Promise.resolve(value),
  failure: (value, { codec, direction, context }) => codeFailure(codec, direction, value as Failure, context),
  nested: (value, coder) => codeFields(value as object, nestedFields, () => coder),
};
