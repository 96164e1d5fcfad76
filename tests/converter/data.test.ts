import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { ApplicationError, ValueError } from "../../src/common/errors.ts";
import { type Payload, RawValue } from "../../src/common/payload.ts";
import type { PayloadCodec } from "../../src/converter/codec.ts";
import { DataConverter, decodeRecord, encodeRecord, loadDataConverter } from "../../src/converter/data.ts";
import { DefaultFailureConverter } from "../../src/converter/failure.ts";
import { makePayload, readEncoding } from "../../src/converter/payload.ts";
import { basePayloadConverter } from "../support/payload_converter.ts";
import { defaultPayloadConverter } from "../../src/converter/default_converters.ts";

/** Inverts all bits of the data, so that nothing is readable without it. */
const inverting: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads.map(invert)),
  decode: (payloads) => Promise.resolve(payloads.map(invert)),
};

function invert(payload: Payload): Payload {
  return { metadata: payload.metadata, data: payload.data.map((byte) => ~byte) };
}

describe("DataConverter", () => {
  test("has defaults", () => {
    const { payloadConverter, failureConverter, payloadCodec } = DataConverter.default;
    assert.equal(payloadConverter, defaultPayloadConverter);
    assert.ok(failureConverter instanceof DefaultFailureConverter);
    assert.equal(payloadCodec, undefined);
  });

  test("converts values through codec and converter and back", async () => {
    const converter = new DataConverter({ payloadCodec: inverting });
    const values = ["x", undefined, null, new Uint8Array([1]), { a: 1 }];
    const payloads = await converter.encode(values);
    assert.throws(() => basePayloadConverter.fromPayload(payloads[0]), ValueError);
    assert.deepEqual(await converter.decode(payloads), values);
  });

  test("runs several codecs in order", async () => {
    const tagging = (tag: number): PayloadCodec => ({
      encode: (payloads) =>
        Promise.resolve(payloads.map((given) => ({ ...given, data: new Uint8Array([...given.data, tag]) }))),
      decode: (payloads) => {
        for (const { data } of payloads) assert.equal(data.at(-1), tag);
        return Promise.resolve(payloads.map((given) => ({ ...given, data: given.data.slice(0, -1) })));
      },
    });
    const converter = new DataConverter({ payloadCodec: [tagging(1), tagging(2)] });
    const [payload] = await converter.encode([new Uint8Array([0])]);
    assert.deepEqual([...payload.data], [0, 1, 2]);
    assert.deepEqual(await converter.decode([payload]), [new Uint8Array([0])]);
  });

  test("passes raw values through the codec but not the converter", async () => {
    const converter = new DataConverter({ payloadCodec: inverting });
    const [payload] = await converter.encode([new RawValue(makePayload("x/y", new Uint8Array([1])))]);
    assert.equal(readEncoding(payload), "x/y");
    assert.deepEqual([...payload.data], [254]);
  });

  test("validates what it decodes", async () => {
    const payloads = await DataConverter.default.encode(["1"]);
    await assert.rejects(DataConverter.default.decode(payloads, { typeHints: [v.number()] }), ApplicationError);
  });

  test("converts errors through codec and converter and back", async () => {
    const converter = new DataConverter({
      failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }),
      payloadCodec: inverting,
    });
    const failure = await converter.encodeFailure(new ApplicationError("secret", { details: ["d"] }));
    assert.ok(
      !JSON.stringify(failure, (_name, value) => typeof value === "bigint" ? String(value) : value).includes("secret"),
    );
    assert.equal(failure.message, "Encoded failure");
    const error = await converter.decodeFailure(failure) as ApplicationError;
    assert.deepEqual([error.message, error.details], ["secret", ["d"]]);
    const withoutCodec = await DataConverter.default.decodeFailure({ ...failure, failureInfo: undefined });
    assert.equal(withoutCodec.message, "Encoded failure");
  });

  test("hands the context to everything", async () => {
    const seen: string[] = [];
    const context = { kind: "activity", namespace: "n", isLocal: false } as const;
    const note = (name: string, given: unknown): void => {
      assert.equal(given, context);
      seen.push(name);
    };
    const failures = new DefaultFailureConverter();
    const converter = new DataConverter({
      payloadConverter: {
        toPayload: (value, given) => (note("toPayload", given), basePayloadConverter.toPayload(value)),
        fromPayload: (
          payload,
          hint,
          given,
        ) => (note("fromPayload", given), basePayloadConverter.fromPayload(payload, hint)),
      },
      failureConverter: {
        toFailure: (error, payloads, given) => (note("toFailure", given), failures.toFailure(error, payloads, given)),
        fromFailure: (
          failure,
          payloads,
          given,
        ) => (note("fromFailure", given), failures.fromFailure(failure, payloads, given)),
      },
      payloadCodec: {
        encode: (payloads, given) => (note("encode", given), Promise.resolve(payloads)),
        decode: (payloads, given) => (note("decode", given), Promise.resolve(payloads)),
      },
    });
    await converter.decode(await converter.encode([1], context), { context });
    const failure = await converter.encodeFailure(new ApplicationError("m", { details: [1] }), context);
    await converter.decodeFailure(failure, context);
    assert.deepEqual(seen, [
      "toPayload",
      "encode",
      "decode",
      "fromPayload",
      "toFailure",
      "toPayload",
      "encode",
      "decode",
      "fromFailure",
      "fromPayload",
    ]);
  });

  test("rejects, and never throws, when something cannot be converted", async () => {
    await assert.rejects(DataConverter.default.encode([() => {}]), ValueError);
    await assert.rejects(DataConverter.default.encodeFailure(new ApplicationError("m", { details: [5n] })), ValueError);
  });
});

