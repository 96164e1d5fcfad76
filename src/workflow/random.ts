/**
 * Random numbers that are the same in replay.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import type { RandomStreamName } from "./bridge.ts";
import { callRun } from "./current.ts";

/** A stream of random numbers. Not allowed in queries and validators. */
export interface RandomStream {
  /** From 0 up to 1. */
  random(): number;
  /** A version 4 UUID. */
  uuid4(): string;
  /** Fills bytes and returns them. */
  fill<T extends Uint8Array>(bytes: T): T;
  /** Runs `work`, also what it awaits, with `Math.random`, {@link uuid4} and `crypto` taken from this stream. */
  with<T>(work: () => T): T;
}

/** The main stream, that of `Math.random` unless {@link RandomStream.with} says otherwise. */
export function random(): RandomStream {
  return makeStream({});
}

/**
 * The stream of a name, which leaves the main one and all others alone: for libraries and interceptors. All calls with
 * the same name go on with the same numbers; a reset of the workflow starts them anew. Throws ValueError where the name
 * is no text.
 */
export function newRandom(name: string): RandomStream {
  if (typeof name !== "string") {
    throw new ValueError('newRandom: the name is not a text; name your library, "my-library"');
  }
  return makeStream({ name });
}

/** A version 4 UUID from the main stream, or that of {@link RandomStream.with}. */
export function uuid4(): string {
  return callRun("uuid4");
}

/** A version 7 UUID: workflow time in milliseconds, so that those of later tasks sort later, and 74 random bits. */
export function uuid7(): string {
  return callRun("uuid7");
}

/** The seed of the main stream; changes when the workflow is reset. */
export function randomSeed(): bigint {
  return callRun("randomSeed");
}

/** Calls back with the new seed whenever it changes. Throws ReadOnlyContextError in queries and validators. */
export function registerRandomSeedCallback(callback: (seed: bigint) => void): void {
  callRun("onRandomSeed", callback);
}

function makeStream(stream: RandomStreamName): RandomStream {
  return {
    random: () => callRun("random", stream),
    uuid4: () => callRun("uuid4", stream),
    fill: (bytes) => (callRun("fillRandom", bytes, stream), bytes),
    with: (work) => callRun("withRandom", stream, work) as ReturnType<typeof work>,
  };
}
