import assert from "node:assert/strict";
import { test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { childTable } from "../../src/core/child.ts";
import type { Run } from "../../src/core/run.ts";
import {
  ParentClosePolicy,
  RetryState,
  WorkflowIdReusePolicy,
} from "../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import {
  CancelExternalWorkflowExecutionFailedCause,
  StartChildWorkflowExecutionFailedCause as StartCause,
} from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { StartChild } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelChild,
  commandNames,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  type Played,
  type Program,
  script,
  startChild,
} from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

type CancellationType = StartChild["cancellationType"];

interface Scene {
  run: Run;
  history: HistoryBuilder;
  /** Id of the event that initiated the child, 0 before. */
  initiated: number;
  started: number;
}

const waiting = ["WAIT_CANCELLATION_COMPLETED", "WAIT_CANCELLATION_REQUESTED"] as const;
const detaching = ["TRY_CANCEL", "ABANDON"] as const;

/** A run with a child that the server has initiated, and its history up to there. */
function initiate(cancellationType: CancellationType = "WAIT_CANCELLATION_COMPLETED"): Scene {
  const run = createRun();
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  play(run, createTask(history.events), script([startChild(1, { cancellationType })]));
  history.taskCompleted();
  return { run, history, initiated: history.childInitiated("child-id"), started: 0 };
}

/** The same with a child that has started. */
function start(cancellationType?: CancellationType): Scene {
  const scene = initiate(cancellationType);
  scene.started = scene.history.childStarted(scene.initiated);
  return scene;
}

/** A task because of a signal, completed. */
function playSignal({ run, history }: Scene, program: Program = script()): Played {
  history.signal("go");
  history.openTask();
  const played = play(run, createTask(history.events), program);
  history.taskCompleted();
  return played;
}

/** A task because of what the history has by now. */
function playNext({ run, history }: Scene, program: Program = script()): Played {
  history.openTask();
  const played = play(run, createTask(history.events), program);
  history.taskCompleted();
  return played;
}

/** The child is cancelled twice, with a reason; the second time counts for nothing. */
function cancel(scene: Scene): Played {
  return playSignal(scene, script([cancelChild(1, "enough"), cancelChild(1, "again")]));
}

const endings: readonly [status: string, end: (history: HistoryBuilder, initiated: number, started: number) => void][] =
  [
    ["completed", (history, initiated, started) => history.childCompleted(initiated, started, "done")],
    ["failed", (history, initiated, started) => history.childFailed(initiated, started)],
    ["failed", (history, initiated, started) => history.childTimedOut(initiated, started)],
    ["failed", (history, initiated, started) => history.childTerminated(initiated, started)],
    ["cancelled", (history, initiated, started) => history.childCancelled(initiated, started)],
  ];

/** The failure, around which the child's identity is checked. */
function failureOf(
  played: Played,
  { initiated, started }: Pick<Scene, "initiated" | "started">,
  retryState: RetryState = RetryState.NON_RETRYABLE_FAILURE,
) {
  const isStart = played.activations.some(({ jobs }) => jobs.some(({ kind }) => kind === "resolveChildStart"));
  const { resolution } = findJob(played, isStart ? "resolveChildStart" : "resolveChild");
  assert.ok("failure" in resolution);
  const { failureInfo, message, cause } = resolution.failure;
  assert.equal(failureInfo?.case, "childWorkflowExecutionFailureInfo");
  assert.deepEqual(failureInfo.value, {
    namespace: "default",
    workflowExecution: { workflowId: "child-id", runId: started ? "child-run" : "" },
    workflowType: { name: "child" },
    initiatedEventId: BigInt(initiated),
    startedEventId: BigInt(started),
    retryState,
  });
  return { status: resolution.status, message, cause: cause?.failureInfo?.case ?? cause?.message };
}

