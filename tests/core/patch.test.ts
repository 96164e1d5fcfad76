import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NondeterminismError } from "../../src/common/errors.ts";
import { HistoryError } from "../../src/core/errors.ts";
import { patchTable } from "../../src/core/patch.ts";
import type { Payload } from "../../src/common/payload.ts";
import type { Activation, Command } from "../../src/workflow/activation.ts";
import { describeMachine } from "./coverage.ts";
import {
  commandNames,
  completeWorkflow,
  createRun,
  createTask,
  jobKinds,
  play,
  type Played,
  script,
  startTimer,
} from "./driver.ts";
import { HistoryBuilder, payload } from "./history_builder.ts";

const decoder = new TextDecoder();

function patch(patchId: string, deprecated = false): Command {
  return { kind: "setPatchMarker", patchId, deprecated };
}

function startedHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  return history;
}

/** A first task with these events of commands, then a signal and a task that is new. */
function recorded(write: (history: HistoryBuilder) => void, flags?: number[]): HistoryBuilder {
  const history = startedHistory();
  history.fullTask(flags);
  write(history);
  history.signal("go");
  history.openTask();
  return history;
}

/** The attributes of the only command of its kind. */
function attributesOf<C extends string>({ answer }: Played, kind: C) {
  const found = answer.commands.map(({ attributes }) => attributes).filter((attributes) => attributes.case === kind);
  assert.equal(found.length, 1);
  return found[0] as Extract<typeof found[number], { case: C }>;
}

/** What the command that lists the patches says. */
function listedPatches(played: Played): { text: string; type: string; encoding: string } {
  const { value } = attributesOf(played, "upsertWorkflowSearchAttributesCommandAttributes");
  const fields = value.searchAttributes!.indexedFields;
  assert.deepEqual(Object.keys(fields), ["TemporalChangeVersion"]);
  const { data, metadata } = fields["TemporalChangeVersion"];
  const { type, encoding } = metadata;
  return { text: decoder.decode(data), type: decoder.decode(type), encoding: decoder.decode(encoding) };
}

