import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";
import * as errors from "../../src/common/errors.ts";

const {
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  HandlerError,
  isCancelledException,
  NexusOperationError,
  NondeterminismError,
  NotFoundError,
  RestrictedWorkflowAccessError,
  RPCError,
  TemporalError,
  TimeoutError,
  ValueError,
  WorkflowFailureError,
} = errors;

type ErrorClass = new (...args: never[]) => errors.TemporalError;

const classes = Object.entries(errors).filter(([name]) => name.endsWith("Error")) as [string, ErrorClass][];
const details = {
  activityId: "1",
  activityType: "a",
  cause: new Error("cause"),
  details: [],
  endpoint: "e",
  identity: "me",
  initiatedEventId: 1,
  namespace: "default",
  newExecutionRunId: "r",
  operation: "o",
  operationId: "o",
  operationToken: "t",
  qualifiedName: "fetch",
  resource: "WORKFLOW",
  runId: "r",
  scheduledEventId: 1,
  service: "s",
  startedEventId: 2,
  status: "NOT_FOUND",
  workflowId: "w",
  workflowType: "W",
};

function make([name, type]: [string, ErrorClass]): errors.TemporalError {
  const takesKindFirst = name === "HandlerError" || name === "OperationError";
  return new type(...(takesKindFirst ? ["INTERNAL", "message", details] : ["message", details]) as never[]);
}

function toCode(name: string): string {
  return name.replace(/Error$/, "").replace(/([a-z])([A-Z])/g, "$1_$2").replace(/(RPC)([A-Z])/g, "$1_$2").toUpperCase();
}

describe("error classes", () => {
  test("are all there", () => assert.equal(classes.length, 36));

  for (const entry of classes) {
    const [name, type] = entry;
    test(`${name} has its name, its code and its place`, () => {
      const error = make(entry);
      assert.equal(error.name, name);
      assert.equal(type.name, name);
      assert.equal(error.code, toCode(name));
      assert.equal(error.message, "message");
      assert.equal(error.cause, details.cause);
      assert.equal(String(error), `${name}: message`);
      assert.ok(error instanceof Error && error instanceof TemporalError && error instanceof type);
      assert.ok(error.stack!.includes("errors.test.ts"));
    });

    test(`instanceof ${name} is true for it and its subclasses alone`, () => {
      for (const other of classes) {
        const isSubclass = other[1] === type || Object.prototype.isPrototypeOf.call(type, other[1]);
        assert.equal(make(other) instanceof type, isSubclass, other[0]);
      }
    });
  }

  test("know a class made by a user", () => {
    class PaymentError extends ApplicationError {}
    class OtherError extends ApplicationError {}
    const error = new PaymentError("declined");
    assert.ok(error instanceof PaymentError && error instanceof ApplicationError && error instanceof FailureError);
    assert.ok(!((error as object) instanceof OtherError));
    assert.ok(!(new ApplicationError("x") instanceof PaymentError));
    assert.equal(error.name, "PaymentError");
    assert.equal(error.code, "APPLICATION");
    error.name = "Payment";
    assert.equal(String(error), "Payment: declined");
  });

  test("are not fooled by other values", () => {
    const values = [undefined, null, 1, "x", {}, Object.create(null), new Error("x"), { code: "VALUE" }, ValueError];
    for (const value of values) assert.equal((value as object) instanceof ValueError, false);
    class Foreign extends Error {
      static code = "VALUE";
    }
    assert.equal((new Foreign() as object) instanceof ValueError, false);
  });

  test("leave unset what is unset", () => {
    assert.equal("cause" in new TemporalError("x"), false);
    assert.equal("failure" in new ApplicationError("x"), false);
    const error = new ApplicationError("x");
    assert.deepEqual([error.type, error.details, error.nonRetryable], [undefined, [], false]);
    assert.deepEqual([error.nextRetryDelay, error.category], [undefined, undefined]);
    assert.equal(new TimeoutError("x").type, undefined);
    assert.equal(new CancelledError().message, "Cancelled");
    assert.equal(new TemporalError().message, "");
  });

  test("take a delay as any duration and give it back in milliseconds", () => {
    assert.equal(new ApplicationError("x", { nextRetryDelay: "2 minutes" }).nextRetryDelay, 120_000);
    assert.throws(() => new ApplicationError("x", { nextRetryDelay: "soon" }), /^ValueError: nextRetryDelay /);
  });

  test("narrow by code", () => {
    const error = new ApplicationError("x", { type: "T" }) as errors.AnyTemporalError;
    assert.equal(error.code === "APPLICATION" ? error.type : undefined, "T");
  });

  test("of RPCs have a status", () => {
    const error = new RPCError("no", { status: "UNAVAILABLE" });
    assert.deepEqual(error.grpcStatus, { code: 14, message: "no", details: [] });
    assert.equal(error.rawGrpcStatus.length, 0);
    const missing = new NotFoundError("no such workflow", { resource: "WORKFLOW" });
    assert.deepEqual([missing.status, missing.grpcStatus.code, missing.resource], ["NOT_FOUND", 5, "WORKFLOW"]);
  });

  test("of Nexus handlers know whether they are retryable", () => {
    const final = [
      "BAD_REQUEST",
      "UNAUTHENTICATED",
      "UNAUTHORIZED",
      "NOT_FOUND",
      "CONFLICT",
      "NOT_IMPLEMENTED",
    ] as const;
    const passing = ["REQUEST_TIMEOUT", "RESOURCE_EXHAUSTED", "INTERNAL", "UNAVAILABLE", "UPSTREAM_TIMEOUT"] as const;
    for (const type of final) assert.equal(new HandlerError(type).retryable, false, type);
    for (const type of passing) assert.equal(new HandlerError(type).retryable, true, type);
    assert.equal(new HandlerError("BAD_REQUEST", "x", { retryableOverride: true }).retryable, true);
  });

  test("of non-determinism say where", () => {
    const error = new RestrictedWorkflowAccessError("no fetch", { qualifiedName: "fetch", source: "a.ts:1:2" });
    assert.ok(error instanceof NondeterminismError);
    assert.deepEqual([error.qualifiedName, error.source, error.replacement], ["fetch", "a.ts:1:2", undefined]);
  });
});

