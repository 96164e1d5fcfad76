import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { readLocalMarker } from "../../src/core/local_marker.ts";
import { HistoryError } from "../../src/core/run.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import type { Command } from "../../src/workflow/activation.ts";
import {
  cancelActivity,
  cancelLocal,
  cancelTimer,
  commandNames,
  completeWorkflow,
  createRun,
  createTask,
  type Program,
  scheduleActivity,
  scheduleLocal,
  script,
  startTimer,
} from "./driver.ts";
import { HistoryBuilder } from "./history_builder.ts";
import {
  cancelled,
  checkReplay,
  clock,
  completeTask,
  live,
  markerOf,
  started,
  startedHistory,
  told,
} from "./local_driver.ts";

describe("local activities", () => {
  test("trap 19: in replay resolve one at a time in the order of their markers, each once it was scheduled", () => {
    const history = startedHistory();
    const program = () => script([scheduleLocal(1), scheduleLocal(2)], [scheduleLocal(3)], [], [], [startTimer(1)]);
    const { activations, answer } = live(createRun(), createTask(history.events), program(), [
      [2, { runtime: 10 }],
      [3, { runtime: 30 }],
      [1, { runtime: 20 }],
    ]);
    assert.deepEqual(told(activations), ["initialize", "2 completed", "3 completed", "1 completed"]);
    assert.deepEqual(answer.commands.map((command) => markerOf(command).seq), [2, 3, 1]);
    assert.deepEqual(
      activations.map(({ time }) => time - activations[0].time),
      [0, 10, 40, 40],
      "time never goes back",
    );
    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    checkReplay(history, program(), activations);
  });

  test("come after all other jobs of their task", () => {
    const history = startedHistory();
    const program = () => script([scheduleLocal(1)]);
    const run = createRun();
    const heartbeat = live(run, createTask(history.events), program());
    completeTask(history, heartbeat.answer);
    history.signal("meanwhile");
    history.openTask();
    const second = live(run, createTask(history.events), script(), [[1, {}]]);
    assert.deepEqual(told(second.activations), ["signalWorkflow", "1 completed"]);
    completeTask(history, second.answer);
    history.signal("after");
    history.openTask();
    const { activations } = live(createRun(), createTask(history.events), program());
    assert.deepEqual(told(activations), ["initialize", "signalWorkflow", "1 completed", "signalWorkflow"]);
  });

  test("hold the answer back, unless it answers queries", () => {
    const history = startedHistory();
    const run = createRun();
    run.begin(
      createTask(history.events, {
        queries: { q: { $typeName: "temporal.api.query.v1.WorkflowQuery", queryType: "state" } },
      }),
    );
    run.next();
    assert.deepEqual(run.takeLocalWork(clock), { start: [], cancel: [] });
    run.accept({ kind: "successful", commands: [scheduleLocal(1)], usedFlags: [] });
    assert.equal(run.awaitsLocal, true);
    const query = run.next()!;
    assert.equal(query.jobs[0].kind, "queryWorkflow");
    run.accept({ kind: "successful", commands: [{ kind: "queryAnswered", id: "q" }], usedFlags: [] });
    assert.deepEqual(started([run.takeLocalWork(clock)]), [1]);
    assert.equal(run.awaitsLocal, false);
    const answer = run.finish();
    assert.deepEqual([answer.forceNewTask, Object.keys(answer.queryResults)], [true, ["q"]]);
  });

  test("are not started for a task that is a query", () => {
    const history = startedHistory();
    const heartbeat = live(createRun(), createTask(history.events), script([scheduleLocal(1)]));
    completeTask(history, heartbeat.answer);
    const run = createRun();
    const query = { $typeName: "temporal.api.query.v1.WorkflowQuery", queryType: "state" } as const;
    const task = createTask(history.events, { query, startedEventId: 0 });
    const program: Program = ({ jobs }) =>
      jobs[0].kind === "queryWorkflow" ? [{ kind: "queryAnswered", id: jobs[0].id }] : [scheduleLocal(1)];
    const asked = live(run, task, program);
    assert.deepEqual([started(asked.works), run.awaitsLocal, asked.answer.forceNewTask], [[], false, undefined]);
    history.openTask();
    const { works } = live(run, createTask(history.events), script(), [[1, {}]]);
    assert.deepEqual(started(works), [1]);
  });

  test("are known to have run before the query for which the history is replayed", () => {
    const wait = scheduleLocal(1, { cancellationType: "WAIT_CANCELLATION_COMPLETED" });
    const program = () => script([wait], [cancelLocal(1), completeWorkflow]);
    const history = startedHistory();
    const run = createRun();
    const heartbeat = live(run, createTask(history.events), program());
    completeTask(history, heartbeat.answer);
    history.signal("cancel");
    history.openTask();
    const last = live(run, createTask(history.events), script([cancelLocal(1), completeWorkflow]));
    assert.deepEqual(commandNames(last.answer), ["COMPLETE_WORKFLOW_EXECUTION"]);
    history.taskCompleted();
    history.completed();
    const query = { $typeName: "temporal.api.query.v1.WorkflowQuery", queryType: "state" } as const;
    const replayed = program();
    const { activations } = live(
      createRun(),
      createTask(history.events, { query, startedEventId: 0 }),
      (activation) => {
        const [job] = activation.jobs;
        return job.kind === "queryWorkflow" ? [{ kind: "queryAnswered", id: job.id }] : replayed(activation);
      },
    );
    assert.deepEqual(told(activations), ["initialize", "signalWorkflow", "queryWorkflow"]);
  });

  test("are cancelled, not begun anew, when they were cancelled while a lost worker ran them", () => {
    const wait = scheduleLocal(1, { cancellationType: "WAIT_CANCELLATION_COMPLETED" });
    const program = () => script([wait], [cancelLocal(1)], []);
    const history = startedHistory();
    const run = createRun();
    completeTask(history, live(run, createTask(history.events), program()).answer);
    history.signal("cancel");
    history.openTask();
    completeTask(history, live(run, createTask(history.events), script([cancelLocal(1)])).answer);
    history.signal("another");
    history.openTask();
    const { activations, works, answer } = live(createRun(), createTask(history.events), program());
    assert.deepEqual(told(activations), ["initialize", "signalWorkflow", "signalWorkflow", "1 cancelled"]);
    assert.deepEqual([started(works), commandNames(answer)], [[], ["RECORD_MARKER"]]);
  });

  test("drop the commands that were cancelled while they ran", () => {
    const history = startedHistory();
    const program = script([scheduleLocal(1), startTimer(1), scheduleActivity(2)], [cancelTimer(1), cancelActivity(2)]);
    const { answer } = live(createRun(), createTask(history.events), program, [[1, {}]]);
    assert.deepEqual(commandNames(answer), ["RECORD_MARKER"]);
  });

  test("leave no marker when the workflow ends first, and are cancelled", () => {
    const history = startedHistory();
    const program = () => script([scheduleLocal(1), scheduleLocal(2)], [scheduleLocal(3), completeWorkflow]);
    const run = createRun();
    const { activations, answer, works } = live(run, createTask(history.events), program(), [[1, {}]]);
    assert.deepEqual(commandNames(answer), ["RECORD_MARKER", "COMPLETE_WORKFLOW_EXECUTION"]);
    assert.deepEqual([started(works), cancelled(works)], [[1, 2], [2]]);
    assert.deepEqual([run.awaitsLocal, answer.forceNewTask], [false, false]);
    run.resolveLocal(2, { attempt: 1, runtime: 1 });
    assert.equal(run.next(), undefined);
    completeTask(history, { ...answer, commands: answer.commands.slice(0, 1) });
    history.completed();
    checkReplay(history, program(), activations);
  });

  test("must be those of the history", () => {
    const history = startedHistory();
    const run = (program: Program) => live(createRun(), createTask(history.events), program);
    const { answer } = live(createRun(), createTask(history.events), script([scheduleLocal(1)]), [[1, {}]]);
    completeTask(history, answer);
    history.signal("after");
    history.openTask();
    const others: Command[] = [
      scheduleLocal(1, { activityType: "other" }),
      scheduleLocal(1, { activityId: "other" }),
      scheduleLocal(2),
      scheduleActivity(1),
      startTimer(1),
    ];
    for (const command of others) assert.throws(() => run(script([command])), NondeterminismError);
    assert.throws(() => run(script()), /event 5 is MARKER_RECORDED .*no command/);
    for (const event of history.events) {
      if (event.attributes.case === "workflowTaskCompletedEventAttributes") {
        event.attributes.value.sdkMetadata = undefined;
      }
    }
    run(script([scheduleLocal(1, { activityType: "other", activityId: "other" })]));
  });

  test("read markers of any encoding, and no others", () => {
    const history = new HistoryBuilder();
    const encode = (text: string) => ({ payloads: [{ data: new TextEncoder().encode(text) }] });
    const read = (markerName: string, details: Record<string, ReturnType<typeof encode>>): unknown => {
      history.add("markerRecordedEventAttributes", { markerName, details });
      return readLocalMarker(history.events.at(-1) as HistoryEvent);
    };
    const data = { seq: 7, attempt: 2, activity_id: "a", activity_type: "t", complete_time: null, backoff: null };
    assert.partialDeepStrictEqual(read("core_local_activity", { data: encode(JSON.stringify(data)) }) as object, {
      seq: 7,
      attempt: 2,
      activityId: "a",
      activityType: "t",
      completeTime: undefined,
    });
    assert.equal(read("core_patch", {}), undefined);
    history.signal("no marker");
    assert.equal(readLocalMarker(history.events.at(-1) as HistoryEvent), undefined);
    for (const text of ["", "null", "{", "{}"]) {
      assert.throws(() => read("core_local_activity", { data: encode(text) }), HistoryError);
    }
    assert.throws(() => read("core_local_activity", {}), /without its data/);
  });

  test("cancels of what was never started are nondeterminism", () => {
    const history = startedHistory();
    assert.throws(
      () => live(createRun(), createTask(history.events), script([cancelLocal(1)])),
      /cancels local activity 1, which it never started/,
    );
  });
});