describeMachine(patchTable, () => {
  test("PATCH-05 is recorded live by a marker, followed by the list of all patches", () => {
    for (const deprecated of [false, true]) {
      const history = startedHistory();
      history.openTask();
      const played = play(createRun(), createTask(history.events), script([patch("change", deprecated)]));
      assert.deepEqual(commandNames(played.answer), ["RECORD_MARKER", "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"]);
      const { value } = attributesOf(played, "recordMarkerCommandAttributes");
      assert.equal(value.markerName, "core_patch");
      assert.deepEqual(Object.keys(value.details), ["patch-data"]);
      const [{ data, metadata }] = value.details["patch-data"].payloads;
      assert.equal(decoder.decode(data), `{"id":"change","deprecated":${deprecated}}`);
      assert.equal(decoder.decode(metadata.encoding), "json/plain");
      assert.deepEqual(listedPatches(played), { text: '["change"]', type: "KeywordList", encoding: "json/plain" });
    }
  });

  test("PATCH-05 in replay the code is told before it asks, and both events are matched", () => {
    const history = recorded((events) => {
      events.patchMarker("change");
      events.attributesUpserted({ TemporalChangeVersion: ["change"] });
      events.timerStarted("1");
    });
    const program = script([patch("change"), startTimer(1)], [patch("change")]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(jobKinds(played), [["initialize", "notifyHasPatch"], ["signalWorkflow"]]);
    assert.deepEqual(played.activations.map(({ isReplaying }) => isReplaying), [true, false]);
    assert.deepEqual(played.answer.commands, []);
  });

  test("steps aside where the history goes on without it, with its upsert", () => {
    const history = recorded((events) => {
      events.patchMarker("change", true);
      events.attributesUpserted({ TemporalChangeVersion: ["change"] });
      events.timerStarted("1");
      events.timerStarted("2");
    });
    const program = script([startTimer(1), patch("change"), startTimer(2)]);
    assert.deepEqual(commandNames(play(createRun(), createTask(history.events), program).answer), []);
  });
});

describe("a patch", () => {
  test("is marked once, however often the code asks", () => {
    const history = startedHistory();
    history.openTask();
    const program = script([patch("one"), patch("one"), patch("one", true)]);
    const run = createRun();
    assert.equal(play(run, createTask(history.events), program).answer.commands.length, 2);
    history.taskCompleted();
    history.patchMarker("one");
    history.attributesUpserted({ TemporalChangeVersion: ["one"] });
    history.signal("go");
    history.openTask();
    const second = play(run, createTask(history.events), script([patch("one"), patch("two")]));
    assert.deepEqual(jobKinds(second), [["signalWorkflow"]], "the run knows of its own marker");
    assert.equal(second.answer.commands.length, 2);
    assert.equal(listedPatches(second).text, '["one","two"]');
  });

  test("lists ids in the order of their UTF-8 bytes", () => {
    const history = startedHistory();
    history.openTask();
    const ids = ["\u{1F600}", "\uFF5E", "b", "a", "B", "ä"];
    const { answer } = play(createRun(), createTask(history.events), script(ids.map((id) => patch(id))));
    const last = answer.commands.at(-1)!.attributes;
    assert.equal(last.case, "upsertWorkflowSearchAttributesCommandAttributes");
    const { data } = last.value.searchAttributes!.indexedFields["TemporalChangeVersion"];
    assert.equal(decoder.decode(data), '["B","a","b","ä","\uFF5E","\u{1F600}"]');
  });

  test("is not listed once the list has 2048 bytes", () => {
    for (const [length, count] of [[2043, 2], [2044, 1]]) {
      const history = startedHistory();
      history.openTask();
      const { answer } = play(createRun(), createTask(history.events), script([patch("x".repeat(length))]));
      assert.equal(answer.commands.length, count, `${length} bytes, brackets and quotes apart`);
    }
  });

  test("is not listed in replay of a task from before the flag, and listed by the first new task", () => {
    const history = recorded((events) => {
      events.patchMarker("change");
      events.timerStarted("1");
    }, []);
    const program = script([patch("change"), startTimer(1)], [patch("new")]);
    const played = play(createRun(), createTask(history.events), program);
    assert.deepEqual(commandNames(played.answer), ["RECORD_MARKER", "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"]);
    assert.equal(listedPatches(played).text, '["change","new"]');
    assert.deepEqual(played.answer.usedCoreFlags, [1, 2, 3]);
  });

  test("asked for in replay without a marker leaves neither of its commands in the way", () => {
    const history = recorded((events) => events.timerStarted("1"));
    const played = play(createRun(), createTask(history.events), script([patch("change"), startTimer(1)]));
    assert.deepEqual(commandNames(played.answer), []);
  });

  test("is announced in the task before its marker, not earlier", () => {
    const history = recorded((events) => events.timerStarted("1"));
    history.taskCompleted({ sdkMetadata: { coreUsedFlags: [1, 2, 3] } });
    history.patchMarker("change");
    history.attributesUpserted({ TemporalChangeVersion: ["change"] });
    history.signal("again");
    history.openTask();
    const played = play(createRun(), createTask(history.events), script([startTimer(1)], [patch("change")]));
    assert.deepEqual(jobKinds(played), [["initialize"], ["notifyHasPatch", "signalWorkflow"], ["signalWorkflow"]]);
  });

  test("is read from markers as they were written at first", () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    for (const [flag, deprecated] of [[0, false], [1, true]] as const) {
      const history = recorded((events) => {
        const details = {
          patch_id: { payloads: [{ data: encode("old") }] },
          deprecated: { payloads: [{ data: new Uint8Array([flag]) }] },
        };
        events.add("markerRecordedEventAttributes", { markerName: "core_patch", details });
      }, []);
      const played = play(createRun(), createTask(history.events), script([patch("old", deprecated)]));
      assert.deepEqual(played.activations[0].jobs[1], { kind: "notifyHasPatch", patchId: "old" });
      assert.deepEqual(played.answer.commands, []);
    }
  });

  test("has a marker that names it", () => {
    const bad: Record<string, { payloads: Payload[] }>[] = [{}, { "patch-data": { payloads: [payload("no object")] } }];
    for (const details of bad) {
      const history = recorded((events) => {
        events.add("markerRecordedEventAttributes", { markerName: "core_patch", details });
      });
      assert.throws(
        () => play(createRun(), createTask(history.events), script([patch("change")])),
        new HistoryError("event 5 is the marker of a patch without its id"),
      );
    }
    const history = recorded((events) => {
      const broken = { ...payload(""), data: new TextEncoder().encode("{") };
      const details = { "patch-data": { payloads: [broken] } };
      events.add("markerRecordedEventAttributes", { markerName: "core_patch", details });
    });
    assert.throws(() => play(createRun(), createTask(history.events), script()), HistoryError);
  });

  test("as a query is a replay of the whole history, it comes before the query", () => {
    const history = startedHistory();
    history.fullTask();
    history.patchMarker("change");
    history.attributesUpserted({ TemporalChangeVersion: ["change"] });
    history.completed();
    const activations: Activation[] = [];
    play(createRun(), createTask(history.events), (activation) => {
      activations.push(activation);
      return [patch("change"), completeWorkflow];
    });
    assert.deepEqual(activations.map(({ jobs }) => jobs.map(({ kind }) => kind)), [["initialize", "notifyHasPatch"]]);
  });
});

