import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recordCoverage, StateTable } from "../../src/core/machine.ts";

class Door {
  state: "open" | "shut" | "locked" = "open";
  log: string[] = [];
}

const doorTable = new StateTable<Door, Door["state"], { push: string; lock: undefined }>("Door", "open", {
  open: { push: ["shut", (door, by) => door.log.push(`${by} ${door.state}`)] },
  shut: { push: "open", lock: "locked" },
  locked: {},
});

describe("a state table", () => {
  test("takes the transition and acts in the new state", () => {
    const door = new Door();
    assert.equal(doorTable.fire(door, "push", "Ada"), true);
    assert.equal(door.state, "shut");
    assert.deepEqual(door.log, ["Ada shut"]);
  });

  test("refuses a trigger that the state has no place for, and changes nothing", () => {
    const door = new Door();
    assert.equal(doorTable.fire(door, "lock", undefined), false);
    assert.equal(door.state, "open");
    assert.deepEqual(door.log, []);
  });

  test("draws itself, with the states in which machines end", () => {
    assert.equal(
      doorTable.render(),
      [
        "stateDiagram-v2",
        "  [*] --> open",
        "  open --> shut: push",
        "  shut --> open: push",
        "  shut --> locked: lock",
        "  locked --> [*]",
        "",
      ].join("\n"),
    );
  });

  test("records which transitions were taken", () => {
    const coverage = recordCoverage(doorTable);
    const door = new Door();
    assert.equal(coverage.summary(), "Door: 0 of 3 transitions (0 %)");
    doorTable.fire(door, "push", "Ada");
    doorTable.fire(door, "lock", undefined);
    doorTable.fire(door, "push", "Ada");
    assert.deepEqual(coverage.missed(), [{ from: "shut", trigger: "push", to: "open" }]);
    assert.equal(coverage.summary(), "Door: 2 of 3 transitions (66 %)");
    coverage.stop();
    doorTable.fire(Object.assign(new Door(), { state: "shut" as const }), "push", "Ada");
    assert.equal(coverage.missed().length, 1);
  });
});
