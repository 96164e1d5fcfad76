/**
 * Schemas of the values that JSON does not have.
 *
 * @module
 */
import * as v from "valibot";
import { decodeBase64 } from "../common/base64.ts";
import { type Duration, toMilliseconds } from "../common/duration.ts";

/** A schema that reads `Input` and gives `Output`. */
export type WireSchema<Input, Output> = v.GenericSchema<Input, Output>;

/** A bigint: reads its decimal digits, or a whole number. */
export function bigint(): WireSchema<string | number | bigint, bigint> {
  return v.pipe(
    v.union([
      v.bigint(),
      v.pipe(v.number(), v.integer()),
      v.pipe(v.string(), v.regex(/^-?\d+$/, "not a whole number")),
    ]),
    v.transform((value) => BigInt(value)),
  );
}

/** Bytes: reads base64. */
export function bytes(): WireSchema<string | Uint8Array, Uint8Array> {
  return v.union([
    v.instance(Uint8Array),
    v.pipe(v.string(), v.base64(), v.transform(decodeBase64)),
  ]);
}

/** A date: reads an ISO 8601 time. */
export function date(): WireSchema<string | Date, Date> {
  return v.union([v.date(), v.pipe(v.string(), v.isoTimestamp(), v.transform((text) => new Date(text)))]);
}

/** A duration in any of its spellings; gives milliseconds. */
export function duration(): WireSchema<Duration, number> {
  return v.pipe(
    v.custom<Duration>((value) => isDuration(value), "not a duration"),
    v.transform((value) => toMilliseconds(value, "duration")),
  );
}

/** A Map: reads a list of entries. */
export function map<KI, KO, VI, VO>(
  key: WireSchema<KI, KO>,
  value: WireSchema<VI, VO>,
): WireSchema<[KI, VI][] | Map<KI, VI>, Map<KO, VO>> {
  return v.pipe(
    v.union([
      v.array(v.tuple([key, value])),
      v.pipe(v.instance(Map), v.transform((entries) => [...entries]), v.array(v.tuple([key, value]))),
    ]),
    v.transform((entries) => new Map(entries)),
  ) as WireSchema<[KI, VI][] | Map<KI, VI>, Map<KO, VO>>;
}

/** A Set: reads a list. */
export function set<I, O>(item: WireSchema<I, O>): WireSchema<I[] | Set<I>, Set<O>> {
  return v.pipe(
    v.union([v.array(item), v.pipe(v.instance(Set), v.transform((items) => [...items]), v.array(item))]),
    v.transform((items) => new Set(items)),
  ) as WireSchema<I[] | Set<I>, Set<O>>;
}

/** A URL: reads its text. */
export function url(): WireSchema<string | URL, URL> {
  return v.union([v.instance(URL), v.pipe(v.string(), v.url(), v.transform((text) => new URL(text)))]);
}

function isDuration(value: unknown): boolean {
  try {
    toMilliseconds(value as Duration, "duration");
    return true;
  } catch {
    return false;
  }
}
