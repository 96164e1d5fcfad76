import assert from "node:assert/strict";
import { test } from "node:test";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { NondeterminismError } from "../../src/common/errors.ts";
import { HistoryError } from "../../src/core/errors.ts";
import { updateTable } from "../../src/core/update.ts";
import type { Message } from "../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { AcceptanceSchema, RejectionSchema, ResponseSchema } from "../../src/gen/temporal/api/update/v1/message_pb.ts";
import type { Command } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import {
  cancelActivity,
  commandNames,
  completeWorkflow,
  createRun,
  createTask,
  findJob,
  jobKinds,
  play,
  scheduleActivity,
  script,
  startTimer,
} from "./driver.ts";
import { failure, HistoryBuilder, payload, updateMessage } from "./history_builder.ts";

const accept = (id: string): Command => ({ kind: "updateAccepted", protocolInstanceId: id });
const reject = (id: string): Command => ({ kind: "updateRejected", protocolInstanceId: id, failure: failure("no") });
const complete = (id: string): Command => ({
  kind: "updateCompleted",
  protocolInstanceId: id,
  outcome: { result: payload("ok") },
});

/** A history with one open task, and the message of an update sequenced before that task's start. */
function openTask(updateId = "u") {
  const history = new HistoryBuilder();
  history.start();
  const sequencedAt = history.taskScheduled();
  history.taskStarted();
  return { history, sequencedAt, message: updateMessage(updateId, sequencedAt) };
}

function messageIds(messages: Message[]): string[] {
  return messages.map(({ id }) => id);
}

/** The ids of the messages that PROTOCOL_MESSAGE commands name, other commands by their type. */
function commandOrder({ commands }: { commands: { attributes: { case?: string; value?: unknown } }[] }): string[] {
  return commands.map(({ attributes }) =>
    attributes.case === "protocolMessageCommandAttributes"
      ? (attributes.value as { messageId: string }).messageId
      : attributes.case!.replace("CommandAttributes", "")
  );
}

