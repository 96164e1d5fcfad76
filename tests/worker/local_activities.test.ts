import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as activity from "../../src/activity/mod.ts";
import { ApplicationError } from "../../src/common/errors.ts";
import type { LocalOutcome } from "../../src/core/local_activity.ts";
import { TimeoutType } from "../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ExecutionHost } from "../../src/worker/activity_execution.ts";
import { LocalActivities, type LocalRun } from "../../src/worker/local_activities.ts";
import { retryDelay } from "../../src/worker/local_retry.ts";
import type { ScheduleLocalActivity } from "../../src/workflow/activation.ts";
import { scheduleLocal } from "../core/driver.ts";
import { failure } from "../core/history_builder.ts";
import { createExecutions } from "./executions.ts";
import { payload, readPayload } from "./support.ts";

const place = { namespace: "default", taskQueue: "greetings", workflowId: "w", workflowType: "hello", runId: "r" };

interface Scene {
  locals: LocalActivities;
  run: LocalRun;
  /** Starts local activities, numbered from 1. */
  start(...commands: Partial<ScheduleLocalActivity>[]): void;
  /** The next one that ends within a second. */
  next(): Promise<[seq: number, outcome: LocalOutcome]>;
  lines: { level: string; message: string }[];
}

function setUp(activities: object, slots = 10, options: Partial<ExecutionHost> = {}): Scene {
  const { host, lines } = createExecutions(activities, options);
  const locals = new LocalActivities(host, slots);
  const run = locals.open(place);
  let seq = 0;
  return {
    locals,
    run,
    lines,
    start: (...commands) => {
      const start = commands.map((more) => ({
        command: scheduleLocal(++seq, { activityType: "greet", args: [payload("Ada")], ...more }),
        originalScheduleTime: Date.now(),
      }));
      run.apply({ start, cancel: [] });
    },
    next: async () => {
      const ended = await run.next(performance.now() + 1_000);
      assert.ok(ended, "none ended");
      return [ended.seq, ended.outcome];
    },
  };
}

function kindOf({ failure }: LocalOutcome): string | undefined {
  return failure?.failureInfo?.case;
}

function timeoutOf({ failure }: LocalOutcome): unknown {
  return failure?.failureInfo?.value?.timeoutType;
}

/** An activity that runs until it is cancelled, and what then happened to it. */
function createDeaf() {
  const cancelled: activity.ActivityCancellationDetails[] = [];
  const gate = Promise.withResolvers<void>();
  const greet = async () => {
    activity.waitForCancelled().then(() => cancelled.push(activity.cancellationDetails()!));
    await gate.promise;
    return "late";
  };
  return { greet, cancelled, wake: gate.resolve };
}

async function untilCancelled(): Promise<never> {
  await activity.waitForCancelled();
  activity.cancellationSignal().throwIfAborted();
  throw new Error("not reached");
}

