import assert from "node:assert/strict";
import { describe, test } from "node:test";
import vm from "node:vm";
import * as v from "valibot";
import { ApplicationError, ValueError } from "../../src/common/errors.ts";
import { type Payload, RawValue } from "../../src/common/payload.ts";
import type { StandardSchemaV1 } from "../../src/common/definition.ts";
import { JSONTypeConverter } from "../../src/converter/json_types.ts";
import {
  BinaryNullPayloadConverter,
  BinaryPlainPayloadConverter,
  bindConverter,
  CompositePayloadConverter,
  type EncodingPayloadConverter,
  fromPayloads,
  JSONPlainPayloadConverter,
  makePayload,
  type PayloadConverter,
  readEncoding,
  toPayloads,
} from "../../src/converter/payload.ts";
import { createPayloadValidationError } from "../../src/converter/validation.ts";
import { basePayloadConverter } from "../support/payload_converter.ts";

const text = (payload: Payload | undefined): string => new TextDecoder().decode(payload!.data);
const json = (value: string): Payload => makePayload("json/plain", new TextEncoder().encode(value));

describe("payloads without protobuf", () => {
  const cases: [string, unknown, string, string][] = [
    ["undefined", undefined, "binary/null", ""],
    ["null", null, "json/plain", "null"],
    ["bytes", new Uint8Array([104, 105]), "binary/plain", "hi"],
    ["a Buffer", Buffer.from("hi"), "binary/plain", "hi"],
    ["a text", "é\n", "json/plain", '"é\\n"'],
    ["zero", 0, "json/plain", "0"],
    ["false", false, "json/plain", "false"],
    ["an object", { a: [1, { b: null }] }, "json/plain", '{"a":[1,{"b":null}]}'],
    ["a Date", new Date(0), "json/plain", '"1970-01-01T00:00:00.000Z"'],
    ["other arrays of bytes as JSON", new Uint16Array([1]), "json/plain", '{"0":1}'],
  ];
  for (const [name, value, encoding, data] of cases) {
    test(`encodes ${name} as ${encoding}`, () => {
      const payload = basePayloadConverter.toPayload(value);
      assert.equal(readEncoding(payload), encoding);
      assert.equal(text(payload), data);
      assert.deepEqual(Object.keys(payload.metadata), ["encoding"]);
    });
  }

  test("gives back what it took", () => {
    for (const value of [undefined, null, new Uint8Array([0, 255]), "é", 1.5, true, [false], { a: {} }]) {
      assert.deepEqual(basePayloadConverter.fromPayload(basePayloadConverter.toPayload(value)), value);
    }
  });

  test("takes bytes of another realm for bytes", () => {
    const foreign = vm.runInNewContext("new Uint8Array([1, 2])");
    assert.equal(foreign instanceof Uint8Array, false);
    const payload = basePayloadConverter.toPayload(foreign);
    assert.equal(readEncoding(payload), "binary/plain");
    const decoded = basePayloadConverter.fromPayload(payload);
    assert.ok(decoded instanceof Uint8Array);
    assert.deepEqual([...decoded], [1, 2]);
  });

  test("refuses in one line what has no encoding", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const values: [unknown, RegExp][] = [
      [5n, /^a bigint cannot be converted: binary\/null, binary\/plain, json\/plain declined it/],
      [() => {}, /^a function /],
      [Symbol("x"), /^a symbol /],
      [cycle, /^a value of type Object /],
      [[{ deep: 5n }], /^a value of type Array /],
    ];
    for (const [value, message] of values) {
      assert.throws(
        () => basePayloadConverter.toPayload(value),
        (error) => error instanceof ValueError && message.test(error.message) && !error.message.includes("\n"),
      );
    }
  });

  test("passes on what a toJSON throws", () => {
    const broken = new RangeError("broken");
    const value = {
      toJSON: () => {
        throw broken;
      },
    };
    assert.throws(() => basePayloadConverter.toPayload(value), (error) => error === broken);
  });

  test("DATA-03 DATA-05 names an encoding that it does not know, and the option for it", () => {
    const decode = (payload: Payload) => () => basePayloadConverter.fromPayload(payload);
    assert.throws(
      decode(makePayload("x/y", new Uint8Array())),
      /ValueError: payload encoding "x\/y" is unknown; known are/,
    );
    assert.throws(
      decode(makePayload("json/protobuf", new Uint8Array())),
      /option dataConverter\.payloadConverter .* has JSONProtoPayloadConverter/,
    );
    assert.throws(decode({ metadata: {}, data: new Uint8Array() }), /ValueError: payload has no encoding/);
    assert.throws(decode(json("{")), /ValueError: payload of encoding json\/plain cannot be parsed: /);
  });
});

