/** The payload converters without protobuf, as workflows have them by default. */
import {
  BinaryNullPayloadConverter,
  BinaryPlainPayloadConverter,
  CompositePayloadConverter,
  JSONPlainPayloadConverter,
  type PayloadConverter,
} from "../../src/converter/payload.ts";

export const basePayloadConverter: PayloadConverter = new CompositePayloadConverter([
  new BinaryNullPayloadConverter(),
  new BinaryPlainPayloadConverter(),
  new JSONPlainPayloadConverter(),
]);
