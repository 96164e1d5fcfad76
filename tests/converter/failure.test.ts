import assert from "node:assert/strict";
import { describe, test } from "node:test";
import vm from "node:vm";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  HandlerError,
  NexusOperationError,
  ServerError,
  type TemporalError,
  TerminatedError,
  TimeoutError,
  ValueError,
  WorkflowAlreadyStartedError,
} from "../../src/common/errors.ts";
import type { Failure } from "../../src/common/failure.ts";
import { DefaultFailureConverter } from "../../src/converter/failure.ts";
import { basePayloadConverter } from "../support/payload_converter.ts";
import { FailureSchema } from "../../src/gen/temporal/api/failure/v1/message_pb.ts";

const converter = new DefaultFailureConverter();
const toFailure = (error: unknown): Failure => converter.toFailure(error, basePayloadConverter);
const fromFailure = (failure: Failure): Error => converter.fromFailure(failure, basePayloadConverter);

/** Over the wire and back, as the generated message. */
function send(failure: Failure): Failure {
  const message = create(FailureSchema, failure as never);
  return fromBinary(FailureSchema, toBinary(FailureSchema, message));
}

const cause = new ApplicationError("root", { type: "Root", details: ["d"] });
const activity = {
  scheduledEventId: 5,
  startedEventId: 6,
  identity: "worker",
  activityType: "greet",
  activityId: "1",
  retryState: "MAXIMUM_ATTEMPTS_REACHED",
} as const;
const child = {
  namespace: "default",
  workflowId: "w",
  runId: "r",
  workflowType: "Greet",
  initiatedEventId: 7,
  startedEventId: 8,
  retryState: "RETRY_POLICY_NOT_SET",
} as const;
const operation = { scheduledEventId: 9, endpoint: "e", service: "s", operation: "o", operationToken: "t" };

const kinds: [string, TemporalError][] = [
  ["applicationFailureInfo", new ApplicationError("m", { type: "T" })],
  [
    "applicationFailureInfo",
    new ApplicationError("m", {
      type: "T",
      details: [1, undefined, null, { a: "b" }],
      nonRetryable: true,
      nextRetryDelay: 1_500.25,
      category: "BENIGN",
      cause,
    }),
  ],
  ["applicationFailureInfo", new ApplicationError("")],
  ["canceledFailureInfo", new CancelledError("stop", { details: ["why"], cause })],
  ["terminatedFailureInfo", new TerminatedError("gone", { cause })],
  ["serverFailureInfo", new ServerError("sorry", { nonRetryable: true })],
  ["serverFailureInfo", new ServerError("sorry")],
  ["timeoutFailureInfo", new TimeoutError("late")],
  ["activityFailureInfo", new ActivityError("activity failed", { ...activity, cause })],
  ["activityFailureInfo", new ActivityError("activity failed", { ...activity, retryState: undefined })],
  ["childWorkflowExecutionFailureInfo", new ChildWorkflowError("child failed", { ...child, cause })],
  ["nexusOperationExecutionFailureInfo", new NexusOperationError("operation failed", { ...operation, cause })],
  ["nexusHandlerFailureInfo", new HandlerError("BAD_REQUEST", "bad", { cause })],
  ["nexusHandlerFailureInfo", new HandlerError("INTERNAL", "bad", { retryableOverride: false })],
  ["nexusHandlerFailureInfo", new HandlerError("NOT_FOUND", "bad", { retryableOverride: true })],
];
for (const type of ["START_TO_CLOSE", "SCHEDULE_TO_START", "SCHEDULE_TO_CLOSE", "HEARTBEAT"] as const) {
  kinds.push(["timeoutFailureInfo", new TimeoutError("late", { type, lastHeartbeatDetails: [type], cause })]);
}

/** What an error says, without its stacks and the failure it came from. */
function properties(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const own = Object.entries(error).filter(([name]) => name !== "stack" && name !== "failure");
  return { name: error.name, message: error.message, ...Object.fromEntries(own), cause: properties(error.cause) };
}

