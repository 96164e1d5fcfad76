import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelledFailure, localActivityTable, type LocalOutcome } from "../../src/core/local_activity.ts";
import type { Activation, Command } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelActivity,
  cancelLocal,
  commandNames,
  createRun,
  createTask,
  play,
  scheduleActivity,
  scheduleLocal,
  script,
  startTimer,
} from "./driver.ts";
import { failure, firstEventTime, payload } from "./history_builder.ts";
import {
  cancelled,
  checkReplay,
  clock,
  completeTask,
  live,
  markerOf,
  resolutionOf,
  started,
  startedHistory,
  told,
} from "./local_driver.ts";

const kinds = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;

describeMachine(localActivityTable, () => {
  test("runs in the worker, and a marker records its result", () => {
    const history = startedHistory();
    const run = createRun();
    const command = scheduleLocal(3, {
      activityId: "mine",
      activityType: "greet",
      metadata: { summary: payload("hi") },
    });
    const program = () => script([command], [startTimer(1)]);
    const { activations, answer, works } = live(run, createTask(history.events), program(), [[3, {
      result: payload("hello"),
      runtime: 1234.5,
    }]]);
    assert.deepEqual(works[0], { start: [{ command, originalScheduleTime: clock }], cancel: [] });
    assert.deepEqual(told(activations), ["initialize", "3 completed"]);
    assert.deepEqual(resolutionOf(activations, 3), { status: "completed", result: payload("hello") });
    assert.deepEqual(commandNames(answer), ["RECORD_MARKER", "START_TIMER"]);
    const [marker] = answer.commands;
    assert.equal(marker.attributes.case, "recordMarkerCommandAttributes");
    assert.equal(marker.attributes.value.markerName, "core_local_activity");
    assert.equal(
      new TextDecoder().decode(marker.attributes.value.details.data.payloads[0].data),
      '{"seq":3,"attempt":1,"activity_id":"mine","activity_type":"greet",' +
        '"complete_time":{"seconds":1700000003,"nanos":234500000},"backoff":null,' +
        '"original_schedule_time":{"seconds":1800000000,"nanos":250000000}}',
    );
    assert.deepEqual(marker.attributes.value.details.result.payloads[0].data, payload("hello").data);
    assert.deepEqual(marker.userMetadata?.summary?.data, payload("hi").data);
    assert.equal(activations[1].time, firstEventTime + 2000 + 1234.5, "time goes on by what it took");
    assert.equal(answer.forceNewTask, false);

    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    const second = play(run, createTask(history.events), script());
    assert.deepEqual(told(second.activations), ["signalWorkflow"]);
    checkReplay(history, program(), [...activations, ...second.activations]);
  });

  test("fails, times out, backs off: the code hears the same live and in replay", () => {
    const history = startedHistory();
    const commands = [1, 2, 3, 4].map((seq) => scheduleLocal(seq));
    const timeout = {
      ...failure("Activity timed out"),
      failureInfo: { case: "timeoutFailureInfo", value: { timeoutType: 1 } },
    };
    const inner = { ...failure("outer"), cause: cancelledFailure() };
    const { activations, answer } = live(createRun(), createTask(history.events), script(commands), [
      [2, { failure: failure("boom"), attempt: 3 }],
      [1, { failure: timeout, runtime: 1.1 }],
      [4, { failure: inner }],
      [3, { failure: failure("again"), backoff: 90_000.5, attempt: 2 }],
    ]);
    assert.deepEqual(told(activations), ["initialize", "2 failed", "1 failed", "4 cancelled", "3 backoff"]);
    assert.deepEqual(resolutionOf(activations, 2), { status: "failed", failure: failure("boom") });
    const { failure: wrapped } = resolutionOf(activations, 1) as { failure: { message: string; cause: unknown } };
    assert.deepEqual([wrapped.message, wrapped.cause], ["Local Activity timed out", timeout]);
    assert.deepEqual(resolutionOf(activations, 4), { status: "cancelled", failure: inner });
    assert.deepEqual(resolutionOf(activations, 3), {
      status: "backoff",
      attempt: 3,
      backoff: 90_000.5,
      originalScheduleTime: clock,
    });
    assert.deepEqual(markerOf(answer.commands[3]).backoff, { seconds: 90, nanos: 500_000 });

    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    checkReplay(history, script(commands), activations);
  });

  test("cancelled by the commands that ask for it, never runs; its marker says so", () => {
    const history = startedHistory();
    const commands: Command[] = kinds.flatMap((cancellationType, i) => [
      scheduleLocal(i + 1, { cancellationType }),
      cancelLocal(i + 1),
      cancelLocal(i + 1),
    ]);
    const { activations, answer, works } = live(createRun(), createTask(history.events), script(commands));
    assert.deepEqual([started(works), cancelled(works)], [[], []]);
    assert.deepEqual(told(activations), ["initialize", "1 cancelled 2 cancelled 3 cancelled"]);
    const times = answer.commands.map((command) => markerOf(command).complete_time);
    assert.deepEqual(times, [null, { seconds: 1_700_000_002, nanos: 0 }, null]);
    assert.deepEqual([answer.forceNewTask, commandNames(answer)[2]], [false, "RECORD_MARKER"]);
    const { failure } = resolutionOf(activations, 1) as { failure: { message: string; cause: unknown } };
    assert.equal(failure.message, "Local Activity cancelled");
    assert.deepEqual(failure.cause, cancelledFailure());

    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    checkReplay(history, script(commands), activations);
  });

  test("TRY_CANCEL and ABANDON resolve at once, and what the activity says then is not heard", () => {
    for (const cancellationType of ["TRY_CANCEL", "ABANDON"] as const) {
      const history = startedHistory();
      const program = () =>
        script([scheduleLocal(1, { cancellationType }), scheduleLocal(2)], [cancelLocal(1), cancelLocal(1)]);
      const run = createRun();
      const { activations, answer, works } = live(run, createTask(history.events), program(), [[2, {}]]);
      assert.deepEqual(told(activations), ["initialize", "2 completed", "1 cancelled"]);
      assert.deepEqual(cancelled(works), cancellationType === "ABANDON" ? [] : [1]);
      assert.equal(answer.forceNewTask, false, "nothing is awaited any more");
      assert.equal(markerOf(answer.commands[1]).complete_time, null);
      run.resolveLocal(1, { attempt: 1, runtime: 9000, result: payload("late") });

      completeTask(history, answer);
      history.signal("after");
      history.openTask();
      const second = live(run, createTask(history.events), script([cancelLocal(1)]));
      assert.deepEqual(told(second.activations), ["signalWorkflow"]);
      checkReplay(history, program(), [...activations, ...second.activations]);
    }
  });

  test("WAIT_CANCELLATION_COMPLETED waits for what the activity says", () => {
    const history = startedHistory();
    const wait = { cancellationType: "WAIT_CANCELLATION_COMPLETED" } as const;
    const program = () => script([scheduleLocal(1, wait), scheduleLocal(2)], [cancelLocal(1), cancelLocal(1)]);
    const { activations, answer, works } = live(createRun(), createTask(history.events), program(), [
      [2, {}],
      [1, { result: payload("did it all the same") }],
    ]);
    assert.deepEqual(told(activations), ["initialize", "2 completed", "1 completed"]);
    assert.deepEqual(new Set(cancelled(works)), new Set([1]));
    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    checkReplay(history, program(), activations);
  });

  test("is told of cancellation before the worker has got it, and is not given to the worker then", () => {
    const wait = { cancellationType: "WAIT_CANCELLATION_COMPLETED" } as const;
    const abandon = { cancellationType: "ABANDON" } as const;
    const history = startedHistory();
    const program = () =>
      script(
        [scheduleActivity(4), cancelActivity(4), scheduleLocal(1, wait), scheduleLocal(2), scheduleLocal(3, abandon)],
        [cancelLocal(1), cancelLocal(2), cancelLocal(3)],
      );
    const { activations, answer, works } = live(createRun(), createTask(history.events), program());
    assert.deepEqual(told(activations), ["initialize", "resolveActivity", "2 cancelled 3 cancelled", "1 cancelled"]);
    assert.deepEqual([started(works), cancelled(works)], [[], []]);
    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    checkReplay(history, program(), activations);
  });

  test("runs where replay ends without its marker, and is cancelled in replay as it was live", () => {
    const history = startedHistory();
    const program = () => script([scheduleLocal(1), scheduleLocal(2)], [cancelLocal(2)], [cancelLocal(2)]);
    const heartbeat = live(createRun(), createTask(history.events), program());
    assert.equal(heartbeat.answer.forceNewTask, true);
    completeTask(history, heartbeat.answer);
    history.signal("meanwhile");
    history.openTask();
    const { activations, works } = live(createRun(), createTask(history.events), program(), [[1, {}]]);
    assert.deepEqual(told(activations), ["initialize", "signalWorkflow", "2 cancelled", "1 completed"]);
    assert.deepEqual(started(works), [1], "2 was cancelled before the worker got it");
  });

  test("waits for its marker as long as the history goes on", () => {
    const history = startedHistory();
    const wait = { cancellationType: "WAIT_CANCELLATION_COMPLETED" } as const;
    const program = () => script([scheduleLocal(1, wait), scheduleLocal(2)], [startTimer(1)], [cancelLocal(1)]);
    const run = createRun();
    const shared = program();
    const seen: Activation[] = [];
    for (const outcomes of [[], [], [[1, { failure: cancelledFailure() }]]] as [number, Partial<LocalOutcome>][][]) {
      const { activations, answer } = live(run, createTask(history.events), shared, outcomes);
      assert.equal(answer.forceNewTask, true);
      seen.push(...activations);
      completeTask(history, answer);
      history.signal("meanwhile");
      history.openTask();
    }
    checkReplay(history, program(), seen, [2]);
  });

  test("ignores cancellations while nothing but its marker can end it, and once it has ended", () => {
    for (const state of ["waiting", "resolved", "recording"] as const) {
      for (const trigger of ["tryCancel", "waitCancel", "abandon"] as const) {
        const activity = { state };
        assert.equal(localActivityTable.fire(activity as never, trigger, undefined), true);
        assert.equal(activity.state, state);
      }
    }
  });
});
