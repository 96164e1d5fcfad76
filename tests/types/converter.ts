import type { TypeHint } from "../../src/common/mod.ts";
import {
  createCodecHandler,
  createRemoteCodec,
  DataConverter,
  type DataConverterOptions,
  DefaultFailureConverter,
  type FailureConverter,
  JSONTypeConverter,
  type PayloadCodec,
  type PayloadConverter,
  type SerializationContext,
  type TransferTypeConverter,
  transferTypeConvertible,
  transferTypeHint,
} from "../../src/converter/mod.ts";
import type { ClientOptions } from "../../src/client/mod.ts";
import { valibotDataConverter } from "../../src/valibot/mod.ts";
import type { WorkerOptions } from "../../src/worker/mod.ts";
import type { Equal, Expect } from "./equal.ts";

// Converters by value or by module
export const byValue: DataConverterOptions = {
  payloadConverter: DataConverter.default.payloadConverter,
  failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }),
};
export const byModule: DataConverterOptions = { payloadConverter: new URL("file:///converter.ts"), payloadCodec: [] };
// @ts-expect-error -- a path is no URL
export const byPath: DataConverterOptions = { payloadConverter: "./converter.ts" };
export const ofClients: ClientOptions = {
  dataConverter: valibotDataConverter,
  headerCodecBehavior: "WORKFLOW_ONLY_CODEC",
  payloadLimits: { payloadsWarnSize: 0 },
};
// @ts-expect-error -- one of three
export const otherBehavior: ClientOptions = { headerCodecBehavior: "ALWAYS" };
export const ofWorkers: Pick<WorkerOptions, "disablePayloadErrorLimit"> = { disablePayloadErrorLimit: true };

// Type hints give types
class Money {
  cents = 0n;
}
export const converter: TransferTypeConverter<Money, string> = {
  toTransferType: ({ cents }) => String(cents),
  fromTransferType: () => new Money(),
};
transferTypeConvertible(converter)(Money);
export const hint: TypeHint<Money> = transferTypeHint(Money);
export type HintsGiveTypes = Expect<[Equal<typeof hint, TypeHint<Money>>]>;
export const typed: Money = DataConverter.default.payloadConverter.fromPayload(
  { metadata: {}, data: new Uint8Array() },
  hint,
);
// @ts-expect-error -- the transfer type belongs to another class
transferTypeConvertible(converter)(Date);

@transferTypeConvertible<Decorated, string>({ toTransferType: () => "", fromTransferType: () => new Decorated() })
export class Decorated {}

// What is passed on, is passed by position
export const spy: PayloadConverter = {
  toPayload: (_value: unknown, _context?: SerializationContext) => ({ metadata: {}, data: new Uint8Array() }),
  fromPayload: () => undefined as never,
};
export class Sub extends DefaultFailureConverter implements FailureConverter {}
export const pass: typeof JSONTypeConverter.unhandled = JSONTypeConverter.unhandled;
export const handler: (request: Request) => Promise<Response> = createCodecHandler([], { corsOrigins: ["*"] });
export const remote: PayloadCodec = createRemoteCodec({ endpoint: "https://codec" });
