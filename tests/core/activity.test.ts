import assert from "node:assert/strict";
import { test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { activityTable } from "../../src/core/activity.ts";
import { RetryState } from "../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import type { ActivityResolution, ScheduleActivity } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelActivity,
  commandNames,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  type Played,
  scheduleActivity,
  script,
} from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

type CancellationType = ScheduleActivity["cancellationType"];

/** A run with an activity that the server has scheduled, and its history up to there. */
function scheduled(cancellationType: CancellationType = "TRY_CANCEL") {
  const run = createRun();
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  play(run, createTask(history.events), script([scheduleActivity(1, { cancellationType })]));
  history.taskCompleted();
  return { run, history, id: history.activityScheduled("1") };
}

/** The same after a signal upon which the code cancels the activity, once or more often. */
function cancelled(cancellationType: CancellationType, { isStarted = false, times = 1 } = {}) {
  const { run, history, id } = scheduled(cancellationType);
  const started = isStarted ? history.activityStarted(id) : 0;
  history.signal("stop");
  history.openTask();
  const cancels = Array.from({ length: times }, () => cancelActivity(1));
  const played = play(run, createTask(history.events), script(cancels));
  history.taskCompleted();
  return { run, history, id, started, played };
}

function resolutionOf(played: Played): ActivityResolution {
  return findJob(played, "resolveActivity").resolution;
}

/** The failure, around which the activity's identity is checked. */
function failureOf(played: Played, ids: { scheduledEventId: number; startedEventId: number }, retryState: RetryState) {
  const resolution = resolutionOf(played);
  assert.ok(resolution.status !== "completed");
  const { failureInfo, message, cause } = resolution.failure;
  assert.equal(failureInfo?.case, "activityFailureInfo");
  const { identity, ...info } = failureInfo.value as { identity: string };
  assert.deepEqual(info, {
    scheduledEventId: BigInt(ids.scheduledEventId),
    startedEventId: BigInt(ids.startedEventId),
    activityType: { name: "activity" },
    activityId: "1",
    retryState,
  });
  return { message, cause, identity, status: resolution.status };
}