describe("DefaultFailureConverter, every kind of failure", () => {
  for (const [kind, error] of kinds) {
    test(`${kind} of ${error.name} ${JSON.stringify(error)} comes back as it went`, () => {
      const failure = toFailure(error);
      assert.equal(failure.failureInfo?.case, kind);
      assert.equal(failure.source, "TypeScriptSDK");
      for (const received of [failure, send(failure)]) {
        const decoded = fromFailure(received);
        assert.equal(decoded.constructor, error.constructor);
        assert.deepEqual(properties(decoded), properties(error));
        assert.equal((decoded as FailureError).failure, received);
      }
    });
  }

  test("a FailureError has no kind, nor has what is not known", () => {
    const failure = toFailure(new FailureError("plain"));
    assert.deepEqual(failure.failureInfo, { case: undefined });
    assert.equal(fromFailure(send(failure)).constructor, FailureError);
    assert.equal(fromFailure({ message: "m", source: "", stackTrace: "" }).constructor, FailureError);
    const strange = { message: "m", source: "", stackTrace: "", failureInfo: { case: "newFailureInfo", value: {} } };
    assert.equal(fromFailure(strange).constructor, FailureError);
  });

  test("a reset is an application error", () => {
    const value = { lastHeartbeatDetails: { payloads: [basePayloadConverter.toPayload(3)] } };
    const failure = {
      message: "reset",
      source: "",
      stackTrace: "",
      failureInfo: { case: "resetWorkflowFailureInfo", value },
    };
    const error = fromFailure(send(failure)) as ApplicationError;
    assert.deepEqual([error.name, error.type, error.details], ["ApplicationError", "ResetWorkflow", [3]]);
  });

  test("a delay that cannot be does not hide the failure", () => {
    const value = { type: "Late", nonRetryable: false, nextRetryDelay: { seconds: -5n, nanos: 0 } };
    const failure = {
      message: "m",
      source: "",
      stackTrace: "",
      failureInfo: { case: "applicationFailureInfo", value },
    };
    const { type, nextRetryDelay } = fromFailure(failure) as ApplicationError;
    assert.deepEqual([type, nextRetryDelay], ["Late", 0]);
  });

  test("enum numbers newer than this SDK are unset", () => {
    const failure = toFailure(new ActivityError("m", activity));
    failure.failureInfo!.value!.retryState = 99;
    assert.equal((fromFailure(failure) as ActivityError).retryState, undefined);
  });

  test("fields have the numbers of the protocol", () => {
    const value = (error: unknown) => toFailure(error).failureInfo!.value!;
    assert.equal(value(new TimeoutError("m", { type: "HEARTBEAT" })).timeoutType, 4);
    assert.equal(value(new ActivityError("m", { ...activity, retryState: "CANCEL_REQUESTED" })).retryState, 7);
    assert.equal(value(new ApplicationError("m", { category: "BENIGN" })).category, 1);
    const { nextRetryDelay } = value(new ApplicationError("m", { nextRetryDelay: 1_500.25 }));
    assert.deepEqual(nextRetryDelay, { seconds: 1n, nanos: 500_250_000 });
    assert.equal(value(new ApplicationError("m")).nextRetryDelay, undefined);
    assert.equal(value(new ApplicationError("m")).details, undefined);
  });
});

describe("DefaultFailureConverter, errors that are not of this package", () => {
  test("become application failures with their name as type", () => {
    class CustomError extends Error {}
    class NamedError extends Error {
      override name = "Named";
    }
    const types: [Error, string][] = [
      [new Error("m"), "Error"],
      [new TypeError("m"), "TypeError"],
      [new CustomError("m"), "CustomError"],
      [new NamedError("m"), "Named"],
      [new DOMException("m", "AbortError"), "AbortError"],
      [new ValueError("m"), "ValueError"],
      [new WorkflowAlreadyStartedError("m", { workflowId: "w", workflowType: "W" }), "WorkflowAlreadyStartedError"],
      [vm.runInNewContext("new RangeError('m')"), "RangeError"],
    ];
    for (const [error, type] of types) {
      const failure = toFailure(error);
      assert.equal(failure.message, "m");
      assert.deepEqual(failure.failureInfo, {
        case: "applicationFailureInfo",
        value: { type, nonRetryable: false, category: 0 },
      });
      const decoded = fromFailure(send(failure)) as ApplicationError;
      assert.deepEqual([decoded.name, decoded.type, decoded.nonRetryable], ["ApplicationError", type, false]);
    }
  });

  test("and values that are no errors become such failures with advice", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const texts: [unknown, string][] = [
      ["oops", "oops"],
      [5n, "5"],
      [undefined, "undefined"],
      [null, "null"],
      [{ code: 42 }, '{"code":42}'],
      [Symbol("s"), "Symbol(s)"],
      [cycle, "[object Object]"],
    ];
    for (const [value, text] of texts) {
      const failure = toFailure(value);
      assert.equal(
        failure.message,
        `${text} (a value that is no Error was thrown; throw an Error, so that there is a stack trace)`,
      );
      assert.equal(failure.stackTrace, "");
      assert.equal(fromFailure(send(failure)).constructor, ApplicationError);
    }
  });
});

