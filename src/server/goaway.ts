/**
 * A socket whose reader never sees HTTP/2's GOAWAY.
 *
 * To a server that opens no streams of its own a client's GOAWAY says nothing but "I am leaving", which
 * the end of the connection says as well. Deno's HTTP/2 session aborts the process when it reads one.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { nodeModule } from "../platform.ts";

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const GOAWAY = 7;

/** A duplex over `socket` that passes everything except GOAWAY frames from the other side. */
export function withoutGoaway(socket: Socket): Duplex {
  const filter = createFrameFilter(GOAWAY);
  const duplex = new (nodeModule("node:stream").Duplex)({
    allowHalfOpen: false,
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => socket.destroyed ? done() : void socket.write(chunk, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Uint8Array) => {
    for (const piece of filter(chunk)) if (!duplex.push(piece)) socket.pause();
  });
  socket.on("end", () => duplex.push(null));
  socket.on("close", () => duplex.destroy());
  return duplex;
}

/**
 * Passes on the pieces of a client's HTTP/2 bytes that belong to no frame of type `dropped`; frames other
 * than those are passed on as they arrive, never gathered.
 */
export function createFrameFilter(dropped: number): (chunk: Uint8Array) => Uint8Array[] {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  let headerBytes = 0;
  let bodyBytes = PREFACE_BYTES;
  let isDropped = false;
  return (chunk) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < chunk.length;) {
      if (bodyBytes > 0) {
        const end = Math.min(chunk.length, at + bodyBytes);
        if (!isDropped) pieces.push(chunk.subarray(at, end));
        bodyBytes -= end - at;
        at = end;
        continue;
      }
      header[headerBytes++] = chunk[at++];
      if (headerBytes < FRAME_HEADER_BYTES) continue;
      headerBytes = 0;
      bodyBytes = (header[0] << 16) | (header[1] << 8) | header[2];
      isDropped = header[3] === dropped;
      if (!isDropped) pieces.push(header.slice());
    }
    return pieces;
  };
}
