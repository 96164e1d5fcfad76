import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import type { Payload } from "../../src/common/payload.ts";
import {
  SearchAttributeKey,
  searchAttributesFromPayloads,
  searchAttributesToPayloads,
  toTypedSearchAttributes,
  TypedSearchAttributes,
} from "../../src/common/search.ts";

const moment = new Date("2024-02-29T12:34:56.789Z");
const title = SearchAttributeKey.forText("Title");
const customer = SearchAttributeKey.forKeyword("CustomerId");
const count = SearchAttributeKey.forInt("Count");
const weight = SearchAttributeKey.forFloat("Weight");
const paid = SearchAttributeKey.forBool("Paid");
const due = SearchAttributeKey.forDatetime("Due");
const tags = SearchAttributeKey.forKeywordList("Tags");
const pairs = [
  title.valueSet("a b"),
  customer.valueSet("c-1"),
  count.valueSet(0),
  weight.valueSet(0.5),
  paid.valueSet(false),
  due.valueSet(moment),
  tags.valueSet(["x", "y"]),
];

function payload(json: string, type?: string): Payload {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return { metadata: { encoding: bytes("json/plain"), ...(type && { type: bytes(type) }) }, data: bytes(json) };
}

describe("keys", () => {
  test("refuse values of another type", () => {
    const wrong: (() => unknown)[] = [
      () => title.valueSet(1 as never),
      () => count.valueSet(1.5),
      () => count.valueSet("1" as never),
      () => weight.valueSet(NaN),
      () => weight.valueSet(Infinity),
      () => paid.valueSet(0 as never),
      () => due.valueSet(new Date(NaN)),
      () => due.valueSet("2024" as never),
      () => tags.valueSet("x" as never),
      () => tags.valueSet([1] as never),
      () => SearchAttributeKey.forText(""),
    ];
    for (const call of wrong) assert.throws(call, (error) => error instanceof ValueError, call.toString());
    assert.throws(() => count.valueSet(1.5), /search attribute Count is of type INT and cannot hold 1.5/);
    assert.throws(() => due.valueSet(new Date(NaN)), /Due .* an invalid Date/);
  });
});

describe("TypedSearchAttributes", () => {
  test("holds each pair by name and type", () => {
    const attributes = new TypedSearchAttributes(pairs);
    assert.equal(attributes.size, 7);
    assert.equal(attributes.get(count), 0);
    assert.equal(attributes.get(paid), false);
    assert.equal(attributes.has(SearchAttributeKey.forText("CustomerId")), false);
    assert.equal(attributes.get(SearchAttributeKey.forText("CustomerId")), undefined);
    assert.equal(attributes.get(SearchAttributeKey.forKeyword("CustomerId")), "c-1");
    assert.deepEqual([...attributes], pairs);
    assert.deepEqual(attributes.toObject(), {
      Title: "a b",
      CustomerId: "c-1",
      Count: 0,
      Weight: 0.5,
      Paid: false,
      Due: moment,
      Tags: ["x", "y"],
    });
  });

  test("refuses a name twice, whatever the types", () => {
    const twice = [title.valueSet("a"), SearchAttributeKey.forKeyword("Title").valueSet("b")];
    assert.throws(() => new TypedSearchAttributes(twice), /ValueError: search attribute Title is given twice/);
    assert.throws(() => searchAttributesToPayloads(twice), /Title is given twice/);
  });

  test("checks pairs that were not made by a key", () => {
    assert.throws(() => new TypedSearchAttributes([{ key: count, value: 0.5 }]), ValueError);
    assert.throws(() => searchAttributesToPayloads([{ key: count, value: 0.5 }]), ValueError);
  });

  test("updates a copy", () => {
    const before = new TypedSearchAttributes(pairs);
    const after = before.updated(
      count.valueSet(5),
      weight.valueUnset(),
      SearchAttributeKey.forText("New").valueSet("n"),
    );
    assert.equal(before.get(count), 0);
    assert.equal(after.get(count), 5);
    assert.equal(after.has(weight), false);
    assert.equal(after.size, 7);
    assert.throws(() => before.updated(count.valueSet(1), count.valueUnset()), /twice/);
    assert.equal(TypedSearchAttributes.empty.size, 0);
  });
});

