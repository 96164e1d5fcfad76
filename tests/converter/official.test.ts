import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { create, equals, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ApplicationError } from "../../src/common/errors.ts";
import type { Payload } from "../../src/common/payload.ts";
import { DefaultFailureConverter } from "../../src/converter/failure.ts";
import { readPayloads } from "../../src/converter/payload_json.ts";
import { defaultPayloadConverter } from "../../src/converter/default_converters.ts";
import { BinaryProtoPayloadConverter } from "../../src/converter/protobuf.ts";
import { DataBlobSchema, WorkflowExecutionSchema } from "../../src/gen/temporal/api/common/v1/message_pb.ts";
import { FailureSchema } from "../../src/gen/temporal/api/failure/v1/message_pb.ts";

interface Fixtures {
  payloads: Record<string, object>;
  failures: Record<"plain" | "encoded", JsonValue>;
}

const execution = create(WorkflowExecutionSchema, { workflowId: "w", runId: "r" });
const blob = create(DataBlobSchema, { encodingType: 1, data: new Uint8Array([0, 251, 255, 62, 63]) });

const values: Record<string, unknown> = {
  "nothing": undefined,
  "null": null,
  "bytes": new Uint8Array([0, 1, 254, 255]),
  "no bytes": new Uint8Array(),
  "text": 'plain "quoted" \n\t\\',
  "unicode": "ünïcödé 🦊",
  "empty text": "",
  "integer": -42,
  "fraction": 1.5,
  "true": true,
  "list": [1, "two", null, [3]],
  "object": { a: { b: [{ c: 1 }] }, name: "Ada" },
};

/** Payloads with the same meaning and other bytes: JSON may be escaped, and name its fields in any order. */
const otherBytes: Record<string, readonly string[]> = {
  "python-1.35.0": ["unicode", "message", "message with bytes"],
  "typescript-1.24.0": [],
};

for (const sdk of Object.keys(otherBytes)) {
  const path = new URL(`../payloads/${sdk}.json`, import.meta.url);
  const { payloads, failures }: Fixtures = JSON.parse(readFileSync(path, "utf8"));
  const read = (name: string): Payload => readPayloads(JSON.stringify({ payloads: [payloads[name]] }))[0];

  describe(`DATA-02 payloads of ${sdk}`, () => {
    for (const [name, value] of Object.entries(values).filter(([name]) => name in payloads)) {
      test(name, () => {
        const payload = read(name);
        assert.deepEqual(defaultPayloadConverter.fromPayload(payload), value);
        const own = defaultPayloadConverter.toPayload(value);
        if (otherBytes[sdk].includes(name)) assert.deepEqual(own.metadata, payload.metadata);
        else assert.deepEqual(own, payload);
      });
    }

    test("messages, DATA-06 with bytes in base64", () => {
      for (const [name, schema, message] of messages) {
        const payload = read(name);
        assert.ok(equals(schema, defaultPayloadConverter.fromPayload(payload), message));
        const own = defaultPayloadConverter.toPayload(message);
        assert.deepEqual(own.metadata, payload.metadata);
        if (!otherBytes[sdk].includes(name)) assert.deepEqual(own.data, payload.data);
      }
      assert.deepEqual(new BinaryProtoPayloadConverter().toPayload(execution), read("binary message"));
      assert.ok(
        equals(WorkflowExecutionSchema, defaultPayloadConverter.fromPayload(read("binary message")), execution),
      );
    });

    test("FAIL-11 failures, also with encoded attributes", () => {
      for (const [form, json] of Object.entries(failures)) {
        const message = fromJson(FailureSchema, json);
        if (form === "encoded") assert.deepEqual([message.message, message.cause?.message], [encoded, encoded]);
        const error = new DefaultFailureConverter().fromFailure(message, defaultPayloadConverter);
        assert.ok(error instanceof ApplicationError);
        const { type, details, nonRetryable, category, cause } = error;
        assert.match(error.message, /too late$/);
        assert.deepEqual({ type, details, nonRetryable, category }, {
          type: "Expired",
          details: [{ order: 7 }, "x"],
          nonRetryable: true,
          category: "BENIGN",
        });
        assert.equal((cause as Error).message, "the root");
        assert.match(error.stack!, /^ApplicationError: .*too late\n[ ]+(at order|File)/);
      }
    });
  });
}

const encoded = "Encoded failure";
const messages = [
  ["message", WorkflowExecutionSchema, execution],
  ["message with bytes", DataBlobSchema, blob],
] as const;
