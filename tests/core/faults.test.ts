import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { HistoryError } from "../../src/core/errors.ts";
import type { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import {
  cancelTimer,
  completeWorkflow,
  createRun,
  createTask,
  jobKinds,
  play,
  scheduleActivity,
  script,
  startTimer,
} from "./driver.ts";
import { HistoryBuilder } from "./history_builder.ts";

function startedHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  return history;
}

/** Three tasks: a timer that fired, an activity and a timer that run. */
function longHistory(): HistoryBuilder {
  const history = startedHistory();
  history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 2, 3] } });
  history.timerFired("1", history.timerStarted("1"));
  history.fullTask();
  history.activityScheduled("1");
  history.timerStarted("2");
  history.signal("go");
  history.openTask();
  return history;
}

const longProgram = () => script([startTimer(1)], [scheduleActivity(1), startTimer(2)], [completeWorkflow]);

describe("nondeterminism", () => {
  function errorOf(work: () => unknown): NondeterminismError {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof NondeterminismError, String(error));
      return error;
    }
    throw new Error("nothing was thrown");
  }

  test("names the event, what the history has and what the code did", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const error = errorOf(() => play(createRun(), createTask(history.events), script([scheduleActivity(4)])));
    assert.equal(error.eventId, 5);
    assert.equal(error.expected, 'TIMER_STARTED (timer "1")');
    assert.equal(error.found, 'SCHEDULE_ACTIVITY_TASK (activity "4" of type activity)');
    assert.equal(
      error.message,
      'event 5 is TIMER_STARTED (timer "1"), but the workflow code has SCHEDULE_ACTIVITY_TASK (activity "4" of type ' +
        "activity) there; restore the code this run started with, or guard the change with workflow.patched()",
    );
  });

  test("is a command missing, or cancelled before it was sent", () => {
    for (const commands of [[], [startTimer(1), cancelTimer(1)]]) {
      const history = startedHistory();
      history.taskCompleted();
      history.timerStarted("1");
      history.signal("go");
      history.openTask();
      const error = errorOf(() => play(createRun(), createTask(history.events), script(commands)));
      assert.deepEqual([error.eventId, error.found], [5, "no command"]);
    }
  });

  test("is an end of the workflow that the code does not reach", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.completed();
    const error = errorOf(() => play(createRun(), createTask(history.events), script([])));
    assert.deepEqual([error.eventId, error.expected, error.found], [5, "WORKFLOW_EXECUTION_COMPLETED", "no command"]);
  });

  test("is an event about something that was never begun", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerFired("1", 4);
    history.openTask();
    const error = errorOf(() => play(createRun(), createTask(history.events), script([])));
    assert.equal(error.found, "nothing that waits for what event 4 began");
  });

  test("is a second command of another kind in the place of the first", () => {
    const history = startedHistory();
    history.taskCompleted();
    const timer = history.timerStarted("1");
    history.timerCancelled("1", timer);
    history.signal("go");
    history.openTask();
    const error = errorOf(() => play(createRun(), createTask(history.events), script([startTimer(1), startTimer(2)])));
    assert.deepEqual([error.expected, error.found], ['TIMER_CANCELED (timer "1")', 'START_TIMER (timer "2")']);
  });
});

describe("a history that cannot be right", () => {
  test("has a gap, or an event twice", () => {
    for (const order of [[0, 2], [0, 1, 1, 2]]) {
      const { events } = startedHistory();
      assert.throws(
        () => createRun().begin({ ...createTask(events), events: order.map((index) => events[index]) }),
        (error: Error) =>
          error instanceof HistoryError && /follows event \d: the history is not contiguous/.test(error.message),
      );
    }
  });

  test("begins after what the run has applied: a cache miss, after which the whole history does", () => {
    const history = longHistory();
    const run = createRun();
    const task = createTask(history.events, { events: history.events.slice(3) });
    assert.throws(
      () => run.begin(task),
      new HistoryError("the task's history begins at event 4, but this run needs event 1 next"),
    );
    assert.throws(
      () => run.begin({ ...task, events: [] }),
      new HistoryError("the task's history has no events, but this run needs event 1 next"),
    );
    assert.equal(play(run, createTask(history.events), longProgram()).activations.length, 3);
  });

  test("begins one event too late: a cache miss as well", () => {
    const history = longHistory();
    const run = createRun();
    play(run, createTask(history.events.slice(0, 3)), longProgram());
    assert.throws(
      () => run.begin(createTask(history.events, { events: history.events.slice(4) })),
      new HistoryError("the task's history begins at event 5, but this run needs event 4 next"),
    );
  });

  test("ends before the task that it belongs to", () => {
    const { events } = startedHistory();
    assert.throws(
      () => createRun().begin({ ...createTask(events), events: events.slice(0, 2) }),
      (error: Error) =>
        error instanceof HistoryError &&
        error.message === "the task's history ends at event 2, before event 3 that began it",
    );
  });

  test("may go over events that the run has applied", () => {
    const history = longHistory();
    const run = createRun();
    const program = longProgram();
    play(run, createTask(history.events.slice(0, 8)), program);
    const { activations } = play(run, createTask(history.events), program);
    assert.deepEqual(activations.map(({ historyLength, isReplaying }) => [historyLength, isReplaying]), [[14, false]]);
  });

  test("has an event of a kind this version does not support", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.add("markerRecordedEventAttributes", { markerName: "Version" });
    history.signal("go");
    history.openTask();
    assert.throws(
      () => play(createRun(), createTask(history.events), script()),
      new HistoryError("event 5 is MARKER_RECORDED (marker Version), which this version does not support"),
    );
  });

  test("trap 25: has an unknown event, unless workers may ignore it", () => {
    for (const workerMayIgnore of [true, false]) {
      const history = startedHistory();
      history.taskCompleted();
      history.signal("go");
      const event = history.events[history.signal("future") - 1];
      event.eventType = 999 as EventType;
      event.attributes = { case: undefined };
      event.workerMayIgnore = workerMayIgnore;
      history.openTask();
      const work = () => play(createRun(), createTask(history.events), script());
      if (workerMayIgnore) assert.deepEqual(jobKinds(work()), [["initialize"], ["signalWorkflow"]]);
      else assert.throws(work, new HistoryError("event 6 is type 999, which this version does not support"));
    }
  });

  test("has options updated while the run was open, which workers may ignore", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.add("workflowExecutionOptionsUpdatedEventAttributes", {}, { workerMayIgnore: true });
    history.signal("go");
    history.openTask();
    const played = play(createRun(), createTask(history.events), script());
    assert.deepEqual(jobKinds(played), [["initialize"], ["signalWorkflow"]]);
  });

  test("has events without attributes or time", () => {
    const bare = startedHistory();
    bare.events[1].attributes = { case: undefined };
    bare.events[2].attributes = { case: undefined };
    assert.throws(
      () => createRun().begin(createTask(bare.events)),
      /event 3, WORKFLOW_TASK_STARTED, has no attributes/,
    );
    const timeless = startedHistory();
    timeless.events[0].eventTime = undefined;
    assert.throws(() => createRun().begin(createTask(timeless.events)), /event 1, .*, has no time/);
  });
});
