/**
 * Times and durations as the API's messages carry them, and as milliseconds.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";

/** Milliseconds of a duration; 0 if unset, as the server reads unset durations. */
export function toMs(duration: Duration | undefined): number {
  return duration ? Number(duration.seconds) * 1000 + duration.nanos / 1e6 : 0;
}

/** A duration message of so many milliseconds. */
export function toDuration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000);
  return create(DurationSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) });
}

/** A timestamp message of milliseconds since the epoch. */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) });
}

/** Milliseconds since the epoch of a timestamp, undefined if unset. */
export function fromTimestamp(time: Timestamp | undefined): number | undefined {
  return time && Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** The smaller of two durations where 0 means none. */
export function shorter(one: number, other: number): number {
  if (one <= 0) return other;
  if (other <= 0) return one;
  return Math.min(one, other);
}

const LONGEST_SECONDS = 100n * 365n * 24n * 3600n;

/** Why a duration is not allowed, undefined if it is; one longer than 100 years is cut to that. */
export function findDurationFault(duration: Duration | undefined): string | undefined {
  if (!duration) return undefined;
  const { seconds, nanos } = duration;
  if ((seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)) {
    return "duration has seconds and nanos with different signs";
  }
  if (seconds < 0n || nanos < 0) return "negative duration";
  if (seconds >= LONGEST_SECONDS) {
    duration.seconds = LONGEST_SECONDS;
    duration.nanos = 0;
  }
  return undefined;
}
