/**
 * The random numbers of a run: Alea (Johannes Baagøe), seeded by the eight big-endian bytes of the run's seed as in the
 * official TypeScript SDK, so that ids made of them replay there and here.
 *
 * @module
 */
import type { RandomStreamName } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import type { Scopes } from "../waiting/scopes.ts";

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

/** Version and variant bits of a UUID. */
function markUUID(words: number[], version: number): string {
  words[1] = ((words[1] & 0xffff0fff) | (version << 12)) >>> 0;
  words[2] = ((words[2] & 0x3fffffff) | 0x80000000) >>> 0;
  const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The random numbers of a run: the main stream and the named ones. */
export class RandomSource {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  #seed = 0n;
  #stream: Alea | undefined;
  #named: Map<string, Alea> | undefined;
  #listeners: ((seed: bigint) => void)[] | undefined;

  /** Streams that are seeded with 0 until {@link reseed}. */
  constructor(state: RunState, scopes: Scopes) {
    this.#state = state;
    this.#scopes = scopes;
  }

  /** What it was seeded with last. */
  get seed(): bigint {
    return this.#seed;
  }

  /** Starts all streams anew with this seed. */
  reseed(seed: bigint): void {
    this.#seed = seed;
    this.#stream = undefined;
    this.#named = undefined;
    for (const listener of this.#listeners ?? []) this.#scopes.run(() => listener(seed));
  }

  /** Calls back at every later {@link reseed}. */
  onReseed(listener: (seed: bigint) => void): void {
    this.#state.assertWritable("registerRandomSeedCallback");
    (this.#listeners ??= []).push(listener);
  }

  /**
   * The next number of a stream, by default of that which the running code is to use. Throws ReadOnlyContextError in
   * queries and validators.
   */
  next(stream: RandomStreamName = this.#scopes.context.random ?? {}): number {
    this.#state.assertReadWrite("random");
    return this.#find(stream).next();
  }

  /** A version 4 UUID of the next four numbers. */
  uuid4(stream?: RandomStreamName): string {
    return markUUID([this.#word(stream), this.#word(stream), this.#word(stream), this.#word(stream)], 4);
  }

  /** A version 7 UUID: workflow time in milliseconds, then the next three numbers. */
  uuid7(stream?: RandomStreamName): string {
    const time = Math.floor(this.#state.activation.time);
    const low = time % 0x1_0000;
    const words = [this.#word(stream), this.#word(stream), this.#word(stream)];
    return markUUID([Math.floor(time / 0x1_0000), low * 0x1_0000 + (words[0] >>> 16), words[1], words[2]], 7);
  }

  /** Fills bytes, one number each. */
  fill(bytes: Uint8Array, stream?: RandomStreamName): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(this.next(stream) * 256);
  }

  /** Runs work, and the promise jobs that come of it, with this stream as the one to use. */
  with<T>(stream: RandomStreamName, work: () => T): T {
    return this.#scopes.run(work, { ...this.#scopes.context, random: stream });
  }

  #word(stream: RandomStreamName | undefined): number {
    return (this.next(stream) * two32) >>> 0;
  }

  #find({ name }: RandomStreamName): Alea {
    if (name === undefined) return this.#stream ??= new Alea(seedBytes(this.#seed));
    this.#named ??= new Map();
    let stream = this.#named.get(name);
    if (!stream) this.#named.set(name, stream = new Alea(namedSeed(seedBytes(this.#seed), name)));
    return stream;
  }
}

function seedBytes(seed: bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((seed >> BigInt(8 * (7 - i))) & 0xffn));
}

/** The seed of a named stream as the official TypeScript SDK makes it: a prefix, then seed and name, each by its length. */
function namedSeed(seed: number[], name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  const prefix = new TextEncoder().encode("temporal-workflow-random-stream-v1");
  return [...prefix, ...bigEndian(seed.length), ...seed, ...bigEndian(bytes.length), ...bytes];
}

function bigEndian(value: number): number[] {
  return [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
}
