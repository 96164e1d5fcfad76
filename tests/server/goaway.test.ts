import assert from "node:assert/strict";
import { test } from "node:test";
import { createFrameFilter } from "../../src/server/goaway.ts";

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const GOAWAY = 7;

function frame(type: number, ...payload: number[]): Uint8Array {
  return new Uint8Array([0, payload.length >> 8, payload.length & 255, type, 0, 0, 0, 0, 1, ...payload]);
}

function join(pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

const long = frame(0, ...Array.from({ length: 700 }, (_, index) => index & 255));
const kept = [PREFACE, frame(4), frame(1, 1, 2, 3), long, frame(6, 9)];
const sent = join([
  kept[0],
  frame(GOAWAY),
  kept[1],
  kept[2],
  frame(GOAWAY, 0, 0, 0, 0, 0, 0, 0, 0),
  kept[3],
  frame(GOAWAY, 1, 2, 3),
  kept[4],
]);

for (const size of [1, 2, 7, 9, 10, 64, sent.length]) {
  test(`GOAWAY is dropped and nothing else, in pieces of ${size}`, () => {
    const filter = createFrameFilter(GOAWAY);
    const passed: Uint8Array[] = [];
    for (let at = 0; at < sent.length; at += size) passed.push(...filter(sent.subarray(at, at + size)));
    assert.deepEqual(join(passed), join(kept));
  });
}