describe("isCancelledException", () => {
  const cancelled = new CancelledError();
  test("is true for a cancellation and for what one caused", () => {
    const cause = cancelled;
    assert.equal(isCancelledException(cancelled), true);
    assert.equal(isCancelledException(new ActivityError("x", { ...details, cause })), true);
    assert.equal(isCancelledException(new ChildWorkflowError("x", { ...details, cause })), true);
    assert.equal(isCancelledException(new NexusOperationError("x", { ...details, cause })), true);
  });

  test("is false for everything else", () => {
    assert.equal(isCancelledException(new ActivityError("x", details)), false);
    assert.equal(isCancelledException(new ApplicationError("x", { cause: cancelled })), false);
    assert.equal(isCancelledException(new WorkflowFailureError("x", { cause: cancelled })), false);
    assert.equal(isCancelledException(new Error("x", { cause: cancelled })), false);
    assert.equal(isCancelledException(undefined), false);
  });
});

describe("across realms and copies", () => {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL("../../src/common/errors.ts", import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    globalName: "copy",
  });
  const code = `${outputFiles[0].text}\n;copy`;
  const realm: typeof errors = vm.runInContext(code, vm.createContext({}));
  const copy: typeof errors = vm.runInThisContext(`(() => { ${outputFiles[0].text}; return copy; })()`);

  for (const [place, other] of [["another realm", realm], ["another copy", copy]] as const) {
    test(`errors of ${place} are instances of ours, and the other way round`, () => {
      assert.notEqual(other.ApplicationError, ApplicationError);
      const theirs = new other.CancelledError("stop");
      assert.ok(theirs instanceof CancelledError && theirs instanceof FailureError && theirs instanceof TemporalError);
      assert.ok(!((theirs as object) instanceof TimeoutError));
      assert.ok(new CancelledError() instanceof other.CancelledError);
      assert.ok(new NotFoundError("x", { resource: "UPDATE" }) instanceof other.RPCError);
      assert.equal(theirs.name, "CancelledError");
      assert.equal(isCancelledException(new other.ActivityError("x", { ...details, cause: theirs })), true);
    });
  }

  test("a user's class is no instance of our subclasses, but of its base in both", () => {
    class Mine extends ApplicationError {}
    assert.ok(new Mine("x") instanceof realm.ApplicationError);
    assert.ok(!(new realm.ApplicationError("x") instanceof Mine));
  });
});
