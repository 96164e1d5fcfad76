/**
 * gRPC-web and Connect over a `fetch` function: for browsers and edge runtimes, and in process.
 *
 * @module
 */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
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
import { type CallControl, defaultTimeout, formatTimeout, readLimit } from "./call_control.ts";
import { explainConnectFailure } from "./diagnosis.ts";
import { createSizeError, encodeFrame, prefixLength, readLength, receiveLimit, trailerFlag } from "./frame.ts";
import { type ConnectionHeaders, type HeaderRecord, toHeaderRecord } from "./metadata.ts";
import { type ClosableTransport, OpenCalls } from "./open_calls.ts";
import type { FetchFunction } from "./options.ts";
import { ConnectFailure } from "./socket.ts";
import { createHttpError, createLostError, findStatusError, type RawHeaders } from "./status.ts";
import type { Target } from "./target.ts";
import { LazyResponse } from "./unary_response.ts";

/** What calls by `fetch` need to know. */
export interface FetchOptions {
  target: Target;
  headers: ConnectionHeaders;
  /** The runtime's own by default. */
  fetch: FetchFunction | undefined;
}

/** A transport over `fetch`; unary gRPC-web is written out here, the rest is Connect's. */
export function createFetchTransport({ target, headers, fetch }: FetchOptions): ClosableTransport {
  const send = createSend(target, fetch);
  const library = createLibraryTransport(target, send);
  const calls = new OpenCalls(target.label);
  const caller = new Caller(
    calls,
    headers,
    target.protocol === "connect" ? speakConnect(library) : speakGrpcWeb(target, send),
  );
  return {
    unary: (method, signal, timeout, header, input) => caller.call(method, signal, timeout, header, input),
    stream: async (method, signal, timeout, header, input) => {
      const all = { ...await headers.headersFor({}), ...toHeaderRecord(header) };
      return await library.stream(method, signal, timeout, all, input);
    },
    close: () => calls.close(),
  };
}

/** A unary call that only needs to be sent. */
interface PreparedCall<I extends DescMessage, O extends DescMessage> {
  method: DescMethodUnary<I, O>;
  message: MessageShape<I>;
  headers: HeaderRecord;
  /** Milliseconds to tell the server; undefined is no limit. */
  limit: number | undefined;
  signal: AbortSignal;
}

type Protocol = <I extends DescMessage, O extends DescMessage>(
  call: PreparedCall<I, O>,
) => Promise<UnaryResponse<I, O>>;

class Caller {
  readonly #calls: OpenCalls;
  readonly #headers: ConnectionHeaders;
  readonly #perform: Protocol;

  constructor(calls: OpenCalls, headers: ConnectionHeaders, perform: Protocol) {
    this.#calls = calls;
    this.#headers = headers;
    this.#perform = perform;
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeout: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> {
    const limit = readLimit(timeout);
    const control = this.#calls.begin(method.name, signal, limit);
    try {
      const message = create(method.input, input);
      const credentials = this.#headers.headersFor(message);
      const headers: HeaderRecord = {
        ...credentials instanceof Promise ? await control.race(credentials) : credentials,
        ...toHeaderRecord(header),
      };
      return await runAbortably(control, (signal) => this.#perform({ method, message, headers, limit, signal }));
    } finally {
      this.#calls.end(control);
    }
  }
}

function runAbortably<T>(control: CallControl, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  return new Promise((resolve, reject) => {
    control.onStop((error) => {
      reject(error);
      abort.abort(error);
    });
    run(abort.signal).then(resolve, reject);
  });
}

type Send = (request: Request) => Promise<Response>;

function createSend({ label, host, tls }: Target, given: FetchFunction | undefined): Send {
  const fetch: FetchFunction = given ?? ((request) => globalThis.fetch(request));
  return async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      const failure = new ConnectFailure(given ? "resolve" : "fetch", error);
      throw explainConnectFailure(failure, { label, host, isSecure: tls !== undefined });
    }
  };
}

function createLibraryTransport({ protocol, baseUrl, label }: Target, send: Send): Transport {
  const create = protocol === "connect" ? createConnect : createGrpcWeb;
  return create({
    httpClient: (request) => sendWhole(request, send, label),
    baseUrl,
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: receiveLimit,
    readMaxBytes: receiveLimit,
    writeMaxBytes: receiveLimit,
    defaultTimeoutMs: defaultTimeout,
  });
}

/** Bodies that are streams need HTTP/2 in browsers, and an option of their own in Node; no request here needs one. */
async function sendWhole(request: UniversalClientRequest, send: Send, label: string): Promise<UniversalClientResponse> {
  const { url, method, header: headers, signal } = request;
  const body = request.body && await readAllBytes(request.body, receiveLimit);
  const response = await send(new Request(url, { method, headers, body, signal } as RequestInit));
  const contentType = response.headers.get("content-type") ?? "";
  if (!/^application\/(?:proto|json|connect\+|grpc-web)/.test(contentType)) {
    throw createHttpError(response.status, label);
  }
  const whole = universalClientResponseFromFetch(response);
  return { ...whole, body: explainLoss(whole.body, signal, label) };
}

async function* explainLoss(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  label: string,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw signal?.aborted ? error : createLostError(label, error);
  }
}

/** The deadline is told to the server, but watched by the caller alone. */
function speakConnect(library: Transport): Protocol {
  return <I extends DescMessage, O extends DescMessage>(call: PreparedCall<I, O>): Promise<UnaryResponse<I, O>> => {
    const { method, message, headers, limit, signal } = call;
    const deadline = limit === undefined ? undefined : { "connect-timeout-ms": String(Math.ceil(limit)) };
    return library.unary(method, signal, 0, { ...headers, ...deadline }, message as MessageInitShape<I>);
  };
}

function speakGrpcWeb({ baseUrl, label }: Target, send: Send): Protocol {
  return async ({ method, message, headers, limit, signal }) => {
    const response = await send(
      new Request(`${baseUrl}/${method.parent.typeName}/${method.name}`, {
        method: "POST",
        headers: {
          "content-type": "application/grpc-web+proto",
          "x-grpc-web": "1",
          ...headers,
          ...limit === undefined ? undefined : { "grpc-timeout": formatTimeout(limit) },
        },
        body: encodeFrame(toBinary(method.input, message), 0) as BodyInit,
        signal,
      }),
    );
    const reply = readReply(await readBody(response, label), response, label);
    return new LazyResponse(method, fromBinary(method.output, reply.message), response.headers, reply.trailers);
  };
}

async function readBody(response: Response, label: string): Promise<Uint8Array> {
  const length = Number(response.headers.get("content-length"));
  if (length > receiveLimit) throw createSizeError(length);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw createLostError(label, error);
  }
}

function readReply(body: Uint8Array, response: Response, label: string): { message: Uint8Array; trailers: RawHeaders } {
  let message: Uint8Array | undefined;
  let trailers: RawHeaders | undefined;
  const isGrpc = response.headers.get("content-type")?.startsWith("application/grpc-web") ?? false;
  for (let at = 0; isGrpc && at + prefixLength <= body.length;) {
    const end = at + prefixLength + readLength(body, at);
    if (end > body.length) break;
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