describe("records", () => {
  test("leave out what is undefined", async () => {
    const converter = new DataConverter({ payloadCodec: inverting });
    const record = await encodeRecord(converter, { a: 1, b: undefined, c: null });
    assert.deepEqual(Object.keys(record), ["a", "c"]);
    assert.deepEqual(await decodeRecord(converter, record), { a: 1, c: null });
  });
});

describe("loadDataConverter", () => {
  const moduleOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

  test("loads converters by URL and remembers where from", async () => {
    const payloadConverter = moduleOf(
      "export const payloadConverter = { toPayload: () => ({ metadata: {}, data: new Uint8Array([7]) }) }",
    );
    const failureConverter = moduleOf(
      "export const failureConverter = { toFailure: () => 'f', fromFailure: () => 'e' }",
    );
    const converter = await loadDataConverter({ payloadConverter, failureConverter, payloadCodec: [] });
    assert.deepEqual([...converter.payloadConverter.toPayload(1).data], [7]);
    assert.equal(await converter.decodeFailure({ message: "", source: "", stackTrace: "" }), "e");
    assert.deepEqual(converter.modules, { payloadConverter, failureConverter });
    assert.throws(() => new DataConverter({ payloadConverter }), /ValueError: payloadConverter is a URL/);
  });

  test("returns a data converter as it is, and the default for nothing", async () => {
    const converter = new DataConverter();
    assert.equal(await loadDataConverter(converter), converter);
    assert.equal((await loadDataConverter()).payloadConverter, defaultPayloadConverter);
  });

  test("says what is wrong with a module", async () => {
    await assert.rejects(
      loadDataConverter({ payloadConverter: moduleOf("export const other = 1") }),
      /ValueError: payloadConverter data:.* has no export of that name; write export const payloadConverter/,
    );
    await assert.rejects(
      loadDataConverter({ failureConverter: new URL("./no_such_module.ts", import.meta.url) }),
      /ValueError: failureConverter file:.*no_such_module\.ts cannot be loaded/,
    );
  });
});
