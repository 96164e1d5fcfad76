/**
 * Mistakes that engines for these histories have made before, each of which spans several machines. The others of
 * them are tested beside the machine or the part of the worker that they are about, under the same kind of title;
 * docs/parity.md lists all.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { randomSeedOf } from "../../src/core/random_seed.ts";
import type { Run } from "../../src/core/run.ts";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { Activation, Command } from "../../src/workflow/activation.ts";
import {
  cancelActivity,
  cancelChild,
  cancelSignal,
  cancelTimer,
  commandNames,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  scheduleActivity,
  scheduleLocal,
  script,
  signalExternal,
  startChild,
  startTimer,
} from "./driver.ts";
import { firstEventTime, HistoryBuilder, updateMessage } from "./history_builder.ts";

const patch = (patchId: string): Command => ({ kind: "setPatchMarker", patchId, deprecated: false });
const accept = (protocolInstanceId: string): Command => ({ kind: "updateAccepted", protocolInstanceId });

/** Has the code take in all that the run has for it. */
function drive(run: Run, ...answers: Command[][]): Activation[] {
  const activations: Activation[] = [];
  for (let activation = run.next(); activation; activation = run.next()) {
    activations.push(activation);
    run.accept({ kind: "successful", commands: answers.shift() ?? [], usedFlags: [] });
  }
  return activations;
}

test("trap 1: neither a try that came to nothing nor a heartbeat is a task of its own", () => {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  history.taskFailed();
  history.openTask();
  history.taskTimedOut();
  history.fullTask();
  const heartbeat = history.fullTask();
  history.timerStarted("1");
  history.signal("go");
  history.openTask();
  history.taskTimedOut();
  const last = history.openTask();
  const played = play(createRun(), createTask(history.events), script([startTimer(1)]));
  assert.deepEqual(jobKinds(played), [["initialize"], ["signalWorkflow"]]);
  assert.deepEqual(played.activations.map(({ historyLength }) => historyLength), [heartbeat, last]);
  const times = [heartbeat, last].map((eventId) => firstEventTime + (eventId - 1) * 1000);
  assert.deepEqual(played.activations.map(({ time }) => time), times);
});

test("trap 2: what the next sequence records is known in the one before: patches, updates, local activities, flags", () => {
  const history = new HistoryBuilder();
  history.start();
  const sequencedAt = history.taskScheduled();
  history.taskStarted();
  const commands = [patch("change"), accept("u"), scheduleLocal(1)];
  const live = createRun();
  live.begin(createTask(history.events, { messages: [updateMessage("u", sequencedAt)] }));
  drive(live, commands);
  assert.equal(live.takeLocalWork(0).start.length, 1);
  live.resolveLocal(1, { attempt: 1, runtime: 500 });
  drive(live);
  const { commands: sent } = live.finish();

  history.taskCompleted({
    sdkMetadata: { coreUsedFlags: [1, 2, 3], langUsedFlags: [7], sdkName: "temporal-anywhen", sdkVersion: "0" },
  });
  history.patchMarker("change");
  history.attributesUpserted({ TemporalChangeVersion: ["change"] });
  history.updateAccepted("u", sequencedAt);
  history.markerOf(sent.at(-1)!);
  history.signal("go");
  history.openTask();
  const run = createRun();
  const played = play(run, createTask(history.events), script(commands));
  assert.deepEqual(jobKinds(played), [
    ["initialize", "notifyHasPatch", "doUpdate"],
    ["resolveLocalActivity"],
    ["signalWorkflow"],
  ]);
  assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, false]);
  const [{ flags, sdk }] = played.activations;
  assert.deepEqual([flags, sdk.name], [[7], "temporal-anywhen"]);
  assert.deepEqual(run.takeLocalWork(0).start, [], "what has its marker does not run again");
  assert.deepEqual(played.answer.commands, []);
});

test("trap 5: the seed is that of the original run, whatever this and the first are called, until a reset", () => {
  const history = new HistoryBuilder();
  history.start({ originalExecutionRunId: "original", firstExecutionRunId: "first" });
  history.fullTask();
  history.timerStarted("1");
  history.signal("go");
  history.openTask();
  history.taskFailed(WorkflowTaskFailedCause.RESET_WORKFLOW, "after the reset");
  history.openTask();
  const played = play(createRun({ runId: "of the poll" }), createTask(history.events), script([startTimer(1)]));
  assert.equal(findJob(played, "initialize").randomSeed, randomSeedOf("original"));
  assert.equal(findJob(played, "updateRandomSeed").randomSeed, randomSeedOf("after the reset"));
  assert.equal(randomSeedOf("abc"), 0xef09e0f4895a251dn, "the bytes of the text and 0xFF");
});

test("trap 6: what is cancelled in the task that made it leaves nothing, local activities in between or not", () => {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  const run = createRun();
  run.begin(createTask(history.events));
  const made = [startTimer(1), startTimer(2), scheduleActivity(1), scheduleActivity(2), startChild(1), startChild(2)];
  const atOnce = [cancelTimer(1), cancelActivity(1), cancelChild(1), cancelSignal(1)];
  drive(run, [...made, signalExternal(1), scheduleLocal(3), ...atOnce]);
  run.takeLocalWork(0);
  run.resolveLocal(3, { attempt: 1, runtime: 500 });
  drive(run, [cancelTimer(2), cancelActivity(2), cancelChild(2)]);
  assert.deepEqual(commandNames(run.finish()), ["RECORD_MARKER"]);
});

test("trap 7: events of cancellations are those of commands, and take theirs from the queue", () => {
  const history = new HistoryBuilder();
  history.start();
  history.fullTask();
  const timer = history.timerStarted("1");
  const activity = history.activityScheduled("1");
  const child = history.childInitiated("child-id");
  history.childStarted(child);
  history.signal("stop");
  history.fullTask();
  history.timerCancelled("1", timer);
  history.activityCancelRequested(activity);
  const request = history.cancelInitiated("child-id");
  history.timerStarted("2");
  history.cancelDelivered(request);
  history.signal("more");
  history.openTask();
  const first = [
    startTimer(1),
    scheduleActivity(1, { cancellationType: "WAIT_CANCELLATION_COMPLETED" }),
    startChild(1),
  ];
  const replay = (...second: Command[]) => play(createRun(), createTask(history.events), script(first, second));
  const cancels = [cancelTimer(1), cancelActivity(1), cancelChild(1)];
  assert.deepEqual(replay(...cancels, startTimer(2)).answer.commands, []);
  for (let missing = 0; missing < cancels.length; missing++) {
    const rest = cancels.filter((_, index) => index !== missing);
    assert.throws(() => replay(...rest, startTimer(2)), NondeterminismError);
  }
  assert.throws(() => replay(cancels[1], cancels[0], cancels[2], startTimer(2)), NondeterminismError);
});
