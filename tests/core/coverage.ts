/**
 * Ends a machine's tests: its diagram must be drawable and each of its transitions taken.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Coverage, recordCoverage, type Stateful, type StateTable } from "../../src/core/machine.ts";

/** Runs `tests` and then checks that they took every transition of the table. */
export function describeMachine<M extends Stateful<S>, S extends string, T>(
  table: StateTable<M, S, T>,
  tests: () => void,
): void {
  describe(`the machine ${table.name}`, () => {
    let coverage: Coverage;
    before(() => {
      coverage = recordCoverage(table);
    });
    after(() => coverage.stop());
    tests();
    test("is drawn with all its transitions, each of which the tests above have taken", () => {
      const drawn = table.render();
      for (const { from, trigger, to } of table.transitions) {
        assert.ok(drawn.includes(`${from} --> ${to}: ${trigger}\n`));
      }
      console.log(coverage.summary());
      assert.deepEqual(coverage.missed(), []);
    });
  });
}
