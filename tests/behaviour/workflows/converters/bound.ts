/** Converters that write down whose values they encode, and refuse to decode them as another's. */
import {
  DefaultFailureConverter,
  defaultPayloadConverter,
  type Failure,
  type FailureConverter,
  type PayloadConverter,
  type SerializationContext,
} from "@anywhen/temporal/converter";

/** The text of a context, the same for equal ones. */
export function describeContext(context: SerializationContext | undefined): string {
  return JSON.stringify(Object.entries(context ?? {}).filter(([, value]) => value !== undefined).sort());
}

/** Throws unless a value is decoded as that of its owner. */
export function checkOwner(owner: Uint8Array | undefined, context: SerializationContext | undefined): void {
  const [was, is] = [owner ? new TextDecoder().decode(owner) : "nobody", describeContext(context)];
  if (was !== is) throw new Error(`encoded as of ${was}, decoded as of ${is}`);
}

export const payloadConverter: PayloadConverter = {
  toPayload(value, context) {
    const { metadata, data } = defaultPayloadConverter.toPayload(value, context);
    return { metadata: { ...metadata, converted: new TextEncoder().encode(describeContext(context)) }, data };
  },
  fromPayload({ metadata, data }, hint, context) {
    checkOwner(metadata.converted, context);
    return defaultPayloadConverter.fromPayload({ metadata, data }, hint, context);
  },
};

/** Ends the message of each failure with the owner, and takes that off again. */
class BoundFailureConverter extends DefaultFailureConverter implements FailureConverter {
  override toFailure(error: unknown, converter: PayloadConverter, context?: SerializationContext): Failure {
    const isOriginal = (error as { failure?: Failure } | undefined)?.failure !== undefined;
    const failure = super.toFailure(error, converter, context);
    return isOriginal ? failure : { ...failure, source: describeContext(context) };
  }

  override fromFailure(failure: Failure, converter: PayloadConverter, context?: SerializationContext): Error {
    const isOurs = failure.source.startsWith("[");
    if (isOurs) checkOwner(new TextEncoder().encode(failure.source), context);
    return super.fromFailure(failure, converter, context);
  }
}

export const failureConverter: FailureConverter = new BoundFailureConverter();
