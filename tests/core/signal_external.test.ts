import assert from "node:assert/strict";
import { test } from "node:test";
import { signalExternalTable } from "../../src/core/signal_external.ts";
import { SignalExternalWorkflowExecutionFailedCause as Cause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelSignal,
  commandNames,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  script,
  signalExternal,
} from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

/** A run with a signal that the server knows of, and its history up to there. */
function send() {
  const run = createRun();
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  play(run, createTask(history.events), script([signalExternal(1)]));
  history.taskCompleted();
  return { run, history, initiated: history.signalInitiated("other-id") };
}

describeMachine(signalExternalTable, () => {
  test("CHILD-06 names its target, by run or as a child of this run", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const program = script([
      signalExternal(1, { runId: "run", args: [payload("a")], headers: { trace: payload("t") } }),
      signalExternal(2, { childOnly: true, workflowId: "child-id" }),
    ]);
    const { answer } = play(createRun(), createTask(history.events), program);
    const [first, second] = answer.commands.map(({ attributes }) => {
      assert.equal(attributes.case, "signalExternalWorkflowExecutionCommandAttributes");
      return attributes.value;
    });
    assert.equal(first.namespace, "default");
    assert.equal(first.execution?.workflowId, "other-id");
    assert.equal(first.execution?.runId, "run");
    assert.equal(first.signalName, "signal");
    assert.equal(first.childWorkflowOnly, false);
    assert.deepEqual(first.input?.payloads[0].data, payload("a").data);
    assert.deepEqual(first.header?.fields.trace.data, payload("t").data);
    assert.equal(second.execution?.workflowId, "child-id");
    assert.equal(second.execution?.runId, "");
    assert.equal(second.childWorkflowOnly, true);
    assert.equal(second.input, undefined);
    assert.equal(second.header, undefined);
  });

  test("tells that it was delivered", () => {
    const { run, history, initiated } = send();
    history.signalDelivered(initiated);
    history.openTask();
    const played = play(run, createTask(history.events), script([cancelSignal(1)]));
    assert.equal(findJob(played, "resolveSignalExternal").failure, undefined);
    assert.deepEqual(played.answer.commands, []);
  });

  test("CHILD-06 fails where the server cannot deliver it", () => {
    const causes: [Cause, type: string, reason: string][] = [
      [Cause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND, "ExternalWorkflowExecutionNotFound", "it was not found"],
      [Cause.NAMESPACE_NOT_FOUND, "NamespaceNotFound", "it was not found"],
      [Cause.SIGNAL_COUNT_LIMIT_EXCEEDED, "SignalCountLimitExceeded", "The per-workflow signal limit was exceeded"],
      [Cause.UNSPECIFIED, "Unspecified", "unknown"],
    ];
    for (const [cause, type, reason] of causes) {
      const { run, history, initiated } = send();
      history.signalRefused(initiated, cause);
      history.openTask();
      const { failure } = findJob(play(run, createTask(history.events), script()), "resolveSignalExternal");
      assert.equal(failure?.message, `Unable to signal external workflow because ${reason}`);
      assert.equal((failure?.failureInfo?.value as { type: string }).type, type);
    }
  });

  test("cancelled before it was sent, sends nothing and resolves in a second activation", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const program = script([signalExternal(1), signalExternal(2), cancelSignal(1), cancelSignal(1)]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(jobKinds(played), [["initialize"], ["resolveSignalExternal"]]);
    const { seq, failure } = findJob(played, "resolveSignalExternal");
    assert.equal(seq, 1);
    assert.equal(failure?.message, "Signal was cancelled before being sent");
    assert.equal(failure?.failureInfo?.case, "canceledFailureInfo");
    assert.deepEqual(commandNames(played.answer), ["SIGNAL_EXTERNAL_WORKFLOW_EXECUTION"]);
  });

  test("cannot be taken back once it is sent", () => {
    const { run, history, initiated } = send();
    history.signal("go");
    history.openTask();
    const played = play(run, createTask(history.events), script([cancelSignal(1)]));
    assert.deepEqual(jobKinds(played), [["signalWorkflow"]]);
    assert.deepEqual(played.answer.commands, []);
    history.taskCompleted();
    history.signalDelivered(initiated);
    history.openTask();
    assert.equal(findJob(play(run, createTask(history.events), script()), "resolveSignalExternal").failure, undefined);
  });

  test("ignores a cancellation where it is over", () => {
    for (const state of ["closed", "dropped"] as const) {
      const signal = { state };
      assert.equal(signalExternalTable.fire(signal as never, "cancel", undefined), true);
      assert.equal(signal.state, state);
    }
  });

  test("that was never sent cannot be taken back", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    assert.throws(
      () => play(createRun(), createTask(history.events), script([cancelSignal(1)])),
      /cancels signal to another workflow 1, which it never started/,
    );
  });
});