describe("CompositePayloadConverter", () => {
  const tagged = (encoding: string, accepts: (value: unknown) => boolean): EncodingPayloadConverter => ({
    encoding,
    toPayload: (value) => accepts(value) ? makePayload(encoding, new Uint8Array()) : undefined,
    fromPayload: () => `from ${encoding}`,
  });

  test("asks in order and decodes by name", () => {
    const converter = new CompositePayloadConverter([
      tagged("a", (value) => value === "a"),
      tagged("b", (value) => value === "a" || value === "b"),
      tagged("c", (value) => value === "c"),
    ]);
    assert.deepEqual([...converter.converters.keys()], ["a", "b", "c"]);
    assert.equal(readEncoding(converter.toPayload("a")), "a");
    assert.equal(readEncoding(converter.toPayload("b")), "b");
    assert.equal(converter.fromPayload(makePayload("c", new Uint8Array())), "from c");
    assert.throws(() => converter.toPayload("d"), /a string cannot be converted: a, b, c declined it/);
  });

  test("hands the context on", () => {
    const seen: unknown[] = [];
    const converter = new CompositePayloadConverter([{
      encoding: "x",
      toPayload: (_value, context) => (seen.push(context), makePayload("x", new Uint8Array())),
      fromPayload: (_payload, _hint, context) => seen.push(context),
    }]);
    const context = { kind: "workflow", namespace: "n", workflowId: "w" } as const;
    converter.fromPayload(converter.toPayload(1, context), undefined, context);
    assert.deepEqual(seen, [context, context]);
  });

  test("DATA-04 decodes undefined alone as undefined", () => {
    const converter = new CompositePayloadConverter([
      new BinaryNullPayloadConverter(),
      new BinaryPlainPayloadConverter(),
    ]);
    assert.equal(converter.fromPayload(converter.toPayload(undefined)), undefined);
    assert.throws(() => converter.toPayload(null), /ValueError: null cannot be converted/);
  });
});

describe("RawValue", () => {
  test("skips the converter", () => {
    const raw = new RawValue(makePayload("x/y", new Uint8Array([1])));
    assert.equal(basePayloadConverter.toPayload(raw), raw.payload);
  });

  test("skips also converters that know nothing of it", () => {
    const converter = { toPayload: () => json("1"), fromPayload: () => undefined as never };
    const raw = new RawValue(json("2"));
    assert.deepEqual(toPayloads(converter, [raw, 0]).map(text), ["2", "1"]);
  });

  test("is recognised by brand", () => {
    assert.ok(new RawValue(json("1")) instanceof RawValue);
    assert.equal(({ payload: json("1") } as object) instanceof RawValue, false);
    assert.equal((undefined as unknown as object) instanceof RawValue, false);
  });
});

describe("JSONPlainPayloadConverter", () => {
  test("takes another encoding and another way to write", () => {
    const converter = new JSONPlainPayloadConverter({
      encoding: "json/upper",
      stringify: (value) => JSON.stringify(value).toUpperCase(),
      parse: (written) => JSON.parse(written.toLowerCase()),
    });
    const payload = converter.toPayload({ a: "b" });
    assert.equal(readEncoding(payload!), "json/upper");
    assert.equal(text(payload), '{"A":"B"}');
    assert.deepEqual(converter.fromPayload(payload!), { a: "b" });
  });

  const dates: JSONTypeConverter = {
    toJSONValue: (value) => value instanceof Date ? { $date: value.getTime() } : JSONTypeConverter.unhandled,
    toTypedValue: (value) =>
      typeof value === "object" && value && "$date" in value
        ? new Date(value.$date as number)
        : JSONTypeConverter.unhandled,
  };
  const bigints: JSONTypeConverter = {
    toJSONValue: (value) => typeof value === "bigint" ? { $bigint: String(value) } : JSONTypeConverter.unhandled,
    toTypedValue: (value) =>
      typeof value === "object" && value && "$bigint" in value
        ? BigInt(value.$bigint as string)
        : JSONTypeConverter.unhandled,
  };

  test("asks type converters at every value", () => {
    const converter = new JSONPlainPayloadConverter({ typeConverters: [dates, {}, bigints] });
    const value = { when: new Date(5), list: [1n, { deep: new Date(6) }], plain: "x", nothing: null };
    const payload = converter.toPayload(value);
    assert.equal(
      text(payload),
      '{"when":{"$date":5},"list":[{"$bigint":"1"},{"deep":{"$date":6}}],"plain":"x","nothing":null}',
    );
    assert.deepEqual(converter.fromPayload(payload!), value);
  });

  test("asks them inside what one of them made, and leaves other objects alone", () => {
    const maps: JSONTypeConverter = {
      toJSONValue: (value) => value instanceof Map ? { $map: [...value] } : JSONTypeConverter.unhandled,
    };
    class Point {
      x = 1;
    }
    const converter = new JSONPlainPayloadConverter({ typeConverters: [maps, dates] });
    assert.equal(text(converter.toPayload(new Map([["a", new Date(7)]]))), '{"$map":[["a",{"$date":7}]]}');
    assert.equal(
      text(converter.toPayload({ point: new Point(), url: new URL("http://a/") })),
      '{"point":{"x":1},"url":"http://a/"}',
    );
  });

  test("gives the type hint to them for the outermost value", () => {
    const seen: unknown[] = [];
    const spy: JSONTypeConverter = {
      toTypedValue: (value, hint) => (seen.push([value, hint]), JSONTypeConverter.unhandled),
    };
    const hint = v.any();
    new JSONPlainPayloadConverter({ typeConverters: [spy] }).fromPayload(json("[1]"), hint);
    assert.deepEqual(seen, [[1, undefined], [[1], hint]]);
  });

  test("lets a type converter stand for undefined", () => {
    const nothing: JSONTypeConverter = {
      toTypedValue: (value) => value === "void" ? undefined : JSONTypeConverter.unhandled,
    };
    assert.equal(new JSONPlainPayloadConverter({ typeConverters: [nothing] }).fromPayload(json('"void"')), undefined);
  });
});

