/**
 * The five bytes before each gRPC message, and gzip behind them.
 *
 * @module
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { findNodeModule } from "../platform.ts";

/** Bytes before each message: one of flags, four of length. */
export const prefixLength = 5;

/** Largest message that is accepted. */
export const receiveLimit: number = 128 * 1024 * 1024;

/** Flag of a compressed message. */
export const compressedFlag = 0x01;

/** Flag of the trailers in gRPC-web. */
export const trailerFlag = 0x80;

/** Smaller messages go out uncompressed: gzip would cost more than it saves. */
export const smallestCompressed = 4_096;

/** Above this, compression runs on another thread. */
const largestInline = 64 * 1024;

/** A message with its prefix. */
export function encodeFrame(message: Uint8Array, flags: number): Uint8Array {
  const frame = new Uint8Array(prefixLength + message.length);
  frame[0] = flags;
  writeLength(frame, message.length);
  frame.set(message, prefixLength);
  return frame;
}

function writeLength(frame: Uint8Array, length: number): void {
  frame[1] = length >>> 24;
  frame[2] = length >>> 16;
  frame[3] = length >>> 8;
  frame[4] = length;
}

/** The length of the message whose prefix is at `offset`. */
export function readLength(bytes: Uint8Array, offset: number = 0): number {
  return ((bytes[offset + 1] << 24) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 8) | bytes[offset + 4]) >>> 0;
}

/** All chunks as one; a plain Uint8Array, since what is cut from a Buffer is a Buffer again. */
export function joinChunks(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return new Uint8Array(chunks[0].buffer, chunks[0].byteOffset, length);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/** Why a message of this length is not accepted. */
export function createSizeError(length: number): ConnectError {
  return new ConnectError(`received message larger than max (${length} vs. ${receiveLimit})`, Code.ResourceExhausted);
}

/** Whether this runtime can compress. */
export function hasGzip(): boolean {
  return findNodeModule("node:zlib") !== undefined;
}

/** The message compressed by gzip. */
export async function compress(message: Uint8Array): Promise<Uint8Array> {
  const zlib = findNodeModule("node:zlib")!;
  // Speed counts more than the last percent: level 1.
  if (message.length <= largestInline) return zlib.gzipSync(message, { level: 1 });
  return await new Promise((resolve, reject) => {
    zlib.gzip(message, { level: 1 }, (error, packed) => error ? reject(error) : resolve(packed));
  });
}

/**
 * A message compressed by gzip, in plain.
 *
 * @throws {ConnectError} not gzip, or larger than what is accepted
 */
export async function decompress(packed: Uint8Array): Promise<Uint8Array> {
  const zlib = findNodeModule("node:zlib");
  if (!zlib) throw new ConnectError("the server sent gzip, which this runtime cannot read", Code.Internal);
  const options = { maxOutputLength: receiveLimit };
  try {
    const plain = packed.length <= largestInline ? zlib.gunzipSync(packed, options) : await gunzip(packed);
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw createSizeError(receiveLimit + 1);
    throw new ConnectError("the server sent gzip that cannot be read", Code.Internal, undefined, undefined, error);
  }
}

function gunzip(packed: Uint8Array): Promise<Uint8Array> {
  const zlib = findNodeModule("node:zlib")!;
  return new Promise((resolve, reject) => {
    zlib.gunzip(packed, { maxOutputLength: receiveLimit }, (error, plain) => error ? reject(error) : resolve(plain));
  });
}
