import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "../../src/activity/mod.ts";
import { ApplicationError, CancelledError, CompleteAsyncError, RPCError } from "../../src/common/errors.ts";
import { noopMetricMeter } from "../../src/common/meter.ts";
import type { RawValue } from "../../src/common/payload.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { ActivityAttempt, type ActivityHost } from "../../src/worker/activity_attempt.ts";
import { collectActivities } from "../../src/worker/activity_registry.ts";
import { createLog } from "../activity/support.ts";
import { activityTask, type Answers, createFakeService, notFound, payload, readPayload } from "./support.ts";

type Task = Parameters<typeof activityTask>[0];

async function attempt(
  activities: object,
  task: Task = {},
  answers: Answers = {},
  options: Partial<ActivityHost> = {},
) {
  const fake = createFakeService(answers);
  const { logger, lines } = createLog();
  const run = new ActivityAttempt({
    service: fake.service,
    registry: collectActivities([activities], []),
    dataConverter: DataConverter.default,
    logger,
    metricMeter: noopMetricMeter,
    client: () => undefined,
    workerShutdown: new AbortController().signal,
    heartbeatThrottle: { maximum: 60_000, fallback: 30_000 },
    ...options,
  }, activityTask(task));
  await run.run();
  return { ...fake, lines };
}

function failureOf(result: Awaited<ReturnType<typeof attempt>>) {
  const [failed] = result.made("respondActivityTaskFailed");
  assert.ok(failed, `no failure was reported, but ${result.calls.map(({ method }) => method)}`);
  return failed.request.failure;
}