describe("local activities of a worker", () => {
  test("run with their arguments and in their context", async () => {
    const infos: activity.Info[] = [];
    const { start, next, lines, locals } = setUp({
      greet: (name: string) => {
        infos.push(activity.info());
        activity.heartbeat("nobody hears this");
        return `Hello, ${name}`;
      },
    });
    const before = Date.now();
    start({ attempt: 3, scheduleToCloseTimeout: 9_000, startToCloseTimeout: undefined });
    const [seq, { result, attempt, runtime, backoff }] = await next();
    assert.deepEqual([seq, readPayload(result!), attempt, backoff], [1, "Hello, Ada", 3, undefined]);
    assert.ok(runtime >= 0 && runtime < 1_000);
    const { scheduledTime, currentAttemptScheduledTime, startedTime, ...info } = infos[0];
    for (const time of [scheduledTime, currentAttemptScheduledTime, startedTime]) {
      assert.ok(time.getTime() >= before && time.getTime() <= Date.now());
    }
    assert.deepEqual(info, {
      activityId: "1",
      activityType: "greet",
      attempt: 3,
      heartbeatDetails: [],
      isLocal: true,
      namespace: "default",
      scheduleToCloseTimeout: 9_000,
      startToCloseTimeout: 9_000,
      taskQueue: "greetings",
      taskToken: new Uint8Array(),
      workflowId: "w",
      workflowNamespace: "default",
      workflowRunId: "r",
      workflowType: "hello",
      priority: {},
      retryPolicy: undefined,
      inWorkflow: true,
    });
    assert.deepEqual(lines.map(({ level }) => level), ["debug"]);
    await locals.drain();
    assert.equal(locals.running, 0);
  });

  test("one that the worker does not have, whose arguments cannot be read, or whose result is too large, fails", async () => {
    const { start, next } = setUp({ greet: () => "x".repeat(100) }, 10, { payloadLimit: 50 });
    const retryPolicy = { maximumAttempts: 1 };
    const unreadable = { metadata: { encoding: new TextEncoder().encode("odd") }, data: new Uint8Array() };
    start({ activityType: "grete", retryPolicy }, { args: [unreadable], retryPolicy }, { retryPolicy });
    const messages = [];
    for (let i = 0; i < 3; i++) messages.push((await next())[1].failure!.message);
    assert.deepEqual(messages.map((message) => message.slice(0, 44)).sort(), [
      "Activity grete is not registered on the work",
      "Failed decoding arguments of activity greet",
      "[TMPRL1103] the result of activity greet is ",
    ]);
  });

  test("cannot be completed from elsewhere", async () => {
    const { start, next } = setUp({ greet: () => activity.raiseCompleteAsync() });
    start({});
    const [, outcome] = await next();
    assert.match(outcome.failure!.message, /cannot be completed from elsewhere/);
  });

  test("fail for good after their attempts, or back off beyond the threshold", async () => {
    let calls = 0;
    const { start, next, lines } = setUp({
      greet: () => {
        calls++;
        throw new ApplicationError("no luck", { type: "Bad" });
      },
    });
    start({ retryPolicy: { initialInterval: 1, maximumAttempts: 3 } });
    const [, failed] = await next();
    assert.deepEqual([failed.failure!.message, failed.attempt, calls], ["no luck", 3, 3]);
    assert.equal(lines.filter(({ level }) => level === "warn").length, 3);

    start({ attempt: 4, retryPolicy: { initialInterval: 10 }, localRetryThreshold: 79 });
    const [, backingOff] = await next();
    assert.deepEqual([backingOff.attempt, backingOff.backoff, calls], [4, 80, 4]);
  });

  test("time out: one attempt, all of them, and before the first", async () => {
    const { greet, cancelled, wake } = createDeaf();
    const { start, next, locals } = setUp({ greet }, 1);
    start({ startToCloseTimeout: 20, retryPolicy: { maximumAttempts: 2, initialInterval: 1 } });
    const [, first] = await next();
    assert.deepEqual([timeoutOf(first), first.attempt], [TimeoutType.START_TO_CLOSE, 2]);
    assert.deepEqual(cancelled.map(({ timedOut }) => timedOut), [true, true]);

    start({ scheduleToCloseTimeout: 60 }, { scheduleToStartTimeout: 20 });
    const second = [await next(), await next()];
    assert.deepEqual(second.map(([seq, outcome]) => [seq, timeoutOf(outcome)]), [
      [3, TimeoutType.SCHEDULE_TO_START],
      [2, TimeoutType.SCHEDULE_TO_CLOSE],
    ]);
    wake();
    await locals.drain();
  });

  test("tell why the last attempt failed when the time for all is over", async () => {
    const { start, next } = setUp({ greet: () => Promise.reject(new Error("no luck")) });
    start({ scheduleToCloseTimeout: 40, retryPolicy: { initialInterval: 5_000 } });
    const [, { failure }] = await next();
    assert.deepEqual([failure!.message, failure!.cause?.message], ["Activity timed out", "no luck"]);
  });

  test("have no time left where the time was over before", async () => {
    const { run, next } = setUp({ greet: () => "too late" });
    const command = scheduleLocal(1, { activityType: "greet", scheduleToCloseTimeout: 1_000 });
    run.apply({ start: [{ command, originalScheduleTime: Date.now() - 1_000 }], cancel: [] });
    assert.equal(timeoutOf((await next())[1]), TimeoutType.SCHEDULE_TO_CLOSE);
  });

  test("are not limited by what is longer than timers can be", async () => {
    const { start, next } = setUp({ greet: () => setTimeout(5, "done") });
    const long = 2 ** 40;
    start({ scheduleToCloseTimeout: long, startToCloseTimeout: long, scheduleToStartTimeout: long });
    assert.equal(readPayload((await next())[1].result!), "done");
  });

  test("hear of their cancellation, and decide how they end", async () => {
    const { start, next, run } = setUp({
      greet: untilCancelled,
      bye: async () => {
        await activity.waitForCancelled();
        return "bye";
      },
      fail: async () => {
        await activity.waitForCancelled();
        throw new Error("fell over");
      },
    });
    start({}, { activityType: "bye" }, { activityType: "fail" });
    await setTimeout(5);
    run.apply({ start: [], cancel: [1, 2, 3, 4] });
    const ends = new Map([await next(), await next(), await next()]);
    assert.equal(kindOf(ends.get(1)!), "canceledFailureInfo");
    assert.equal(readPayload(ends.get(2)!.result!), "bye");
    assert.deepEqual([ends.get(3)!.failure!.message, ends.get(3)!.attempt], ["fell over", 1], "no other attempt");
  });

  test("cancelled between attempts, or before the first, end at once", async () => {
    const { start, next, run } = setUp(
      { greet: () => Promise.reject(new Error("again")), deaf: createDeaf().greet },
      1,
    );
    start({ retryPolicy: { initialInterval: 5_000 } });
    await setTimeout(10);
    start({ activityType: "deaf" }, {});
    await setTimeout(5);
    run.apply({ start: [], cancel: [1, 3] });
    const ends = [await next(), await next()];
    assert.deepEqual(ends.map(([seq, outcome]) => [seq, kindOf(outcome)]), [
      [1, "canceledFailureInfo"],
      [3, "canceledFailureInfo"],
    ]);
    run.close();
  });

  test("at most so many run at once", async () => {
    let now = 0;
    let most = 0;
    const { start, next, locals } = setUp({
      greet: async () => {
        most = Math.max(most, ++now);
        await setTimeout(5);
        now--;
      },
    }, 2);
    start({}, {}, {}, {}, {});
    for (let i = 0; i < 5; i++) await next();
    assert.deepEqual([most, locals.running], [2, 0]);
  });

  test("begun once, even if asked for again", async () => {
    let calls = 0;
    const { start, run, next } = setUp({
      greet: async () => {
        calls++;
        await setTimeout(10);
      },
    });
    start({});
    run.apply({ start: [{ command: scheduleLocal(1), originalScheduleTime: 0 }], cancel: [] });
    await next();
    assert.equal(calls, 1);
    assert.equal(await run.next(performance.now() + 1_000), undefined, "none is left");
  });

  test("the next one is awaited until a deadline, or until something else is to be done", async () => {
    const { greet, wake } = createDeaf();
    const { start, run, next } = setUp({ greet });
    start({});
    const begun = performance.now();
    assert.equal(await run.next(begun + 30), undefined);
    assert.ok(performance.now() - begun >= 29);
    assert.equal(await run.next(begun), undefined);
    const waiting = run.next(begun + 60_000);
    run.interrupt();
    assert.equal(await waiting, undefined);
    assert.deepEqual([run.isBusy, run.isAwaited], [true, true]);
    wake();
    await setTimeout(5);
    assert.deepEqual([run.isBusy, run.isAwaited], [false, true]);
    assert.equal(readPayload((await next())[1].result!), "late");
    assert.equal(run.isAwaited, false);
  });

  test("count the attempts of those that began in an earlier task", async () => {
    let calls = 0;
    const { start, run, next } = setUp({
      greet: () => {
        if (++calls < 4) throw new Error("again");
      },
    });
    start({ retryPolicy: { initialInterval: 20, backoffCoefficient: 1 } });
    await setTimeout(5);
    assert.equal(run.takeLaterAttempts(), 0, "the first attempt");
    await next();
    start({});
    await next();
    assert.deepEqual([calls, run.takeLaterAttempts(), run.takeLaterAttempts()], [5, 3, 0]);
  });

  test("dropped with their run, they are cancelled and tell nothing", async () => {
    const { greet, cancelled, wake } = createDeaf();
    const { start, run, locals } = setUp({ greet }, 1);
    start({}, {});
    await setTimeout(5);
    run.close();
    wake();
    await locals.drain();
    await setTimeout(5);
    assert.deepEqual([cancelled.length, run.isAwaited, locals.running], [1, false, 0]);
  });

  test("at the shutdown only what still succeeds is told, and none begins any more", async () => {
    const shuttingDown: unknown[] = [];
    const { start, run, locals, next } = setUp({
      greet: untilCancelled,
      again: () => Promise.reject(new Error("again")),
      bye: async () => {
        await activity.waitForCancelled();
        shuttingDown.push(activity.cancellationDetails()?.workerShutdown);
        return "bye";
      },
    });
    start({}, { activityType: "again" }, { activityType: "bye" });
    await setTimeout(5);
    const spare = locals.endAfter(0);
    const [seq, { result }] = await next();
    assert.deepEqual([seq, readPayload(result!), shuttingDown], [3, "bye", [true]]);
    start({});
    assert.equal(await run.next(performance.now() + 1_000), undefined);
    await locals.drain();
    spare();
  });

  test("have their grace at the shutdown", async () => {
    const { start, locals, next } = setUp({ greet: () => setTimeout(20, "done") });
    start({});
    const spare = locals.endAfter(10_000);
    assert.equal(readPayload((await next())[1].result!), "done");
    start({});
    assert.equal(readPayload((await next())[1].result!), "done");
    spare();
  });
});

