/**
 * Finds the payloads in what passes between engine and run: for the codec, which works outside the
 * realm, and for the size limits of the server. Headers and search attributes are left as they are.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import { codeFailure, codePayload, codePayloadRecord, codePayloads, type PayloadCodec } from "../converter/codec.ts";
import type { SerializationContext } from "../converter/context.ts";
import type { Activation, Command, Completion, Job } from "../workflow/activation.ts";
import type { RunContexts } from "./run_contexts.ts";

/** How a field holds payloads. */
type Shape = "list" | "one" | "map" | "failure" | "nested";

type Fields = Readonly<Record<string, Shape>>;

const jobFields: Readonly<Record<Job["kind"], Fields>> = {
  initialize: { args: "list", memo: "map", lastCompletionResult: "list", lastFailure: "failure" },
  notifyHasPatch: {},
  updateRandomSeed: {},
  signalWorkflow: { args: "list" },
  doUpdate: { args: "list" },
  fireTimer: {},
  resolveActivity: { resolution: "nested" },
  cancelWorkflow: {},
  queryWorkflow: { args: "list" },
  removeFromCache: {},
};

const commandFields: Readonly<Record<Command["kind"], Fields>> = {
  startTimer: { metadata: "nested" },
  cancelTimer: {},
  scheduleActivity: { args: "list", metadata: "nested" },
  requestCancelActivity: {},
  updateAccepted: {},
  updateRejected: { failure: "failure" },
  updateCompleted: { outcome: "nested" },
  queryAnswered: { result: "one" },
  queryFailed: { failure: "failure" },
  completeWorkflow: { result: "one" },
  failWorkflow: { failure: "failure" },
  cancelWorkflow: {},
  continueAsNew: { args: "list", memo: "map" },
};

/** The fields of what is nested in jobs and commands: resolutions, outcomes, user metadata. */
const nestedFields: Fields = { result: "one", failure: "failure", summary: "one", details: "one" };

/** The same activation, decoded by the codec. */
export async function decodeActivation(
  activation: Activation,
  codec: PayloadCodec,
  contexts: RunContexts,
): Promise<Activation> {
  const jobs = await Promise.all(activation.jobs.map((job) => {
    const context = contexts.ofJob(job);
    return codeFields(job, jobFields[job.kind], () => ({ codec, direction: "decode", context }));
  }));
  return { ...activation, jobs };
}

/** The same completion, encoded by the codec. */
export async function encodeCompletion(
  completion: Completion,
  codec: PayloadCodec,
  contexts: RunContexts,
): Promise<Completion> {
  if (completion.kind === "failed") {
    return { ...completion, failure: await codeFailure(codec, "encode", completion.failure, contexts.workflow) };
  }
  const commands = await Promise.all(
    completion.commands.map((command) =>
      codeFields(command, commandFields[command.kind], (field) => ({
        codec,
        direction: "encode",
        context: contexts.ofCommand(command, field),
      }))
    ),
  );
  return { ...completion, commands };
}

/** A command with too many bytes in one of its fields. */
export interface OversizedField {
  command: Command;
  field: string;
  size: number;
}

/** The first field of a completion whose payloads exceed `limit` bytes; failures are not counted. */
export function findOversized(completion: Completion, limit: number): OversizedField | undefined {
  if (completion.kind === "failed") return undefined;
  for (const command of completion.commands) {
    const found = findOversizedField(command, commandFields[command.kind], limit);
    if (found) return { command, ...found };
  }
  return undefined;
}

/** Bytes of payloads on the wire, near enough for a limit. */
export function payloadsSize(payloads: readonly Payload[]): number {
  let size = 0;
  for (const { data, metadata } of payloads) {
    size += data.length;
    for (const key in metadata) size += key.length + metadata[key].length;
  }
  return size;
}

/** What is done with the payloads of one field. */
interface Coder {
  codec: PayloadCodec;
  direction: "encode" | "decode";
  context: SerializationContext;
}

async function codeFields<T extends object>(holder: T, fields: Fields, coderOf: (field: string) => Coder): Promise<T> {
  const coded: Record<string, unknown> = {};
  for (const [field, shape] of Object.entries(fields)) {
    const value = (holder as Record<string, unknown>)[field];
    if (value !== undefined) coded[field] = await coders[shape](value, coderOf(field));
  }
  return { ...holder, ...coded };
}

const coders: Readonly<Record<Shape, (value: unknown, coder: Coder) => Promise<unknown>>> = {
  list: (value, { codec, direction, context }) => codePayloads(codec, direction, value as Payload[], context),
  one: (value, { codec, direction, context }) => codePayload(codec, direction, value as Payload, context),
  map: (value, { codec, direction, context }) =>
    codePayloadRecord(codec, direction, value as Record<string, Payload>, context),
  failure: (value, { codec, direction, context }) => codeFailure(codec, direction, value as Failure, context),
  nested: (value, coder) => codeFields(value as object, nestedFields, () => coder),
};

function findOversizedField(
  holder: object,
  fields: Fields,
  limit: number,
): Omit<OversizedField, "command"> | undefined {
  for (const field in fields) {
    const value = (holder as Record<string, unknown>)[field];
    if (value === undefined || fields[field] === "failure") continue;
    if (fields[field] === "nested") {
      const found = findOversizedField(value as object, nestedFields, limit);
      if (found) return found;
    } else {
      const size = payloadsSize(payloadsOf(value, fields[field]));
      if (size > limit) return { field, size };
    }
  }
  return undefined;
}

function payloadsOf(value: unknown, shape: Shape): readonly Payload[] {
  if (shape === "list") return value as Payload[];
  return shape === "one" ? [value as Payload] : Object.values(value as Record<string, Payload>);
}
