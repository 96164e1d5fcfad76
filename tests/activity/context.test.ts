import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "../../src/activity/mod.ts";
import { CancelledError, CompleteAsyncError, IllegalStateError } from "../../src/common/errors.ts";
import { noopMetricMeter } from "../../src/common/meter.ts";
import { defaultPayloadConverter } from "../../src/converter/default_converters.ts";
import { createContext, createLog, info } from "./support.ts";

describe("activity context", () => {
  test("outside an activity everything but inActivity throws", async () => {
    assert.equal(activity.inActivity(), false);
    const calls: (() => unknown)[] = [
      activity.info,
      activity.heartbeat,
      activity.cancellationSignal,
      activity.isCancelled,
      activity.waitForCancelled,
      activity.cancellationDetails,
      activity.workerShutdownSignal,
      activity.isWorkerShutdown,
      activity.waitForWorkerShutdown,
      activity.raiseCompleteAsync,
      activity.metricMeter,
      activity.payloadConverter,
      activity.client,
      () => activity.logger.info("x"),
    ];
    for (const call of calls) {
      assert.throws(
        call,
        (error: Error) => error instanceof IllegalStateError && /^Not in activity context/.test(error.message),
      );
    }
    await assert.rejects(activity.sleep(1), IllegalStateError);
  });

  test("the context follows the calls of the attempt, and of that attempt only", async () => {
    const beats: unknown[][] = [];
    const context = createContext({ heartbeat: (details) => beats.push(details), client: () => "the client" });
    const other = createContext({ info: { ...info, activityId: "2" } });
    const read = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      activity.heartbeat("a", 1);
      return activity.info().activityId;
    };
    assert.deepEqual(await Promise.all([context.run(read), other.run(read)]), ["1", "2"]);
    assert.deepEqual(beats, [["a", 1]]);
    context.run(() => {
      assert.equal(activity.inActivity(), true);
      assert.equal(activity.client<string>(), "the client");
      assert.equal(activity.metricMeter(), noopMetricMeter);
      assert.equal(activity.payloadConverter(), defaultPayloadConverter);
      assert.throws(activity.raiseCompleteAsync, CompleteAsyncError);
    });
    other.run(() => assert.throws(() => activity.client(), /runs without a client/));
  });

  test("only the first cancellation counts", async () => {
    const context = createContext();
    await context.run(async () => {
      assert.equal(activity.isCancelled(), false);
      assert.equal(activity.cancellationDetails(), undefined);
      const told = activity.waitForCancelled();
      assert.equal(context.cancel({ cancelRequested: true }, "enough"), true);
      assert.equal(context.cancel({ timedOut: true }), false);
      await told;
      assert.equal(activity.isCancelled(), true);
      assert.deepEqual(activity.cancellationDetails(), {
        notFound: false,
        cancelRequested: true,
        paused: false,
        reset: false,
        timedOut: false,
        workerShutdown: false,
      });
      const { reason } = activity.cancellationSignal();
      assert.ok(reason instanceof CancelledError);
      assert.equal(reason.message, "enough");
    });
  });

  test("sleep waits, and rejects with a CancelledError when cancelled before or meanwhile", async () => {
    const context = createContext();
    await context.run(() => activity.sleep(1));
    const sleeping = context.run(() => activity.sleep("1 day"));
    context.cancel({ cancelRequested: true });
    await assert.rejects(sleeping, CancelledError);
    await assert.rejects(context.run(() => activity.sleep(1)), CancelledError);
    await assert.rejects(createContext().run(() => activity.sleep(-1)), /duration of sleep\(\) is negative/);
  });

  test("the shutdown of the worker is told apart from cancellation", async () => {
    const shutdown = new AbortController();
    const context = createContext({ workerShutdown: shutdown.signal });
    await context.run(async () => {
      assert.equal(activity.isWorkerShutdown(), false);
      const told = activity.waitForWorkerShutdown();
      shutdown.abort();
      await told;
      assert.equal(activity.isWorkerShutdown(), true);
      assert.equal(activity.workerShutdownSignal().aborted, true);
      assert.equal(activity.isCancelled(), false);
    });
    createContext({ workerShutdown: shutdown.signal }).run(() => assert.equal(activity.isWorkerShutdown(), true));
  });

  test("nothing of an attempt that is over hangs on the worker", () => {
    const listeners = new Set<unknown>();
    const workerShutdown = new AbortController().signal;
    workerShutdown.addEventListener = (_: string, listener: unknown) => void listeners.add(listener);
    workerShutdown.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener);
    const context = createContext({ workerShutdown });
    context.run(() => void [activity.waitForWorkerShutdown(), activity.waitForWorkerShutdown()]);
    assert.equal(listeners.size, 1);
    context.close();
    assert.equal(listeners.size, 0);
  });

  test("metrics carry namespace, task queue and activity type", () => {
    let attributes: unknown;
    const metricMeter = {
      ...noopMetricMeter,
      withAdditionalAttributes: (it: unknown) => (attributes = it, noopMetricMeter),
    };
    createContext({ metricMeter }).run(() => activity.metricMeter());
    assert.deepEqual(attributes, { namespace: "default", task_queue: "greetings", activity_type: "greet" });
  });

  test("the logger adds the ids and leaves the caller's attributes alone", () => {
    const { logger, lines } = createLog();
    const attributes = { step: 3 };
    createContext({ logger }).run(() => activity.logger.warn("careful", attributes));
    assert.deepEqual(attributes, { step: 3 });
    assert.equal(lines[0].level, "warn");
    assert.equal(lines[0].attributes?.step, 3);
    assert.equal(lines[0].attributes?.attempt, 2);
    assert.equal(lines[0].attributes?.workflowId, "w-1");
  });
});
