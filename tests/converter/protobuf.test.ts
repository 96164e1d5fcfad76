import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, createRegistry, equals } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { ValueError } from "../../src/common/errors.ts";
import type { Payload } from "../../src/common/payload.ts";
import { CompositePayloadConverter, makePayload, readEncoding } from "../../src/converter/payload.ts";
import { defaultEncodingPayloadConverters, defaultPayloadConverter } from "../../src/converter/default_converters.ts";
import { BinaryProtoPayloadConverter, JSONProtoPayloadConverter } from "../../src/converter/protobuf.ts";
import { WorkflowExecutionSchema } from "../../src/gen/temporal/api/common/v1/message_pb.ts";

const execution = create(WorkflowExecutionSchema, { workflowId: "w", runId: "r" });
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function json(messageType: string, data: string): Payload {
  const payload = makePayload("json/protobuf", new TextEncoder().encode(data));
  payload.metadata.messageType = new TextEncoder().encode(messageType);
  return payload;
}

describe("default converters", () => {
  test("are asked in the order of all SDKs", () => {
    assert.deepEqual(defaultEncodingPayloadConverters.map(({ encoding }) => encoding), [
      "binary/null",
      "binary/plain",
      "json/protobuf",
      "binary/protobuf",
      "json/plain",
    ]);
  });

  test("encode each kind of value with the first that takes it", () => {
    const encodings = [undefined, null, new Uint8Array(), execution, { a: 1 }, { $typeName: 5 }].map((value) =>
      readEncoding(defaultPayloadConverter.toPayload(value))
    );
    assert.deepEqual(encodings, [
      "binary/null",
      "json/plain",
      "binary/plain",
      "json/protobuf",
      "json/plain",
      "json/plain",
    ]);
  });
});

describe("protobuf messages", () => {
  test("travel as JSON with their type", () => {
    const payload = defaultPayloadConverter.toPayload(execution);
    assert.equal(text(payload.data), '{"workflowId":"w","runId":"r"}');
    assert.equal(text(payload.metadata.messageType), "temporal.api.common.v1.WorkflowExecution");
    assert.ok(equals(WorkflowExecutionSchema, defaultPayloadConverter.fromPayload(payload), execution));
  });

  test("travel as bytes where that converter is asked", () => {
    const converter = new CompositePayloadConverter([new BinaryProtoPayloadConverter()]);
    const payload = converter.toPayload(execution);
    assert.equal(readEncoding(payload), "binary/protobuf");
    for (const reader of [converter, defaultPayloadConverter]) {
      assert.ok(equals(WorkflowExecutionSchema, reader.fromPayload(payload), execution));
    }
    assert.throws(() => converter.toPayload({ a: 1 }), ValueError);
  });

  test("may be well-known ones", () => {
    const duration = create(DurationSchema, { seconds: 5n });
    const payload = defaultPayloadConverter.toPayload(duration);
    assert.equal(text(payload.data), '"5s"');
    assert.ok(equals(DurationSchema, defaultPayloadConverter.fromPayload(payload), duration));
  });

  test("of other types need a registry", () => {
    const narrow = new JSONProtoPayloadConverter({ registry: createRegistry(DurationSchema) });
    const message =
      /ValueError: protobuf message temporal.api.common.v1.WorkflowExecution is unknown; .*new JSONProtoPayloadConverter\(\{ registry/;
    assert.throws(() => narrow.toPayload(execution), message);
    assert.throws(() => narrow.fromPayload(defaultPayloadConverter.toPayload(execution)), message);
    const wide = new JSONProtoPayloadConverter({ registry: createRegistry(WorkflowExecutionSchema) });
    assert.ok(equals(WorkflowExecutionSchema, wide.fromPayload(wide.toPayload(execution)!) as never, execution));
  });

  test("that do not parse say so", () => {
    const type = "temporal.api.common.v1.WorkflowExecution";
    assert.throws(
      () => defaultPayloadConverter.fromPayload(json(type, "{")),
      /ValueError: payload is no valid temporal/,
    );
    assert.throws(() => defaultPayloadConverter.fromPayload(json(type, '{"newField":1}')), ValueError);
    assert.throws(
      () => defaultPayloadConverter.fromPayload(json("", "{}")),
      /ValueError: protobuf message without messageType/,
    );
    const lenient = new JSONProtoPayloadConverter({ ignoreUnknownFields: true });
    const decoded = lenient.fromPayload(json(type, '{"workflowId":"w","runId":"r","newField":1}'));
    assert.ok(equals(WorkflowExecutionSchema, decoded as never, execution));
  });
});
