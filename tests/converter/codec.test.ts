import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Failure } from "../../src/common/failure.ts";
import type { Payload } from "../../src/common/payload.ts";
import {
  chainCodecs,
  codeFailure,
  codePayload,
  codePayloadRecord,
  codePayloads,
  type PayloadCodec,
} from "../../src/converter/codec.ts";
import { makePayload, readEncoding } from "../../src/converter/payload.ts";

const payload = (encoding: string): Payload => makePayload(encoding, new Uint8Array());
const names = (payloads: Payload[]): string[] => payloads.map(readEncoding);

/** Writes its name around the encoding; decoding takes off its own name and no other. */
function wrapping(name: string): PayloadCodec {
  const unwrap = (given: Payload): Payload => {
    const inner = /^(\w+)\((.*)\)$/.exec(readEncoding(given));
    assert.equal(inner?.[1], name);
    return payload(inner![2]);
  };
  return {
    encode: (payloads) => Promise.resolve(payloads.map((given) => payload(`${name}(${readEncoding(given)})`))),
    decode: (payloads) => Promise.resolve(payloads.map(unwrap)),
  };
}

const joining: PayloadCodec = {
  encode: (payloads) => Promise.resolve([payload(names(payloads).join("+"))]),
  decode: ([given]) => Promise.resolve(readEncoding(given).split("+").map(payload)),
};

describe("chainCodecs", () => {
  test("encodes first to last and decodes last to first", async () => {
    const chain = chainCodecs([wrapping("a"), wrapping("b"), wrapping("c")])!;
    const encoded = await chain.encode([payload("x"), payload("y")]);
    assert.deepEqual(names(encoded), ["c(b(a(x)))", "c(b(a(y)))"]);
    assert.deepEqual(names(await chain.decode(encoded)), ["x", "y"]);
  });

  test("lets codecs change how many there are", async () => {
    const chain = chainCodecs([joining, wrapping("a")])!;
    const encoded = await chain.encode([payload("x"), payload("y")]);
    assert.deepEqual(names(encoded), ["a(x+y)"]);
    assert.deepEqual(names(await chain.decode(encoded)), ["x", "y"]);
  });

  test("is the codec itself when there is one, and nothing when there is none", () => {
    const codec = wrapping("a");
    assert.equal(chainCodecs(codec), codec);
    assert.equal(chainCodecs([codec]), codec);
    assert.equal(chainCodecs([]), undefined);
    assert.equal(chainCodecs(undefined), undefined);
  });

  test("hands the context to each", async () => {
    const seen: unknown[] = [];
    const spy: PayloadCodec = {
      encode: (payloads, context) => (seen.push(context), Promise.resolve(payloads)),
      decode: (payloads, context) => (seen.push(context), Promise.resolve(payloads)),
    };
    const context = { kind: "workflow", namespace: "n", workflowId: "w" } as const;
    const chain = chainCodecs([spy, spy])!;
    await chain.decode(await chain.encode([], context), context);
    assert.deepEqual(seen, [context, context, context, context]);
  });
});

describe("single payloads, lists and records", () => {
  test("stay as they are without a codec", async () => {
    const one = payload("x");
    const list = [one];
    const record = { one };
    assert.equal(await codePayload(undefined, "encode", one), one);
    assert.equal(await codePayloads(undefined, "encode", list), list);
    assert.equal(await codePayloadRecord(undefined, "encode", record), record);
  });

  test("pass through it", async () => {
    const codec = wrapping("a");
    const record = await codePayloadRecord(codec, "encode", { one: payload("x"), two: payload("y") });
    assert.deepEqual(Object.entries(record).map(([name, given]) => [name, readEncoding(given)]), [["one", "a(x)"], [
      "two",
      "a(y)",
    ]]);
    assert.equal(readEncoding(await codePayload(codec, "decode", record.one)), "x");
  });

  test("are not passed where there is nothing to pass", async () => {
    assert.deepEqual(await codePayloads({ encode: assert.fail, decode: assert.fail }, "encode", []), []);
  });

  test("must stay single where one is needed", async () => {
    const doubling: PayloadCodec = {
      encode: (all) => Promise.resolve([...all, ...all]),
      decode: () => Promise.resolve([]),
    };
    await assert.rejects(
      codePayload(doubling, "encode", payload("x")),
      /ValueError: payload codec answered encode of 1 payload with 2/,
    );
    await assert.rejects(codePayloadRecord(doubling, "decode", { a: payload("x") }), /with 0/);
  });
});

describe("codeFailure", () => {
  const failure: Failure = {
    message: "Encoded failure",
    source: "s",
    stackTrace: "",
    encodedAttributes: payload("attributes"),
    failureInfo: {
      case: "applicationFailureInfo",
      value: { type: "T", details: { payloads: [payload("d1"), payload("d2")] } },
    },
    cause: {
      message: "m",
      source: "s",
      stackTrace: "",
      failureInfo: {
        case: "timeoutFailureInfo",
        value: { timeoutType: 1, lastHeartbeatDetails: { payloads: [payload("h")] } },
      },
      cause: {
        message: "m",
        source: "s",
        stackTrace: "",
        encodedAttributes: payload("root"),
        failureInfo: { case: undefined },
      },
    },
  };

  /** The encodings of all payloads, in the order of the fields. */
  function encodings(node: Failure): string[] {
    const lists = Object.values(node.failureInfo?.value ?? {}).filter((field) => typeof field === "object") as {
      payloads: Payload[];
    }[];
    return [
      ...(node.encodedAttributes ? [readEncoding(node.encodedAttributes)] : []),
      ...lists.flatMap((list) => names(list.payloads)),
      ...(node.cause ? encodings(node.cause) : []),
    ];
  }

  test("reaches every payload of the chain once and comes back", async () => {
    const before = structuredClone(failure);
    const codec = wrapping("a");
    const encoded = await codeFailure(codec, "encode", failure);
    assert.deepEqual(encodings(encoded), ["a(attributes)", "a(d1)", "a(d2)", "a(h)", "a(root)"]);
    assert.deepEqual(failure, before);
    assert.deepEqual(await codeFailure(codec, "decode", encoded), failure);
  });

  test("leaves a failure as it is without a codec", async () => {
    assert.equal(await codeFailure(undefined, "encode", failure), failure);
  });
});
