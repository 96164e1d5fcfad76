/**
 * Random numbers that are the same in replay.
 *
 * @module
 */
import { callRun } from "./current.ts";

/** A stream of random numbers. Not allowed in queries and validators. */
export interface RandomStream {
  /** From 0 up to 1. */
  random(): number;
  /** A version 4 UUID. */
  uuid4(): string;
  /** Fills bytes and returns them. */
  fill<T extends Uint8Array>(bytes: T): T;
  /** Runs `work`; for streams other than the main one with `Math.random` taken from it. */
  with<T>(work: () => T): T;
}

/** The main stream, that of `Math.random`. */
export function random(): RandomStream {
  return {
    random: () => callRun("random"),
    uuid4: () => callRun("uuid4"),
    fill: (bytes) => (callRun("fillRandom", bytes), bytes),
    with: (work) => work(),
  };
}

/** A version 4 UUID from the main stream. */
export function uuid4(): string {
  return callRun("uuid4");
}

/** The seed of the main stream; changes when the workflow is reset. */
export function randomSeed(): bigint {
  return callRun("randomSeed");
}
