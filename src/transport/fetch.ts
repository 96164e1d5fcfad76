/**
 * gRPC-web and Connect over a `fetch` function: for browsers and edge runtimes, and in process.
 *
 * @module
 */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport, type UnaryResponse } from "@connectrpc/connect";
import {
  readAllBytes,
  type UniversalClientRequest,
  type UniversalClientResponse,
  universalClientResponseFromFetch,
} from "@connectrpc/connect/protocol";
import { createTransport as createConnect } from "@connectrpc/connect/protocol-connect";
import { createTransport as createGrpcWeb } from "@connectrpc/connect/protocol-grpc-web";
import { CallControl, defaultTimeout, formatTimeout } from "./call_control.ts";
import { explainConnectFailure } from "./diagnosis.ts";
import { createSizeError, encodeFrame, prefixLength, readLength, receiveLimit, trailerFlag } from "./frame.ts";
import { type ConnectionHeaders, type HeaderRecord, toHeaderRecord } from "./metadata.ts";
import type { FetchFunction } from "./options.ts";
import { createHttpError, findStatusError, type RawHeaders, toHeaders } from "./status.ts";
import type { Target } from "./target.ts";

/** What calls by `fetch` need to know. */
export interface FetchOptions {
  target: Target;
  headers: ConnectionHeaders;
  /** The runtime's own by default. */
  fetch: FetchFunction | undefined;
}

/** A {@link Transport} over `fetch`; unary gRPC-web is written out here, the rest is Connect's. */
export function createFetchTransport(options: FetchOptions): Transport {
  const fetch: FetchFunction = options.fetch ?? ((request) => globalThis.fetch(request));
  const connect = createConnectTransport(options, fetch);
  if (options.target.protocol === "connect") return connect;
  const caller = new Caller(options, fetch);
  return {
    unary: (method, signal, timeout, header, input) => caller.call(method, signal, timeout, header, input),
    stream: (method, signal, timeout, header, input) => connect.stream(method, signal, timeout, header, input),
  };
}

function createConnectTransport({ target, headers }: FetchOptions, fetch: FetchFunction): Transport {
  const create = target.protocol === "connect" ? createConnect : createGrpcWeb;
  const transport = create({
    httpClient: (request) => sendWhole(request, (whole) => fetchOrExplain(fetch, whole, target)),
    baseUrl: target.baseUrl,
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: receiveLimit,
    readMaxBytes: receiveLimit,
    writeMaxBytes: receiveLimit,
    defaultTimeoutMs: defaultTimeout,
  });
  const withOurs = async (message: object, header: HeadersInit | undefined): Promise<HeaderRecord> => ({
    ...await headers.headersFor(message),
    ...toHeaderRecord(header),
  });
  return {
    unary: async (method, signal, timeout, header, input) =>
      await transport.unary(method, signal, timeout, await withOurs(input, header), input),
    stream: async (method, signal, timeout, header, input) =>
      await transport.stream(method, signal, timeout, await withOurs({}, header), input),
  };
}

/** Bodies that are streams need HTTP/2 in browsers, and an option of their own in Node; no request here needs one. */
async function sendWhole(request: UniversalClientRequest, fetch: FetchFunction): Promise<UniversalClientResponse> {
  const { url, method, header: headers, signal } = request;
  const body = request.body && await readAllBytes(request.body, receiveLimit);
  return universalClientResponseFromFetch(
    await fetch(new Request(url, { method, headers, body, signal } as RequestInit)),
  );
}

class Caller {
  readonly #target: Target;
  readonly #headers: ConnectionHeaders;
  readonly #fetch: FetchFunction;

  constructor({ target, headers }: FetchOptions, fetch: FetchFunction) {
    this.#target = target;
    this.#headers = headers;
    this.#fetch = fetch;
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeout: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> {
    const limit = timeout === undefined ? defaultTimeout : timeout <= 0 ? undefined : timeout;
    const control = new CallControl(`${method.name} to ${this.#target.label}`, signal, limit);
    try {
      if (control.stopped) throw control.stopped;
      const message = create(method.input, input);
      const credentials = this.#headers.headersFor(message);
      const headers: HeaderRecord = {
        "content-type": "application/grpc-web+proto",
        "x-grpc-web": "1",
        ...credentials instanceof Promise ? await control.race(credentials) : credentials,
        ...toHeaderRecord(header),
      };
      if (limit !== undefined) headers["grpc-timeout"] = formatTimeout(limit);
      const url = `${this.#target.baseUrl}/${method.parent.typeName}/${method.name}`;
      const { response, body } = await this.#send(
        url,
        headers,
        encodeFrame(toBinary(method.input, message), 0),
        control,
      );
      const reply = readReply(body, response, this.#target.label);
      return new FetchResponse(method, fromBinary(method.output, reply.message), response.headers, reply.trailers);
    } finally {
      control.dispose();
    }
  }

  async #send(
    url: string,
    headers: HeaderRecord,
    frame: Uint8Array,
    control: CallControl,
  ): Promise<{ response: Response; body: Uint8Array }> {
    const abort = new AbortController();
    const sent = this.#exchange(
      new Request(url, { method: "POST", headers, body: frame as BodyInit, signal: abort.signal }),
    );
    return await new Promise((resolve, reject) => {
      control.onStop((error) => {
        reject(error);
        abort.abort(error);
      });
      sent.then(resolve, reject);
    });
  }

  async #exchange(request: Request): Promise<{ response: Response; body: Uint8Array }> {
    const response = await fetchOrExplain(this.#fetch, request, this.#target);
    const length = Number(response.headers.get("content-length"));
    if (length > receiveLimit) throw createSizeError(length);
    return { response, body: new Uint8Array(await response.arrayBuffer()) };
  }
}

async function fetchOrExplain(fetch: FetchFunction, request: Request, target: Target): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw explainConnectFailure(error, { label: target.label, host: target.host, isSecure: target.tls !== undefined });
  }
}

function readReply(body: Uint8Array, response: Response, label: string): { message: Uint8Array; trailers: RawHeaders } {
  let message: Uint8Array | undefined;
  let trailers: RawHeaders | undefined;
  const isGrpc = response.headers.get("content-type")?.startsWith("application/grpc-web") ?? false;
  for (let at = 0; isGrpc && at + prefixLength <= body.length;) {
    const end = at + prefixLength + readLength(body, at);
    const content = body.subarray(at + prefixLength, end);
    if (body[at] & trailerFlag) trailers = parseTrailers(content);
    else message ??= content;
    at = end;
  }
  if (response.headers.has("grpc-status")) trailers = Object.fromEntries(response.headers);
  if (!trailers) {
    throw isGrpc && response.ok
      ? new ConnectError(`${label} ended the call without a status`, Code.Internal)
      : createHttpError(response.status, label);
  }
  const error = findStatusError(trailers, label);
  if (error) throw error;
  if (!message) throw new ConnectError(`${label} answered without a message`, Code.Internal);
  return { message, trailers };
}

const decoder = new TextDecoder();

function parseTrailers(bytes: Uint8Array): RawHeaders {
  const trailers: RawHeaders = {};
  for (const line of decoder.decode(bytes).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return trailers;
}

class FetchResponse<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false as const;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly header: Headers;
  readonly #trailers: RawHeaders;

  constructor(method: DescMethodUnary<I, O>, message: MessageShape<O>, header: Headers, trailers: RawHeaders) {
    this.method = method;
    this.message = message;
    this.header = header;
    this.#trailers = trailers;
  }

  get service(): DescService {
    return this.method.parent;
  }

  get trailer(): Headers {
    return toHeaders(this.#trailers);
  }
}
