/**
 * Native gRPC straight over HTTP/2: one stream a call, nothing between the message and the wire.
 *
 * @module
 */
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, type StreamResponse, type UnaryResponse } from "@connectrpc/connect";
import { type CallControl, formatTimeout, readLimit } from "./call_control.ts";
import type { RequestHeaders } from "./channel.ts";
import { type ChannelOptions, ChannelPool } from "./channel_pool.ts";
import { type Answer, exchange, type Refusal } from "./exchange.ts";
import { compress, compressedFlag, decompress, encodeFrame, hasGzip, smallestCompressed } from "./frame.ts";
import { type ConnectionHeaders, toHeaderRecord } from "./metadata.ts";
import { type ClosableTransport, OpenCalls } from "./open_calls.ts";
import type { GrpcCompression } from "./options.ts";
import { findStatusError } from "./status.ts";
import type { Target } from "./target.ts";
import { LazyResponse } from "./unary_response.ts";

/** What native gRPC needs to know. */
export interface Http2Options extends ChannelOptions {
  headers: ConnectionHeaders;
  compression: GrpcCompression;
}

/** How often a call that the server refused unprocessed is sent again. */
const mostResends = 5;

/** A transport over `node:http2`, for unary calls. */
export function createHttp2Transport(options: Http2Options): ClosableTransport {
  const pool = new ChannelPool(options);
  const { label } = options.target;
  const calls = new OpenCalls(label);
  const caller = new Caller(pool, calls, options);
  return {
    unary: (method, signal, timeout, header, input) => caller.call(method, signal, timeout, header, input),
    stream: <I extends DescMessage, O extends DescMessage>(method: DescMethodStreaming<I, O>) =>
      Promise.reject<StreamResponse<I, O>>(
        new ConnectError(`${method.name} streams, which native gRPC to ${label} does not offer`, Code.Unimplemented),
      ),
    close: () => {
      calls.close();
      pool.close();
    },
  };
}

class Caller {
  readonly #pool: ChannelPool;
  readonly #calls: OpenCalls;
  readonly #headers: ConnectionHeaders;
  readonly #label: string;
  readonly #base: RequestHeaders;
  #compresses: boolean;

  constructor(pool: ChannelPool, calls: OpenCalls, { target, headers, compression }: Http2Options) {
    this.#pool = pool;
    this.#calls = calls;
    this.#headers = headers;
    this.#label = target.label;
    this.#base = createBaseHeaders(target);
    this.#compresses = compression === "GZIP" && hasGzip();
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
      const headers: RequestHeaders = {
        ...this.#base,
        ":path": `/${method.parent.typeName}/${method.name}`,
        ...credentials instanceof Promise ? await control.race(credentials) : credentials,
        ...toHeaderRecord(header),
      };
      if (limit !== undefined) headers["grpc-timeout"] = formatTimeout(limit);
      const answer = await this.#exchange(headers, toBinary(method.input, message), control);
      const reply = fromBinary(method.output, await this.#read(answer));
      return new LazyResponse(method, reply, answer.headers, answer.trailers);
    } finally {
      this.#calls.end(control);
    }
  }

  async #exchange(headers: RequestHeaders, message: Uint8Array, control: CallControl): Promise<Answer> {
    if (!this.#compresses || message.length < smallestCompressed) {
      return await this.#send(headers, encodeFrame(message, 0), control);
    }
    const packed = await compress(message);
    if (packed.length >= message.length) return await this.#send(headers, encodeFrame(message, 0), control);
    try {
      return await this.#send({ ...headers, "grpc-encoding": "gzip" }, encodeFrame(packed, compressedFlag), control);
    } catch (error) {
      if (!isCompressionRefusal(error)) throw error;
      this.#compresses = false;
      return await this.#send(headers, encodeFrame(message, 0), control);
    }
  }

  async #send(headers: RequestHeaders, frame: Uint8Array, control: CallControl): Promise<Answer> {
    let answer: Answer | Refusal;
    let resends = 0;
    do {
      const channel = this.#pool.take() ?? await this.#pool.wait(control);
      answer = await exchange(channel, headers, frame, control, this.#label);
    } while ("refusal" in answer && ++resends <= mostResends);
    if ("refusal" in answer) throw answer.refusal;
    const error = answer.trailers["grpc-status"] === "0"
      ? undefined
      : findStatusError({ ...answer.headers, ...answer.trailers }, this.#label);
    if (error) throw error;
    return answer;
  }

  async #read(answer: Answer): Promise<Uint8Array> {
    if (answer.message === undefined) {
      throw new ConnectError(`${this.#label} answered without a message`, Code.Internal);
    }
    return answer.isCompressed ? await decompress(answer.message) : answer.message;
  }
}

function createBaseHeaders({ tls, label, host }: Target): RequestHeaders {
  return {
    ":method": "POST",
    ":scheme": tls ? "https" : "http",
    ":authority": tls?.domain ?? (label || host),
    "content-type": "application/grpc",
    "te": "trailers",
    "grpc-accept-encoding": hasGzip() ? "gzip" : "identity",
  };
}

function isCompressionRefusal(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unimplemented &&
    /compress|grpc-encoding|gzip/i.test(error.rawMessage);
}
