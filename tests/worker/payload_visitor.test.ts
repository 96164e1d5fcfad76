// deno-lint-ignore-file no-explicit-any
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Failure } from "../../src/common/failure.ts";
import type { Payload } from "../../src/common/payload.ts";
import type { Activation, Completion } from "../../src/workflow/activation.ts";
import { decodeActivation, encodeCompletion, findOversized } from "../../src/worker/payload_visitor.ts";
import { RunContexts } from "../../src/worker/run_contexts.ts";

const encoder = new TextEncoder();
const payload = (text: string): Payload => ({ metadata: {}, data: encoder.encode(text) });
const texts = (payloads: readonly Payload[]) => payloads.map(({ data }) => new TextDecoder().decode(data));
const mark = (sign: string) => (payloads: Payload[]) =>
  Promise.resolve(texts(payloads).map((text) => payload(text + sign)));

const codec = { encode: mark("+"), decode: mark("-") };
const contexts = new RunContexts({ namespace: "default", workflowId: "w", workflowType: "hello" });

function failure(text: string, cause?: Failure): Failure {
  const failureInfo = { case: "applicationFailureInfo", value: { details: { payloads: [payload(text)] } } };
  return { message: "m", source: "s", stackTrace: "", encodedAttributes: payload(text), cause, failureInfo };
}

function failureTexts({ encodedAttributes, failureInfo, cause }: Failure): string[] {
  const details = failureInfo?.value?.details as { payloads: Payload[] };
  return [...texts([encodedAttributes!]), ...texts(details.payloads), ...(cause ? failureTexts(cause) : [])];
}

const base = {
  runId: "r",
  time: 0,
  isReplaying: false,
  historyLength: 1,
  historySize: 1,
  continueAsNewSuggested: false,
  buildId: "",
};

describe("payload visitor", () => {
  test("arguments, memo, results and failures are decoded, headers and search attributes are not", async () => {
    const activation: Activation = {
      ...base,
      jobs: [
        {
          kind: "initialize",
          args: [payload("arg")],
          headers: { h: payload("header") },
          memo: { m: payload("memo") },
          searchAttributes: { s: payload("attribute") },
          lastFailure: failure("last"),
          lastCompletionResult: [payload("result")],
        } as never,
        { kind: "signalWorkflow", name: "s", args: [payload("signal")], headers: {}, identity: "" },
        { kind: "resolveActivity", seq: 1, resolution: { status: "completed", result: payload("done") } },
        {
          kind: "resolveActivity",
          seq: 2,
          resolution: { status: "failed", failure: failure("broken", failure("cause")) },
        },
        { kind: "fireTimer", seq: 1 },
      ],
    };
    const { jobs } = await decodeActivation(activation, codec, contexts);
    const [start, signal, done, broken, timer] = jobs as any[];
    assert.deepEqual(texts(start.args), ["arg-"]);
    assert.deepEqual(texts([start.memo.m, start.headers.h, start.searchAttributes.s]), [
      "memo-",
      "header",
      "attribute",
    ]);
    assert.deepEqual(texts(start.lastCompletionResult), ["result-"]);
    assert.deepEqual(failureTexts(start.lastFailure), ["last-", "last-"]);
    assert.deepEqual(texts(signal.args), ["signal-"]);
    assert.deepEqual(texts([done.resolution.result]), ["done-"]);
    assert.deepEqual(failureTexts(broken.resolution.failure), ["broken-", "broken-", "cause-", "cause-"]);
    assert.deepEqual(timer, { kind: "fireTimer", seq: 1 });
    assert.deepEqual(texts((activation.jobs[1] as any).args), ["signal"], "the original must stay");
  });

  test("what commands carry is encoded", async () => {
    const completion: Completion = {
      kind: "successful",
      usedFlags: [1],
      commands: [
        { kind: "startTimer", seq: 1, duration: 5, metadata: { summary: payload("summary") } },
        { kind: "scheduleActivity", args: [payload("arg")], headers: { h: payload("header") } } as never,
        { kind: "updateCompleted", protocolInstanceId: "u", outcome: { result: payload("updated") } },
        { kind: "updateRejected", protocolInstanceId: "u", failure: failure("rejected") },
        { kind: "queryAnswered", id: "q", result: payload("answer") },
        { kind: "completeWorkflow", result: payload("result") },
      ],
    };
    const encoded = await encodeCompletion(completion, codec, contexts);
    assert.equal(encoded.kind, "successful");
    const [timer, activity, updated, rejected, answer, result] = (encoded as any).commands;
    assert.deepEqual(texts([timer.metadata.summary]), ["summary+"]);
    assert.deepEqual(texts([...activity.args, activity.headers.h]), ["arg+", "header"]);
    assert.deepEqual(texts([updated.outcome.result, answer.result, result.result]), ["updated+", "answer+", "result+"]);
    assert.deepEqual(failureTexts(rejected.failure), ["rejected+", "rejected+"]);
  });

  test("a failed completion has its failure encoded", async () => {
    const completion: Completion = {
      kind: "failed",
      failure: failure("f"),
      cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE",
    };
    const encoded = await encodeCompletion(completion, codec, contexts);
    assert.equal(encoded.kind, "failed");
    assert.deepEqual(failureTexts((encoded as any).failure), ["f+", "f+"]);
  });

  test("the first oversized field is found, nested ones too, failures are not counted", () => {
    const find = (...commands: any[]) => findOversized({ kind: "successful", commands, usedFlags: [] }, 10);
    const large = payload("x".repeat(11));
    assert.equal(find({ kind: "completeWorkflow", result: payload("small") }), undefined);
    assert.equal(find({ kind: "failWorkflow", failure: failure("x".repeat(50)) }), undefined);
    assert.equal(find({ kind: "completeWorkflow", result: large })?.field, "result");
    const halves = [payload("x".repeat(6)), payload("y".repeat(6))];
    assert.equal(find({ kind: "scheduleActivity", args: halves })?.size, 12);
    assert.equal(find({ kind: "updateCompleted", outcome: { result: large } })?.field, "result");
  });
});
