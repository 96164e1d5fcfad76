/**
 * Data conversion: values to payloads, errors to failures, and the codecs between them and the wire.
 *
 * @module
 */
export type { Failure } from "../common/failure.ts";
export type { Payload } from "../common/payload.ts";
export type { PayloadCodec } from "./codec.ts";
export { createCodecHandler, createRemoteCodec } from "./codec_server.ts";
export type { ActivitySerializationContext, SerializationContext, WorkflowSerializationContext } from "./context.ts";
export { DataConverter } from "./data.ts";
export type { DataConverterOptions } from "./data.ts";
export { defaultEncodingPayloadConverters, defaultPayloadConverter } from "./default_converters.ts";
export { DefaultFailureConverter } from "./failure.ts";
export type { FailureConverter } from "./failure.ts";
export { JSONTypeConverter } from "./json_types.ts";
export {
  BinaryNullPayloadConverter,
  BinaryPlainPayloadConverter,
  CompositePayloadConverter,
  JSONPlainPayloadConverter,
} from "./payload.ts";
export type { EncodingPayloadConverter, PayloadConverter } from "./payload.ts";
export { BinaryProtoPayloadConverter, JSONProtoPayloadConverter } from "./protobuf.ts";
export { transferTypeConvertible, transferTypeHint } from "./transfer.ts";
export type { TransferTypeConverter } from "./transfer.ts";
export { createPayloadValidationError } from "./validation.ts";
