import assert from "node:assert/strict";
import { test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { timerTable } from "../../src/core/timer.ts";
import { describeMachine } from "./coverage.ts";
import { cancelTimer, commandNames, createRun, createTask, jobKinds, play, script, startTimer } from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

function startedHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  return history;
}

describeMachine(timerTable, () => {
  test("starts and fires", () => {
    const run = createRun();
    const history = startedHistory();
    const { answer } = play(
      run,
      createTask(history.events),
      script([{ kind: "startTimer", seq: 7, duration: 1500, metadata: { summary: payload("nap") } }]),
    );
    const [command] = answer.commands;
    assert.deepEqual(commandNames(answer), ["START_TIMER"]);
    assert.equal(command.attributes.case, "startTimerCommandAttributes");
    assert.equal(command.attributes.value.timerId, "7");
    assert.equal(command.attributes.value.startToFireTimeout?.seconds, 1n);
    assert.equal(command.attributes.value.startToFireTimeout?.nanos, 500_000_000);
    assert.deepEqual(command.userMetadata?.summary?.data, payload("nap").data);

    history.taskCompleted();
    history.timerFired("7", history.timerStarted("7"));
    history.openTask();
    const second = play(run, createTask(history.events), script([cancelTimer(7)]));
    assert.deepEqual(second.activations[0].jobs, [{ kind: "fireTimer", seq: 7 }]);
    assert.deepEqual(second.answer.commands, [], "a timer that fired is not cancelled any more");
  });

  test("cancelled in the task that made it, sends nothing", () => {
    const run = createRun();
    const history = startedHistory();
    const program = script([startTimer(1), startTimer(2), cancelTimer(1), cancelTimer(1)]);
    const { answer } = play(run, createTask(history.events), program);
    assert.deepEqual(commandNames(answer), ["START_TIMER"]);

    history.taskCompleted();
    history.timerFired("2", history.timerStarted("2"));
    history.openTask();
    const second = play(run, createTask(history.events), script());
    assert.deepEqual(second.activations[0].jobs, [{ kind: "fireTimer", seq: 2 }]);
  });

  test("is cancelled once, and its cancellation takes a command from the queue", () => {
    const run = createRun();
    const history = startedHistory();
    play(run, createTask(history.events), script([startTimer(1)]));
    history.taskCompleted();
    const started = history.timerStarted("1");
    history.signal("stop");
    history.openTask();
    const second = play(run, createTask(history.events), script([cancelTimer(1), cancelTimer(1), startTimer(2)]));
    assert.deepEqual(commandNames(second.answer), ["CANCEL_TIMER", "START_TIMER"]);

    history.taskCompleted();
    history.timerCancelled("1", started);
    history.timerStarted("2");
    history.signal("again");
    history.openTask();
    const third = play(run, createTask(history.events), script([cancelTimer(1)]));
    assert.deepEqual(jobKinds(third), [["signalWorkflow"]]);
    assert.deepEqual(third.answer.commands, []);
  });

  test("ignores cancellations in every state in which it is over", () => {
    const states = ["fired", "cancelled", "dropped"] as const;
    for (const state of states) {
      const timer = { state };
      assert.equal(timerTable.fire(timer as never, "cancel", undefined), true);
      assert.equal(timer.state, state);
    }
  });

  test("fires only under its own id", () => {
    const run = createRun();
    const history = startedHistory();
    play(run, createTask(history.events), script([startTimer(1)]));
    history.taskCompleted();
    history.timerFired("2", history.timerStarted("1"));
    history.openTask();
    assert.throws(() => run.begin(createTask(history.events)), (error: NondeterminismError) => {
      assert.ok(error instanceof NondeterminismError);
      assert.equal(error.eventId, 6);
      assert.equal(error.expected, 'TIMER_FIRED (timer "2")');
      assert.equal(error.found, 'timer "1" running');
      return true;
    });
  });

  test("cannot fire in a history whose code has cancelled it", () => {
    const history = startedHistory();
    history.taskCompleted();
    const started = history.timerStarted("1");
    history.signal("stop");
    history.fullTask();
    history.timerFired("1", started);
    history.openTask();
    const run = createRun();
    assert.throws(
      () => play(run, createTask(history.events), script([startTimer(1)], [cancelTimer(1)])),
      (error: NondeterminismError) => {
        assert.equal(error.expected, 'TIMER_FIRED (timer "1")');
        assert.equal(error.found, 'timer "1" cancelling');
        return true;
      },
    );
  });

  test("cannot be cancelled if it was never started", () => {
    const history = startedHistory();
    assert.throws(
      () => play(createRun(), createTask(history.events), script([cancelTimer(3)])),
      new NondeterminismError("the workflow code cancels timer 3, which it never started"),
    );
  });
});
