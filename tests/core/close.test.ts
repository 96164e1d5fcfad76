import assert from "node:assert/strict";
import { test } from "node:test";
import { closeTable } from "../../src/core/close.ts";
import type { Command, ContinueAsNew } from "../../src/workflow/activation.ts";
import { ContinueAsNewVersioningBehavior } from "../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelActivity,
  commandNames,
  completeWorkflow,
  createRun,
  createTask,
  jobKinds,
  play,
  scheduleActivity,
  script,
  startTimer,
} from "./driver.ts";
import { failure, HistoryBuilder, payload } from "./history_builder.ts";

function firstTask(value: Parameters<HistoryBuilder["start"]>[0] = {}): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start(value);
  history.openTask();
  return history;
}

function attributesOf(command: Command, history: HistoryBuilder = firstTask()) {
  const run = createRun();
  const { answer } = play(run, createTask(history.events), script([command]));
  assert.equal(run.isClosed, true);
  assert.equal(answer.commands.length, 1);
  return answer.commands[0].attributes;
}

const continueAsNew: ContinueAsNew = {
  kind: "continueAsNew",
  workflowType: "next",
  taskQueue: "queue",
  args: [],
  headers: {},
};

describeMachine(closeTable, () => {
  test("completes with a result or none", () => {
    const attributes = attributesOf({ kind: "completeWorkflow", result: payload("r") });
    assert.equal(attributes.case, "completeWorkflowExecutionCommandAttributes");
    assert.deepEqual(attributes.value.result?.payloads[0].data, payload("r").data);
    const empty = attributesOf(completeWorkflow);
    assert.equal(empty.case, "completeWorkflowExecutionCommandAttributes");
    assert.equal(empty.value.result, undefined);
  });

  test("fails with its failure", () => {
    const attributes = attributesOf({ kind: "failWorkflow", failure: failure("no") });
    assert.equal(attributes.case, "failWorkflowExecutionCommandAttributes");
    assert.equal(attributes.value.failure?.message, "no");
  });

  test("ends as cancelled", () => {
    assert.equal(attributesOf({ kind: "cancelWorkflow" }).case, "cancelWorkflowExecutionCommandAttributes");
  });

  test("continues as new, inheriting what the code leaves out", () => {
    const history = firstTask({
      memo: { fields: { m: payload("memo") } },
      searchAttributes: { indexedFields: { s: payload("attribute") } },
      retryPolicy: { maximumAttempts: 5 },
      header: { fields: { h: payload("header") } },
    });
    const attributes = attributesOf(continueAsNew, history);
    assert.equal(attributes.case, "continueAsNewWorkflowExecutionCommandAttributes");
    const value = attributes.value;
    assert.equal(value.workflowType?.name, "next");
    assert.equal(value.taskQueue?.name, "queue");
    assert.deepEqual(value.memo?.fields.m.data, payload("memo").data);
    assert.deepEqual(value.searchAttributes?.indexedFields.s.data, payload("attribute").data);
    assert.equal(value.retryPolicy?.maximumAttempts, 5);
    assert.equal(value.header, undefined);
    assert.equal(value.workflowRunTimeout, undefined);
    assert.equal(value.inheritBuildId, true);
  });

  test("continues as new with what the code says", () => {
    const history = firstTask({ memo: { fields: { m: payload("memo") } }, retryPolicy: { maximumAttempts: 5 } });
    const attributes = attributesOf({
      ...continueAsNew,
      args: [payload("arg")],
      memo: { own: payload("own") },
      retryPolicy: { maximumAttempts: 2 },
      runTimeout: 60_000,
      taskTimeout: 5_000,
      versioningIntent: "DEFAULT",
      backoffStartInterval: 1_500,
      initialVersioningBehavior: "USE_RAMPING_VERSION",
    }, history);
    assert.equal(attributes.case, "continueAsNewWorkflowExecutionCommandAttributes");
    const value = attributes.value;
    assert.deepEqual(value.input?.payloads[0].data, payload("arg").data);
    assert.deepEqual(Object.keys(value.memo?.fields ?? {}), ["own"]);
    assert.equal(value.retryPolicy?.maximumAttempts, 2);
    assert.equal(value.workflowRunTimeout?.seconds, 60n);
    assert.equal(value.workflowTaskTimeout?.seconds, 5n);
    assert.equal(value.inheritBuildId, false);
    assert.equal(value.backoffStartInterval?.seconds, 1n);
    assert.equal(value.backoffStartInterval?.nanos, 500_000_000);
    assert.equal(value.initialVersioningBehavior, ContinueAsNewVersioningBehavior.USE_RAMPING_VERSION);
  });

  test("goes behind all other commands; of several only the first counts", () => {
    const program = script([startTimer(1), completeWorkflow, startTimer(2), { kind: "cancelWorkflow" }, startTimer(3)]);
    const { answer } = play(createRun(), createTask(firstTask().events), program);
    assert.deepEqual(commandNames(answer), [
      "START_TIMER",
      "START_TIMER",
      "START_TIMER",
      "COMPLETE_WORKFLOW_EXECUTION",
    ]);
  });

  test("DET-19 in replay of a history from before the flag, hides what came after it", () => {
    for (const flags of [[1, 2, 3], [1, 2]]) {
      const history = new HistoryBuilder();
      history.start();
      history.fullTask(flags);
      if (flags.includes(3)) history.timerStarted("1");
      history.completed();
      const run = createRun();
      const played = play(run, createTask(history.events), script([completeWorkflow, startTimer(1)]));
      assert.deepEqual(jobKinds(played), [["initialize"]]);
      assert.equal(run.isClosed, true);
      assert.deepEqual(played.answer.commands, []);
    }
  });

  test("leaves nothing more for the code to do in its task", () => {
    const history = firstTask();
    const program = script([scheduleActivity(1), cancelActivity(1), completeWorkflow]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(jobKinds(played), [["initialize"]]);
    assert.deepEqual(commandNames(played.answer), ["COMPLETE_WORKFLOW_EXECUTION"]);
  });
});
