/** `Temporal` with `Temporal.Now` in workflow time. @module */
import type { KitHost } from "./host.ts";

interface Instant {
  toZonedDateTimeISO(timeZone: unknown): Record<string, () => unknown>;
}

interface TemporalLike {
  Instant: { fromEpochMilliseconds(milliseconds: number): Instant };
  Now: Record<string, (timeZone?: unknown) => unknown>;
}

declare const Temporal: unknown;

/** The globals of this part. */
export function create(host: KitHost): { Temporal: unknown } {
  const { Instant, Now } = Temporal as TemporalLike;
  const instant = () => Instant.fromEpochMilliseconds(host.now());
  const zoned = (timeZone: unknown = Now.timeZoneId()) => instant().toZonedDateTimeISO(timeZone);
  const replacements: TemporalLike["Now"] = {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (timeZone) => zoned(timeZone).toPlainDateTime(),
    plainDateISO: (timeZone) => zoned(timeZone).toPlainDate(),
    plainTimeISO: (timeZone) => zoned(timeZone).toPlainTime(),
  };
  for (const name of Object.keys(replacements)) {
    Object.defineProperty(Now, name, { value: replacements[name], writable: true, configurable: true });
  }
  return { Temporal };
}
