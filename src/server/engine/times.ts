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

/** Why a duration is not allowed, undefined if it is. */
export function findDurationFault(duration: Duration | undefined): string | undefined {
  if (!duration) return undefined;
  if (duration.seconds < 0n || duration.nanos < 0) {
    return `negative duration: ${formatDuration(toMs(duration))}`;
  }
  return undefined;
}

/** A duration as Go prints it, for messages that must read as the real server's. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  let rest = Math.abs(ms);
  if (rest < 1000) return `${sign}${rest}ms`;
  const hours = Math.floor(rest / 3_600_000);
  rest -= hours * 3_600_000;
  const minutes = Math.floor(rest / 60_000);
  rest -= minutes * 60_000;
  const seconds = `${Number((rest / 1000).toFixed(9))}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}