describe("waits between attempts of a local activity", () => {
  const application = (value: object) => ({
    ...failure("bad"),
    failureInfo: { case: "applicationFailureInfo", value: { type: "Bad", ...value } },
  });

  test("double from a second up to a hundred times that", () => {
    const delays = [1, 2, 3, 7, 8, 50].map((attempt) => retryDelay(undefined, attempt, failure("bad")));
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 64_000, 100_000, 100_000]);
    const policy = { initialInterval: 10, backoffCoefficient: 3, maximumInterval: 80, maximumAttempts: 4 };
    const others = [1, 2, 3, 4, 5].map((attempt) => retryDelay(policy, attempt, failure("bad")));
    assert.deepEqual(others, [10, 30, 80, undefined, undefined]);
  });

  test("are those that a failure asks for, and none where it rules them out", () => {
    const nextRetryDelay = { seconds: 2n, nanos: 500_000_000 };
    assert.equal(retryDelay({ initialInterval: 1 }, 1, application({ nextRetryDelay })), 2_500);
    assert.equal(retryDelay({ maximumAttempts: 1 }, 1, application({ nextRetryDelay })), undefined);
    assert.equal(retryDelay({}, 1, application({ nonRetryable: true })), undefined);
    assert.equal(retryDelay({ nonRetryableErrorTypes: ["bAD"] }, 1, application({})), undefined);
    assert.equal(retryDelay({ nonRetryableErrorTypes: ["Worse"] }, 1, application({})), 1_000);
  });
});
