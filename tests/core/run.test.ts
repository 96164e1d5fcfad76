import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IllegalStateError } from "../../src/common/errors.ts";
import { sdkName } from "../../src/common/version.ts";
import { randomSeedOf } from "../../src/core/random_seed.ts";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { Completion } from "../../src/workflow/activation.ts";
import {
  cancelActivity,
  commandNames,
  completeWorkflow,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  type Program,
  scheduleActivity,
  script,
  startTimer,
} from "./driver.ts";
import { failure, firstEventTime, HistoryBuilder, payload, updateMessage } from "./history_builder.ts";

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

describe("the first activation", () => {
  test("holds what the started event says, and leaves out what it does not", () => {
    const history = new HistoryBuilder();
    history.clock = 0.25;
    history.start({
      workflowType: { name: "type" },
      input: { payloads: [payload("arg")] },
      header: { fields: { h: payload("header") } },
      originalExecutionRunId: "original",
      firstExecutionRunId: "first",
      attempt: 2,
      workflowRunTimeout: { seconds: 60n, nanos: 500_000_000 },
      workflowExecutionTimeout: { seconds: 0n },
      parentWorkflowNamespace: "parents",
      parentWorkflowExecution: { workflowId: "p", runId: "pr" },
      rootWorkflowExecution: { workflowId: "r", runId: "rr" },
      retryPolicy: { initialInterval: { seconds: 1n }, backoffCoefficient: 2, maximumAttempts: 3 },
      memo: { fields: { m: payload("memo") } },
      searchAttributes: { indexedFields: { s: payload("attribute") } },
      priority: { priorityKey: 3 },
      continuedFailure: { message: "before" },
      lastCompletionResult: { payloads: [payload("last")] },
    });
    history.openTask();
    const job = findJob(play(createRun(), createTask(history.events), script()), "initialize");
    const { args, headers, memo, searchAttributes, lastCompletionResult, lastFailure, ...plain } = job;
    assert.deepEqual(plain, {
      kind: "initialize",
      workflowId: "workflow-id",
      workflowType: "type",
      namespace: "default",
      taskQueue: "queue",
      randomSeed: randomSeedOf("original"),
      firstExecutionRunId: "first",
      continuedRunId: undefined,
      attempt: 2,
      cronSchedule: undefined,
      parent: { namespace: "parents", workflowId: "p", runId: "pr" },
      root: { workflowId: "r", runId: "rr" },
      priority: { priorityKey: 3, fairnessKey: undefined, fairnessWeight: undefined },
      retryPolicy: {
        initialInterval: 1000,
        backoffCoefficient: 2,
        maximumInterval: undefined,
        maximumAttempts: 3,
        nonRetryableErrorTypes: [],
      },
      executionTimeout: undefined,
      runTimeout: 60_500,
      taskTimeout: 10_000,
      workflowStartTime: firstEventTime + 0.25,
    });
    assert.deepEqual(args[0].data, payload("arg").data);
    assert.deepEqual(headers.h.data, payload("header").data);
    assert.deepEqual(memo.m.data, payload("memo").data);
    assert.deepEqual(searchAttributes.s.data, payload("attribute").data);
    assert.deepEqual(lastCompletionResult?.[0].data, payload("last").data);
    assert.equal(lastFailure?.message, "before");
  });

  test("tells the task's time, the history's length and size, and whether to continue as new", () => {
    const history = new HistoryBuilder();
    history.start();
    history.taskScheduled();
    history.taskStarted({
      historySizeBytes: 4321n,
      suggestContinueAsNew: true,
      targetWorkerDeploymentVersionChanged: true,
    });
    const { activations: [activation] } = play(createRun(), createTask(history.events), script());
    const { jobs, flags: _flags, sdk: _sdk, ...rest } = activation;
    assert.equal(jobs.length, 1);
    assert.deepEqual(rest, {
      runId: "run-id",
      time: firstEventTime + 2000,
      isReplaying: false,
      historyLength: 3,
      historySize: 4321,
      continueAsNewSuggested: true,
      targetVersionChanged: true,
      buildId: "build",
      deploymentVersion: undefined,
    });
  });
});

