/**
 * The API's times and durations as milliseconds, and back.
 *
 * @module
 */
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";

/** Milliseconds since the epoch, with their fraction. */
export function timestampMilliseconds(time: Timestamp): number {
  return Number(time.seconds) * 1000 + time.nanos / 1e6;
}

/** Milliseconds, undefined where unset or zero: the API says "no limit" both ways. */
export function durationMilliseconds(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6 || undefined;
}

/** The fields of the API's Duration, undefined where unset. */
export function toDuration(milliseconds: number | undefined): { seconds: bigint; nanos: number } | undefined {
  if (milliseconds === undefined) return undefined;
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}
