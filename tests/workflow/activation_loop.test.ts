import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  cancelJob,
  completed,
  decode,
  encode,
  findFailure,
  kinds,
  openHost,
  signalJob,
  start,
  startTime,
  type TestHost,
  TestRun,
} from "./support.ts";

let functions: TestHost;

before(async () => {
  functions = await openHost(new URL("./workflows/functions.ts", import.meta.url));
});

after(() => functions.host.close());

describe("activities", () => {
  test("a workflow calls an activity and completes with its result", async () => {
    const run = new TestRun(functions);
    const [command, ...others] = await run.commands(start("hello", ["World"]));
    assert.deepEqual(others, []);
    assert.deepEqual(command, {
      kind: "scheduleActivity",
      seq: 1,
      activityId: "1",
      activityType: "greet",
      taskQueue: "queue-1",
      args: [encode("World")],
      headers: {},
      startToCloseTimeout: 10_000,
      retryPolicy: { maximumAttempts: 3, initialInterval: 2_000 },
      cancellationType: "TRY_CANCEL",
      disableEagerExecution: false,
      metadata: { summary: encode("says hello") },
    });
    assert.equal(await run.result(completed(1, "Hello, World!")), "Hello, World!");
  });

  test("a failed activity fails the workflow with the failure unchanged", async () => {
    const run = new TestRun(functions);
    await run.commands(start("hello", ["World"]));
    const failure = {
      message: "Activity task failed",
      source: "",
      stackTrace: "",
      failureInfo: {
        case: "activityFailureInfo",
        value: { activityType: { name: "greet" }, activityId: "1", scheduledEventId: 5n, startedEventId: 6n },
      },
      cause: {
        message: "boom",
        source: "OtherSDK",
        stackTrace: "at there",
        failureInfo: { case: "applicationFailureInfo", value: { type: "Boom", nonRetryable: true } },
      },
    };
    const commands = await run.commands({
      kind: "resolveActivity",
      seq: 1,
      resolution: { status: "failed", failure },
    });
    assert.deepEqual(commands, [{ kind: "failWorkflow", failure }]);
  });

  test("a call takes a proxied function, a name, options of its own, and refuses bad ones", async () => {
    const run = new TestRun(functions);
    const [direct] = await run.commands(start("calls"));
    assert.ok(direct.kind === "scheduleActivity");
    assert.equal(direct.activityType, "greet");
    assert.equal(direct.startToCloseTimeout, 60_000);
    assert.equal(direct.retryPolicy?.maximumAttempts, 3);
    const [second] = await run.commands(completed(1, "one"));
    assert.ok(second.kind === "scheduleActivity");
    assert.deepEqual(
      [second.activityId, second.taskQueue, second.scheduleToCloseTimeout, second.priority],
      ["mine", "other", 3_600_000, { priorityKey: 1 }],
    );
    assert.equal(second.startToCloseTimeout, undefined);
    assert.equal(
      await run.result(completed(2, "two")),
      "one mine two ValueError,ValueError,ValueError",
    );
  });

  test("each cancellation is asked for once, and resolved by the engine", async () => {
    const run = new TestRun(functions);
    const commands = await run.commands(start("cancellationTypes"));
    assert.deepEqual(
      commands.map((command) => command.kind === "scheduleActivity" ? command.cancellationType : command.kind),
      ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON", "startTimer"],
    );
    assert.deepEqual(
      await run.commands({ kind: "fireTimer", seq: 1 }),
      [1, 2, 3].map((seq) => ({ kind: "requestCancelActivity", seq })),
    );
    const failure = {
      message: "Activity cancelled",
      source: "",
      stackTrace: "",
      failureInfo: { case: "activityFailureInfo", value: { activityType: { name: "slow" } } },
      cause: { message: "", source: "", stackTrace: "", failureInfo: { case: "canceledFailureInfo", value: {} } },
    };
    assert.deepEqual(
      await run.commands({ kind: "resolveActivity", seq: 1, resolution: { status: "cancelled", failure } }),
      [],
    );
    assert.equal(
      await run.result(
        { kind: "resolveActivity", seq: 3, resolution: { status: "cancelled", failure } },
        completed(2),
      ),
      "ActivityError,fulfilled,ActivityError",
    );
  });
});

