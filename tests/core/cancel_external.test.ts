import assert from "node:assert/strict";
import { test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { cancelExternalTable } from "../../src/core/cancel_external.ts";
import { CancelExternalWorkflowExecutionFailedCause as Cause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { describeMachine } from "./coverage.ts";
import { cancelExternal, createRun, createTask, findJob, jobKinds, play, script, startTimer } from "./driver.ts";
import { HistoryBuilder } from "./history_builder.ts";

/** A run with a request that the server knows of, and its history up to there. */
function request() {
  const run = createRun();
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  play(run, createTask(history.events), script([cancelExternal(1)]));
  history.taskCompleted();
  return { run, history, initiated: history.cancelInitiated("other-id") };
}

describeMachine(cancelExternalTable, () => {
  test("CANC-16 names its target, and who asks why", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const program = script([cancelExternal(1, "enough", "run"), cancelExternal(2)]);
    const { answer } = play(createRun(), createTask(history.events), program);
    const values = answer.commands.map(({ attributes }) => {
      assert.equal(attributes.case, "requestCancelExternalWorkflowExecutionCommandAttributes");
      const { namespace, workflowId, runId, childWorkflowOnly, reason } = attributes.value;
      return { namespace, workflowId, runId, childWorkflowOnly, reason };
    });
    const common = { namespace: "default", workflowId: "other-id", childWorkflowOnly: false };
    assert.deepEqual(values, [
      { ...common, runId: "run", reason: "Cancel requested by workflow with run id run-id with reason: enough" },
      { ...common, runId: "", reason: "Cancel requested by workflow with run id run-id with reason: " },
    ]);
  });

  test("tells that it was delivered", () => {
    const { run, history, initiated } = request();
    history.cancelDelivered(initiated);
    history.openTask();
    const job = findJob(play(run, createTask(history.events), script()), "resolveCancelExternal");
    assert.deepEqual([job.seq, job.failure], [1, undefined]);
  });

  test("CANC-16 fails where the target is not found", () => {
    const causes: [Cause, type: string, reason: string][] = [
      [Cause.EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND, "ExternalWorkflowExecutionNotFound", "not found"],
      [Cause.NAMESPACE_NOT_FOUND, "NamespaceNotFound", "not found"],
      [Cause.UNSPECIFIED, "Unspecified", "unknown"],
    ];
    for (const [cause, type, reason] of causes) {
      const { run, history, initiated } = request();
      history.cancelRefused(initiated, cause);
      history.openTask();
      const { failure } = findJob(play(run, createTask(history.events), script()), "resolveCancelExternal");
      assert.equal(failure?.message, `Unable to cancel external workflow because ${reason}`);
      assert.equal((failure?.failureInfo?.value as { type: string }).type, type);
    }
  });

  test("is a command of its own: another in its place is nondeterminism", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    history.cancelInitiated("other-id");
    history.signal("go");
    history.openTask();
    assert.throws(
      () => play(createRun(), createTask(history.events), script([startTimer(1)])),
      (error: NondeterminismError) => {
        assert.ok(error instanceof NondeterminismError);
        assert.equal(
          error.expected,
          'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED (workflow "other-id")',
        );
        return true;
      },
    );
  });

  test("what comes of a request that nobody made is nondeterminism", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    history.cancelDelivered(3);
    history.openTask();
    assert.throws(() => play(createRun(), createTask(history.events), script()), /nothing that waits for what event 3/);
  });

  test("of a replayed history comes to the same", () => {
    const { history, initiated } = request();
    history.cancelDelivered(initiated);
    history.openTask();
    const played = play(createRun(), createTask(history.events), script([cancelExternal(1)]));
    assert.deepEqual(jobKinds(played), [["initialize"], ["resolveCancelExternal"]]);
  });
});