describe("schemas", () => {
  const order = v.object({ id: v.string(), items: v.array(v.object({ count: v.number() })) });

  test("give their output", () => {
    const trimmed = v.pipe(v.string(), v.trim());
    assert.equal(basePayloadConverter.fromPayload(json('" x "'), trimmed), "x");
  });

  test("refuse what does not fit, for good, and say where", () => {
    const payload = json('{"id":"1","items":[{"count":"two"}]}');
    assert.throws(() => basePayloadConverter.fromPayload(payload, order), (error) => {
      assert.ok(error instanceof ApplicationError);
      assert.equal(error.type, "PayloadValidationError");
      assert.equal(error.nonRetryable, true);
      assert.match(error.message, /^payload does not fit its schema, at items\.0\.count: .*number/);
      const [[issue]] = error.details as [[{ message: string; path: unknown }]];
      assert.deepEqual(issue.path, ["items", 0, "count"]);
      return true;
    });
  });

  test("must answer at once", () => {
    const slow: StandardSchemaV1 = {
      "~standard": { version: 1, vendor: "slow", validate: (value) => Promise.resolve({ value }) },
    };
    assert.throws(
      () => basePayloadConverter.fromPayload(json("1"), slow),
      /ValueError: a slow schema answers with a promise/,
    );
  });

  test("see arguments that are missing, and none that are extra", () => {
    const hints = [v.string(), v.optional(v.number(), 7)];
    assert.deepEqual(fromPayloads(basePayloadConverter, [json('"a"')], hints), ["a", 7]);
    assert.deepEqual(fromPayloads(basePayloadConverter, [json('"a"'), json("1"), json("2")], hints), ["a", 1, 2]);
    assert.throws(() => fromPayloads(basePayloadConverter, [], hints), ApplicationError);
    assert.deepEqual(fromPayloads(basePayloadConverter, []), []);
  });
});

describe("createPayloadValidationError", () => {
  test("keeps details but for null and undefined", () => {
    assert.deepEqual(createPayloadValidationError("why").details, ["why"]);
    assert.deepEqual(createPayloadValidationError(null).details, []);
    assert.deepEqual(createPayloadValidationError(undefined).details, []);
    assert.deepEqual(createPayloadValidationError([]).details, [[]]);
  });

  test("names the place where details have it as schemas do, and takes any other", () => {
    const messages = [["a", { key: 0 }, Symbol("s")], "a.b", [null], 5, undefined].map((path) => {
      return createPayloadValidationError([{ message: "no", path }]).message;
    });
    assert.deepEqual(messages.map((message) => message.slice("payload does not fit its schema".length)), [
      ", at a.0.Symbol(s): no",
      ": no",
      ", at undefined: no",
      ": no",
      ": no",
    ]);
    assert.match(createPayloadValidationError([null]).message, /schema$/);
  });
});