describe("jobs", () => {
  test("trap 22: apply by kind, within a kind as in the history", () => {
    const history = startedHistory();
    history.taskCompleted();
    const activity = history.activityScheduled("1");
    const timer = history.timerStarted("1");
    const run = createRun();
    play(run, createTask(history.events.slice(0, 3)), script([scheduleActivity(1), startTimer(1)]));
    history.activityCompleted(activity, history.activityStarted(activity));
    history.cancelRequested("stop it");
    history.signal("one");
    history.openTask();
    history.taskFailed(WorkflowTaskFailedCause.RESET_WORKFLOW, "new-run");
    history.timerFired("1", timer);
    history.signal("two");
    const sequencedAt = history.taskScheduled();
    history.taskStarted();
    const task = createTask(history.events, { messages: [updateMessage("u", sequencedAt)] });
    const played = play(run, task, script([{ kind: "updateAccepted", protocolInstanceId: "u" }]));
    assert.deepEqual(jobKinds(played), [[
      "updateRandomSeed",
      "signalWorkflow",
      "signalWorkflow",
      "doUpdate",
      "resolveActivity",
      "cancelWorkflow",
      "fireTimer",
    ]]);
    assert.equal(findJob(played, "updateRandomSeed").randomSeed, randomSeedOf("new-run"));
    assert.equal(findJob(played, "cancelWorkflow").reason, "stop it");
    const signals = played.activations[0].jobs.filter((job) => job.kind === "signalWorkflow");
    assert.deepEqual(signals.map(({ name, identity }) => [name, identity]), [["one", "client"], ["two", "client"]]);
  });

  test("a task that failed for another reason does not change the seed", () => {
    const history = startedHistory();
    history.taskFailed();
    history.openTask();
    assert.deepEqual(jobKinds(play(createRun(), createTask(history.events), script())), [["initialize"]]);
  });

  test("that a cancellation causes come in an activation of their own, in order with the rest", () => {
    const program = script(
      [scheduleActivity(1), scheduleActivity(2), cancelActivity(2), cancelActivity(1)],
      [scheduleActivity(3), cancelActivity(3)],
      [startTimer(1)],
    );
    const played = play(createRun(), createTask(startedHistory().events), program);
    const seqs = played.activations.slice(1).map(({ jobs }) => jobs.map((job) => "seq" in job && job.seq));
    assert.deepEqual(seqs, [[2, 1], [3]]);
    assert.deepEqual(played.activations.map(({ time }) => time), [2000, 2000, 2000].map((ms) => firstEventTime + ms));
    assert.deepEqual(commandNames(played.answer), ["START_TIMER"]);
  });

  test("that a cancellation causes come before the history goes on in replay", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerStarted("1");
    history.signal("go");
    history.openTask();
    const program = script([scheduleActivity(1), cancelActivity(1)], [startTimer(1)], []);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(jobKinds(played), [["initialize"], ["resolveActivity"], ["signalWorkflow"]]);
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, false]);
  });
});

describe("workflow time", () => {
  test("trap 4: is that of each task's start, and never goes back", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerStarted("1");
    history.clock -= 60_000;
    history.signal("go");
    history.openTask();
    const played = play(createRun(), createTask(history.events), script([startTimer(1)], []));
    assert.deepEqual(played.activations.map(({ time }) => time), [firstEventTime + 2000, firstEventTime + 2000]);
  });

  test("is that of the last of several tries at a task", () => {
    const history = startedHistory();
    history.taskTimedOut();
    history.openTask();
    const { activations: [{ time, historyLength }] } = play(createRun(), createTask(history.events), script());
    assert.deepEqual([time, historyLength], [firstEventTime + 5000, 6]);
  });

  test("is not that of a try at a task that came to nothing", () => {
    const history = startedHistory();
    history.taskFailed();
    history.clock -= 60_000;
    history.openTask();
    const { activations: [{ time }] } = play(createRun(), createTask(history.events), script());
    assert.equal(time, firstEventTime);
  });

  test("before any task is that of the workflow's start", () => {
    const history = new HistoryBuilder();
    history.start();
    history.taskScheduled();
    const played = play(createRun(), createTask(history.events), script());
    assert.equal(played.activations[0].time, firstEventTime);
  });
});

