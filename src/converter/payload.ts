/**
 * Values to payloads and back, synchronously and without protobuf: this is what workflows use.
 *
 * @module
 */
import type { Schemas, TypeHint } from "../common/definition.ts";
import { type Payload, RawValue } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";
import type { SerializationContext } from "./context.ts";
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
      throw new ValueError(
        encoding
          ? `payload encoding ${
            JSON.stringify(encoding)
          } is unknown; known are ${this.#list()}: add a converter for it` +
            (encoding.endsWith("/protobuf") ? ", such as JSONProtoPayloadConverter or BinaryProtoPayloadConverter" : "")
          : "payload has no encoding in its metadata; it was not made by a payload converter",
      );
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

/** Takes part in JSON: asked at every value, also inside lists and objects. */
export interface JSONTypeConverter {
  /** What JSON is to hold instead of `value`, or `JSONTypeConverter.unhandled`. */
  toJSONValue?(value: unknown): unknown;
  /** What `value` of a JSON text stands for, or `JSONTypeConverter.unhandled`; the outermost value has the type hint. */
  toTypedValue?(value: unknown, typeHint?: TypeHint): unknown;
}

const unhandled: unique symbol = Symbol.for("@anywhen/temporal/unhandled") as never;

/** `unhandled` is what a type converter returns to pass. */
export const JSONTypeConverter: { readonly unhandled: typeof unhandled } = { unhandled };

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

  /** Plain JSON by default. */
  constructor(options: JSONPlainPayloadConverterOptions = {}) {
    this.encoding = options.encoding ?? "json/plain";
    this.#options = options;
  }

  /** Declines what JSON cannot hold: undefined, functions, symbols, bigints, cycles. */
  toPayload(value: unknown): Payload | undefined {
    const { stringify = JSON.stringify, typeConverters } = this.#options;
    let text: string | undefined;
    try {
      text = stringify(typeConverters ? toJSONValue(value, typeConverters) : value);
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
    return text === undefined ? undefined : makePayload(this.encoding, encoder.encode(text));
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

/** Each value as a payload; the payload of a RawValue is taken as it is, whatever the converter. */
export function toPayloads(
  converter: PayloadConverter,
  values: readonly unknown[],
  context?: SerializationContext,
): Payload[] {
  return values.map((value) => value instanceof RawValue ? value.payload : converter.toPayload(value, context));
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
  return [...values, ...missing.map((typeHint) => validateValue(typeHint, undefined))];
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

function toJSONValue(value: unknown, converters: JSONTypeConverter[]): unknown {
  for (const converter of converters) {
    const converted = converter.toJSONValue ? converter.toJSONValue(value) : unhandled;
    if (converted === unhandled) continue;
    value = converted;
    break;
  }
  return mapChildren(value, (child) => toJSONValue(child, converters));
}

function toTypedValue(value: unknown, converters: JSONTypeConverter[], typeHint?: TypeHint): unknown {
  for (const converter of converters) {
    const converted = converter.toTypedValue ? converter.toTypedValue(value, typeHint) : unhandled;
    if (converted !== unhandled) return converted;
  }
  return mapChildren(value, (child) => toTypedValue(child, converters));
}

/** Maps what is inside a list or a plain object; other values are left alone. */
function mapChildren(value: unknown, map: (child: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, map(child)]));
}

function nameKind(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return `a value of type ${value.constructor?.name || "Object"}`;
}
