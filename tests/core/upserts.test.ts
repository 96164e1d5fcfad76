import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NondeterminismError } from "../../src/common/errors.ts";
import { upsertTable } from "../../src/core/upserts.ts";
import type { Command, ContinueAsNew } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import { commandNames, createRun, createTask, play, script, startTimer } from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

const nothing = { ...payload(""), data: new TextEncoder().encode("null") };

function upsert(...keys: string[]): Command {
  return {
    kind: "upsertSearchAttributes",
    searchAttributes: Object.fromEntries(keys.map((key) => [key, payload(`new ${key}`)])),
  };
}

function openHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start({ searchAttributes: { indexedFields: { Kept: payload("kept"), Gone: payload("gone") } } });
  history.openTask();
  return history;
}

const continueAsNew: ContinueAsNew = {
  kind: "continueAsNew",
  workflowType: "workflow",
  taskQueue: "queue",
  args: [],
  headers: {},
};

describeMachine(upsertTable, () => {
  test("search attributes and memo are sent and forgotten", () => {
    const history = openHistory();
    const memo: Command = { kind: "upsertMemo", memo: { note: payload("memo") } };
    const { answer } = play(createRun(), createTask(history.events), script([upsert("One", "Two"), memo]));
    assert.deepEqual(commandNames(answer), ["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", "MODIFY_WORKFLOW_PROPERTIES"]);
    const [first, second] = answer.commands.map(({ attributes }) => attributes);
    assert.equal(first.case, "upsertWorkflowSearchAttributesCommandAttributes");
    assert.deepEqual(Object.keys(first.value.searchAttributes!.indexedFields), ["One", "Two"]);
    assert.equal(second.case, "modifyWorkflowPropertiesCommandAttributes");
    assert.deepEqual(second.value.upsertedMemo!.fields["note"].data, payload("memo").data);
  });

  test("take their events in replay", () => {
    const history = openHistory();
    history.taskCompleted();
    history.attributesUpserted({ One: "new One" });
    history.memoUpserted({ note: "memo" });
    history.timerFired("1", history.timerStarted("1"));
    history.openTask();
    const program = script([upsert("One"), { kind: "upsertMemo", memo: { note: payload("memo") } }, startTimer(1)]);
    assert.deepEqual(play(createRun(), createTask(history.events), program).answer.commands, []);
    const other = script([{ kind: "upsertMemo", memo: { note: payload("memo") } }]);
    assert.throws(() => play(createRun(), createTask(history.events), other), (error: NondeterminismError) => {
      assert.equal(error.found, 'MODIFY_WORKFLOW_PROPERTIES (upsert of memo "note")');
      return true;
    });
  });

  test("go with the patch they list where the history has no place for it", () => {
    const history = openHistory();
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [2] } });
    history.patchMarker("change", true);
    history.attributesUpserted({ TemporalChangeVersion: ["change"] });
    history.timerStarted("1");
    history.timerStarted("2");
    history.signal("go");
    history.openTask();
    const program = script([
      startTimer(1),
      { kind: "setPatchMarker", patchId: "change", deprecated: true },
      startTimer(2),
    ]);
    assert.deepEqual(play(createRun(), createTask(history.events), program).answer.commands, []);
  });
});

describe("an upsert of the list of patches by workflow code", () => {
  test("changes nothing, yet is sent", () => {
    const { answer } = play(
      createRun(),
      createTask(openHistory().events),
      script([upsert("TemporalChangeVersion", "One")]),
    );
    const [{ attributes }] = answer.commands;
    assert.equal(attributes.case, "upsertWorkflowSearchAttributesCommandAttributes");
    assert.deepEqual(attributes.value.searchAttributes!.indexedFields, {});
  });
});

describe("a run that continues as new", () => {
  test("hands on its search attributes as the code has changed them", () => {
    const remove: Command = { kind: "upsertSearchAttributes", searchAttributes: { Gone: nothing } };
    const listed: Command = { kind: "setPatchMarker", patchId: "change", deprecated: false };
    const program = script([upsert("New"), remove, upsert("TemporalChangeVersion"), listed, continueAsNew]);
    const { answer } = play(createRun(), createTask(openHistory().events), program);
    const { attributes } = answer.commands.at(-1)!;
    assert.equal(attributes.case, "continueAsNewWorkflowExecutionCommandAttributes");
    assert.deepEqual(Object.keys(attributes.value.searchAttributes!.indexedFields).sort(), ["Kept", "New"]);
  });

  test("hands on those of its start where the code changed nothing", () => {
    const { answer } = play(createRun(), createTask(openHistory().events), script([continueAsNew]));
    const { attributes } = answer.commands.at(-1)!;
    assert.equal(attributes.case, "continueAsNewWorkflowExecutionCommandAttributes");
    assert.deepEqual(Object.keys(attributes.value.searchAttributes!.indexedFields).sort(), ["Gone", "Kept"]);
  });
});
