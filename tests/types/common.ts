import {
  type AnyTemporalError,
  ApplicationError,
  type Duration,
  NotFoundError,
  type Payload,
  type RetryPolicy,
  SearchAttributeKey,
  type SearchAttributePair,
  type SearchAttributes,
  type SearchAttributeUpdate,
  type TemporalErrorCode,
  TypedSearchAttributes,
  type VersioningOverride,
} from "../../src/common/mod.ts";
import {
  CompositePayloadConverter,
  DataConverter,
  type EncodingPayloadConverter,
  type Failure,
  JSONPlainPayloadConverter,
  JSONTypeConverter,
  type PayloadCodec,
  type PayloadConverter,
} from "../../src/converter/mod.ts";
import type { Failure as FailureMessage } from "../../src/gen/temporal/api/failure/v1/message_pb.ts";
import type { Payload as PayloadMessage } from "../../src/gen/temporal/api/common/v1/message_pb.ts";
import { PayloadSchema } from "../../src/gen/temporal/api/common/v1/message_pb.ts";
import { create } from "@bufbuild/protobuf";
import type { Equal, Expect } from "./equal.ts";

// Durations
export const durations: Duration[] = [500, "10s", { minutes: 5 }, { days: 1, milliseconds: 2 }];
// @ts-expect-error -- there are no such parts
export const wrongPart: Duration = { minute: 5 };
// @ts-expect-error -- nanoseconds are no durations here
export const wrongDuration: Duration = 5n;
export const policy: RetryPolicy = { initialInterval: "1s", nonRetryableErrorTypes: ["X"] };
// @ts-expect-error -- a pinned override needs its version
export const override: VersioningOverride = { behavior: "PINNED" };

// Errors narrow by code
export function narrow(error: AnyTemporalError): unknown {
  switch (error.code) {
    case "APPLICATION": {
      const narrowed: ApplicationError = error;
      return narrowed.nextRetryDelay;
    }
    case "ACTIVITY":
      return error.retryState;
    case "WORKFLOW_FAILURE":
      return error.cause.message;
    case "TIMEOUT":
      return error.lastHeartbeatDetails;
    case "WORKFLOW_QUERY_REJECTED":
      return error.status;
    // @ts-expect-error -- there is no such code
    case "APLICATION":
      return undefined;
    default:
      // @ts-expect-error -- not every error has a type
      return error.type;
  }
}
export const application: ApplicationError = new ApplicationError("m", { category: "BENIGN", nextRetryDelay: "1s" });
export type Codes = Expect<[
  Equal<AnyTemporalError["code"] extends TemporalErrorCode ? true : false, true>,
  // Every code but those of the two base classes belongs to an error that can be narrowed to.
  Equal<Exclude<TemporalErrorCode, AnyTemporalError["code"]>, "TEMPORAL" | "FAILURE">,
  Equal<NotFoundError["status"] extends string ? true : false, true>,
]>;
// @ts-expect-error -- there is one category
new ApplicationError("m", { category: "MALIGN" });
// @ts-expect-error -- what was not found?
new NotFoundError("m", {});
// @ts-expect-error -- what is read back is readonly
application.type = "T";

// Search attributes keep the types of their values
const customer = SearchAttributeKey.forKeyword("CustomerId");
const due = SearchAttributeKey.forDatetime("Due");
const tags = SearchAttributeKey.forKeywordList("Tags");
export type Keys = Expect<[
  Equal<typeof customer, SearchAttributeKey<string>>,
  Equal<typeof due, SearchAttributeKey<Date>>,
  Equal<typeof tags, SearchAttributeKey<readonly string[]>>,
]>;
export const typed: SearchAttributes = [customer.valueSet("c-1"), due.valueSet(new Date(0)), tags.valueSet(["x"])];
export const untyped: SearchAttributes = { CustomerId: "c-1", Count: 1, Tags: ["x"] };
export const updates: SearchAttributeUpdate[] = [customer.valueSet("c-1"), due.valueUnset()];
export const date: Date | undefined = new TypedSearchAttributes([due.valueSet(new Date(0))]).get(due);
// @ts-expect-error -- a moment is a Date
due.valueSet("2024-01-01");
// @ts-expect-error -- keywords are texts
customer.valueSet(1);
// @ts-expect-error -- an update that takes away is no pair
export const pair: SearchAttributePair<string> = customer.valueUnset();
// @ts-expect-error -- objects are no search attributes
export const nested: SearchAttributes = { CustomerId: { id: "c-1" } };

// Payloads and failures: plain data and the generated messages fit each other
declare const payloadMessage: PayloadMessage;
declare const failureMessage: FailureMessage;
export const payload: Payload = payloadMessage;
export const failure: Failure = failureMessage;
create(PayloadSchema, { metadata: {}, data: new Uint8Array() } satisfies Payload);
create(PayloadSchema, payload);

// Converters
export const shouting: EncodingPayloadConverter = {
  encoding: "text/loud",
  toPayload: (value) => typeof value === "string" ? { metadata: {}, data: new Uint8Array() } : undefined,
  fromPayload: (given) => given.data.length,
};
export const composite: PayloadConverter = new CompositePayloadConverter([shouting, new JSONPlainPayloadConverter()]);
export const text: string = composite.fromPayload<string>(payload);
export const unknown: Equal<ReturnType<typeof decode>, unknown> = true;
declare function decode(): ReturnType<typeof composite.fromPayload>;
export const dates: JSONTypeConverter = {
  toJSONValue: (value) => value instanceof Date ? value.getTime() : JSONTypeConverter.unhandled,
};
declare function echo(payloads: Payload[]): Promise<Payload[]>;
export const codec: PayloadCodec = { encode: echo, decode: echo };
export const converter: DataConverter = new DataConverter({ payloadCodec: [codec], payloadConverter: composite });
export const byUrl: ConstructorParameters<typeof DataConverter>[0] = { payloadConverter: new URL("file:///x.ts") };
// @ts-expect-error -- codecs are asynchronous
export const sync: PayloadCodec = { encode: (payloads) => payloads, decode: (payloads) => payloads };
declare function encodeLate(): Promise<Payload>;
// @ts-expect-error -- converters are synchronous
export const late: PayloadConverter["toPayload"] = encodeLate;