describe("time", () => {
  test("timers take milliseconds, at least one, and a summary", async () => {
    const run = new TestRun(functions);
    assert.deepEqual(await run.commands(start("timers")), [
      { kind: "startTimer", seq: 1, duration: 2_000, metadata: { summary: encode("the long one") } },
      { kind: "startTimer", seq: 2, duration: 1_000 },
      { kind: "startTimer", seq: 3, duration: 1 },
    ]);
    assert.deepEqual(await run.commands({ kind: "fireTimer", seq: 3 }), []);
    assert.deepEqual(
      await run.result({ kind: "fireTimer", seq: 2 }, { kind: "fireTimer", seq: 1 }),
      ["none", "short", "long"],
    );
  });

  test("a bad duration rejects and starts no timer", async () => {
    assert.equal(await new TestRun(functions).result(start("badTimer")), Array(3).fill("ValueError true").join());
  });

  test("setTimeout is a durable timer, clearTimeout cancels it", async () => {
    const run = new TestRun(functions);
    assert.deepEqual(await run.commands(start("globalTimers")), [
      { kind: "startTimer", seq: 1, duration: 5 },
      { kind: "startTimer", seq: 2, duration: 10 },
      { kind: "cancelTimer", seq: 1 },
    ]);
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 2 }), ["fired"]);
  });

  test("conditions are evaluated at once, after every job and until nothing moves", async () => {
    const run = new TestRun(functions);
    assert.deepEqual(await run.commands(start("conditions")), [
      { kind: "startTimer", seq: 1, duration: 3_600_000 },
      { kind: "cancelTimer", seq: 1 },
      { kind: "startTimer", seq: 2, duration: 60_000, metadata: { summary: encode("two of them") } },
    ]);
    assert.deepEqual(await run.commands(signalJob("add", 1)), []);
    // The signal comes first, so that the condition is true before its time is over; the timer needs no cancelling then.
    assert.deepEqual(await run.commands(signalJob("add", 1), { kind: "fireTimer", seq: 2 }), [
      { kind: "startTimer", seq: 3, duration: 1 },
    ]);
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 3 }), [true, true, false, "second", "first"]);
  });

  test("what a condition throws rejects its wait", async () => {
    const commands = await new TestRun(functions).commands(start("badCondition"));
    assert.deepEqual(findFailure(commands), { message: "the condition is broken", type: "Broken" });
  });
});

describe("ends", () => {
  test("a FailureError fails the workflow, with its details", async () => {
    const [command] = await new TestRun(functions).commands(start("failing", ["application"]));
    assert.ok(command.kind === "failWorkflow");
    assert.equal(command.failure.message, "no money");
    assert.match(command.failure.stackTrace, /at failing \(.*functions\.ts:\d+:\d+\)/);
    const value = command.failure.failureInfo?.value as Record<string, unknown>;
    assert.deepEqual([value.type, value.nonRetryable], ["Poor", true]);
    assert.deepEqual(decode((value.details as { payloads: [ReturnType<typeof encode>] }).payloads[0]), { left: 0 });
  });

  test("so does a subclass of one", async () => {
    const commands = await new TestRun(functions).commands(start("failing", ["subclass"]));
    assert.equal(findFailure(commands).message, "still a failure");
  });

  test("anything else fails the task, with causes and mapped stack traces", async () => {
    const failure = await new TestRun(functions).failure(start("failing", ["bug"]));
    assert.equal(failure.message, "a bug");
    assert.equal(failure.taskCause, "WORKFLOW_WORKER_UNHANDLED_FAILURE");
    assert.equal(failure.failureInfo?.value?.type, "PaymentError");
    assert.match(failure.stackTrace, /functions\.ts:\d+:\d+/);
    assert.doesNotMatch(failure.stackTrace, /anywhen-workflows\.js/);
    assert.equal(failure.cause?.message, "deep");
    assert.match(failure.cause?.stackTrace ?? "", /functions\.ts:\d+:\d+/);
  });

  test("a thrown text becomes a failure with advice", async () => {
    const failure = await new TestRun(functions).failure(start("failing", ["text"]));
    assert.match(failure.message, /just a text.*throw an Error/);
  });

  test("an unknown type fails the task and names the known ones", async () => {
    const { message } = await new TestRun(functions).failure(start("unknown"));
    assert.match(message, /^workflow type "unknown" is not registered on this worker; it knows: about, again, /);
  });

  test("continueAsNew asks for the next run", async () => {
    const [command] = await new TestRun(functions).commands(start("again", [2]));
    assert.deepEqual(command, {
      kind: "continueAsNew",
      workflowType: "again",
      taskQueue: "next",
      args: [encode(1)],
      headers: {},
      runTimeout: 3_600_000,
      memo: { count: encode(2) },
    });
    assert.equal(await new TestRun(functions).result(start("again", [0])), "the last one");
  });

  test("arguments that cannot be decoded fail the task", async () => {
    const bad = start("hello", []);
    bad.args = [{
      metadata: { encoding: new TextEncoder().encode("json/plain") },
      data: new TextEncoder().encode("{"),
    }];
    const failure = await new TestRun(functions).failure(bad);
    assert.match(failure.message, /cannot be parsed/);
  });

  test("an eviction needs no realm", async () => {
    assert.deepEqual(await new TestRun(functions).commands({ kind: "removeFromCache", reason: "test" }), []);
  });

  test("a disposed run does nothing more", async () => {
    const run = new TestRun(functions);
    await run.commands(start("hello", ["World"]));
    run.realm.dispose();
    assert.deepEqual(await run.commands(completed(1, "late")), []);
  });
});

