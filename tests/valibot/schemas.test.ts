import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bigint, bytes, date, duration, map, set, url } from "../../src/valibot/schemas.ts";
import * as v from "valibot";

/** What a value becomes on its way through JSON: what a payload carries of it. */
function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

// deno-lint-ignore no-explicit-any
type AnySchema = v.GenericSchema<any, unknown>;

const readings: [name: string, schema: AnySchema, input: unknown, output: unknown][] = [
  ["bigint from digits", bigint(), "-12345678901234567890", -12345678901234567890n],
  ["bigint from a number", bigint(), 7, 7n],
  ["bytes from base64", bytes(), "AAH/", new Uint8Array([0, 1, 255])],
  ["date from an ISO time", date(), overTheWire(new Date(5)), new Date(5)],
  ["duration from text", duration(), "1h 30m", 5_400_000],
  ["duration from parts", duration(), { seconds: 2 }, 2000],
  ["map from entries", map(v.string(), date()), [["a", "1970-01-01T00:00:00.005Z"]], new Map([["a", new Date(5)]])],
  ["set from a list", set(bigint()), ["1", "2", "1"], new Set([1n, 2n])],
  ["URL from text", url(), overTheWire(new URL("https://example.com/a")), new URL("https://example.com/a")],
];

const values: [name: string, schema: AnySchema, value: unknown][] = [
  ["bigint", bigint(), 5n],
  ["bytes", bytes(), new Uint8Array([1])],
  ["date", date(), new Date(5)],
  ["map", map(v.string(), v.number()), new Map([["a", 1]])],
  ["set", set(v.string()), new Set(["a"])],
  ["URL", url(), new URL("https://example.com/")],
];

const refused: [name: string, schema: AnySchema, input: unknown][] = [
  ["bigint", bigint(), "1.5"],
  ["bytes", bytes(), "not base64!"],
  ["date", date(), "yesterday"],
  ["duration", duration(), "-1s"],
  ["map", map(v.string(), v.number()), [["a", "b"]]],
  ["set", set(v.string()), [1]],
  ["URL", url(), "nowhere"],
];

describe("wire schemas", () => {
  for (const [name, schema, input, output] of readings) {
    test(`${name}`, () => assert.deepEqual(v.parse(schema, input), output));
  }
  for (const [name, schema, value] of values) {
    test(`${name} that is one already`, () => assert.deepEqual(v.parse(schema, value), value));
  }
  for (const [name, schema, input] of refused) {
    test(`not a ${name}`, () => assert.equal(v.safeParse(schema, input).success, false));
  }
});
