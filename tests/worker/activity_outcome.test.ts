import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApplicationError, CancelledError, CompleteAsyncError, TimeoutError } from "../../src/common/errors.ts";
import type { ActivityCancellationDetails } from "../../src/common/options.ts";
import { outcomeOfError, outcomeOfValue } from "../../src/worker/activity_outcome.ts";

function cancelled(details: Partial<ActivityCancellationDetails>) {
  const none = {
    notFound: false,
    cancelRequested: false,
    paused: false,
    reset: false,
    timedOut: false,
    workerShutdown: false,
  };
  const controller = new AbortController();
  controller.abort(new CancelledError("why"));
  return { details: { ...none, ...details }, signal: controller.signal };
}

describe("outcome of an attempt", () => {
  test("a value completes it, even after a cancellation request", () => {
    assert.deepEqual(outcomeOfValue(5, {}), { kind: "completed", value: 5 });
    assert.deepEqual(outcomeOfValue(5, cancelled({ cancelRequested: true })), { kind: "completed", value: 5 });
  });

  test("what the server has closed is not reported", () => {
    for (const details of [{ notFound: true }, { timedOut: true }]) {
      assert.deepEqual(outcomeOfValue(5, cancelled(details)), { kind: "silent" });
      assert.deepEqual(outcomeOfError(new Error("x"), cancelled(details)), { kind: "silent" });
    }
    assert.deepEqual(outcomeOfError(new CompleteAsyncError(), {}), { kind: "silent" });
  });

  test("a cancellation that was requested is reported as such, whichever error tells of it", () => {
    const state = cancelled({ cancelRequested: true });
    const errors = [new CancelledError("any"), state.signal.reason, new DOMException("aborted", "AbortError")];
    for (const error of errors) assert.deepEqual(outcomeOfError(error, state), { kind: "cancelled", details: [] });
    const withDetails = new CancelledError("any", { details: [1] });
    assert.deepEqual(outcomeOfError(withDetails, state), { kind: "cancelled", details: [1] });
  });

  test("another error after a cancellation request is a failure", () => {
    const error = new Error("broken");
    assert.deepEqual(outcomeOfError(error, cancelled({ cancelRequested: true })), { kind: "failed", error });
  });

  test("reset, pause and shutdown are retryable failures of their own types", () => {
    const cases: [Partial<ActivityCancellationDetails>, string][] = [
      [{ reset: true, paused: true }, "ActivityReset"],
      [{ paused: true }, "ActivityPause"],
      [{ workerShutdown: true }, "WorkerShutdown"],
    ];
    for (const [details, type] of cases) {
      const outcome = outcomeOfError(new CancelledError(), cancelled(details));
      assert.equal(outcome.kind, "failed");
      const { error } = outcome as { error: ApplicationError };
      assert.equal(error.type, type);
      assert.equal(error.nonRetryable, false);
    }
  });

  test("failures of other kinds than an application's are wrapped", () => {
    for (const error of [new CancelledError("nobody asked"), new TimeoutError("late", { type: "HEARTBEAT" })]) {
      const outcome = outcomeOfError(error, {}) as { error: ApplicationError };
      assert.ok(outcome.error instanceof ApplicationError);
      assert.equal(outcome.error.type, error.name);
      assert.equal(outcome.error.cause, error);
    }
    const own = new ApplicationError("mine");
    assert.deepEqual(outcomeOfError(own, {}), { kind: "failed", error: own });
  });
});