describe("DefaultFailureConverter, causes", () => {
  test("keep their chain", () => {
    const error = new Error("top", {
      cause: new ActivityError("middle", { ...activity, cause: new TypeError("root") }),
    });
    const decoded = fromFailure(send(toFailure(error)));
    const middle = decoded.cause as ActivityError;
    const root = middle.cause as ApplicationError;
    assert.deepEqual([decoded.message, middle.message, root.message], ["top", "middle", "root"]);
    assert.ok(middle instanceof ActivityError);
    assert.equal(root.type, "TypeError");
    assert.equal("cause" in root, false);
  });

  test("that are no errors are kept as text", () => {
    assert.match(toFailure(new Error("m", { cause: "why" })).cause!.message, /^why \(/);
    assert.equal(toFailure(new Error("m", { cause: null })).cause, undefined);
  });

  test("may form a cycle", () => {
    const a = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    const failure = toFailure(a);
    assert.equal(failure.cause!.message, "b");
    assert.equal(failure.cause!.cause, undefined);
  });
});

describe("DefaultFailureConverter, what it decoded", () => {
  const failure: Failure = {
    message: "m",
    source: "PythonSDK",
    stackTrace: '  File "a.py", line 1',
    failureInfo: { case: "applicationFailureInfo", value: { type: "T", nonRetryable: false, unknownField: 7 } },
    cause: { message: "root", source: "GoSDK", stackTrace: "main.go:1" },
  };

  test("is sent again unchanged, alone and as a cause", () => {
    const error = fromFailure(failure);
    assert.equal(toFailure(error), failure);
    assert.equal(toFailure(new Error("outer", { cause: error })).cause, failure);
    assert.equal(toFailure(error.cause), failure.cause);
    const handler = {
      message: "m",
      source: "",
      stackTrace: "",
      failureInfo: { case: "nexusHandlerFailureInfo", value: { type: "NEW" } },
    };
    assert.equal(toFailure(fromFailure(handler)), handler);
  });

  test("has the stack of where it was thrown", () => {
    const error = fromFailure(failure);
    assert.equal(error.stack, 'ApplicationError: m\n  File "a.py", line 1');
    assert.equal((error.cause as Error).stack, "FailureError: root\nmain.go:1");
    assert.equal(fromFailure({ message: "m", source: "", stackTrace: "" }).stack, "FailureError: m");
    assert.ok(!Object.keys(error).includes("failure"));
  });
});

describe("DefaultFailureConverter, stack traces", () => {
  const traceOf = (error: Error): string => toFailure(error).stackTrace;
  const withStack = (message: string, stack: unknown): Error =>
    Object.defineProperty(new Error(message), "stack", { value: stack });

  test("have frames only", () => {
    const trace = traceOf(new Error("boom"));
    assert.match(trace, /^ +at .*failure\.test\.ts/);
    assert.ok(!trace.includes("boom"));
    assert.match(traceOf(new ApplicationError("boom")), /^ +at .*failure\.test\.ts/);
  });

  test("lose the header however it looks", () => {
    const frames = "    at a (b.ts:1:2)\n    at c.ts:3:4";
    assert.equal(traceOf(withStack("m", `Error: m\n${frames}`)), frames);
    assert.equal(traceOf(withStack("one\n    at two", `Error: one\n    at two\n${frames}`)), frames);
    assert.equal(traceOf(withStack("changed later", `TypeError: old\nsecond line\n${frames}`)), frames);
    assert.equal(traceOf(withStack("", `Error\n${frames}`)), frames);
    assert.equal(traceOf(withStack("m", frames)), frames);
    assert.equal(traceOf(withStack("m", "f@a.js:1:2\ng@b.js:3:4")), "f@a.js:1:2\ng@b.js:3:4");
    assert.equal(traceOf(withStack("m", "Error: m")), "");
    assert.equal(traceOf(withStack("m", undefined)), "");
    assert.equal(traceOf(withStack("m", 5)), "");
  });
});

describe("DefaultFailureConverter with encodeCommonAttributes", () => {
  const hiding = new DefaultFailureConverter({ encodeCommonAttributes: true });

  test("hides message and stack on each level", () => {
    const error = new ActivityError("outer secret", { ...activity, cause: new ApplicationError("inner secret") });
    const failure = hiding.toFailure(error, basePayloadConverter);
    for (const level of [failure, failure.cause!]) {
      assert.equal(level.message, "Encoded failure");
      assert.equal(level.stackTrace, "");
    }
    const hidden = basePayloadConverter.fromPayload(failure.cause!.encodedAttributes!) as Record<string, string>;
    assert.deepEqual(Object.keys(hidden), ["message", "stack_trace"]);
    assert.equal(hidden.message, "inner secret");
    assert.match(hidden.stack_trace, /^ +at /);
  });

  test("and every converter restores them", () => {
    const error = new ApplicationError("outer", { cause: new Error("inner") });
    const failure = send(hiding.toFailure(error, basePayloadConverter));
    for (const reader of [hiding, converter]) {
      const decoded = reader.fromFailure(failure, basePayloadConverter);
      assert.equal(decoded.message, "outer");
      assert.equal((decoded.cause as Error).message, "inner");
      assert.match(decoded.stack!, /^ApplicationError: outer\n +at /);
      assert.equal(reader.toFailure(decoded, basePayloadConverter), failure);
    }
  });

  test("leaves alone what is not of that shape or cannot be read", () => {
    const plain = { message: "shown", source: "", stackTrace: "frames" };
    const encoded = ["text", null, { message: "x" }, { message: 1, stack_trace: "" }];
    for (const value of encoded) {
      const error = fromFailure({ ...plain, encodedAttributes: basePayloadConverter.toPayload(value) });
      assert.equal(error.stack, "FailureError: shown\nframes");
    }
    const unreadable = { metadata: { encoding: new TextEncoder().encode("binary/encrypted") }, data: new Uint8Array() };
    assert.equal(fromFailure({ ...plain, encodedAttributes: unreadable }).message, "shown");
  });
});

describe("a failure converter made by a user", () => {
  test("may extend the default one", () => {
    class Redacting extends DefaultFailureConverter {
      override toFailure(...args: Parameters<DefaultFailureConverter["toFailure"]>): Failure {
        return { ...super.toFailure(...args), stackTrace: "" };
      }
    }
    assert.equal(new Redacting().toFailure(new Error("m"), basePayloadConverter).stackTrace, "");
  });

  test("gets the context to its payload converter", () => {
    const seen: unknown[] = [];
    const context = { kind: "workflow", namespace: "n", workflowId: "w" } as const;
    const spying = {
      toPayload: (value: unknown, given?: unknown) => (seen.push(given), basePayloadConverter.toPayload(value)),
      fromPayload: <T>(
        payload: never,
        _hint?: unknown,
        given?: unknown,
      ): T => (seen.push(given), basePayloadConverter.fromPayload(payload)),
    };
    const failure = converter.toFailure(new ApplicationError("m", { details: [1] }), spying, context);
    converter.fromFailure(failure, spying, context);
    assert.deepEqual(seen, [context, context]);
  });
});

describe("application errors of classes of the user", () => {
  class OutOfStock extends ApplicationError {}

  test("FAIL-05 have the name of the class as type, unless they say another", () => {
    const typeOf = (error: Error) => toFailure(error).failureInfo?.value?.type;
    assert.equal(typeOf(new OutOfStock("none left")), "OutOfStock");
    assert.equal(typeOf(new OutOfStock("none left", { type: "Stock" })), "Stock");
    assert.equal(typeOf(new ApplicationError("none left")), "");
  });
});

describe("stack traces of other SDKs", () => {
  const stackOf = (stackTrace: string) =>
    fromFailure({ message: "m", source: "s", stackTrace, failureInfo: { case: "serverFailureInfo", value: {} } }).stack;

  test("lose the line for the error itself, which ours begin with", () => {
    assert.equal(stackOf("ServerFailure: m\n    at f (a.ts:1:2)"), "ServerError: m\n    at f (a.ts:1:2)");
    assert.equal(stackOf("    at f (a.ts:1:2)"), "ServerError: m\n    at f (a.ts:1:2)");
    assert.equal(
      stackOf('  File "a.py", line 1, in f\n    f()'),
      'ServerError: m\n  File "a.py", line 1, in f\n    f()',
    );
    assert.equal(stackOf("main.f(...)\n\t/a.go:1"), "ServerError: m\nmain.f(...)\n\t/a.go:1");
  });
});