describe("payloads", () => {
  test("have the metadata and the JSON that the server reads", () => {
    const payloads = searchAttributesToPayloads(pairs);
    assert.deepEqual(payloads, {
      Title: payload('"a b"', "Text"),
      CustomerId: payload('"c-1"', "Keyword"),
      Count: payload("0", "Int"),
      Weight: payload("0.5", "Double"),
      Paid: payload("false", "Bool"),
      Due: payload('"2024-02-29T12:34:56.789Z"', "Datetime"),
      Tags: payload('["x","y"]', "KeywordList"),
    });
  });

  test("come back as they went", () => {
    const decoded = searchAttributesFromPayloads(searchAttributesToPayloads(pairs));
    assert.deepEqual([...decoded], pairs);
    assert.deepEqual([...searchAttributesFromPayloads(searchAttributesToPayloads(decoded))], pairs);
  });

  test("take an attribute away as a null without type", () => {
    assert.deepEqual(searchAttributesToPayloads([count.valueUnset()]), {
      Count: { metadata: { encoding: new TextEncoder().encode("binary/null") }, data: new Uint8Array(0) },
    });
    assert.equal(searchAttributesFromPayloads(searchAttributesToPayloads([count.valueUnset()])).size, 0);
    assert.equal(searchAttributesFromPayloads({ Count: payload("null") }).size, 0);
    assert.equal(searchAttributesFromPayloads({ Count: payload("null", "Int") }).size, 0);
  });

  test("of a plain record have no type", () => {
    const record = { A: "x", B: 1, C: [], D: moment, E: undefined as never };
    assert.deepEqual(searchAttributesToPayloads(record), {
      A: payload('"x"'),
      B: payload("1"),
      C: payload("[]"),
      D: payload(JSON.stringify(moment)),
    });
    assert.throws(
      () => searchAttributesToPayloads({ A: null as never }),
      /ValueError: search attribute A cannot hold null/,
    );
    assert.throws(() => searchAttributesToPayloads({ A: new Date(NaN) }), /A cannot hold an invalid Date/);
  });

  test("are read in the spellings of other SDKs and servers", () => {
    const decoded = searchAttributesFromPayloads({
      Due: payload('"2024-02-29T12:34:56.789123456Z"', "INDEXED_VALUE_TYPE_DATETIME"),
      Tags: payload('["x"]', "INDEXED_VALUE_TYPE_KEYWORD_LIST"),
      CustomerId: payload('["c-1"]', "Keyword"),
      Guessed: payload("3"),
    });
    assert.equal(decoded.get(due)?.getTime(), moment.getTime());
    assert.deepEqual(decoded.get(tags), ["x"]);
    assert.equal(decoded.get(customer), "c-1");
    assert.equal(decoded.get(SearchAttributeKey.forInt("Guessed")), 3);
  });

  test("that cannot be read are left out", () => {
    const decoded = searchAttributesFromPayloads({
      Due: payload('"never"', "Datetime"),
      Count: payload('"1"', "Int"),
      Title: payload("{", "Text"),
      Weight: payload("1.5", "Double"),
    });
    assert.deepEqual(decoded.toObject(), { Weight: 1.5 });
  });
});

describe("toTypedSearchAttributes", () => {
  test("guesses the types of a record", () => {
    const typed = toTypedSearchAttributes({ A: "x", B: 1, C: 1.5, D: true, E: moment, F: ["x"] });
    assert.deepEqual([...typed].map(({ key }) => key.indexedValueType), [
      "KEYWORD",
      "INT",
      "DOUBLE",
      "BOOL",
      "DATETIME",
      "KEYWORD_LIST",
    ]);
  });

  test("keeps pairs and collections", () => {
    const typed = new TypedSearchAttributes(pairs);
    assert.equal(toTypedSearchAttributes(typed), typed);
    assert.deepEqual([...toTypedSearchAttributes(pairs)], pairs);
  });
});