describe("type converters", () => {
  const kinds = ["Map", "Set", "URL"] as const;
  const types = { Map, Set, URL };
  /** Writes values of these kinds as `{ $kind: [...] }`. */
  const tagged: JSONTypeConverter = {
    toJSONValue(value) {
      if (typeof value === "bigint") return { $bigint: String(value) };
      if (value instanceof Date) return { $date: value.getTime() };
      const kind = kinds.find((name) => value instanceof types[name]);
      if (!kind) return JSONTypeConverter.unhandled;
      return { [`$${kind}`]: kind === "URL" ? (value as URL).href : [...value as Iterable<unknown>] };
    },
    toTypedValue(value) {
      const [entry, ...more] = typeof value === "object" && value ? Object.entries(value) : [];
      if (!entry || more.length > 0 || !entry[0].startsWith("$")) return JSONTypeConverter.unhandled;
      const [tag, inside] = entry;
      if (tag === "$bigint") return BigInt(inside);
      return tag === "$date" ? new Date(inside) : new types[tag.slice(1) as "Map"](inside);
    },
  };
  const converter = new JSONPlainPayloadConverter({ typeConverters: [tagged] });

  test("give back dates, bigints, maps, sets and URLs, whatever is in what", () => {
    const value = {
      map: new Map<unknown, unknown>([[1n, new Set([new Date(7), 2n])], ["url", [new URL("http://a/")]]]),
      list: [new Map([["deep", { deeper: new Map([[{ at: new Date(8) }, 9n]]) }]])],
    };
    assert.deepEqual(converter.fromPayload(converter.toPayload(value)!), value);
  });

  test("are asked inside objects of classes, as JSON looks into them", () => {
    class Order {
      id = 5n;
      lines = [{ at: new Date(1) }];
    }
    assert.equal(text(converter.toPayload(new Order())), '{"id":{"$bigint":"5"},"lines":[{"at":{"$date":1}}]}');
  });

  test("are asked inside what toJSON gives", () => {
    const value = { toJSON: (key: string) => ({ key, at: new Date(1) }) };
    assert.equal(text(converter.toPayload({ a: value })), '{"a":{"key":"a","at":{"$date":1}}}');
    assert.equal(text(converter.toPayload([value])), '[{"key":"0","at":{"$date":1}}]');
  });

  test("leave boxed values, holes and keys as JSON has them", () => {
    const value = { number: Object(1), text: Object("x"), list: [, 1], ["__proto__"]: 2, none: undefined };
    const plain = new JSONPlainPayloadConverter().toPayload(value);
    assert.equal(text(converter.toPayload(value)), text(plain));
  });

  test("do not get lost in cycles", () => {
    const cycle: Record<string, unknown> = { list: [] };
    (cycle.list as unknown[]).push(cycle);
    assert.equal(converter.toPayload(cycle), undefined);
    const map = new Map<string, unknown>();
    map.set("self", [map]);
    assert.equal(converter.toPayload(map), undefined);
    const twice = { at: new Date(1) };
    assert.equal(text(converter.toPayload([twice, twice])), '[{"at":{"$date":1}},{"at":{"$date":1}}]');
  });

  test("leave the objects that a parse of the user makes", () => {
    const parse = (text: string) => JSON.parse(text, (key, value) => key === "at" ? new Date(value) : value);
    const parsing = new JSONPlainPayloadConverter({ parse, typeConverters: [tagged] });
    const value = { at: new Date(1), list: [2n], none: null };
    assert.deepEqual(parsing.fromPayload(json('{"at":1,"list":[{"$bigint":"2"}],"none":null}')), value);
  });

  test("have their own mistakes passed on", () => {
    const broken: JSONTypeConverter = {
      toJSONValue: () => {
        throw new TypeError("broken");
      },
    };
    assert.throws(() => new JSONPlainPayloadConverter({ typeConverters: [broken] }).toPayload(1), /TypeError: broken/);
  });
});

describe("bindConverter", () => {
  const seen: unknown[] = [];
  const spy: PayloadConverter = {
    toPayload: (value, context) => (seen.push(context), basePayloadConverter.toPayload(value)),
    fromPayload: (payload, hint, context) => (seen.push(context), basePayloadConverter.fromPayload(payload, hint)),
  };
  const own = { kind: "workflow", namespace: "n", workflowId: "own" } as const;
  const other = { kind: "workflow", namespace: "n", workflowId: "other" } as const;

  test("gives its context where there is none, and takes raw values", () => {
    const bound = bindConverter(spy, own);
    assert.equal(bound.fromPayload(bound.toPayload("x")), "x");
    assert.equal(bound.fromPayload(bound.toPayload("x", other), undefined, other), "x");
    assert.deepEqual(seen, [own, own, other, other]);
    const raw = new RawValue(json("1"));
    assert.equal(bound.toPayload(raw), raw.payload);
  });
});
