/**
 * Values, errors and their encodings on both sides of a realm. The converters of this package run here, once a thread, and
 * make objects of the realm by its intrinsics; those of the user run in the realm.
 *
 * @module
 */
import type { Schemas, TypeHint } from "../../common/definition.ts";
import { TemporalError, ValueError } from "../../common/errors.ts";
import type { Failure } from "../../common/failure.ts";
import type { Payload } from "../../common/payload.ts";
import type { SerializationContext } from "../../converter/context.ts";
import { DefaultFailureConverter, type FailureConverter } from "../../converter/failure.ts";
import {
  BinaryNullPayloadConverter,
  BinaryPlainPayloadConverter,
  bindConverter,
  CompositePayloadConverter,
  fromPayloads,
  JSONPlainPayloadConverter,
  type PayloadConverter,
  toPayloads,
} from "../../converter/payload.ts";
import type { RealmIntrinsics } from "../bridge.ts";
import type { RunState } from "./state.ts";

const nullConverter = new BinaryNullPayloadConverter();
const failureConverter = new DefaultFailureConverter();
const encodingFailureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

/** The values of a run. */
export class Values {
  readonly #state: RunState;
  readonly #encodesAttributes: boolean;
  #payloadConverter: PayloadConverter | undefined;

  /** Converts with what the realm of `state` brings; by default `encodesAttributes` hides messages and stack traces. */
  constructor(state: RunState, encodesAttributes: boolean) {
    this.#state = state;
    this.#encodesAttributes = encodesAttributes;
  }

  /** The converter that the bundle brings, or the default one for this realm. */
  get payloadConverter(): PayloadConverter {
    const { converters, intrinsics } = this.#state.realm;
    return this.#payloadConverter ??= converters.payloadConverter ?? makePayloadConverter(intrinsics);
  }

  /** The same for user code: with the context of the workflow, all that it makes and throws is of the realm. */
  get boundConverter(): PayloadConverter {
    const bound = bindConverter(this.payloadConverter, this.#context());
    const { copyPlain } = this.#state.realm.load("plain");
    return {
      toPayload: (value, context) => this.#guard(() => copyPlain(bound.toPayload(value, context))),
      fromPayload: (payload, hint, context) => this.#guard(() => bound.fromPayload(payload, hint, context)),
    };
  }

  /** Values as payloads. */
  encode(values: readonly unknown[], context: SerializationContext = this.#context()): Payload[] {
    return toPayloads(this.payloadConverter, values, context);
  }

  /** Values by name as payloads; what is undefined is left out. */
  encodeRecord(record: Record<string, unknown>, context?: SerializationContext): Record<string, Payload> {
    const keys = Object.keys(record).filter((key) => record[key] !== undefined);
    const payloads = this.encode(keys.map((key) => record[key]), context);
    return Object.fromEntries(keys.map((key, index) => [key, payloads[index]]));
  }

  /** A text for the UI as a payload. */
  encodeText(text: string | undefined, context?: SerializationContext): Payload | undefined {
    return text === undefined ? undefined : this.encode([text], context)[0];
  }

  /** Payloads as values of the realm. */
  decode(payloads: readonly Payload[], schemas?: Schemas, context: SerializationContext = this.#context()): unknown[] {
    const { realm } = this.#state;
    const own = realm.converters.payloadConverter ? realm.load("plain").copyPlain(payloads) : payloads;
    return fromPayloads(this.payloadConverter, own, schemas, context);
  }

  /** The arguments of `what`; where they cannot be read for want of a converter, the error says whose they are. */
  decodeArguments(payloads: readonly Payload[], schemas: Schemas | undefined, what: string): unknown[] {
    try {
      return this.decode(payloads, schemas);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      throw new ValueError(`Failed decoding arguments of ${what}: ${error.message}`, { cause: error });
    }
  }

  /** A result: undefined where there is no payload and no schema. */
  decodeResult(payload: Payload | undefined, hint: TypeHint | undefined, context: SerializationContext): unknown {
    return this.decode(payload ? [payload] : [], hint && [hint], context)[0];
  }

  /** A list of the payloads as RawValues, objects of the realm. */
  decodeRaw(payloads: readonly Payload[]): unknown[] {
    const { intrinsics, load } = this.#state.realm;
    const { copyPlain, RawValue } = load("plain");
    return intrinsics.Array.from(payloads, (payload) => new RawValue(copyPlain(payload)));
  }

  /** What was thrown, as a failure whose stack traces name the user's files. */
  encodeFailure(error: unknown): Failure {
    this.#mapStacks(error);
    const converter = this.#state.realm.converters.failureConverter ??
      (this.#encodesAttributes ? encodingFailureConverter : failureConverter);
    return converter.toFailure(error, this.payloadConverter, this.#context());
  }

  /** A failure as an error of the realm. */
  decodeFailure(failure: Failure, context: SerializationContext = this.#context()): Error {
    const { realm } = this.#state;
    const converter: FailureConverter = realm.converters.failureConverter ?? realm.load("failures").failureConverter;
    return converter.fromFailure(realm.load("plain").copyPlain(failure), this.payloadConverter, context);
  }

  /** An error of this package as one of the realm; what is of the realm already is left alone. */
  adopt(error: unknown): unknown {
    if (!(error instanceof Error) || !this.#state.isRunning) return error;
    const { intrinsics, load } = this.#state.realm;
    // Without isolation everything is of one realm.
    if (Object.is(intrinsics.Error, Error)) return error;
    const cause = this.adopt(error.cause);
    const type = error instanceof TemporalError ? load("errors")[error.name] : undefined;
    if (type) return new type(error.message, { ...error, cause });
    const adopted = new intrinsics.Error(error.message, { cause });
    return Object.defineProperty(adopted, "name", { value: error.name, writable: true, configurable: true });
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.adopt(error);
    }
  }

  #context(): SerializationContext {
    const { namespace, workflowId } = this.#state.start!;
    return { kind: "workflow", namespace, workflowId };
  }

  #mapStacks(error: unknown): void {
    const seen = new Set<unknown>();
    for (let link = error; typeof link === "object" && link !== null && !seen.has(link); link = (link as Error).cause) {
      seen.add(link);
      const { stack } = link as Error;
      const mapped = typeof stack === "string" ? this.#state.mapStack(stack) : stack;
      if (mapped !== stack) {
        Reflect.defineProperty(link, "stack", { value: mapped, writable: true, configurable: true });
      }
    }
  }
}

function makePayloadConverter({ JSON, Uint8Array }: RealmIntrinsics): PayloadConverter {
  const binary = new BinaryPlainPayloadConverter();
  return new CompositePayloadConverter([
    nullConverter,
    {
      encoding: binary.encoding,
      toPayload: (value) => binary.toPayload(value),
      fromPayload: (payload) => new Uint8Array(payload.data),
    },
    // Bigints ask the prototype of the realm whose JSON writes them.
    new JSONPlainPayloadConverter({ stringify: JSON.stringify, parse: JSON.parse }),
  ]);
}

/** Whether a handler that must answer at once gave a promise. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}
