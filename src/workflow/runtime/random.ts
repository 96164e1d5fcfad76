/**
 * The random numbers of a run: Alea (Johannes Baagøe), seeded by the eight big-endian bytes of the run's seed as in the
 * official TypeScript SDK, so that ids made of them replay there and here.
 *
 * @module
 */
import type { RunState } from "./state.ts";

const two32 = 0x1_0000_0000;

/** Alea's hash of bytes, with memory. */
function createMash(): (bytes: ArrayLike<number>) => number {
  let n = 0xefc8249d;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      n += bytes[i];
      let h = 0.02519603282416938 * n;
      n = h >>> 0;
      h = (h - n) * n;
      n = h >>> 0;
      n += (h - n) * two32;
    }
    return (n >>> 0) / two32;
  };
}

/** A stream of numbers from 0 up to 1. */
export class Alea {
  #s0: number;
  #s1: number;
  #s2: number;
  #carry = 1;

  /** Starts a stream. */
  constructor(seed: ArrayLike<number>) {
    const mash = createMash();
    const starts = [mash([32]), mash([32]), mash([32])];
    [this.#s0, this.#s1, this.#s2] = starts.map((start) => {
      const next = start - mash(seed);
      return next < 0 ? next + 1 : next;
    });
  }

  /** The next number. */
  next(): number {
    const t = 2091639 * this.#s0 + this.#carry / two32;
    this.#carry = t | 0;
    this.#s0 = this.#s1;
    this.#s1 = this.#s2;
    this.#s2 = t - this.#carry;
    return this.#s2;
  }
}

/** The main stream of a run. */
export class RandomSource {
  readonly #state: RunState;
  #seed = 0n;
  #stream: Alea | undefined;

  /** A stream that is seeded with 0 until {@link reseed}. */
  constructor(state: RunState) {
    this.#state = state;
  }

  /** What it was seeded with last. */
  get seed(): bigint {
    return this.#seed;
  }

  /** Starts anew with this seed. */
  reseed(seed: bigint): void {
    this.#seed = seed;
    this.#stream = undefined;
  }

  /** The next number. Throws ReadOnlyContextError in queries and validators. */
  next(): number {
    this.#state.assertReadWrite("random");
    this.#stream ??= new Alea(seedBytes(this.#seed));
    return this.#stream.next();
  }

  /** A version 4 UUID of the next four numbers. */
  uuid4(): string {
    const words = [this.#word(), this.#word(), this.#word(), this.#word()];
    words[1] = ((words[1] & 0xffff0fff) | 0x4000) >>> 0;
    words[2] = ((words[2] & 0x3fffffff) | 0x80000000) >>> 0;
    const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** Fills bytes, one number each. */
  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(this.next() * 256);
  }

  #word(): number {
    return (this.next() * two32) >>> 0;
  }
}

function seedBytes(seed: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((seed >> BigInt(8 * (7 - i))) & 0xffn));
}
