// Prints what the official TypeScript SDK makes of the shared values: node payloads.mjs > ../typescript-1.24.0.json
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { ApplicationFailure, ApplicationFailureCategory, DefaultFailureConverter, defaultPayloadConverter } = require(
  "@temporalio/common",
);
const { DefaultPayloadConverterWithProtobufs, patchProtobufRoot, ProtobufBinaryPayloadConverter } = require(
  "@temporalio/common/lib/protobufs",
);
const { temporal } = require("@temporalio/proto");
// The converters take messages of the protobufjs that they bring themselves.
const protobuf = createRequire(require.resolve("@temporalio/common"))("protobufjs");

const protobufRoot = patchProtobufRoot(
  protobuf.parse(`
    syntax = "proto3";
    package temporal.api.common.v1;
    enum EncodingType { ENCODING_TYPE_UNSPECIFIED = 0; ENCODING_TYPE_PROTO3 = 1; }
    message DataBlob { EncodingType encoding_type = 1; bytes data = 2; }
    message WorkflowExecution { string workflow_id = 1; string run_id = 2; }
  `).root,
);
const { DataBlob, WorkflowExecution } = protobufRoot.temporal.api.common.v1;
const execution = WorkflowExecution.create({ workflowId: "w", runId: "r" });
const blob = DataBlob.create({ encodingType: 1, data: new Uint8Array([0, 251, 255, 62, 63]) });

const values = {
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
  "message": execution,
  "message with bytes": blob,
};

const toBase64 = (bytes) => Buffer.from(bytes ?? []).toString("base64");
const toJson = ({ metadata, data }) => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, bytes]) => [name, toBase64(bytes)])),
  data: toBase64(data),
});

function failureJson(options) {
  const cause = new RangeError("the root");
  cause.stack = "RangeError: the root\n    at pay (orders.ts:3:7)";
  const error = ApplicationFailure.create({
    message: "too late",
    type: "Expired",
    details: [{ order: 7 }, "x"],
    nonRetryable: true,
    nextRetryDelay: 1500,
    category: ApplicationFailureCategory.BENIGN,
    cause,
  });
  error.stack = "ApplicationFailure: too late\n    at order (orders.ts:9:11)";
  const failure = new DefaultFailureConverter(options).errorToFailure(error, defaultPayloadConverter);
  const json = temporal.api.failure.v1.Failure.fromObject(failure).toJSON();
  // protobufjs has another JSON for durations than protobuf.
  json.applicationFailureInfo.nextRetryDelay = "1.500s";
  return json;
}

const converter = new DefaultPayloadConverterWithProtobufs({ protobufRoot });
const payloads = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, toJson(converter.toPayload(value))]),
);
payloads["binary message"] = toJson(new ProtobufBinaryPayloadConverter(protobufRoot).toPayload(execution));
const failures = { plain: failureJson({}), encoded: failureJson({ encodeCommonAttributes: true }) };
console.log(JSON.stringify({ payloads, failures }, null, 2));
