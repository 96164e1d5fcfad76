import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { randomSeedOf, sipHash13 } from "../../src/core/random_seed.ts";

/** SipHash-1-3 with a zero key written straight from its definition on 64-bit numbers. */
function sipHashByDefinition(message: Uint8Array): bigint {
  const mask = 0xffffffffffffffffn;
  const rotate = (word: bigint, bits: bigint) => (word << bits | word >> 64n - bits) & mask;
  let [a, b, c, d] = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n];
  const round = () => {
    a = a + b & mask;
    b = rotate(b, 13n) ^ a;
    a = rotate(a, 32n);
    c = c + d & mask;
    d = rotate(d, 16n) ^ c;
    a = a + d & mask;
    d = rotate(d, 21n) ^ a;
    c = c + b & mask;
    b = rotate(b, 17n) ^ c;
    c = rotate(c, 32n);
  };
  const padded = new Uint8Array(Math.floor(message.length / 8) * 8 + 8);
  padded.set(message);
  padded[padded.length - 1] = message.length & 0xff;
  const view = new DataView(padded.buffer);
  for (let i = 0; i < padded.length; i += 8) {
    const word = view.getBigUint64(i, true);
    d ^= word;
    round();
    a ^= word;
  }
  c ^= 0xffn;
  for (let i = 0; i < 3; i++) round();
  return a ^ b ^ c ^ d;
}

describe("the random seed", () => {
  test("is SipHash-1-3 of the run id and 0xFF, as CPython's str hash with a zero key computes it", () => {
    const vectors: Record<string, bigint> = {
      "": 0x30406ea523c53defn,
      "a": 0x719b50b9a4f0e9f3n,
      "abc": 0xef09e0f4895a251dn,
      "0123456": 0x73aba660808c83e2n,
      "01234567": 0x5afa6202e1213f4dn,
      "012345678": 0x4ac3a8f2cb7e217an,
      "e4f7a7d0-93bb-4a0a-9a5f-0a5d0d1a1b1c": 0xf17ca88361255889n,
    };
    for (const [runId, seed] of Object.entries(vectors)) assert.equal(randomSeedOf(runId), seed, runId);
  });

  test("agrees with the definition for every length", () => {
    for (let length = 0; length <= 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 37 + length & 0xff);
      assert.equal(sipHash13(message), sipHashByDefinition(message), `length ${length}`);
    }
  });

  test("takes the bytes of the text, not its characters", () => {
    assert.equal(randomSeedOf("lauf-ü"), sipHash13(new Uint8Array([...new TextEncoder().encode("lauf-ü"), 0xff])));
  });
});
