/**
 * Durations as people write them, and their length in milliseconds.
 *
 * @module
 */
import { ValueError } from "./temporal_error.ts";

/**
 * A length of time: a number of milliseconds, a text such as `"500ms"`, `"10s"`, `"5 minutes"`, `"1h 30m"`, `"7 days"`,
 * or its parts.
 */
export type Duration =
  | number
  | string
  | { days?: number; hours?: number; minutes?: number; seconds?: number; milliseconds?: number };

const partLengths: Record<string, number> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
};

/** The length of each unit that a text may use, by its spelling without the plural's "s". */
const unitLengths: Record<string, number> = {
  ms: 1,
  msec: 1,
  millisecond: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

/** The API's longest duration, about 10 000 years. */
const longest = 315_576_000_000_000;

const advice = 'give milliseconds, a text such as "10s" or "1h 30m", or parts such as { minutes: 5 }';

/**
 * The length of a duration in milliseconds, fractions kept down to a nanosecond.
 *
 * @param what names the value in errors, for example `startToCloseTimeout`
 * @throws {ValueError} not a duration, negative, not finite or longer than the API allows
 */
export function toMilliseconds(duration: Duration, what: string): number {
  const length = roundToNanoseconds(measure(duration, what));
  if (Number.isNaN(length)) throw new ValueError(`${what} is not a duration: ${describe(duration)}; ${advice}`);
  if (length < 0) throw new ValueError(`${what} is negative: ${describe(duration)}; give a duration of 0 or more`);
  if (length > longest) {
    throw new ValueError(`${what} is too long: ${describe(duration)}; leave it out where there is no limit`);
  }
  return length;
}

/**
 * {@link toMilliseconds} for an option that may be unset: undefined stays undefined.
 *
 * @throws {ValueError} as {@link toMilliseconds} does
 */
export function optionalMilliseconds(duration: Duration | undefined, what: string): number | undefined {
  return duration === undefined ? undefined : toMilliseconds(duration, what);
}

/** Milliseconds as the API's Duration message has them, to the nanosecond. */
export function splitMilliseconds(milliseconds: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}

function measure(duration: unknown, what: string): number {
  if (typeof duration === "number") return duration;
  if (typeof duration === "string") return measureText(duration);
  if (typeof duration === "object" && duration !== null) return measureParts(duration as Record<string, unknown>, what);
  return NaN;
}

function measureText(text: string): number {
  if (!/^\s*(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/i.test(text)) return NaN;
  let length = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)) {
    length += Number(amount) * unitLength(unit.toLowerCase());
  }
  return length;
}

function unitLength(unit: string): number {
  if (Object.hasOwn(unitLengths, unit)) return unitLengths[unit];
  const singular = unit.slice(0, -1);
  const isPlural = unit.endsWith("s") && singular.length > 1 && !singular.endsWith("s") &&
    Object.hasOwn(unitLengths, singular);
  return isPlural ? unitLengths[singular] : NaN;
}

function measureParts(parts: Record<string, unknown>, what: string): number {
  const names = Object.keys(parts).filter((name) => parts[name] !== undefined);
  let length = names.length === 0 ? NaN : 0;
  for (const name of names) {
    if (!Object.hasOwn(partLengths, name)) {
      throw new ValueError(`${what} has no part ${name}; the parts are ${Object.keys(partLengths).join(", ")}`);
    }
    const amount = parts[name];
    length += typeof amount === "number" ? amount * partLengths[name] : NaN;
  }
  return length;
}

function roundToNanoseconds(length: number): number {
  return Number.isSafeInteger(length) ? length : Math.round(length * 1e6) / 1e6;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  return `{ ${Object.entries(value).map(([name, part]) => `${name}: ${String(part)}`).join(", ")} }`;
}
