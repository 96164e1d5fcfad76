/**
 * The default payload converter.
 *
 * @module
 */
import {
  BinaryNullPayloadConverter,
  BinaryPlainPayloadConverter,
  CompositePayloadConverter,
  type EncodingPayloadConverter,
  JSONPlainPayloadConverter,
  type PayloadConverter,
} from "./payload.ts";
import { BinaryProtoPayloadConverter, JSONProtoPayloadConverter } from "./protobuf.ts";

/** The converters of {@link defaultPayloadConverter}, in order; in workflow code those without protobuf. */
export const defaultEncodingPayloadConverters: EncodingPayloadConverter[] = [
  new BinaryNullPayloadConverter(),
  new BinaryPlainPayloadConverter(),
  new JSONProtoPayloadConverter(),
  new BinaryProtoPayloadConverter(),
  new JSONPlainPayloadConverter(),
];

/**
 * Encodes undefined as `binary/null`, a Uint8Array as `binary/plain`, a protobuf-es message as `json/protobuf` and
 * everything else as `json/plain`; decodes `binary/protobuf` too. In workflow code it goes without protobuf.
 */
export const defaultPayloadConverter: PayloadConverter = new CompositePayloadConverter(
  defaultEncodingPayloadConverters,
);
