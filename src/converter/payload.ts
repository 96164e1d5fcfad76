/**
 * Values to payloads and back, synchronously and without protobuf: this is what workflows use.
 *
 * @module
 */
import type { Schemas, TypeHint } from "../common/definition.ts";
import { type Payload, RawValue } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";
import type { SerializationContext } from "./context.ts";
import { type JSONTypeConverter, toJSONValue, toTypedValue } from "./json_types.ts";
import { findTransferTypeConverter } from "./transfer.ts";
import { validateValue } from "./validation.ts";

/** Turns any value into a payload and back. */
export interface PayloadConverter {
  /** Throws ValueError for a value that has no encoding. */
  toPayload(value: unknown, context?: SerializationContext): Payload;
  /** Throws ValueError for an encoding it does not know, and whatever the type hint finds wrong. */
  fromPayload<T = unknown>(payload: Payload, typeHint?: TypeHint<T>, context?: SerializationContext): T;
}

/** Knows one encoding. */
export interface EncodingPayloadConverter {
  /** As in a payload's metadata, for example `"json/plain"`. */
  encoding: string;
  /** Undefined declines the value: the next converter is asked. */
  toPayload(value: unknown, context?: SerializationContext): Payload | undefined;
  fromPayload(payload: Payload, typeHint?: TypeHint, context?: SerializationContext): unknown;
}

const encoder = /* @__PURE__ */ new TextEncoder();
const decoder = /* @__PURE__ */ new TextDecoder();

/** Asks several converters in turn to encode; decodes with the one that a payload names. */
export class CompositePayloadConverter implements PayloadConverter {
  /** By encoding, in the order in which they are asked. */
  readonly converters: Map<string, EncodingPayloadConverter>;

  /** The first converter that does not decline a value encodes it. */
  constructor(converters: EncodingPayloadConverter[]) {
    this.converters = new Map(converters.map((converter) => [converter.encoding, converter]));
  }

  /** The payload of a RawValue is taken as it is. */
  toPayload(value: unknown, context?: SerializationContext): Payload {
    if (value instanceof RawValue) return value.payload;
    for (const converter of this.converters.values()) {
      const payload = converter.toPayload(value, context);
      if (payload) return payload;
    }
    throw new ValueError(
      `${
        nameKind(value)
      } cannot be converted: ${this.#list()} declined it, and JSON takes no bigint, function, symbol or ` +
        "cycle; convert it first, wrap it in a RawValue or add a converter for it",
    );
  }

  /** Validates by the type hint. */
  fromPayload<T = unknown>(payload: Payload, typeHint?: TypeHint<T>, context?: SerializationContext): T {
    const encoding = readEncoding(payload);
    const converter = this.converters.get(encoding);
    if (!converter) {
      throw new ValueError(describeUnknown(encoding, this.#list()));
    }
    return validateValue(typeHint, converter.fromPayload(payload, typeHint, context)) as T;
  }

  #list(): string {
    return [...this.converters.keys()].join(", ");
  }
}

/** Encodes undefined, and nothing else, as `binary/null`. */
export class BinaryNullPayloadConverter implements EncodingPayloadConverter {
  /** `"binary/null"` */
  readonly encoding: string = "binary/null";

  /** Declines everything but undefined. */
  toPayload(value: unknown): Payload | undefined {
    return value === undefined ? makePayload(this.encoding, new Uint8Array()) : undefined;
  }

  /** Undefined. */
  fromPayload(): undefined {
    return undefined;
  }
}

/** Encodes a Uint8Array as `binary/plain`. */
export class BinaryPlainPayloadConverter implements EncodingPayloadConverter {
  /** `"binary/plain"` */
  readonly encoding: string = "binary/plain";

  /** Declines everything but a Uint8Array, of whatever realm. */
  toPayload(value: unknown): Payload | undefined {
    const isBytes = Object.prototype.toString.call(value) === "[object Uint8Array]";
    return isBytes ? makePayload(this.encoding, value as Uint8Array) : undefined;
  }

  /** The bytes, as a Uint8Array of this realm. */
  fromPayload(payload: Payload): Uint8Array {
    return payload.data instanceof Uint8Array ? payload.data : new Uint8Array(payload.data);
  }
}

/** Options of {@link JSONPlainPayloadConverter}. */
export interface JSONPlainPayloadConverterOptions {
  /** Default: `"json/plain"`. */
  encoding?: string;
  /** Default: `JSON.stringify`. */
  stringify?: (value: unknown) => string;
  /** Default: `JSON.parse`. */
  parse?: (text: string) => unknown;
  /** The first that does not pass converts. */
  typeConverters?: JSONTypeConverter[];
}

/** Encodes as JSON whatever JSON can hold. */
export class JSONPlainPayloadConverter implements EncodingPayloadConverter {
  /** `"json/plain"` unless the options say otherwise. */
  readonly encoding: string;
  readonly #options: JSONPlainPayloadConverterOptions;
  readonly #encodingBytes: Uint8Array;