describeMachine(childTable, () => {
  test("is started as its options say, what is unset left out", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    const full = startChild(1, {
      args: [payload("a")],
      headers: { trace: payload("t") },
      executionTimeout: 60_000,
      runTimeout: 30_500,
      taskTimeout: 5_000,
      parentClosePolicy: "REQUEST_CANCEL",
      idReusePolicy: "REJECT_DUPLICATE",
      retryPolicy: { initialInterval: "2s", maximumAttempts: 3 },
      cronSchedule: "0 * * * *",
      memo: { note: payload("n") },
      searchAttributes: { Customer: payload("c") },
      priority: { priorityKey: 2 },
      metadata: { summary: payload("sum"), details: payload("det") },
    });
    const bare = startChild(2, { workflowId: "bare", taskQueue: "other" });
    const { answer } = play(createRun(), createTask(history.events), script([full, bare]));
    const [first, second] = answer.commands.map(({ attributes }) => {
      assert.equal(attributes.case, "startChildWorkflowExecutionCommandAttributes");
      return attributes.value;
    });
    assert.deepEqual(commandNames(answer), ["START_CHILD_WORKFLOW_EXECUTION", "START_CHILD_WORKFLOW_EXECUTION"]);
    assert.equal(first.namespace, "default");
    assert.equal(first.workflowId, "child-id");
    assert.equal(first.workflowType?.name, "child");
    assert.equal(first.taskQueue?.name, "queue");
    assert.deepEqual(first.input?.payloads[0].data, payload("a").data);
    assert.deepEqual(first.header?.fields.trace.data, payload("t").data);
    assert.equal(first.workflowExecutionTimeout?.seconds, 60n);
    assert.equal(first.workflowRunTimeout?.nanos, 500_000_000);
    assert.equal(first.workflowTaskTimeout?.seconds, 5n);
    assert.equal(first.parentClosePolicy, ParentClosePolicy.REQUEST_CANCEL);
    assert.equal(first.workflowIdReusePolicy, WorkflowIdReusePolicy.REJECT_DUPLICATE);
    assert.equal(first.retryPolicy?.maximumAttempts, 3);
    assert.equal(first.cronSchedule, "0 * * * *");
    assert.deepEqual(first.memo?.fields.note.data, payload("n").data);
    assert.deepEqual(first.searchAttributes?.indexedFields.Customer.data, payload("c").data);
    assert.equal(first.inheritBuildId, true);
    assert.equal(first.priority?.priorityKey, 2);
    assert.deepEqual(answer.commands[0].userMetadata?.summary?.data, payload("sum").data);
    assert.deepEqual(answer.commands[0].userMetadata?.details?.data, payload("det").data);

    assert.equal(second.parentClosePolicy, ParentClosePolicy.TERMINATE);
    assert.equal(second.workflowIdReusePolicy, WorkflowIdReusePolicy.UNSPECIFIED);
    assert.equal(second.inheritBuildId, false);
    for (const field of ["header", "input", "memo", "searchAttributes", "retryPolicy", "priority"] as const) {
      assert.equal(second[field], undefined);
    }
    for (const field of ["workflowExecutionTimeout", "workflowRunTimeout", "workflowTaskTimeout"] as const) {
      assert.equal(second[field], undefined);
    }
    assert.equal(answer.commands[1].userMetadata, undefined);
  });

  test("CHILD-02 tells of its start, then of its result", () => {
    for (const result of ["done", undefined]) {
      const scene = start();
      const { resolution } = findJob(playNext(scene), "resolveChildStart");
      assert.deepEqual(resolution, { status: "started", runId: "child-run" });
      scene.history.childCompleted(scene.initiated, scene.started, result);
      const end = findJob(playNext(scene, script([cancelChild(1)])), "resolveChild").resolution;
      assert.equal(end.status, "completed");
      assert.deepEqual(end.result?.data, result && payload(result).data);
    }
  });

  test("CHILD-02 that does not start is over", () => {
    const causes = [
      [StartCause.WORKFLOW_ALREADY_EXISTS, "WORKFLOW_ALREADY_EXISTS"],
      [StartCause.NAMESPACE_NOT_FOUND, "NAMESPACE_NOT_FOUND"],
      [StartCause.INVALID_VERSIONING_OVERRIDE, "INVALID_VERSIONING_OVERRIDE"],
    ] as const;
    for (const [cause, name] of causes) {
      const scene = initiate();
      scene.history.childStartFailed(scene.initiated, cause);
      const played = playNext(scene, script([cancelChild(1)]));
      assert.deepEqual(findJob(played, "resolveChildStart").resolution, { status: "failed", cause: name });
      assert.deepEqual(played.answer.commands, [], "what is over is not cancelled");
    }
  });

  test("CHILD-03 fails with the real failure wrapped, or with one that tells how it ended", () => {
    const expected: [end: keyof HistoryBuilder, message: string, cause: string, RetryState?][] = [
      ["childFailed", "Child Workflow execution failed", "boom", RetryState.MAXIMUM_ATTEMPTS_REACHED],
      ["childTimedOut", "Child Workflow execution timed out", "timeoutFailureInfo", RetryState.TIMEOUT],
      ["childTerminated", "Child Workflow execution terminated", "terminatedFailureInfo"],
      ["childCancelled", "Child Workflow execution cancelled", "canceledFailureInfo"],
    ];
    for (const [end, message, cause, retryState] of expected) {
      const scene = start();
      playNext(scene);
      (scene.history[end] as (initiated: number, started: number) => number)(scene.initiated, scene.started);
      const status = end === "childCancelled" ? "cancelled" : "failed";
      assert.deepEqual(failureOf(playNext(scene), scene, retryState), { status, message, cause });
    }
  });

  test("CANC-09 cancelled before it was sent, sends nothing; only the start is resolved, in a second activation", () => {
    for (const cancellationType of [...waiting, ...detaching]) {
      for (const [reason, suffix] of [["enough", ": enough"], ["", ""]]) {
        const history = new HistoryBuilder();
        history.start();
        history.openTask();
        const program = script(
          [startChild(1, { cancellationType }), startChild(2), cancelChild(1, reason), cancelChild(1, reason)],
          [startChild(3)],
        );
        const played = play(createRun(), createTask(history.events), program);
        assert.deepEqual(jobKinds(played), [["initialize"], ["resolveChildStart"]]);
        assert.deepEqual(failureOf(played, { initiated: 0, started: 0 }), {
          status: "cancelled",
          message: `Child Workflow Execution cancelled before scheduled${suffix}`,
          cause: "canceledFailureInfo",
        });
        assert.equal(played.answer.commands.length, 2);
      }
    }
  });

  test("CANC-12 cancelled once it has started, sends one request that names it", () => {
    for (const isStarted of [true, false]) {
      for (const cancellationType of [...waiting, "TRY_CANCEL"] as const) {
        const scene = isStarted ? start(cancellationType) : initiate(cancellationType);
        const { answer } = cancel(scene);
        assert.deepEqual(commandNames(answer), ["REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION"]);
        const [{ attributes }] = answer.commands;
        assert.equal(attributes.case, "requestCancelExternalWorkflowExecutionCommandAttributes");
        const { namespace, workflowId, runId, childWorkflowOnly, reason } = attributes.value;
        assert.deepEqual({ namespace, workflowId, runId, childWorkflowOnly, reason }, {
          namespace: "default",
          workflowId: "child-id",
          runId: "",
          childWorkflowOnly: true,
          reason: "enough",
        });
      }
    }
  });

  test("CANC-14 trap 8: with WAIT_CANCELLATION_COMPLETED resolves with whatever closes it", () => {
    for (const [status, end] of endings) {
      for (const isRequestRefused of [false, true]) {
        const scene = start("WAIT_CANCELLATION_COMPLETED");
        const { history, initiated, started } = scene;
        assert.deepEqual(jobKinds(cancel(scene)), [["signalWorkflow", "resolveChildStart"]]);
        const request = history.cancelInitiated("child-id");
        if (isRequestRefused) history.cancelRefused(request);
        else history.cancelDelivered(request);
        assert.deepEqual(
          jobKinds(playSignal(scene)),
          [["signalWorkflow"]],
          "the request itself is nothing to the code",
        );
        end(history, initiated, started);
        assert.equal(findJob(playNext(scene), "resolveChild").resolution.status, status);
      }
    }
  });

  test("CANC-13 cancelled before it has started, still tells of its start where the code waits for its end", () => {
    for (const cancellationType of waiting) {
      const scene = initiate(cancellationType);
      assert.deepEqual(jobKinds(cancel(scene)), [["signalWorkflow"]]);
      scene.history.cancelInitiated("child-id");
      scene.started = scene.history.childStarted(scene.initiated);
      assert.deepEqual(jobKinds(playNext(scene)), [["resolveChildStart"]]);
      scene.history.childCancelled(scene.initiated, scene.started);
      assert.equal(failureOf(playNext(scene), scene).status, "cancelled");

      const other = initiate(cancellationType);
      cancel(other);
      other.history.cancelInitiated("child-id");
      other.history.childStartFailed(other.initiated, StartCause.WORKFLOW_ALREADY_EXISTS);
      assert.equal(findJob(playNext(other), "resolveChildStart").resolution.status, "failed");
    }
  });

  test("CANC-14 with WAIT_CANCELLATION_REQUESTED resolves when the request is delivered, and swallows its end", () => {
    for (const isStarted of [true, false]) {
      for (const [, end] of endings) {
        const scene = isStarted ? start("WAIT_CANCELLATION_REQUESTED") : initiate("WAIT_CANCELLATION_REQUESTED");
        const { history, initiated } = scene;
        const played = cancel(scene);
        assert.ok(!jobKinds(played).flat().includes("resolveChild"));
        history.cancelDelivered(history.cancelInitiated("child-id"));
        assert.deepEqual(failureOf(playNext(scene), scene), {
          status: "cancelled",
          message: "Child Workflow execution cancelled",
          cause: "canceledFailureInfo",
        });
        end(history, initiated, scene.started || history.childStarted(initiated));
        assert.deepEqual(jobKinds(playSignal(scene, script([cancelChild(1)]))), [["signalWorkflow"]]);
      }
    }
  });

  test("CANC-14 with WAIT_CANCELLATION_REQUESTED fails when the request is refused, unless it is over by then", () => {
    for (const isStarted of [true, false]) {
      const scene = isStarted ? start("WAIT_CANCELLATION_REQUESTED") : initiate("WAIT_CANCELLATION_REQUESTED");
      cancel(scene);
      scene.history.cancelRefused(
        scene.history.cancelInitiated("child-id"),
        CancelExternalWorkflowExecutionFailedCause.NAMESPACE_NOT_FOUND,
      );
      assert.deepEqual(failureOf(playNext(scene), scene), {
        status: "failed",
        message: "Child Workflow execution could not be cancelled",
        cause: "applicationFailureInfo",
      });
    }
    const scene = start("WAIT_CANCELLATION_REQUESTED");
    cancel(scene);
    const request = scene.history.cancelInitiated("child-id");
    scene.history.childCompleted(scene.initiated, scene.started, "done");
    assert.equal(findJob(playNext(scene), "resolveChild").resolution.status, "completed");
    scene.history.cancelRefused(request);
    assert.deepEqual(jobKinds(playSignal(scene)), [["signalWorkflow"]]);
  });

  test("CANC-14 with TRY_CANCEL asks the server and resolves at once; whatever follows is swallowed", () => {
    for (const isStarted of [true, false]) {
      for (const [, end] of endings) {
        const scene = isStarted ? start("TRY_CANCEL") : initiate("TRY_CANCEL");
        const { history, initiated } = scene;
        const played = cancel(scene);
        assert.deepEqual(jobKinds(played).at(-1), ["resolveChild"]);
        assert.equal(played.activations.length, 2);
        history.cancelDelivered(history.cancelInitiated("child-id"));
        end(history, initiated, scene.started || history.childStarted(initiated));
        assert.deepEqual(jobKinds(playSignal(scene, script([cancelChild(1)]))), [["signalWorkflow"]]);
      }
    }
  });

  test("CANC-14 with ABANDON resolves at once without a word to the server; whatever follows is swallowed", () => {
    for (const isStarted of [true, false]) {
      for (const [, end] of endings) {
        const scene = isStarted ? start("ABANDON") : initiate("ABANDON");
        const { history, initiated } = scene;
        const played = cancel(scene);
        assert.deepEqual(jobKinds(played).at(-1), ["resolveChild"]);
        assert.deepEqual(played.answer.commands, []);
        end(history, initiated, scene.started || history.childStarted(initiated));
        assert.deepEqual(jobKinds(playSignal(scene)), [["signalWorkflow"]]);
      }
    }
  });

  test("that fails to start after the code let go of it is taken in silence", () => {
    for (const cancellationType of detaching) {
      const scene = initiate(cancellationType);
      cancel(scene);
      if (cancellationType === "TRY_CANCEL") scene.history.cancelInitiated("child-id");
      scene.history.childStartFailed(scene.initiated, StartCause.WORKFLOW_ALREADY_EXISTS);
      assert.deepEqual(jobKinds(playSignal(scene)), [["signalWorkflow"]]);
    }
  });

  test("ignores every kind of cancellation where one is on its way or it is over", () => {
    for (const state of ["cancellingStart", "cancelling", "detached", "closed", "dropped"] as const) {
      for (const trigger of ["tryCancel", "waitCompleted", "waitRequested", "abandon"] as const) {
        const child = { state };
        assert.equal(childTable.fire(child as never, trigger, ""), true);
        assert.equal(child.state, state);
      }
    }
  });

  test("must have the id and type of the history, in the last sequence even without the flag", () => {
    for (const more of [{ workflowType: "other" }, { workflowId: "other" }]) {
      const history = new HistoryBuilder();
      history.start();
      history.fullTask([]);
      history.childInitiated("child-id");
      history.signal("go");
      history.openTask();
      assert.throws(
        () => play(createRun(), createTask(history.events), script([startChild(1, more)])),
        (error: NondeterminismError) => {
          const { workflowId = "child-id", workflowType = "child" } = more as Partial<StartChild>;
          assert.ok(error instanceof NondeterminismError);
          assert.equal(error.eventId, 5);
          assert.equal(
            error.expected,
            'START_CHILD_WORKFLOW_EXECUTION_INITIATED (child workflow "child-id" of type child)',
          );
          assert.equal(
            error.found,
            `START_CHILD_WORKFLOW_EXECUTION (child workflow "${workflowId}" of type ${workflowType})`,
          );
          return true;
        },
      );
    }
  });

  test("must have the id and type of the history in any sequence with the flag, and in none without", () => {
    for (const flags of [[1], []]) {
      const history = new HistoryBuilder();
      history.start();
      history.fullTask(flags);
      history.childInitiated("child-id");
      history.signal("go");
      history.fullTask(flags);
      history.timerStarted("1");
      history.signal("go");
      history.openTask();
      const replay = () => {
        const program = script([startChild(1, { workflowId: "other" })], [{ kind: "startTimer", seq: 1, duration: 1 }]);
        return play(createRun(), createTask(history.events), program);
      };
      if (flags.length > 0) assert.throws(replay, NondeterminismError);
      else assert.deepEqual(jobKinds(replay()), [["initialize"], ["signalWorkflow"], ["signalWorkflow"]]);
    }
  });

  test("that was never started cannot be cancelled", () => {
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    assert.throws(
      () => play(createRun(), createTask(history.events), script([cancelChild(1)])),
      /cancels child workflow 1, which it never started/,
    );
  });
});
