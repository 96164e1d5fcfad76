/**
 * The payload converter of {@link valibotDataConverter}: a module of its own, since each workflow realm evaluates it.
 *
 * @module
 */
import { encodeBase64 } from "../common/base64.ts";
import { defaultEncodingPayloadConverters } from "../converter/default_converters.ts";
import { JSONTypeConverter } from "../converter/json_types.ts";
import { CompositePayloadConverter, JSONPlainPayloadConverter, type PayloadConverter } from "../converter/payload.ts";

/** What JSON holds for values of these kinds; dates and URLs write themselves. */
const writers: Readonly<Record<string, (value: never) => unknown>> = {
  BigInt: (value: bigint) => String(value),
  Map: (value: Map<unknown, unknown>) => [...value],
  Set: (value: Set<unknown>) => [...value],
  Uint8Array: encodeBase64,
};

const wireTypes: JSONTypeConverter = {
  toJSONValue(value) {
    // By tag, so that values of other realms count.
    const write = writers[Object.prototype.toString.call(value).slice(8, -1)];
    return write ? write(value as never) : JSONTypeConverter.unhandled;
  },
};

/** The default converter, whose JSON holds bigints, bytes, maps and sets as the schemas of `./valibot` read them. */
export const payloadConverter: PayloadConverter = new CompositePayloadConverter([
  ...defaultEncodingPayloadConverters.filter(({ encoding }) => encoding !== "json/plain"),
  new JSONPlainPayloadConverter({ typeConverters: [wireTypes] }),
]);