describe("cancellation", () => {
  test("a cancellation error after a request ends the run as cancelled", async () => {
    const run = new TestRun(functions);
    assert.deepEqual(kinds(await run.commands(start("cancelled", ["rethrow"]))), ["startTimer", "scheduleActivity"]);
    assert.deepEqual(await run.commands(cancelJob), [
      { kind: "cancelTimer", seq: 1 },
      { kind: "requestCancelActivity", seq: 1 },
      { kind: "cancelWorkflow" },
    ]);
  });

  test("code may catch it and return", async () => {
    const run = new TestRun(functions);
    await run.commands(start("cancelled", ["swallow"]));
    assert.equal(await run.result(cancelJob), "CancelledError no longer needed");
  });

  test("a cancellation is delivered once: code that caught it waits again, shielded or not", async () => {
    const run = new TestRun(functions);
    await run.commands(start("cancelled", ["clean"]));
    assert.deepEqual(kinds(await run.commands(cancelJob)), ["cancelTimer", "requestCancelActivity", "startTimer"]);
    assert.deepEqual(kinds(await run.commands({ kind: "fireTimer", seq: 2 })), ["scheduleActivity"]);
    assert.equal(await run.result(completed(2, "cleaned")), "slept cleaned true");
  });

  test("a cancellation that finds no wait is there for the next one", async () => {
    const run = new TestRun(functions);
    await run.commands(start("cancelledWhileShielded"));
    assert.deepEqual(await run.commands(cancelJob), []);
    assert.deepEqual(kinds(await run.commands(completed(1, "done"))), ["startTimer"]);
    assert.equal(await run.result({ kind: "fireTimer", seq: 2 }), "done CancelledError");
  });

  test("a handler's wait does not take the cancellation from the main function", async () => {
    const run = new TestRun(functions);
    await run.commands(start("cancelledBesideHandler"), signalJob("wait"));
    assert.deepEqual(kinds(await run.commands(cancelJob)), ["cancelTimer"]);
    assert.equal(await run.result(completed(1, "done")), "handler CancelledError,main CancelledError");
  });

  test("a cancellation that comes with the start is there before the first line", async () => {
    const commands = await new TestRun(functions).commands(start("cancelled", ["rethrow"]), cancelJob);
    assert.deepEqual(kinds(commands), ["cancelWorkflow"]);
  });

  test("only the first request counts", async () => {
    const run = new TestRun(functions);
    await run.commands(start("cancelled", ["clean"]));
    await run.commands(cancelJob);
    assert.deepEqual(await run.commands({ kind: "cancelWorkflow", reason: "again" }), []);
  });

  test("a scope cancels what is in it, not what is shielded or outside", async () => {
    const run = new TestRun(functions);
    assert.equal((await run.commands(start("scopes"))).length, 5);
    assert.deepEqual(await run.commands({ kind: "fireTimer", seq: 5 }), [
      { kind: "cancelTimer", seq: 1 },
      { kind: "cancelTimer", seq: 2 },
    ]);
    assert.deepEqual(
      await run.result({ kind: "fireTimer", seq: 3 }, { kind: "fireTimer", seq: 4 }),
      [
        "aborted CancelledError",
        "own CancelledError",
        "nested CancelledError",
        "outside fired",
        "shielded fired",
      ],
    );
  });

  test("the time-out of a scope cancels its content and rejects with TimeoutError", async () => {
    const run = new TestRun(functions);
    assert.deepEqual(await run.commands(start("scopeTimeout")), [
      { kind: "startTimer", seq: 1, duration: 60_000 },
      { kind: "cancelTimer", seq: 1 },
      { kind: "startTimer", seq: 2, duration: 5_000, metadata: { summary: encode("limit") } },
      { kind: "startTimer", seq: 3, duration: 3_600_000 },
    ]);
    const commands = await run.commands({ kind: "fireTimer", seq: 2 });
    assert.deepEqual(kinds(commands), ["cancelTimer", "completeWorkflow"]);
    assert.deepEqual(commands[0], { kind: "cancelTimer", seq: 3 });
    assert.ok(commands[1].kind === "completeWorkflow");
    assert.deepEqual(decode(commands[1].result), ["in time", "TimeoutError true true"]);
  });

  test("an AbortSignal cancels a wait", async () => {
    const run = new TestRun(functions);
    assert.equal((await run.commands(start("signals"))).length, 3);
    const commands = await run.commands({ kind: "fireTimer", seq: 2 });
    assert.deepEqual(kinds(commands), ["cancelTimer", "requestCancelActivity"]);
    const failure = {
      message: "Activity cancelled",
      source: "",
      stackTrace: "",
      failureInfo: { case: "activityFailureInfo", value: {} },
      cause: { message: "asked", source: "", stackTrace: "", failureInfo: { case: "canceledFailureInfo", value: {} } },
    };
    const next = await run.commands({ kind: "resolveActivity", seq: 1, resolution: { status: "cancelled", failure } });
    assert.deepEqual(next, [
      { kind: "startTimer", seq: 3, duration: 20 },
      { kind: "startTimer", seq: 4, duration: 3_600_000 },
    ]);
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 3 }), [
      "CancelledError: because",
      "CancelledError: because",
      "ActivityError: asked",
      "at once CancelledError",
      "TimeoutError",
    ]);
  });
});

