import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { type DataConverter, loadDataConverter } from "../../src/converter/data.ts";
import { bigint, bytes, date, map, set, url, valibotDataConverter } from "../../src/valibot/mod.ts";

// deno-lint-ignore no-explicit-any
type AnySchema = v.GenericSchema<any, unknown>;

const trips: [name: string, schema: AnySchema, value: unknown, json: string][] = [
  ["a bigint", bigint(), -(2n ** 70n), '"-1180591620717411303424"'],
  ["bytes inside an object", v.object({ data: bytes() }), { data: new Uint8Array([0, 1, 255]) }, '{"data":"AAH/"}'],
  ["a date", date(), new Date(5), '"1970-01-01T00:00:00.005Z"'],
  [
    "a map of maps",
    map(v.string(), map(bigint(), date())),
    new Map([["a", new Map([[1n, new Date(5)]])]]),
    '[["a",[["1","1970-01-01T00:00:00.005Z"]]]]',
  ],
  ["a set", set(bigint()), new Set([1n, 2n]), '["1","2"]'],
  ["a URL in a list", v.array(url()), [new URL("https://example.com/a")], '["https://example.com/a"]'],
];

describe("valibotDataConverter", () => {
  for (const [name, schema, value, json] of trips) {
    test(`${name} is written as the schema reads it`, async () => {
      const converter: DataConverter = await loadDataConverter(valibotDataConverter);
      const [payload] = await converter.encode([value]);
      assert.equal(new TextDecoder().decode(payload.data), json);
      assert.deepEqual(await converter.decode([payload], { typeHints: [schema] }), [value]);
      assert.deepEqual(await converter.decode([payload]), [JSON.parse(json)]);
    });
  }

  test("other values are those of the default converter", async () => {
    const converter = await loadDataConverter(valibotDataConverter);
    const values = [undefined, null, new Uint8Array([1]), { a: [1, "b"] }];
    assert.deepEqual(await converter.decode(await converter.encode(values)), values);
  });
});