describe("a recorded patch", () => {
  const attempt = (write: (history: HistoryBuilder) => void, ...commands: Command[]) => {
    const history = recorded(write);
    return play(createRun(), createTask(history.events), script(commands));
  };

  test("must be in the code", () => {
    const write = (history: HistoryBuilder) => {
      history.patchMarker("change");
      history.attributesUpserted({ TemporalChangeVersion: ["change"] });
      history.timerStarted("1");
    };
    const cases: [Command[], string][] = [
      [[startTimer(1)], 'START_TIMER (timer "1")'],
      [[], "no command"],
      [[patch("other"), startTimer(1)], 'RECORD_MARKER (patch "other")'],
    ];
    for (const [commands, found] of cases) {
      assert.throws(() => attempt(write, ...commands), (error: NondeterminismError) => {
        assert.ok(error instanceof NondeterminismError);
        assert.deepEqual([error.eventId, error.expected, error.found], [5, 'MARKER_RECORDED (patch "change")', found]);
        return true;
      });
    }
  });

  test("trap 20: is skipped with its upsert once it is deprecated and the code does without it", () => {
    const write = (history: HistoryBuilder) => {
      history.patchMarker("change", true);
      history.attributesUpserted({ TemporalChangeVersion: ["change"] });
      history.timerStarted("1");
    };
    assert.deepEqual(attempt(write, startTimer(1)).answer.commands, []);
    assert.deepEqual(attempt(write, patch("change", true), startTimer(1)).answer.commands, []);
    assert.deepEqual(attempt(write, patch("change"), startTimer(1)).answer.commands, []);
    assert.deepEqual(attempt(write, patch("other"), startTimer(1)).answer.commands, []);
  });

  test("takes no upsert with it that is not its own", () => {
    const write = (history: HistoryBuilder) => {
      history.patchMarker("change", true);
      history.attributesUpserted({ Mine: "value" });
    };
    const upsert: Command = { kind: "upsertSearchAttributes", searchAttributes: { Mine: payload("value") } };
    assert.deepEqual(attempt(write, upsert).answer.commands, []);
    assert.throws(() => attempt(write), NondeterminismError);
    const apart = (history: HistoryBuilder) => {
      history.patchMarker("change", true);
      history.timerStarted("1");
      history.attributesUpserted({ TemporalChangeVersion: ["change"] });
    };
    assert.throws(() => attempt(apart, startTimer(1)), NondeterminismError);
  });

  test("is found behind what was cancelled before it was sent", () => {
    const write = (history: HistoryBuilder) => {
      history.patchMarker("change", true);
      history.attributesUpserted({ TemporalChangeVersion: ["change"] });
    };
    const cancelled: Command[] = [startTimer(1), { kind: "cancelTimer", seq: 1 }];
    assert.deepEqual(attempt(write, ...cancelled, patch("change", true)).answer.commands, []);
  });
});
