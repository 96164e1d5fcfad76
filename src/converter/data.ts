/**
 * The data converter: payload converter, failure converter and codec together.
 *
 * @module
 */
import type { Schemas } from "../common/definition.ts";
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";
import { chainCodecs, codeFailure, codePayloadRecord, codePayloads, type PayloadCodec } from "./codec.ts";
import type { SerializationContext } from "./context.ts";
import { DefaultFailureConverter, type FailureConverter } from "./failure.ts";
import { fromPayloads, type PayloadConverter, toPayloads } from "./payload.ts";
import { defaultPayloadConverter } from "./default_converters.ts";

/** What the option `dataConverter` takes. */
export interface DataConverterOptions {
  /** A converter, or the URL of a module that exports `payloadConverter`: what isolated workflows need. */
  payloadConverter?: PayloadConverter | URL;
  /** A converter, or the URL of a module that exports `failureConverter`: what isolated workflows need. */
  failureConverter?: FailureConverter | URL;
  /** Of several, encoding runs first to last, decoding last to first. */
  payloadCodec?: PayloadCodec | PayloadCodec[];
}

/** Modules that each workflow realm evaluates for itself. */
export interface ConverterModules {
  payloadConverter?: URL;
  failureConverter?: URL;
}

/** Converts values and errors between code and wire, outside of workflows. */
export class DataConverter implements DataConverterOptions {
  /** Without options. */
  static readonly default: DataConverter = new DataConverter();

  readonly payloadConverter: PayloadConverter;
  readonly failureConverter: FailureConverter;
  /** All codecs as one. */
  readonly payloadCodec?: PayloadCodec;
  /** Where the converters were loaded from; empty where they were given by value. */
  readonly modules: ConverterModules;

  /**
   * Fills in the defaults.
   *
   * @throws {ValueError} a converter given by URL: {@link loadDataConverter} takes those
   */
  constructor(options: DataConverterOptions = {}, modules: ConverterModules = {}) {
    this.payloadConverter = refuseURL(options.payloadConverter, "payloadConverter") ?? defaultPayloadConverter;
    this.failureConverter = refuseURL(options.failureConverter, "failureConverter") ?? new DefaultFailureConverter();
    this.payloadCodec = chainCodecs(options.payloadCodec);
    this.modules = modules;
  }

  /** Values to payloads, through converter and codec. */
  async encode(values: unknown[], context?: SerializationContext): Promise<Payload[]> {
    const payloads = toPayloads(this.payloadConverter, values, context);
    return await codePayloads(this.payloadCodec, "encode", payloads, context);
  }

  /** Payloads to values, through codec, converter and schemas. */
  async decode(
    payloads: Payload[],
    options: { typeHints?: Schemas; context?: SerializationContext } = {},
  ): Promise<unknown[]> {
    const { typeHints, context } = options;
    const decoded = await codePayloads(this.payloadCodec, "decode", payloads, context);
    return fromPayloads(this.payloadConverter, decoded, typeHints, context);
  }

  /** What was thrown to a failure, through converter and codec. */
  async encodeFailure(error: unknown, context?: SerializationContext): Promise<Failure> {
    const failure = this.failureConverter.toFailure(error, this.payloadConverter, context);
    return await codeFailure(this.payloadCodec, "encode", failure, context);
  }

  /** A failure to an error, through codec and converter. */
  async decodeFailure(failure: Failure, context?: SerializationContext): Promise<Error> {
    const decoded = await codeFailure(this.payloadCodec, "decode", failure, context);
    return this.failureConverter.fromFailure(decoded, this.payloadConverter, context);
  }
}

/**
 * A data converter from options that may name modules; a data converter is returned as it is.
 *
 * @throws {ValueError} a module that cannot be loaded, or does not export the converter
 */
export async function loadDataConverter(options: DataConverterOptions = {}): Promise<DataConverter> {
  if (options instanceof DataConverter) return options;
  const modules: ConverterModules = {};
  const loaded: DataConverterOptions = { ...options };
  if (options.payloadConverter instanceof URL) {
    modules.payloadConverter = options.payloadConverter;
    loaded.payloadConverter = await loadExport<PayloadConverter>(options.payloadConverter, "payloadConverter");
  }
  if (options.failureConverter instanceof URL) {
    modules.failureConverter = options.failureConverter;
    loaded.failureConverter = await loadExport<FailureConverter>(options.failureConverter, "failureConverter");
  }
  return new DataConverter(loaded, modules);
}

/** Values of a record, such as a memo, to payloads; what is undefined is left out. */
export async function encodeRecord(
  converter: DataConverter,
  values: Record<string, unknown>,
  context?: SerializationContext,
): Promise<Record<string, Payload>> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  const payloads = toPayloads(converter.payloadConverter, entries.map(([, value]) => value), context);
  const record = Object.fromEntries(entries.map(([name], index) => [name, payloads[index]]));
  return await codePayloadRecord(converter.payloadCodec, "encode", record, context);
}

/** Payloads of a record, such as a memo, to values. */
export async function decodeRecord(
  converter: DataConverter,
  payloads: Record<string, Payload>,
  context?: SerializationContext,
): Promise<Record<string, unknown>> {
  const decoded = await codePayloadRecord(converter.payloadCodec, "decode", payloads, context);
  const names = Object.keys(decoded);
  const values = fromPayloads(converter.payloadConverter, Object.values(decoded), undefined, context);
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

async function loadExport<T>(url: URL, name: keyof ConverterModules): Promise<T> {
  let module: Record<string, unknown>;
  try {
    module = await import(url.href);
  } catch (error) {
    throw new ValueError(`${name} ${url.href} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
  if (module[name]) return module[name] as T;
  throw new ValueError(`${name} ${url.href} has no export of that name; write export const ${name} = …`);
}

function refuseURL<T extends object>(converter: T | URL | undefined, name: keyof ConverterModules): T | undefined {
  if (!(converter instanceof URL)) return converter;
  throw new ValueError(`${name} is a URL, which must be loaded first; pass the options themselves as dataConverter`);
}