describe("replay", () => {
  test("trap 3: ends with the first event that nobody has seen or caused", () => {
    const played = play(createRun(), createTask(longHistory().events), longProgram());
    assert.deepEqual(jobKinds(played), [["initialize"], ["fireTimer"], ["signalWorkflow"]]);
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, false]);
    assert.deepEqual(played.activations.map(({ historyLength }) => historyLength), [3, 8, 14]);
    assert.deepEqual(commandNames(played.answer), ["COMPLETE_WORKFLOW_EXECUTION"]);
  });

  test("lasts for all but the last sequence, whatever the task says was completed before", () => {
    const task = createTask(longHistory().events, { previousStartedEventId: 3 });
    const played = play(createRun(), task, longProgram());
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, false]);
  });

  test("is not what an incremental task is", () => {
    const history = longHistory();
    const run = createRun();
    const program = longProgram();
    const seen: boolean[] = [];
    for (const end of [3, 8, 14]) {
      const events = history.events.slice(run.lastStartedEventId, end);
      const task = createTask(history.events.slice(0, end), { events });
      const { activations: [activation, more] } = play(run, task, program);
      assert.equal(more, undefined);
      seen.push(activation.isReplaying);
      assert.equal(activation.historyLength, end);
      assert.equal(run.lastStartedEventId, end);
      assert.equal(run.isReplaying, false);
    }
    assert.deepEqual(seen, [false, false, false]);
    assert.equal(run.isClosed, true);
  });

  test("gives the same commands as the tasks one by one", () => {
    const history = longHistory();
    const run = createRun();
    const program = longProgram();
    for (const end of [3, 8, 14]) {
      const live = play(run, createTask(history.events.slice(0, end)), program).answer;
      const replayed = play(createRun(), createTask(history.events.slice(0, end)), longProgram()).answer;
      assert.deepEqual(replayed.commands, live.commands);
    }
  });

  test("covers the whole of a closed history", () => {
    const history = longHistory();
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1] } });
    history.completed();
    const run = createRun();
    const played = play(run, createTask(history.events), longProgram());
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, true]);
    assert.deepEqual([run.isClosed, run.isReplaying], [true, false]);
    assert.deepEqual(played.answer.commands, []);
  });

  test("of a workflow ended from outside needs nothing from the code", () => {
    const history = longHistory();
    history.terminated();
    const run = createRun();
    const played = play(run, createTask(history.events), script([startTimer(1)], [scheduleActivity(1), startTimer(2)]));
    assert.deepEqual(jobKinds(played), [["initialize"], ["fireTimer"], ["signalWorkflow"]]);
    assert.equal(run.isClosed, true);
    assert.deepEqual(played.answer.commands, []);
  });

  test("keeps commands that the history does not have yet as those of the task", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.signal("go");
    history.openTask();
    const { answer } = play(createRun(), createTask(history.events), script([startTimer(1)], [startTimer(2)]));
    assert.deepEqual(commandNames(answer), ["START_TIMER", "START_TIMER"]);
  });

  test("has the build id of the worker that completed each task", () => {
    const history = startedHistory();
    history.taskCompleted({ deploymentVersion: { deploymentName: "d", buildId: "one" } });
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    history.taskCompleted({ workerVersion: { buildId: "two" } });
    history.timerFired("2", history.timerStarted("2"));
    history.openTask();
    history.taskCompleted({ workerDeploymentVersion: "d.three.0" });
    history.timerStarted("3");
    history.signal("go");
    history.openTask();
    const program = script([startTimer(1)], [startTimer(2)], [startTimer(3)]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(played.activations.map(({ buildId }) => buildId), ["one", "two", "three.0", "build"]);
  });

  test("has the deployment version of the worker that completed each task, then that of its own", () => {
    const history = startedHistory();
    history.taskCompleted({ deploymentVersion: { deploymentName: "d", buildId: "one" } });
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    history.taskCompleted({ workerDeploymentName: "e", workerVersion: { buildId: "two" } });
    history.timerFired("2", history.timerStarted("2"));
    history.openTask();
    history.taskCompleted({ workerVersion: { buildId: "three" } });
    history.timerStarted("3");
    history.signal("go");
    history.openTask();
    const own = { deploymentName: "own", buildId: "build" };
    const program = script([startTimer(1)], [startTimer(2)], [startTimer(3)]);
    const played = play(createRun({ deploymentVersion: own }), createTask(history.events), program);
    const versions = played.activations.map(({ deploymentVersion }) => deploymentVersion);
    const asked = versions.map((version) => version && `${version.deploymentName}.${version.buildId}`);
    assert.deepEqual(asked, ["d.one", "e.two", undefined, "own.build"]);
  });

  test("hands on the versioning behaviour that the code names", () => {
    const run = createRun();
    run.begin(createTask(startedHistory().events));
    assert.ok(run.next());
    run.accept({ kind: "successful", commands: [startTimer(1)], usedFlags: [], versioningBehavior: "PINNED" });
    assert.equal(run.next(), undefined);
    assert.equal(run.finish().versioningBehavior, "PINNED");
  });

  test("goes on over tasks that bring nothing for the code", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerStarted("1");
    history.fullTask();
    history.openTask();
    const run = createRun();
    const played = play(run, createTask(history.events), script([startTimer(1)]));
    assert.deepEqual(jobKinds(played), [["initialize"]]);
    assert.deepEqual(played.answer.commands, []);
    assert.equal(run.lastStartedEventId, 10);
  });
});

