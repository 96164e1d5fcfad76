/** A payload converter for protobuf messages in workflows: it needs the registry of those that are used. */
import { createRegistry } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  CompositePayloadConverter,
  defaultEncodingPayloadConverters,
  JSONProtoPayloadConverter,
  type PayloadConverter,
} from "@anywhen/temporal/converter";

export const payloadConverter: PayloadConverter = new CompositePayloadConverter([
  new JSONProtoPayloadConverter({ registry: createRegistry(DurationSchema) }),
  ...defaultEncodingPayloadConverters.filter(({ encoding }) => encoding !== "json/protobuf"),
]);
