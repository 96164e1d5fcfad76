/**
 * The seed of a run's random numbers: SipHash-1-3 with a zero key over the run id and a byte 0xFF,
 * the same in all core SDKs.
 *
 * @module
 */

/** One 64-bit word of SipHash's state as two halves. */
interface Word {
  high: number;
  low: number;
}

/** The seed of the run with this original run id, an unsigned 64-bit number. */
export function randomSeedOf(runId: string): bigint {
  const text = new TextEncoder().encode(runId);
  const message = new Uint8Array(text.length + 1);
  message.set(text);
  message[text.length] = 0xff;
  return sipHash13(message);
}

/** SipHash-1-3 with the key (0, 0). */
export function sipHash13(message: Uint8Array): bigint {
  // The four constants are the ASCII of "somepseudorandomlygeneratedbytes".
  const state: [Word, Word, Word, Word] = [
    { high: 0x736f6d65, low: 0x70736575 },
    { high: 0x646f7261, low: 0x6e646f6d },
    { high: 0x6c796765, low: 0x6e657261 },
    { high: 0x74656462, low: 0x79746573 },
  ];
  const end = message.length - message.length % 8;
  for (let i = 0; i < end; i += 8) compress(state, littleEndian(message, i + 4, 4), littleEndian(message, i, 4));
  const rest = message.length - end;
  const high = littleEndian(message, end + 4, Math.max(rest - 4, 0)) | (message.length & 0xff) << 24;
  compress(state, high, littleEndian(message, end, Math.min(rest, 4)));
  state[2].low ^= 0xff;
  round(state);
  round(state);
  round(state);
  const [a, b, c, d] = state;
  const words = [a.high ^ b.high ^ c.high ^ d.high, a.low ^ b.low ^ c.low ^ d.low];
  return BigInt(words[0] >>> 0) << 32n | BigInt(words[1] >>> 0);
}

function littleEndian(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value |= bytes[start + i] << 8 * i;
  return value;
}

function compress(state: [Word, Word, Word, Word], high: number, low: number): void {
  state[3].high ^= high;
  state[3].low ^= low;
  round(state);
  state[0].high ^= high;
  state[0].low ^= low;
}

function round([a, b, c, d]: [Word, Word, Word, Word]): void {
  add(a, b);
  rotate(b, 13);
  xor(b, a);
  swap(a);
  add(c, d);
  rotate(d, 16);
  xor(d, c);
  add(a, d);
  rotate(d, 21);
  xor(d, a);
  add(c, b);
  rotate(b, 17);
  xor(b, c);
  swap(c);
}

function add(target: Word, other: Word): void {
  const low = (target.low >>> 0) + (other.low >>> 0);
  target.high = target.high + other.high + (low > 0xffffffff ? 1 : 0) | 0;
  target.low = low | 0;
}

function xor(target: Word, other: Word): void {
  target.high ^= other.high;
  target.low ^= other.low;
}

/** Rotates left by fewer than 32 bits. */
function rotate(word: Word, bits: number): void {
  const { high, low } = word;
  word.high = high << bits | low >>> 32 - bits;
  word.low = low << bits | high >>> 32 - bits;
}

/** Rotates by 32 bits. */
function swap(word: Word): void {
  const { high, low } = word;
  word.high = low;
  word.low = high;
}
