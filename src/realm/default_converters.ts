/**
 * What `converter/default_converters` is in workflow code: without protobuf, which would cost much in every realm.
 * Converters of the user that ask for it by name have it, with the registry of their messages.
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
} from "../converter/payload.ts";

/** The converters of {@link defaultPayloadConverter}, in order. */
export const defaultEncodingPayloadConverters: EncodingPayloadConverter[] = /* @__PURE__ */ makeConverters();

/** Encodes undefined as `binary/null`, a Uint8Array as `binary/plain` and everything else as `json/plain`. */
export const defaultPayloadConverter: PayloadConverter = /* @__PURE__ */ new CompositePayloadConverter(
  defaultEncodingPayloadConverters,
);

function makeConverters(): EncodingPayloadConverter[] {
  return [new BinaryNullPayloadConverter(), new BinaryPlainPayloadConverter(), new JSONPlainPayloadConverter()];
}