describe("what a run tells", () => {
  test("logs carry ids and are silent in replay, except from queries", async () => {
    const { lines } = functions;
    lines.length = 0;
    const run = new TestRun(functions);
    run.isReplaying = true;
    await run.commands(start("logs"));
    assert.equal(lines.length, 0);
    const live = new TestRun(functions, "run-2");
    await live.commands(start("logs"));
    assert.deepEqual(lines.map(({ level, message }) => `${level} ${message}`), [
      "info through the logger",
      "info through the console { a: 1 }",
    ]);
    assert.deepEqual(lines[0].attributes, {
      namespace: "default",
      taskQueue: "queue-1",
      workflowId: "workflow-1",
      workflowType: "logs",
      attempt: 1,
      runId: "run-2",
      more: 1,
    });
    live.isReplaying = true;
    await live.query("log");
    assert.equal(lines.at(-1)?.message, "from a query");
  });

  test("info is what the start and the activation say", async () => {
    const more = {
      memo: { note: encode("n") },
      searchAttributes: {
        Customer: { ...encode("c-1"), metadata: { ...encode("").metadata, type: bytes("Keyword") } },
      },
    };
    assert.deepEqual(await new TestRun(functions).result(start("about", [], more)), {
      id: "workflow-1",
      runId: "run-1",
      type: "about",
      started: new Date(startTime).toISOString(),
      accepted: true,
      length: 3,
      buildId: "build-1",
      plain: true,
      customer: { Customer: "c-1" },
      inWorkflow: true,
      time: startTime,
      ns: "1700000000000250000",
      now: Math.floor(startTime),
      missing: true,
    });
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
