/**
 * One unary call on one HTTP/2 stream: a frame out, a frame and a status back.
 *
 * @module
 */
import { Code, ConnectError } from "@connectrpc/connect";
import type { CallControl } from "./call_control.ts";
import type { Channel, RequestHeaders } from "./channel.ts";
import { compressedFlag, createSizeError, joinChunks, prefixLength, readLength, receiveLimit } from "./frame.ts";
import type { Stream } from "./session.ts";
import {
  cancelStream,
  createHttpError,
  createLostError,
  createResetError,
  type RawHeaders,
  refusedStream,
} from "./status.ts";

/** What came back. */
export interface Answer {
  headers: RawHeaders | undefined;
  /** With `grpc-status`. */
  trailers: RawHeaders;
  /** Undefined where there was none. */
  message: Uint8Array | undefined;
  isCompressed: boolean;
}

/** The server did not process the call: it may be sent again without harm. */
export interface Refusal {
  refusal: ConnectError;
}

/**
 * Sends a frame on a channel whose place is reserved, and gives that place back.
 *
 * @param label names the server in errors
 * @throws {ConnectError} no status came back, or the call had to stop
 */
export function exchange(
  channel: Channel,
  headers: RequestHeaders,
  frame: Uint8Array,
  control: CallControl,
  label: string,
): Promise<Answer | Refusal> {
  return new Promise((resolve, reject) => new Exchange(channel, control, label, resolve, reject).start(headers, frame));
}

class Exchange {
  readonly #channel: Channel;
  readonly #control: CallControl;
  readonly #label: string;
  readonly #resolve: (answer: Answer | Refusal) => void;
  readonly #reject: (error: ConnectError) => void;
  #headers: RawHeaders | undefined;
  #trailers: RawHeaders | undefined;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #hasEnded = false;
  #isMeasured = false;
  #error: Error | undefined;

  constructor(
    channel: Channel,
    control: CallControl,
    label: string,
    resolve: (answer: Answer | Refusal) => void,
    reject: (error: ConnectError) => void,
  ) {
    this.#channel = channel;
    this.#control = control;
    this.#label = label;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(headers: RequestHeaders, frame: Uint8Array): void {
    const stream = this.#open(headers);
    if (!stream) return;
    stream.on("response", (headers: RawHeaders) => this.#onResponse(headers));
    stream.on("data", (chunk: Uint8Array) => this.#onData(stream, chunk));
    stream.on("trailers", (trailers: RawHeaders) => {
      this.#trailers = trailers;
      if (this.#hasEnded) this.#finish();
    });
    stream.on("end", () => {
      this.#hasEnded = true;
      if (this.#trailers) this.#finish();
    });
    stream.on("error", (error: Error) => this.#error = error);
    stream.on("close", () => this.#onClose(stream));
    this.#control.onStop((error) => {
      this.#reject(error);
      stream.close(cancelStream);
    });
    stream.end(frame);
  }

  #open(headers: RequestHeaders): Stream | undefined {
    try {
      return this.#channel.request(headers);
    } catch (error) {
      this.#channel.release();
      if (this.#channel.isOpen) this.#reject(ConnectError.from(error, Code.Internal));
      else this.#resolve({ refusal: createLostError(this.#label, error) });
      return undefined;
    }
  }

  #onResponse(headers: RawHeaders): void {
    this.#headers = headers;
    if (headers["grpc-status"] !== undefined) this.#trailers = headers;
  }

  #onData(stream: Stream, chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (!this.#isMeasured && this.#length >= prefixLength) this.#measure(stream);
  }

  /** Not before the headers, which on Deno may come after the first bytes: those of an error page are no frame. */
  #measure(stream: Stream): void {
    if (Number(this.#headers?.[":status"]) !== 200) return;
    this.#isMeasured = true;
    const announced = readLength(joinChunks(this.#chunks, this.#length));
    if (announced > receiveLimit) {
      this.#reject(createSizeError(announced));
      stream.close(cancelStream);
    }
  }

  #onClose(stream: Stream): void {
    this.#channel.release();
    if (this.#trailers) return this.#finish();
    const status = this.#headers?.[":status"];
    if (status !== undefined && Number(status) !== 200) {
      return this.#reject(createHttpError(Number(status), this.#label));
    }
    if (stream.rstCode === refusedStream) {
      return this.#resolve({ refusal: createResetError(refusedStream, this.#label) });
    }
    if (!this.#channel.isOpen) return this.#reject(createLostError(this.#label, this.#error));
    if (stream.rstCode) return this.#reject(createResetError(stream.rstCode, this.#label));
    this.#reject(new ConnectError(`${this.#label} ended the call without a status`, Code.Internal));
  }

  #finish(): void {
    this.#control.onStop(undefined);
    const trailers = this.#trailers!;
    if (trailers["grpc-status"] === undefined) {
      const status = Number(this.#headers?.[":status"] ?? 200);
      return this.#reject(
        status === 200
          ? new ConnectError(`${this.#label} ended the call without a status`, Code.Internal)
          : createHttpError(status, this.#label),
      );
    }
    const bytes = this.#length >= prefixLength ? joinChunks(this.#chunks, this.#length) : undefined;
    const end = bytes ? prefixLength + readLength(bytes) : 0;
    if (end - prefixLength > receiveLimit) return this.#reject(createSizeError(end - prefixLength));
    if (bytes && end > bytes.length && trailers["grpc-status"] === "0") {
      return this.#reject(new ConnectError(`${this.#label} ended the call amid a message`, Code.Internal));
    }
    this.#resolve({
      headers: this.#headers,
      trailers,
      message: bytes?.subarray(prefixLength, end),
      isCompressed: bytes !== undefined && (bytes[0] & compressedFlag) !== 0,
    });
  }
}
