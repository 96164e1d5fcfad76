import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { IllegalStateError } from "../../src/common/errors.ts";
import { HistoryError } from "../../src/core/errors.ts";
import { QueryResultType } from "../../src/gen/temporal/api/enums/v1/query_pb.ts";
import { type WorkflowQuery, WorkflowQuerySchema } from "../../src/gen/temporal/api/query/v1/message_pb.ts";
import type { Activation, Command, Completion } from "../../src/workflow/activation.ts";
import { commandNames, completeWorkflow, createRun, createTask, jobKinds, play, script, startTimer } from "./driver.ts";
import { failure, HistoryBuilder, payload } from "./history_builder.ts";

function queryOf(queryType: string): WorkflowQuery {
  return create(WorkflowQuerySchema, {
    queryType,
    queryArgs: { payloads: [payload("arg")] },
    header: { fields: { h: payload("header") } },
  });
}

function startedHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  history.openTask();
  return history;
}

/** Code that starts timer 1 and answers queries with their name. */
function program({ jobs }: Activation): Command[] {
  return jobs.flatMap((job): Command[] => {
    if (job.kind === "initialize") return [startTimer(1)];
    return job.kind === "queryWorkflow" ? [{ kind: "queryAnswered", id: job.id, result: payload(job.name) }] : [];
  });
}

/** A cached run with one task done, its history, and a task that was made for a query. */
function cachedRun() {
  const run = createRun();
  const history = startedHistory();
  play(run, createTask(history.events), program);
  const task = { ...createTask([]), previousStartedEventId: 3, query: queryOf("state") };
  return { run, history, task };
}

describe("queries that ride on a task", () => {
  test("trap 14: come after all else, on their own, as replay; their answers go with the commands", () => {
    const task = createTask(startedHistory().events, { queries: { q1: queryOf("one"), q2: queryOf("two") } });
    const played = play(createRun(), task, program);
    assert.deepEqual(jobKinds(played), [["initialize"], ["queryWorkflow", "queryWorkflow"]]);
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [false, true]);
    const [job] = played.activations[1].jobs;
    assert.ok(job.kind === "queryWorkflow");
    assert.deepEqual([job.id, job.name], ["q1", "one"]);
    assert.deepEqual(job.args[0].data, payload("arg").data);
    assert.deepEqual(job.headers.h.data, payload("header").data);
    const { answer } = played;
    assert.deepEqual(commandNames(answer), ["START_TIMER"]);
    assert.deepEqual(Object.keys(answer.queryResults), ["q1", "q2"]);
    assert.equal(answer.queryResults.q2.resultType, QueryResultType.ANSWERED);
    assert.deepEqual(answer.queryResults.q2.answer?.payloads[0].data, payload("two").data);
    assert.equal(answer.legacyQueryResult, undefined);
  });

  test("fail with their own failure, and where they are left unanswered", () => {
    const task = createTask(startedHistory().events, { queries: { q1: queryOf("one"), q2: queryOf("two") } });
    const { answer } = play(
      createRun(),
      task,
      script([], [{ kind: "queryFailed", id: "q1", failure: failure("no such") }]),
    );
    const { q1, q2 } = answer.queryResults;
    assert.deepEqual([q1.resultType, q1.errorMessage, q1.failure?.message], [
      QueryResultType.FAILED,
      "no such",
      "no such",
    ]);
    assert.deepEqual([q2.resultType, q2.errorMessage], [
      QueryResultType.FAILED,
      "the workflow did not answer the query",
    ]);
  });

  test("do not make the run replay afterwards", () => {
    const run = createRun();
    const history = startedHistory();
    play(run, createTask(history.events, { queries: { q: queryOf("one") } }), program);
    assert.equal(run.isReplaying, false);
    history.taskCompleted();
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    const next = play(run, createTask(history.events), script([completeWorkflow]));
    assert.deepEqual(next.activations.map(({ isReplaying }) => isReplaying), [false]);
  });

  test("must not change the workflow", () => {
    const task = createTask(startedHistory().events, { queries: { q: queryOf("one") } });
    assert.throws(
      () => play(createRun(), task, script([], [startTimer(2)])),
      new IllegalStateError("a query asked for startTimer; queries must not change the workflow"),
    );
  });
});