describeMachine(updateTable, () => {
  test("trap 11: is asked for by a message, accepted and completed: two messages, a command for each in its place", () => {
    const run = createRun();
    const { history, sequencedAt, message } = openTask();
    const program = script([startTimer(1), accept("u"), startTimer(2), complete("u"), startTimer(3)]);
    const played = play(run, createTask(history.events, { messages: [message] }), program);
    assert.deepEqual(jobKinds(played), [["initialize", "doUpdate"]]);
    const job = findJob(played, "doUpdate");
    assert.deepEqual(
      [job.id, job.protocolInstanceId, job.name, job.identity, job.runValidator],
      ["u", "u", "update", "client", true],
    );
    assert.deepEqual(commandOrder(played.answer), [
      "startTimer",
      "u/request/accept",
      "startTimer",
      "u/request/complete",
      "startTimer",
    ]);
    const [acceptance, response] = played.answer.messages;
    assert.deepEqual([acceptance.id, acceptance.protocolInstanceId], ["u/request/accept", "u"]);
    assert.equal(acceptance.body?.typeUrl, "type.googleapis.com/temporal.api.update.v1.Acceptance");
    const accepted = anyUnpack(acceptance.body!, AcceptanceSchema)!;
    assert.equal(accepted.acceptedRequestMessageId, "u/request");
    assert.equal(accepted.acceptedRequestSequencingEventId, BigInt(sequencedAt));
    assert.equal(accepted.acceptedRequest?.meta?.updateId, "u");
    assert.equal(response.id, "u/request/complete");
    const responded = anyUnpack(response.body!, ResponseSchema)!;
    assert.equal(responded.meta?.updateId, "u");
    assert.equal(responded.outcome?.value.case, "success");

    history.taskCompleted();
    const timer = history.timerStarted("1");
    const acceptedId = history.updateAccepted("u", sequencedAt);
    history.timerStarted("2");
    history.updateCompleted("u", acceptedId);
    history.timerStarted("3");
    history.timerFired("1", timer);
    history.openTask();
    const next = play(run, createTask(history.events), script());
    assert.deepEqual(jobKinds(next), [["fireTimer"]]);
    assert.deepEqual([next.answer.messages, next.answer.commands], [[], []]);
  });

  test("is rejected with a message and no command", () => {
    const { history, message } = openTask();
    const { answer } = play(createRun(), createTask(history.events, { messages: [message] }), script([reject("u")]));
    assert.deepEqual(answer.commands, []);
    assert.deepEqual(messageIds(answer.messages), ["u/request/reject"]);
    const rejection = anyUnpack(answer.messages[0].body!, RejectionSchema)!;
    assert.equal(rejection.rejectedRequestMessageId, "u/request");
    assert.equal(rejection.rejectedRequest?.meta?.updateId, "u");
    assert.equal(rejection.failure?.message, "no");
  });

  test("completes in a later task, or fails", () => {
    const outcomes: [Command, string][] = [
      [complete("u"), "success"],
      [{ kind: "updateCompleted", protocolInstanceId: "u", outcome: { failure: failure("bad") } }, "failure"],
      [{ kind: "updateCompleted", protocolInstanceId: "u", outcome: {} }, "success"],
    ];
    for (const [command, outcome] of outcomes) {
      const run = createRun();
      const { history, sequencedAt, message } = openTask();
      play(run, createTask(history.events, { messages: [message] }), script([accept("u")]));
      history.taskCompleted();
      history.updateAccepted("u", sequencedAt);
      history.signal("go");
      history.openTask();
      const { answer } = play(run, createTask(history.events), script([command]));
      assert.deepEqual(commandOrder(answer), ["u/request/complete"]);
      assert.equal(anyUnpack(answer.messages[0].body!, ResponseSchema)!.outcome?.value.case, outcome);
    }
  });

  test("completes in a later activation of the task that accepted it", () => {
    const { history, message } = openTask();
    const program = script([accept("u"), scheduleActivity(1), cancelActivity(1)], [complete("u")]);
    const played = play(createRun(), createTask(history.events, { messages: [message] }), program);
    assert.deepEqual(jobKinds(played), [["initialize", "doUpdate"], ["resolveActivity"]]);
    assert.deepEqual(commandOrder(played.answer), ["u/request/accept", "u/request/complete"]);
  });

  test("UPD-12 trap 13: in replay comes back from its acceptance, without a validator and without messages", () => {
    const { history, sequencedAt } = openTask();
    history.taskCompleted();
    const accepted = history.updateAccepted("u", sequencedAt);
    history.signal("go");
    history.fullTask();
    history.updateCompleted("u", accepted);
    history.signal("more");
    history.openTask();
    const played = play(createRun(), createTask(history.events), script([accept("u")], [complete("u")], []));
    assert.deepEqual(jobKinds(played), [["initialize", "doUpdate"], ["signalWorkflow"], ["signalWorkflow"]]);
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, true, false]);
    assert.equal(findJob(played, "doUpdate").runValidator, false);
    assert.deepEqual([played.answer.messages, played.answer.commands], [[], []]);
  });

  test("accepted in replay, completes live with the id of its request", () => {
    const { history, sequencedAt } = openTask();
    history.taskCompleted();
    history.updateAccepted("u", sequencedAt);
    history.signal("go");
    history.openTask();
    const played = play(createRun(), createTask(history.events), script([accept("u")], [complete("u")]));
    assert.deepEqual(messageIds(played.answer.messages), ["u/request/complete"]);
  });

  test("admitted by the history, is asked for in its place, live and in replay alike", () => {
    const history = new HistoryBuilder();
    history.start();
    const first = history.fullTask();
    history.signal("before");
    const admitted = history.updateAdmitted("u");
    history.signal("after");
    history.openTask();
    const live = play(createRun(), createTask(history.events), script([], [accept("u")]));
    const names = (played: typeof live) =>
      played.activations[1].jobs.map((job) => job.kind === "signalWorkflow" ? job.name : job.kind);
    assert.deepEqual(names(live), ["before", "doUpdate", "after"]);
    assert.equal(findJob(live, "doUpdate").runValidator, true);
    assert.deepEqual(messageIds(live.answer.messages), ["u/request/accept"]);
    assert.equal(live.activations[0].historyLength, first);

    history.taskCompleted();
    history.updateAccepted("u", admitted);
    history.signal("go");
    history.openTask();
    const replayed = play(createRun(), createTask(history.events), script([], [accept("u")], []));
    assert.deepEqual(names(replayed), ["before", "doUpdate", "after"]);
    assert.equal(findJob(replayed, "doUpdate").runValidator, false);
  });

  test("admitted but turned down, is not asked for again in replay", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    history.signal("one");
    history.updateAdmitted("u");
    history.fullTask();
    history.signal("two");
    history.openTask();
    const replayed = play(createRun(), createTask(history.events), script());
    assert.deepEqual(jobKinds(replayed), [["initialize"], ["signalWorkflow"], ["signalWorkflow"]]);
  });

  test("waits for the event after which it applies", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    const signal = history.signal("one");
    history.signal("two");
    history.openTask();
    const task = createTask(history.events, { messages: [updateMessage("u", signal)] });
    const played = play(createRun(), task, script([], [accept("u")]));
    assert.deepEqual(jobKinds(played)[1], ["signalWorkflow", "doUpdate", "signalWorkflow"]);
  });

  test("applies in the order of the events, in whichever order the messages come", () => {
    const history = new HistoryBuilder();
    history.start();
    history.fullTask();
    history.fullTask();
    history.openTask();
    const messages = [updateMessage("late", 8), updateMessage("early", 5)];
    const program = () => script([], [accept("early"), accept("late")]);
    const live = play(createRun(), createTask(history.events, { messages }), program());
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 2, 3] } });
    history.updateAccepted("early", 5);
    history.updateAccepted("late", 8);
    history.openTask();
    const replayed = play(createRun(), createTask(history.events), program());
    for (const { activations } of [live, replayed]) {
      const jobs = activations.map(({ jobs }) => jobs.map((job) => job.kind === "doUpdate" ? job.id : job.kind));
      assert.deepEqual(jobs, [["initialize"], ["early", "late"]]);
    }
  });

  test("takes no acceptance and no completion of another update", () => {
    const history = new HistoryBuilder();
    history.start();
    const at = history.fullTask() - 1;
    const first = history.updateAccepted("one", at);
    history.updateAccepted("two", at);
    history.updateCompleted("one", first);
    history.signal("go");
    history.openTask();
    for (
      const [eventId, commands] of [[5, ["two", "one"].map(accept)], [7, [
        accept("one"),
        accept("two"),
        complete("two"),
      ]]] as const
    ) {
      const error = captureError(() => play(createRun(), createTask(history.events), script([...commands])));
      assert.ok(error instanceof NondeterminismError);
      assert.equal(error.eventId, eventId);
      assert.match(error.found!, /update "two"/);
    }
  });

  test("must be accepted or rejected in the activation that brings it", () => {
    const { history, message } = openTask();
    assert.throws(
      () => play(createRun(), createTask(history.events, { messages: [message] }), script([startTimer(1)])),
      /update "u" was neither accepted nor rejected at once/,
    );
  });

  test("cannot be accepted twice, nor rejected once accepted, nor completed before", () => {
    for (const commands of [[accept("u"), accept("u")], [accept("u"), reject("u")], [complete("u")]]) {
      const { history, message } = openTask();
      assert.throws(
        () => play(createRun(), createTask(history.events, { messages: [message] }), script(commands)),
        /update "u" is (accepting|requested); it cannot (accept|reject|complete) now/,
      );
    }
    const { history } = openTask();
    assert.throws(() => play(createRun(), createTask(history.events), script([accept("x")])), NondeterminismError);
  });

  test("must come with the event after which it applies, and with a history that has it", () => {
    const { history } = openTask();
    const unsequenced = updateMessage("u", 1);
    unsequenced.sequencingId = { case: undefined };
    const unknown = updateMessage("u", 1);
    unknown.body!.typeUrl = "type.googleapis.com/temporal.api.update.v2.Request";
    const cases: [Message, RegExp][] = [
      [unsequenced, /message "u\/request" does not name the event after which it applies/],
      [unknown, /message "u\/request" is temporal.api.update.v2.Request; this version reads/],
      [updateMessage("u", 9), /message "u\/request" applies after event 9, but the task's history ends at 3/],
    ];
    for (const [message, expected] of cases) {
      const error = captureError(() => createRun().begin(createTask(history.events, { messages: [message] })));
      assert.ok(error instanceof HistoryError);
      assert.match(error.message, expected);
    }
  });

  test("answers its caller before the workflow's end", () => {
    const { history, message } = openTask();
    const program = script([completeWorkflow, accept("u"), complete("u")]);
    const { answer } = play(createRun(), createTask(history.events, { messages: [message] }), program);
    assert.deepEqual(commandNames(answer), ["PROTOCOL_MESSAGE", "PROTOCOL_MESSAGE", "COMPLETE_WORKFLOW_EXECUTION"]);
  });

  test("trap 12: rejected in a task that the server then forgets, leaves the run where it was", () => {
    const run = createRun();
    const history = new HistoryBuilder();
    history.start();
    history.openTask();
    play(run, createTask(history.events), script([startTimer(1)]));
    history.taskCompleted();
    const timer = history.timerStarted("1");
    const kept = history.events.length;
    const clock = history.clock;
    const sequencedAt = history.taskScheduled();
    history.taskStarted();
    const task = createTask(history.events, { messages: [updateMessage("u", sequencedAt)] });
    const rejected = play(run, { ...task, events: task.events.slice(3) }, script([reject("u")]));
    assert.deepEqual(jobKinds(rejected), [["doUpdate"]]);
    assert.equal(run.lastStartedEventId, 7);

    run.resetLastStarted(3);
    assert.equal(run.lastStartedEventId, 3);
    history.events.length = kept;
    history.clock = clock;
    history.timerFired("1", timer);
    history.openTask();
    const next = play(
      run,
      { ...createTask(history.events), events: history.events.slice(3) },
      script([completeWorkflow]),
    );
    assert.deepEqual(jobKinds(next), [["fireTimer"]]);
    assert.deepEqual(commandNames(next.answer), ["COMPLETE_WORKFLOW_EXECUTION"]);
  });
});

function captureError(work: () => void): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