describe("flags", () => {
  test("are recorded once, with those of the code", () => {
    const history = startedHistory();
    const run = createRun();
    const first: Completion = { kind: "successful", commands: [startTimer(1)], usedFlags: [7, 9] };
    const one = play(run, createTask(history.events), () => first).answer;
    assert.deepEqual([one.usedCoreFlags, one.usedLangFlags], [[1, 2, 3], [7, 9]]);
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 2, 3], langUsedFlags: [7, 9] } });
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    const second: Completion = { kind: "successful", commands: [], usedFlags: [9, 11] };
    const two = play(run, createTask(history.events), () => second).answer;
    assert.deepEqual([two.usedCoreFlags, two.usedLangFlags], [[], [11]]);
  });

  test("of the history are not recorded again, unknown ones do no harm", () => {
    const history = startedHistory();
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 99], sdkName: "other-sdk", sdkVersion: "1.2.3" } });
    history.signal("go");
    history.openTask();
    const run = createRun();
    const { answer } = play(run, createTask(history.events), script());
    assert.deepEqual(answer.usedCoreFlags, [2, 3]);
    assert.deepEqual(run.lastSdk, { name: "other-sdk", version: "1.2.3" });
  });

  test("of the code belong to the SDK that recorded them: its numbers mean nothing to another one", () => {
    const history = startedHistory();
    history.taskCompleted({ sdkMetadata: { langUsedFlags: [1, 2], sdkName: "other-sdk", sdkVersion: "1.2.3" } });
    history.signal("go");
    history.openTask();
    const run = createRun();
    const seen: [string, readonly number[]][] = [];
    const program: Program = ({ sdk, flags }) => {
      seen.push([sdk.name, flags]);
      return { kind: "successful", commands: [], usedFlags: seen.length === 2 ? [1] : [] };
    };
    assert.deepEqual(play(run, createTask(history.events), program).answer.usedLangFlags, [1]);
    history.taskCompleted({ sdkMetadata: { langUsedFlags: [1], sdkName } });
    history.signal("again");
    history.openTask();
    assert.deepEqual(play(run, createTask(history.events), program).answer.usedLangFlags, []);
    assert.deepEqual(seen, [["other-sdk", [1, 2]], ["other-sdk", [1, 2]], [sdkName, [1]]]);
  });
});

describe("a task", () => {
  test("that the code fails has the failure and nothing else", () => {
    const run = createRun();
    const completion: Completion = {
      kind: "failed",
      failure: failure("broken"),
      cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE",
    };
    const { answer } = play(run, createTask(startedHistory().events), script(completion));
    assert.deepEqual(answer, {
      commands: [],
      messages: [],
      queryResults: {},
      legacyQueryResult: undefined,
      usedCoreFlags: [],
      usedLangFlags: [],
      failure: { failure: failure("broken"), cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE" },
    });
    assert.equal(run.next(), undefined);
  });

  test("goes step by step", () => {
    const run = createRun();
    const completion: Completion = { kind: "successful", commands: [], usedFlags: [] };
    assert.throws(() => run.accept(completion), IllegalStateError);
    run.begin(createTask(startedHistory().events));
    assert.ok(run.next());
    assert.throws(() => run.next(), IllegalStateError);
    run.accept(completion);
    assert.equal(run.next(), undefined);
  });

  test("may bring nothing for the code", () => {
    const history = startedHistory();
    const run = createRun();
    play(run, createTask(history.events), script([startTimer(1)]));
    history.taskCompleted();
    history.timerStarted("1");
    history.openTask();
    const { activations, answer } = play(run, createTask(history.events), script());
    assert.deepEqual([activations, answer.commands], [[], []]);
    assert.equal(run.lastStartedEventId, 7);
  });
});