describe("activity attempt", () => {
  test("decodes arguments, runs in context, reports the result", async () => {
    const seen: unknown[] = [];
    const result = await attempt({
      greet: (name: string, missing: unknown) => {
        seen.push(missing, activity.info().activityId, activity.info().workflowId, activity.info().inWorkflow);
        return `Hello, ${name}`;
      },
    });
    assert.deepEqual(seen, [undefined, "7", "w", true]);
    assert.deepEqual(result.calls.map(({ method }) => method), ["respondActivityTaskCompleted"]);
    const { taskToken, namespace, identity, result: payloads } = result.calls[0].request;
    assert.deepEqual([taskToken, namespace, identity], [new Uint8Array([1]), "default", "me"]);
    assert.deepEqual(payloads.payloads.map(readPayload), ["Hello, Ada"]);
    assert.deepEqual(result.lines.map(({ level }) => level), ["debug"]);
  });

  test("time-outs of 0 read as unset, ids of a standalone activity too", async () => {
    let info: activity.Info | undefined;
    await attempt({ greet: () => void (info = activity.info()) }, {
      startToCloseTimeout: { seconds: 0n, nanos: 0 },
      heartbeatTimeout: { seconds: 3n, nanos: 0 },
      heartbeatDetails: { payloads: [payload("half")] },
      workflowExecution: undefined,
      workflowType: undefined,
      activityRunId: "run",
    });
    assert.equal(info?.startToCloseTimeout, undefined);
    assert.equal(info?.heartbeatTimeout, 3_000);
    assert.deepEqual(info?.heartbeatDetails, ["half"]);
    assert.deepEqual([info?.workflowId, info?.workflowType, info?.inWorkflow, info?.activityRunId], [
      undefined,
      undefined,
      false,
      "run",
    ]);
  });

  test("an unregistered activity fails, retryably, and names what is registered", async () => {
    const failure = failureOf(await attempt({ wave: () => 1, bow: () => 2 }));
    assert.equal(
      failure.message,
      "Activity greet is not registered on the worker of task queue greetings; registered: bow, wave",
    );
    assert.equal(failure.failureInfo.value.type, "NotFoundError");
    assert.equal(failure.failureInfo.value.nonRetryable, false);
  });

  test("a task without its times fails the activity, not the worker", async () => {
    const failure = failureOf(await attempt({ greet: () => 1 }, { scheduledTime: undefined }));
    assert.match(failure.message, /activity task of greet \(7\) has no scheduledTime/);
  });

  test("undecodable arguments fail it, undecodable heartbeat details without retry", async () => {
    const broken = { metadata: { encoding: new TextEncoder().encode("odd/kind") }, data: new Uint8Array() };
    const args = failureOf(await attempt({ greet: () => 1 }, { input: { payloads: [broken] } }));
    assert.equal(args.message, "Failed decoding arguments of activity greet");
    assert.equal(args.failureInfo.value.nonRetryable, false);
    const details = failureOf(await attempt({ greet: () => 1 }, { heartbeatDetails: { payloads: [broken] } }));
    assert.equal(details.message, "Failed decoding heartbeat details");
    assert.equal(details.failureInfo.value.nonRetryable, true);
  });

  test("a dynamic activity takes raw arguments", async () => {
    const dynamic = activity.define({
      name: "any",
      dynamic: true,
      run: (args: RawValue[]) => [activity.info().activityType, readPayload(args[0].payload)],
    });
    const result = await attempt(dynamic);
    const [reported] = result.made("respondActivityTaskCompleted");
    assert.deepEqual(reported.request.result.payloads.map(readPayload), [["greet", "Ada"]]);
  });

  test("failures are logged at WARN, benign ones at DEBUG", async () => {
    const fail = (category?: "BENIGN") => () => {
      throw new ApplicationError("no luck", { type: "Luck", category, nextRetryDelay: "2s" });
    };
    const loud = await attempt({ greet: fail() });
    assert.equal(failureOf(loud).failureInfo.value.type, "Luck");
    assert.equal(failureOf(loud).failureInfo.value.nextRetryDelay.seconds, 2n);
    assert.match(loud.lines.at(-1)!.message, /activity greet \(7\) failed on attempt 1: no luck/);
    assert.equal(loud.lines.at(-1)!.level, "warn");
    assert.equal((await attempt({ greet: fail("BENIGN") })).lines.at(-1)!.level, "debug");
  });

  test("the last heartbeat goes with a failure and is dropped on success", async () => {
    const beat = (fails: boolean) => () => {
      activity.heartbeat(1);
      activity.heartbeat(2);
      if (fails) throw new Error("broken");
    };
    const failed = await attempt({ greet: beat(true) });
    assert.deepEqual(
      failed.made("recordActivityTaskHeartbeat").map(({ request }) => request.details.payloads.map(readPayload)),
      [[1]],
    );
    const [report] = failed.made("respondActivityTaskFailed");
    assert.deepEqual(report.request.lastHeartbeatDetails.payloads.map(readPayload), [2]);
    const done = await attempt({ greet: beat(false) });
    assert.deepEqual(done.calls.map(({ method }) => method), [
      "recordActivityTaskHeartbeat",
      "respondActivityTaskCompleted",
    ]);
  });

  test("a cancellation request reaches it by heartbeat and is reported with the last details", async () => {
    const result = await attempt(
      {
        greet: async () => {
          activity.heartbeat("first");
          await activity.waitForCancelled();
          assert.equal(activity.cancellationDetails()?.cancelRequested, true);
          activity.heartbeat("last");
          activity.cancellationSignal().throwIfAborted();
        },
      },
      {},
      { recordActivityTaskHeartbeat: () => ({ cancelRequested: true }) },
    );
    assert.deepEqual(result.calls.map(({ method }) => method), [
      "recordActivityTaskHeartbeat",
      "recordActivityTaskHeartbeat",
      "respondActivityTaskCanceled",
    ]);
  });

  test("paused is a retryable failure", async () => {
    const result = await attempt(
      {
        greet: async () => {
          activity.heartbeat();
          await activity.sleep("1 day");
        },
      },
      {},
      { recordActivityTaskHeartbeat: () => ({ activityPaused: true }) },
    );
    assert.equal(failureOf(result).failureInfo.value.type, "ActivityPause");
  });

  test("when the server no longer knows the attempt nothing is reported", async () => {
    let details: activity.ActivityCancellationDetails | undefined;
    const result = await attempt(
      {
        greet: async () => {
          activity.heartbeat();
          await activity.waitForCancelled();
          details = activity.cancellationDetails();
          return "too late";
        },
      },
      {},
      { recordActivityTaskHeartbeat: notFound },
    );
    assert.equal(details?.notFound, true);
    assert.deepEqual(result.calls.map(({ method }) => method), ["recordActivityTaskHeartbeat"]);
  });

  test("a heartbeat that fails in passing is no cancellation", async () => {
    const result = await attempt({ greet: () => activity.heartbeat() }, {}, {
      recordActivityTaskHeartbeat: () => {
        throw new RPCError("connection lost", { status: "UNAVAILABLE" });
      },
    });
    assert.equal(result.made("respondActivityTaskCompleted").length, 1);
    assert.match(
      result.lines.map(({ message }) => message).join("\n"),
      /heartbeat of activity greet \(7\) was not sent: connection lost/,
    );
  });

  test("details that cannot be encoded cancel and fail it", async () => {
    const result = await attempt({
      greet: async () => {
        activity.heartbeat(1n);
        await activity.sleep("1 day");
      },
    });
    assert.match(failureOf(result).message, /BigInt|bigint|convert/i);
  });

  test("past its time-outs it is cancelled and not reported", async () => {
    for (const field of ["startToCloseTimeout", "heartbeatTimeout"]) {
      let timedOut: boolean | undefined;
      const result = await attempt(
        {
          greet: async () => {
            await activity.waitForCancelled();
            timedOut = activity.cancellationDetails()?.timedOut;
          },
        },
        { [field]: { seconds: 0n, nanos: 1_000_000 } },
        {},
        { timeoutBuffer: 1 },
      );
      assert.equal(timedOut, true);
      assert.deepEqual(result.calls, []);
    }
  });

  test("one that is completed from elsewhere is not reported", async () => {
    const result = await attempt({ greet: () => activity.raiseCompleteAsync() });
    assert.deepEqual(result.calls, []);
    assert.deepEqual((await attempt({ greet: () => Promise.reject(new CompleteAsyncError()) })).calls, []);
  });

  test("a failure too large for a message gives way to a small one", async () => {
    const result = await attempt(
      {
        greet: () => {
          throw new ApplicationError("x".repeat(1_000));
        },
      },
      {},
      {
        respondActivityTaskFailed: ({ failure }) => {
          if (failure.message.length < 1_000) return {};
          throw new RPCError("grpc: received message larger than max", { status: "RESOURCE_EXHAUSTED" });
        },
      },
    );
    const [, second] = result.made("respondActivityTaskFailed");
    assert.match(
      second.request.failure.message,
      /^\[TMPRL1103\] the failure of activity greet is too large: .+; shorten/,
    );
    assert.equal(second.request.failure.failureInfo.value.nonRetryable, false);
  });

  test("a result beyond the limit fails it, retryably, with advice", async () => {
    const failure = failureOf(await attempt({ greet: () => "x".repeat(100) }, {}, {}, { payloadLimit: 50 }));
    assert.match(
      failure.message,
      /^\[TMPRL1103\] the result of activity greet is too large: \d+ bytes; the server takes at most 50; return less/,
    );
    assert.equal(failure.failureInfo.value.nonRetryable, false);
  });

  test("a result that cannot be encoded fails it", async () => {
    assert.equal(failureOf(await attempt({ greet: () => 1n })).failureInfo.case, "applicationFailureInfo");
  });

  test("a failure that the codec refuses is reported without its text", async () => {
    const refuse = () => Promise.reject(new Error("no key"));
    const dataConverter = new DataConverter({
      payloadCodec: { encode: refuse, decode: (payloads) => Promise.resolve(payloads) },
    });
    const greet = () => Promise.reject(new ApplicationError("secret", { details: ["secret"] }));
    const failure = failureOf(await attempt({ greet }, {}, {}, { dataConverter }));
    assert.equal(failure.message, "Failed building exception result: no key");
    assert.ok(!JSON.stringify(failure, (_, value) => typeof value === "bigint" ? 0 : value).includes("secret"));
  });

  test("an answer that the server refuses is a warning", async () => {
    const { lines } = await attempt({ greet: () => 1 }, {}, { respondActivityTaskCompleted: notFound });
    assert.equal(lines.at(-1)!.level, "warn");
    assert.match(lines.at(-1)!.message, /the outcome of activity greet \(7\) was not reported: no such task/);
  });

  test("CANC-21 a cancelled one whose workflow has ended meanwhile is no warning", async () => {
    for (
      const greet of [
        async () => {
          activity.heartbeat();
          await activity.sleep("1 day");
        },
        async () => {
          activity.heartbeat();
          await activity.waitForCancelled();
          return "after all";
        },
      ]
    ) {
      const { lines, calls } = await attempt({ greet }, {}, {
        recordActivityTaskHeartbeat: () => ({ cancelRequested: true }),
        respondActivityTaskCanceled: notFound,
        respondActivityTaskCompleted: notFound,
      });
      assert.equal(calls.length, 2);
      assert.ok(lines.every(({ level }) => level === "debug"), JSON.stringify(lines));
      assert.match(lines.at(-1)!.message, /was not reported: no such task/);
    }
  });

  test("the worker's shutdown cancels it, also before it has begun", async () => {
    const fake = createFakeService();
    const registry = collectActivities([{ greet: () => activity.sleep("1 day") }], []);
    const early = new ActivityAttempt({
      service: fake.service,
      registry,
      dataConverter: DataConverter.default,
      logger: createLog().logger,
      metricMeter: noopMetricMeter,
      client: () => undefined,
      workerShutdown: new AbortController().signal,
      heartbeatThrottle: { maximum: 1, fallback: 1 },
    }, activityTask());
    early.cancelForShutdown();
    await early.run();
    const [report] = fake.made("respondActivityTaskFailed");
    assert.equal(report.request.failure.failureInfo.value.type, "WorkerShutdown");
  });

  test("a cancellation error that nobody asked for is a failure", async () => {
    const failure = failureOf(await attempt({ greet: () => Promise.reject(new CancelledError("my own")) }));
    assert.equal(failure.failureInfo.value.type, "CancelledError");
  });
});
