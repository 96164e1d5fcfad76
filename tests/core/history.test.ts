import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findSequenceEnd, HistoryCursor } from "../../src/core/history.ts";
import { HistoryBuilder } from "./history_builder.ts";

/** Ids of the events with which the sequences of a whole history end. */
function findEnds({ events }: HistoryBuilder): number[] {
  const cursor = new HistoryCursor();
  cursor.load(events, 0);
  const ends: number[] = [];
  for (let sequence = cursor.take(); sequence; sequence = cursor.take()) {
    ends.push(Number(events[sequence.end - 1].eventId));
    assert.equal(sequence.isLast, sequence.end === events.length);
  }
  return ends;
}

describe("sequences of a history", () => {
  test("end with the start of a task", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    const timer = history.timerStarted("1");
    history.timerFired("1", timer);
    const second = history.fullTask();
    const last = history.completed();
    assert.deepEqual(findEnds(history), [first, second, last]);
  });

  test("go on over a task that failed or timed out", () => {
    for (const end of ["taskFailed", "taskTimedOut"] as const) {
      const history = new HistoryBuilder();
      history.start();
      history.openTask();
      history[end]();
      const first = history.fullTask();
      history.timerStarted("1");
      history.signal("go");
      history.openTask();
      history[end]();
      history.openTask();
      history[end]();
      const second = history.openTask();
      assert.deepEqual(findEnds(history), [first, second], end);
    }
  });

  test("go on over a task during which the workflow was ended from outside", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const last = history.terminated();
    assert.deepEqual(findEnds(history), [first, last]);
  });

  test("merge tasks that had no command and were followed by another at once", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    history.fullTask();
    const third = history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    const fourth = history.openTask();
    assert.deepEqual(findEnds(history), [third, fourth]);
  });

  test("do not merge a task without commands that came after commands", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    const second = history.fullTask();
    const third = history.openTask();
    assert.deepEqual(findEnds(history), [first, second, third]);
  });

  test("merge a task that took a signal and did nothing, if the next one followed at once", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.signal("one");
    history.fullTask();
    const third = history.openTask();
    assert.deepEqual(findEnds(history), [first, third]);
  });

  test("end before the task that brought an update, where that task would be merged", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.signal("one");
    const second = history.fullTask();
    const sequencedAt = history.taskScheduled();
    const third = history.taskStarted();
    history.taskCompleted();
    history.updateAccepted("u", sequencedAt);
    const last = history.lastId;
    assert.deepEqual(findEnds(history), [first, second, third, last]);
  });

  test("end before a task that brings an update now, as they will once it is accepted", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.signal("one");
    const second = history.fullTask();
    const sequencedAt = history.taskScheduled();
    const third = history.taskStarted();
    assert.equal(findSequenceEnd(history.events, first, BigInt(sequencedAt)), second - 1);
    assert.equal(findSequenceEnd(history.events, second, BigInt(sequencedAt)), third - 1);
    assert.equal(findSequenceEnd(history.events, first), third - 1);
  });

  test("do not end at a failed task before an update", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.signal("one");
    history.openTask();
    history.taskFailed();
    const sequencedAt = history.taskScheduled();
    const third = history.taskStarted();
    history.taskCompleted();
    history.updateAccepted("u", sequencedAt);
    assert.deepEqual(findEnds(history), [first, third, history.lastId]);
  });

  test("end with an event that ends the workflow", () => {
    const history = new HistoryBuilder();
    history.start();
    const last = history.terminated();
    assert.deepEqual(findEnds(history), [last]);
  });

  test("take all that is left at the end of the history", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    history.taskScheduled();
    assert.deepEqual(findEnds(history), [first, history.lastId]);
  });
});

describe("the cursor", () => {
  test("leaves out events up to one id and shows the next sequence beforehand", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const cursor = new HistoryCursor();
    cursor.load(history.events, first);
    const next = cursor.peek();
    assert.equal(next?.start, first);
    assert.equal(next?.end, history.events.length);
    assert.equal(cursor.take(), next);
    assert.equal(cursor.peek(), undefined);
    assert.equal(cursor.take(), undefined);
  });

  test("has nothing where all events are known", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const cursor = new HistoryCursor();
    cursor.load(history.events, 3);
    assert.equal(cursor.take(), undefined);
  });
});

describe("sequences of a run that recorded the stricter rules for empty tasks", () => {
  const begin = () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.strictTask();
    history.timerStarted("1");
    history.signal("go");
    const second = history.fullTask();
    return { history, first, second };
  };

  test("end with a task that had commands before it", () => {
    const { history, first, second } = begin();
    const third = history.openTask();
    assert.deepEqual(findEnds(history), [first, second, third]);
  });

  test("merge empty tasks that follow each other at once", () => {
    const { history, first, second } = begin();
    history.fullTask();
    const last = history.fullTask();
    history.signal("go");
    const open = history.openTask();
    assert.deepEqual(findEnds(history), [first, second, last, open]);
  });

  test("merge the last empty task, unless it brings an update", () => {
    const { history, first, second } = begin();
    const third = history.fullTask();
    const open = history.openTask();
    assert.deepEqual(findEnds(history), [first, second, open]);
    const cursor = new HistoryCursor();
    cursor.load(history.events, 0, BigInt(open - 1));
    const ends: number[] = [];
    for (let sequence = cursor.take(); sequence; sequence = cursor.take()) ends.push(sequence.end);
    assert.deepEqual(ends, [first, second, third, open]);
  });

  test("end before something came in, an update was accepted or a task failed", () => {
    const cases: ((history: HistoryBuilder) => number[])[] = [
      (history) => {
        history.taskScheduled();
        history.signal("meanwhile");
        return [history.taskStarted()];
      },
      (history) => {
        const task = history.fullTask();
        history.updateAccepted("u", task - 1);
        return [task, history.lastId];
      },
      (history) => {
        history.openTask();
        history.taskFailed();
        return [history.openTask()];
      },
    ];
    for (const write of cases) {
      const { history, first, second } = begin();
      const third = history.fullTask();
      const rest = write(history);
      assert.deepEqual(findEnds(history), [first, second, third, ...rest]);
    }
  });

  test("end with a task during which the workflow was ended from outside", () => {
    const { history, first, second } = begin();
    history.signal("go");
    const third = history.openTask();
    const last = history.terminated();
    assert.deepEqual(findEnds(history), [first, second, third, last]);
  });
});
