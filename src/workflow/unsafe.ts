/**
 * What workflow code should rarely ask.
 *
 * @module
 */
import { callRun, inRealm } from "./current.ts";

/** Questions whose answers differ between a first run and its replay: for logs and metrics, never for decisions. */
export const unsafe: {
  /** Whether history is replayed. */
  isReplaying(): boolean;
  /** The same, but false in queries and validators, which are new. */
  isReplayingHistoryEvents(): boolean;
  /** Whether this is a query or a validator. */
  isReadOnly(): boolean;
  /** Whether globals are those of a workflow. */
  inSandbox(): boolean;
  /** Real time in milliseconds since the epoch. */
  now(): number;
  /** A real random number from 0 up to 1. */
  random(): number;
} = {
  isReplaying: () => callRun("activation").isReplaying,
  isReplayingHistoryEvents: () => callRun("activation").isReplaying && !callRun("isReadOnly"),
  isReadOnly: () => callRun("isReadOnly"),
  inSandbox: () => inRealm(),
  now: () => callRun("realTime"),
  random: () => callRun("realRandom"),
};
