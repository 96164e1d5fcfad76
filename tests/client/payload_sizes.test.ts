import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createSizeWatch } from "../../src/client/payload_sizes.ts";
import { ValueError } from "../../src/common/errors.ts";
import type { PayloadLimitsConfig } from "../../src/transport/options.ts";

const bytes = (size: number) => ({ metadata: {}, data: new Uint8Array(size) });

/** The fields that are warned of. */
function warningsOf(method: string, request: object, limits?: PayloadLimitsConfig): string[] {
  const lines: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => void lines.push(line) };
  createSizeWatch(limits, logger)?.(method, request);
  assert.ok(lines.every((line) => line.startsWith("[TMPRL1103] ")));
  return lines.map((line) => /^\[TMPRL1103\] ([\w.]+ of \w+ has \d+ bytes)/.exec(line)![1]);
}

describe("sizes of payloads", () => {
  test("XSTORE-18 are warned of from 512 KiB on, a memo from 2 KiB on", () => {
    const input = { payloads: [bytes(512 * 1024 - 9), bytes(9)] };
    const memo = { fields: { a: bytes(1024), b: bytes(1024) } };
    assert.deepEqual(warningsOf("startWorkflowExecution", { input, memo }), []);
    input.payloads.push(bytes(1));
    memo.fields.b = bytes(1025);
    assert.deepEqual(warningsOf("startWorkflowExecution", { input, memo }), [
      "input of startWorkflowExecution has 524289 bytes",
      "memo of startWorkflowExecution has 2049 bytes",
    ]);
  });

  test("count where the server counts them", () => {
    const limits = { payloadsWarnSize: 1, memoWarnSize: 1 };
    const payloads = { payloads: [bytes(2)] };
    const cases: [method: string, request: object, count: number][] = [
      ["signalWithStartWorkflowExecution", {
        input: payloads,
        signalInput: payloads,
        memo: { fields: { a: bytes(2) } },
      }, 3],
      ["queryWorkflow", { query: { queryArgs: payloads } }, 1],
      ["queryWorkflow", {}, 0],
      ["respondActivityTaskCompletedById", { result: payloads }, 1],
      ["executeMultiOperation", {
        operations: [
          { operation: { case: "startWorkflow", value: { input: payloads } } },
          { operation: { case: "updateWorkflow", value: { input: payloads } } },
        ],
      }, 1],
      ["respondWorkflowTaskCompleted", {
        commands: [
          {
            attributes: {
              case: "scheduleActivityTaskCommandAttributes",
              value: { input: payloads, header: { fields: { h: bytes(9) } } },
            },
          },
          { attributes: { case: "startTimerCommandAttributes", value: {} } },
          {
            attributes: {
              case: "startChildWorkflowExecutionCommandAttributes",
              value: { memo: { fields: { a: bytes(2) } } },
            },
          },
          {},
        ],
      }, 2],
      ["respondWorkflowTaskCompleted", {}, 0],
      ["describeNamespace", { input: payloads }, 0],
    ];
    for (const [method, request, count] of cases) {
      assert.equal(warningsOf(method, request, limits).length, count, method);
    }
  });

  test("are not watched with limits of 0, and limits are numbers of bytes", () => {
    assert.equal(createSizeWatch({ payloadsWarnSize: 0, memoWarnSize: 0 }, undefined), undefined);
    const input = { payloads: [bytes(2)] };
    assert.deepEqual(warningsOf("startWorkflowExecution", { input }, { payloadsWarnSize: 0, memoWarnSize: 1 }), []);
    for (const payloadsWarnSize of [-1, 1.5, NaN]) {
      assert.throws(() => createSizeWatch({ payloadsWarnSize }, undefined), ValueError);
    }
  });
});