  /** Plain JSON by default. */
  constructor(options: JSONPlainPayloadConverterOptions = {}) {
    this.encoding = options.encoding ?? "json/plain";
    this.#options = options;
    this.#encodingBytes = encoder.encode(this.encoding);
  }

  /** Declines what JSON cannot hold: undefined, functions, symbols, bigints, cycles. */
  toPayload(value: unknown): Payload | undefined {
    const { stringify = JSON.stringify, typeConverters } = this.#options;
    const plain = typeConverters ? toJSONValue(value, typeConverters) : value;
    let text: string | undefined;
    try {
      text = stringify(plain);
    } catch (error) {
      // By name: workflows bring the JSON of their realm.
      if ((error as Error | null)?.name === "TypeError") return undefined;
      throw error;
    }
    if (text === undefined) return undefined;
    // Encoding the name anew would take as long as the value.
    return { metadata: { encoding: this.#encodingBytes.slice() }, data: encoder.encode(text) };
  }

  /** Throws ValueError where the data is no JSON. */
  fromPayload(payload: Payload, typeHint?: TypeHint): unknown {
    const { parse = JSON.parse, typeConverters } = this.#options;
    let value: unknown;
    try {
      value = parse(decoder.decode(payload.data));
    } catch (error) {
      throw new ValueError(`payload of encoding ${this.encoding} cannot be parsed: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return typeConverters ? toTypedValue(value, typeConverters, typeHint) : value;
  }
}

/** A converter that works in `context` where its caller gives none, and knows raw values and transfer types. */
export function bindConverter(converter: PayloadConverter, context: SerializationContext): PayloadConverter {
  return {
    toPayload: (value, own = context) => toPayloads(converter, [value], own)[0],
    fromPayload: (payload, typeHint, own = context) => converter.fromPayload(payload, typeHint, own),
  };
}

/**
 * Each value as a payload, whatever the converter: the payload of a RawValue is taken as it is, objects of a class with a
 * transfer type go as that.
 */
export function toPayloads(
  converter: PayloadConverter,
  values: readonly unknown[],
  context?: SerializationContext,
): Payload[] {
  return values.map((value) => {
    const transfer = findTransferTypeConverter(value);
    const sent = transfer ? transfer.toTransferType(value) : value;
    return sent instanceof RawValue ? sent.payload : converter.toPayload(sent, context);
  });
}

/** Each payload as a value; schemas without a payload validate undefined, payloads without a schema are just decoded. */
export function fromPayloads(
  converter: PayloadConverter,
  payloads: readonly Payload[],
  typeHints?: Schemas,
  context?: SerializationContext,
): unknown[] {
  const values = payloads.map((payload, index) => converter.fromPayload(payload, typeHints?.[index], context));
  const missing = typeHints?.slice(payloads.length) ?? [];
  for (const typeHint of missing) values.push(validateValue(typeHint, undefined));
  return values;
}

/** The encoding that a payload names, "" where it names none. */
export function readEncoding(payload: Payload): string {
  const { encoding } = payload.metadata;
  return encoding ? decoder.decode(encoding) : "";
}

/** A payload of an encoding. */
export function makePayload(encoding: string, data: Uint8Array): Payload {
  return { metadata: { encoding: encoder.encode(encoding) }, data };
}

function describeUnknown(encoding: string, known: string): string {
  if (!encoding) return "payload has no encoding in its metadata; it was not made by a payload converter";
  const advice = encoding.endsWith("/protobuf")
    ? "give the option dataConverter.payloadConverter the URL of a module whose CompositePayloadConverter has " +
      "JSONProtoPayloadConverter and BinaryProtoPayloadConverter, with the registry of your messages"
    : "give the option dataConverter.payloadConverter a CompositePayloadConverter with a converter for it, or " +
      "dataConverter.payloadCodec the codec that made it";
  return `payload encoding ${JSON.stringify(encoding)} is unknown; known are ${known}: ${advice}`;
}

function nameKind(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return `a value of type ${value.constructor?.name || "Object"}`;
}
