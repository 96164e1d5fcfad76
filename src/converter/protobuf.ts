/**
 * Converters for protobuf messages.
 *
 * @module
 */
import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  isMessage,
  type Message,
  type Registry,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import type { Payload } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";
import { type EncodingPayloadConverter, makePayload } from "./payload.ts";
import { defaultRegistry } from "./default_registry.ts";

/** Options of {@link BinaryProtoPayloadConverter}. */
export interface BinaryProtoPayloadConverterOptions {
  /** The message types; default: those of the Temporal API and the well-known ones. */
  registry?: Registry;
}

/** Options of {@link JSONProtoPayloadConverter}. */
export interface JSONProtoPayloadConverterOptions extends BinaryProtoPayloadConverterOptions {
  /** Whether fields that a message type does not have are skipped; default false, they are an error. */
  ignoreUnknownFields?: boolean;
}

/** Encodes protobuf-es messages as `json/protobuf`. */
export class JSONProtoPayloadConverter implements EncodingPayloadConverter {
  /** `"json/protobuf"` */
  readonly encoding: string = "json/protobuf";
  readonly #options: JSONProtoPayloadConverterOptions;

  /** Knows the messages of the Temporal API by default. */
  constructor(options: JSONProtoPayloadConverterOptions = {}) {
    this.#options = options;
  }

  /** Declines everything but messages; throws ValueError for one that is not in the registry. */
  toPayload(value: unknown): Payload | undefined {
    if (!isMessage(value)) return undefined;
    const registry = this.#registry();
    const json = toJsonString(findSchema(registry, value.$typeName, this), value, { registry });
    return makeMessagePayload(this.encoding, value, new TextEncoder().encode(json));
  }

  /** Throws ValueError for a message that is not in the registry or does not parse. */
  fromPayload(payload: Payload): Message {
    const registry = this.#registry();
    const schema = findSchema(registry, readMessageType(payload), this);
    const { ignoreUnknownFields = false } = this.#options;
    return parse(
      schema,
      () => fromJsonString(schema, new TextDecoder().decode(payload.data), { registry, ignoreUnknownFields }),
    );
  }

  #registry(): Registry {
    return this.#options.registry ?? defaultRegistry();
  }
}

/** Decodes `binary/protobuf`; encodes protobuf-es messages so where it is asked before the JSON one. */
export class BinaryProtoPayloadConverter implements EncodingPayloadConverter {
  /** `"binary/protobuf"` */
  readonly encoding: string = "binary/protobuf";
  readonly #options: BinaryProtoPayloadConverterOptions;

  /** Knows the messages of the Temporal API by default. */
  constructor(options: BinaryProtoPayloadConverterOptions = {}) {
    this.#options = options;
  }

  /** Declines everything but messages; throws ValueError for one that is not in the registry. */
  toPayload(value: unknown): Payload | undefined {
    if (!isMessage(value)) return undefined;
    return makeMessagePayload(
      this.encoding,
      value,
      toBinary(findSchema(this.#registry(), value.$typeName, this), value),
    );
  }

  /** Throws ValueError for a message that is not in the registry or does not parse. */
  fromPayload(payload: Payload): Message {
    const schema = findSchema(this.#registry(), readMessageType(payload), this);
    return parse(schema, () => fromBinary(schema, payload.data));
  }

  #registry(): Registry {
    return this.#options.registry ?? defaultRegistry();
  }
}

function findSchema(registry: Registry, typeName: string, converter: EncodingPayloadConverter): DescMessage {
  const schema = registry.getMessage(typeName);
  if (schema) return schema;
  const { name } = converter.constructor;
  throw new ValueError(
    `protobuf message ${typeName || "without messageType"} is unknown; give its schema to a converter of your own: ` +
      `new ${name}({ registry: createRegistry(…) })`,
  );
}

function parse(schema: DescMessage, read: () => Message): Message {
  try {
    return read();
  } catch (error) {
    throw new ValueError(`payload is no valid ${schema.typeName}: ${(error as Error).message}`, { cause: error });
  }
}

function makeMessagePayload(encoding: string, message: Message, data: Uint8Array): Payload {
  const payload = makePayload(encoding, data);
  payload.metadata.messageType = new TextEncoder().encode(message.$typeName);
  return payload;
}

function readMessageType(payload: Payload): string {
  const { messageType } = payload.metadata;
  return messageType ? new TextDecoder().decode(messageType) : "";
}