describe("a task made for a query", () => {
  test("on a cached run has only that to do", () => {
    const { run, task } = cachedRun();
    const played = play(run, task, program);
    assert.deepEqual(jobKinds(played), [["queryWorkflow"]]);
    assert.equal(played.activations[0].isReplaying, true);
    assert.equal(played.activations[0].buildId, "build");
    const { answer } = played;
    assert.deepEqual([answer.commands, answer.messages, answer.queryResults, answer.usedCoreFlags], [[], [], {}, []]);
    assert.equal(answer.legacyQueryResult?.resultType, QueryResultType.ANSWERED);
    assert.deepEqual(answer.legacyQueryResult.answer?.payloads[0].data, payload("state").data);
  });

  test("leaves the run's commands for the tasks after it", () => {
    const { run, history, task } = cachedRun();
    history.taskCompleted();
    const timer = history.timerStarted("1");
    play(run, { ...task, events: history.events.slice(3) }, program);
    history.timerFired("1", timer);
    history.openTask();
    const next = play(run, createTask(history.events, { events: history.events.slice(3) }), script([completeWorkflow]));
    assert.deepEqual(jobKinds(next), [["fireTimer"]]);
    assert.deepEqual(commandNames(next.answer), ["COMPLETE_WORKFLOW_EXECUTION"]);
  });

  test("may bring events that no task has taken in yet; they wait for their task", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerFired("1", history.timerStarted("1"));
    history.taskScheduled();
    const code = script([startTimer(1)]);
    const run = createRun();
    const task = { ...createTask(history.events), query: queryOf("state") };
    const query = play(run, task, (activation) => {
      return activation.jobs[0].kind === "queryWorkflow" ? program(activation) : code(activation);
    });
    assert.deepEqual(jobKinds(query), [["initialize"], ["queryWorkflow"]]);
    assert.ok(query.activations.every(({ isReplaying }) => isReplaying));
    history.signal("go");
    history.taskStarted();
    const next = play(run, createTask(history.events, { events: history.events.slice(3) }), script([startTimer(2)]));
    assert.deepEqual(jobKinds(next), [["signalWorkflow", "fireTimer"]]);
    assert.equal(next.activations[0].isReplaying, false);
    assert.deepEqual(commandNames(next.answer), ["START_TIMER"]);
  });

  test("replays the whole history of a closed workflow first", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.timerFired("1", history.timerStarted("1"));
    history.fullTask();
    history.completed();
    const task = { ...createTask(history.events), query: queryOf("state") };
    assert.equal(task.startedEventId, 0);
    const played = play(createRun(), task, (activation) => {
      return activation.jobs[0].kind === "fireTimer" ? [completeWorkflow] : program(activation);
    });
    assert.deepEqual(jobKinds(played), [["initialize"], ["fireTimer"], ["queryWorkflow"]]);
    assert.ok(played.activations.every(({ isReplaying }) => isReplaying));
    assert.equal(played.answer.legacyQueryResult?.resultType, QueryResultType.ANSWERED);
    assert.deepEqual(played.answer.commands, []);
  });

  test("on a new run leaves it where the next task begins", () => {
    const history = startedHistory();
    history.taskCompleted();
    history.taskScheduled();
    const run = createRun();
    play(run, { ...createTask(history.events), query: queryOf("state") }, script());
    assert.equal(run.lastStartedEventId, 3);
    history.taskStarted();
    const next = play(run, createTask(history.events, { events: history.events.slice(3) }), script());
    assert.deepEqual([next.activations, run.lastStartedEventId], [[], 6]);
  });

  test("is answered by the run as it is where that knows of more than the task does", () => {
    const { run, history } = cachedRun();
    history.taskCompleted();
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    play(run, createTask(history.events), script());
    const task = { ...createTask([]), previousStartedEventId: 3, query: queryOf("state") };
    const { activations, answer } = play(run, task, program);
    assert.deepEqual(activations.map(({ isReplaying, historyLength }) => [isReplaying, historyLength]), [[true, 8]]);
    assert.equal(answer.legacyQueryResult?.resultType, QueryResultType.ANSWERED);
    assert.deepEqual(answer.legacyQueryResult.answer?.payloads[0].data, payload("state").data);
    assert.equal(run.lastStartedEventId, 8);
  });

  test("on a run that is not cached needs the history", () => {
    assert.throws(() => createRun().begin({ ...createTask([]), query: queryOf("state") }), HistoryError);
  });

  test("fails where the code does", () => {
    const { run, task } = cachedRun();
    const completion: Completion = { kind: "failed", failure: failure("broken"), cause: "NON_DETERMINISTIC_ERROR" };
    const { answer } = play(run, task, () => completion);
    assert.equal(answer.legacyQueryResult?.errorMessage, "broken");
    assert.equal(answer.failure?.cause, "NON_DETERMINISTIC_ERROR");
  });

  test("has no other queries", () => {
    const { run, task } = cachedRun();
    assert.throws(() => run.begin({ ...task, queries: { q: queryOf("one") } }), HistoryError);
  });
});