describeMachine(activityTable, () => {
  test("is scheduled as its options say, what is unset left out", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const command = scheduleActivity(1, {
      args: [payload("a")],
      headers: { trace: payload("t") },
      startToCloseTimeout: undefined,
      scheduleToCloseTimeout: 90_500,
      retryPolicy: { initialInterval: "2s", maximumAttempts: 3 },
      priority: { priorityKey: 2 },
      metadata: { summary: payload("sum") },
    });
    const { answer } = play(createRun(), createTask(history.events), script([command]));
    const [{ attributes, userMetadata }] = answer.commands;
    assert.equal(attributes.case, "scheduleActivityTaskCommandAttributes");
    const value = attributes.value;
    assert.equal(value.activityId, "1");
    assert.equal(value.activityType?.name, "activity");
    assert.equal(value.taskQueue?.name, "queue");
    assert.deepEqual(value.input?.payloads[0].data, payload("a").data);
    assert.deepEqual(value.header?.fields.trace.data, payload("t").data);
    assert.equal(value.startToCloseTimeout, undefined);
    assert.equal(value.heartbeatTimeout, undefined);
    assert.equal(value.scheduleToCloseTimeout?.seconds, 90n);
    assert.equal(value.scheduleToCloseTimeout?.nanos, 500_000_000);
    assert.equal(value.retryPolicy?.initialInterval?.seconds, 2n);
    assert.equal(value.retryPolicy?.maximumInterval, undefined);
    assert.equal(value.retryPolicy?.maximumAttempts, 3);
    assert.equal(value.priority?.priorityKey, 2);
    assert.equal(value.requestEagerExecution, false);
    assert.equal(value.useWorkflowBuildId, true);
    assert.deepEqual(userMetadata?.summary?.data, payload("sum").data);
  });

  test("asks to be handed out at once only where the worker wants that, on its own queue, unless told not to", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const program = script([
      scheduleActivity(1),
      scheduleActivity(2, { taskQueue: "other" }),
      scheduleActivity(3, { disableEagerExecution: true }),
      scheduleActivity(4, { taskQueue: "other", versioningIntent: "COMPATIBLE" }),
      scheduleActivity(5, { versioningIntent: "DEFAULT" }),
    ]);
    const { answer } = play(createRun({ requestEagerActivities: true }), createTask(history.events), program);
    const values = answer.commands.map(({ attributes }) => {
      assert.equal(attributes.case, "scheduleActivityTaskCommandAttributes");
      return [attributes.value.requestEagerExecution, attributes.value.useWorkflowBuildId];
    });
    assert.deepEqual(values, [[true, true], [false, false], [false, true], [false, true], [true, false]]);
  });

  test("completes with its first payload, or none", () => {
    for (const result of ["done", undefined]) {
      const { run, history, id } = scheduled();
      history.activityCompleted(id, history.activityStarted(id), result);
      history.openTask();
      const played = play(run, createTask(history.events), script());
      const resolution = resolutionOf(played);
      assert.equal(resolution.status, "completed");
      assert.deepEqual(resolution.result?.data, result && payload(result).data);
    }
  });

  test("fails with the real failure wrapped", () => {
    const { run, history, id } = scheduled();
    const started = history.activityStarted(id);
    history.activityFailed(id, started);
    history.openTask();
    const played = play(run, createTask(history.events), script([cancelActivity(1)]));
    const ids = { scheduledEventId: id, startedEventId: started };
    const { message, cause, identity, status } = failureOf(played, ids, RetryState.MAXIMUM_ATTEMPTS_REACHED);
    assert.equal(status, "failed");
    assert.equal(message, "Activity task failed");
    assert.equal(identity, "worker");
    assert.equal(cause?.message, "boom");
    assert.deepEqual(played.answer.commands, [], "what is over is not cancelled");
  });

  test("trap 10: times out with and without having started", () => {
    for (const isStarted of [true, false]) {
      const { run, history, id } = scheduled();
      const started = isStarted ? history.activityStarted(id) : 0;
      history.activityTimedOut(id, started);
      history.openTask();
      const played = play(run, createTask(history.events), script());
      const ids = { scheduledEventId: id, startedEventId: started };
      const { message, cause, status } = failureOf(played, ids, RetryState.TIMEOUT);
      assert.equal(status, "failed");
      assert.equal(message, "Activity task timed out");
      assert.equal(cause?.failureInfo?.case, "timeoutFailureInfo");
    }
  });

  test("CANC-09 CANC-10 cancelled before it was sent, sends nothing and resolves in a second activation", () => {
    for (const cancellationType of ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const) {
      const run = createRun();
      const history = new HistoryBuilder();
      history.start();
      history.openTask();
      const program = script(
        [scheduleActivity(1, { cancellationType }), scheduleActivity(2), cancelActivity(1), cancelActivity(1)],
        [scheduleActivity(3)],
      );
      const played = play(run, createTask(history.events), program);
      assert.deepEqual(jobKinds(played), [["initialize"], ["resolveActivity"]]);
      const { status, message, cause } = failureOf(
        played,
        { scheduledEventId: 0, startedEventId: 0 },
        RetryState.CANCEL_REQUESTED,
      );
      assert.deepEqual([status, message], ["cancelled", "Activity cancelled"]);
      assert.equal(cause?.failureInfo?.case, "canceledFailureInfo");
      const ids = played.answer.commands.map(({ attributes }) =>
        attributes.case === "scheduleActivityTaskCommandAttributes" && attributes.value.activityId
      );
      assert.deepEqual(ids, ["2", "3"]);
    }
  });

  test("trap 9: with TRY_CANCEL asks the server and resolves at once; whatever follows is swallowed", () => {
    const endings: ((history: HistoryBuilder, id: number, started: number) => void)[] = [
      (history, id, started) => history.activityCompleted(id, started, "late"),
      (history, id, started) => history.activityFailed(id, started),
      (history, id, started) => history.activityTimedOut(id, started),
      (history, id, started) => history.activityCancelled(id, started),
    ];
    for (const isStarted of [true, false]) {
      for (const end of endings) {
        const { run, history, id, played, started } = cancelled("TRY_CANCEL", { isStarted, times: 2 });
        assert.deepEqual(jobKinds(played), [["signalWorkflow"], ["resolveActivity"]]);
        const ids = { scheduledEventId: id, startedEventId: started };
        assert.equal(failureOf(played, ids, RetryState.CANCEL_REQUESTED).status, "cancelled");
        assert.deepEqual(commandNames(played.answer), ["REQUEST_CANCEL_ACTIVITY_TASK"]);
        const [{ attributes }] = played.answer.commands;
        assert.equal(attributes.case, "requestCancelActivityTaskCommandAttributes");
        assert.equal(attributes.value.scheduledEventId, BigInt(id));

        history.activityCancelRequested(id);
        history.signal("next");
        history.openTask();
        play(run, createTask(history.events), script([cancelActivity(1)]));
        history.taskCompleted();
        end(history, id, started || history.activityStarted(id));
        history.signal("last");
        history.openTask();
        const last = play(run, createTask(history.events), script([cancelActivity(1)]));
        assert.deepEqual(jobKinds(last), [["signalWorkflow"]]);
        assert.deepEqual(last.answer.commands, []);
      }
    }
  });

  test("with WAIT_CANCELLATION_COMPLETED resolves with whatever closes it", () => {
    const endings: [string, (history: HistoryBuilder, id: number, started: number) => void][] = [
      ["completed", (history, id, started) => history.activityCompleted(id, started, "late")],
      ["failed", (history, id, started) => history.activityFailed(id, started)],
      ["failed", (history, id, started) => history.activityTimedOut(id, started)],
      ["cancelled", (history, id, started) => history.activityCancelled(id, started)],
    ];
    for (const isStarted of [true, false]) {
      for (const [status, end] of endings) {
        const { run, history, id, played, started } = cancelled("WAIT_CANCELLATION_COMPLETED", { isStarted, times: 2 });
        assert.deepEqual(jobKinds(played), [["signalWorkflow"]]);
        assert.deepEqual(commandNames(played.answer), ["REQUEST_CANCEL_ACTIVITY_TASK"]);
        history.activityCancelRequested(id);
        history.signal("again");
        history.openTask();
        const again = play(run, createTask(history.events), script([cancelActivity(1)]));
        assert.deepEqual(again.answer.commands, [], "one request is enough");
        history.taskCompleted();
        end(history, id, started || history.activityStarted(id));
        history.openTask();
        assert.equal(resolutionOf(play(run, createTask(history.events), script())).status, status);
      }
    }
  });

  test("cancelled by its worker, reports the details", () => {
    const { run, history, id } = cancelled("WAIT_CANCELLATION_COMPLETED");
    history.activityCancelRequested(id);
    const started = history.activityStarted(id);
    history.activityCancelled(id, started);
    history.openTask();
    const played = play(run, createTask(history.events), script());
    const ids = { scheduledEventId: id, startedEventId: started };
    const { cause, identity } = failureOf(played, ids, RetryState.CANCEL_REQUESTED);
    assert.equal(identity, "worker");
    const details = cause?.failureInfo?.value as { details: { payloads: { data: Uint8Array }[] } };
    assert.deepEqual(details.details.payloads[0].data, payload("details").data);
  });

  test("with ABANDON resolves without a word to the server, and swallows its end", () => {
    for (const isStarted of [true, false]) {
      const { run, history, id, played, started } = cancelled("ABANDON", { isStarted, times: 2 });
      assert.deepEqual(jobKinds(played), [["signalWorkflow"], ["resolveActivity"]]);
      assert.deepEqual(played.answer.commands, []);
      history.activityFailed(id, started || history.activityStarted(id));
      history.signal("next");
      history.openTask();
      assert.deepEqual(jobKinds(play(run, createTask(history.events), script())), [["signalWorkflow"]]);
    }
  });

  test("ignores every kind of cancellation where one is on its way or it is over", () => {
    for (const state of ["cancelling", "cancelRequested", "detaching", "detached", "closed", "dropped"] as const) {
      for (const trigger of ["tryCancel", "waitCancel", "abandon"] as const) {
        const activity = { state };
        assert.equal(activityTable.fire(activity as never, trigger, undefined), true);
        assert.equal(activity.state, state);
      }
    }
  });

  test("must have the id and type of the history, in the last sequence even without the flag", () => {
    for (const more of [{ activityType: "other" }, { activityId: "other" }]) {
      const history = new HistoryBuilder();
      history.start();
      history.fullTask([]);
      history.activityScheduled("1");
      history.signal("go");
      history.openTask();
      const run = createRun();
      assert.throws(
        () => play(run, createTask(history.events), script([scheduleActivity(1, more)])),
        (error: NondeterminismError) => {
          const { activityId = "1", activityType = "activity" } = more as Partial<ScheduleActivity>;
          assert.ok(error instanceof NondeterminismError);
          assert.equal(error.eventId, 5);
          assert.equal(error.expected, 'ACTIVITY_TASK_SCHEDULED (activity "1" of type activity)');
          assert.equal(error.found, `SCHEDULE_ACTIVITY_TASK (activity "${activityId}" of type ${activityType})`);
          return true;
        },
      );
    }
  });

  test("must have the id and type of the history in any sequence with the flag", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask([1]);
    history.activityScheduled("1");
    history.signal("go");
    history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const run = createRun();
    run.begin(createTask(history.events));
    run.next();
    const commands = [scheduleActivity(1, { activityType: "other" })];
    assert.throws(() => run.accept({ kind: "successful", commands, usedFlags: [] }), NondeterminismError);
  });

  test("is not checked for id and type in a history from before the flag", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask([]);
    const id = history.activityScheduled("1");
    history.activityCompleted(id, history.activityStarted(id));
    history.fullTask([]);
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const program = script([scheduleActivity(1, { activityType: "other" })], [{
      kind: "startTimer",
      seq: 1,
      duration: 1,
    }]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(jobKinds(played), [["initialize"], ["resolveActivity"], ["signalWorkflow"]]);
  });
});
