import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import { type FilterRecord, parseFilter } from "../../src/server/filter.ts";

const attributes = {
  CustomerId: "KEYWORD",
  Note: "TEXT",
  Tags: "KEYWORD_LIST",
  Amount: "INT",
  Ratio: "DOUBLE",
  Vip: "BOOL",
  Due: "DATETIME",
  "odd-name": "KEYWORD",
} as const;

const full: FilterRecord = {
  WorkflowId: "order-1",
  RunId: "run-1",
  WorkflowType: "Order",
  TaskQueue: "orders",
  ExecutionStatus: "Running",
  StartTime: new Date("2025-03-01T12:00:00Z"),
  ExecutionDuration: 90e9,
  HistoryLength: 11,
  CustomerId: "c-1",
  Note: "Hello big world",
  Tags: ["a", "b"],
  Amount: 5,
  Ratio: 0.5,
  Vip: true,
  Due: new Date("2025-04-01T00:00:00Z"),
  "odd-name": "x",
};
const bare: FilterRecord = { WorkflowId: "order-2", WorkflowType: "Order", ExecutionStatus: "TIMED_OUT" };

/** Which of the two records a filter finds. */
function find(query: string): string {
  const { matches } = parseFilter(query, { attributes });
  return [matches(full) ? "full" : "", matches(bare) ? "bare" : ""].filter(Boolean).join(" ");
}

const FOUND: Record<string, string> = {
  "": "full bare",
  "   ": "full bare",
  "WorkflowId = 'order-1'": "full",
  'WorkflowId = "order-1"': "full",
  "`WorkflowId` = 'order-1'": "full",
  "`odd-name` = 'x'": "full",
  "WorkflowId='order-1'": "full",
  "WorkflowId != 'order-1'": "bare",
  "WorkflowId <> 'order-1'": "bare",
  "WorkflowId > 'order-1'": "bare",
  "WorkflowId >= 'order-1'": "full bare",
  "WorkflowId < 'order-2'": "full",
  "WorkflowId <= 'order-2'": "full bare",
  "WorkflowType = 'Order' AND WorkflowId = 'order-1'": "full",
  "WorkflowType = 'Order' and WorkflowId = 'order-1'": "full",
  "WorkflowId = 'x' OR WorkflowId = 'order-2'": "bare",
  "WorkflowId = 'order-1' OR WorkflowId = 'order-2' AND WorkflowType = 'x'": "full",
  "(WorkflowId = 'order-1' OR WorkflowId = 'order-2') AND WorkflowType = 'x'": "",
  "NOT WorkflowId = 'order-1'": "bare",
  "NOT (WorkflowId = 'order-1' OR WorkflowType = 'x')": "bare",
  "NOT NOT WorkflowId = 'order-1'": "full",
  "((WorkflowId = 'order-1'))": "full",
  "WorkflowId IN ('order-1', 'x')": "full",
  "WorkflowId IN ('order-1')": "full",
  "WorkflowId NOT IN ('order-1', 'x')": "bare",
  "WorkflowId STARTS_WITH 'order'": "full bare",
  "WorkflowId starts_with 'order-2'": "bare",
  "WorkflowId NOT STARTS_WITH 'order-2'": "full",
  "CustomerId IS NULL": "bare",
  "CustomerId IS NOT NULL": "full",
  "CustomerId is not null": "full",
  // What is missing is neither equal nor different, except in texts and lists.
  "CustomerId = 'c-1'": "full",
  "CustomerId != 'c-1'": "",
  "NOT CustomerId = 'c-1'": "",
  "CustomerId != 'zz'": "full",
  "CustomerId NOT IN ('zz')": "full",
  "CustomerId NOT STARTS_WITH 'z'": "full",
  "NOT (CustomerId = 'zz' OR WorkflowId = 'order-1')": "",
  "NOT (CustomerId = 'zz' AND WorkflowId = 'x')": "full bare",
  "CustomerId = 'c-1' OR WorkflowId = 'order-2'": "full bare",
  "Tags = 'a'": "full",
  "Tags != 'a'": "bare",
  "Tags != 'z'": "full bare",
  "Tags IN ('z', 'b')": "full",
  "Tags NOT IN ('a')": "bare",
  "Tags IS NULL": "bare",
  "Note = 'big'": "full",
  "Note = 'BIG, other'": "full",
  "Note = 'bi'": "",
  "Note != 'big'": "bare",
  "Note != 'other'": "full bare",
  "Amount = 5": "full",
  "Amount = '5'": "full",
  "Amount > 4": "full",
  "Amount > 5": "",
  "Amount >= -5": "full",
  "Amount BETWEEN 5 AND 9": "full",
  "Amount BETWEEN 1 AND 4": "",
  "Amount NOT BETWEEN 1 AND 4": "full",
  "Amount BETWEEN 5 AND 9 AND WorkflowId = 'order-1'": "full",
  "Ratio < 0.75": "full",
  "Ratio = 5e-1": "full",
  "Ratio = .5": "full",
  "Vip = true": "full",
  "Vip = TRUE": "full",
  "Vip = 'true'": "full",
  "Vip != true": "",
  "Vip = false": "",
  "Due = '2025-04-01T00:00:00Z'": "full",
  "Due = '2025-04-01T02:00:00+02:00'": "full",
  "Due > '2025-03-31T23:59:59.999Z'": "full",
  "Due BETWEEN '2025-03-31' AND '2025-04-02'": "full",
  "StartTime > '2025-03-01T11:00:00Z'": "full",
  "StartTime > '2025-03-01 11:00:00'": "full",
  "StartTime < '2025-03-01T11:00:00Z'": "",
  "StartTime = 1740830400000000000": "full",
  "ExecutionStatus = 'Running'": "full",
  'ExecutionStatus = "TimedOut"': "bare",
  "ExecutionStatus = 'TIMED_OUT'": "bare",
  "ExecutionStatus = 'running'": "full",
  "ExecutionStatus = 1": "full",
  "ExecutionStatus != 'Running'": "bare",
  "ExecutionStatus IN ('Running', 'Failed')": "full",
  "ExecutionDuration > '1m'": "full",
  "ExecutionDuration = '1m30s'": "full",
  "ExecutionDuration = '00:01:30'": "full",
  "ExecutionDuration < 90000000000": "",
  "HistoryLength >= 11": "full",
  "TemporalScheduledById IS NULL": "full bare",
  "WorkflowType = 'Order' ORDER BY StartTime": "full bare",
  "ORDER BY StartTime DESC, WorkflowId ASC": "full bare",
  "GROUP BY ExecutionStatus": "full bare",
};

describe("parseFilter finds", () => {
  for (const [query, expected] of Object.entries(FOUND)) {
    test(`${expected || "nothing"}: ${query}`, () => assert.equal(find(query), expected));
  }

  test("strings with quotes in them", () => {
    const record = { WorkflowId: 'it\'s "so"' };
    for (const query of [`WorkflowId = 'it''s "so"'`, `WorkflowId = "it's ""so"""`, `WorkflowId = 'it\\'s "so"'`]) {
      assert.equal(parseFilter(query).matches(record), true, query);
    }
  });

  test("any attribute by its value where no attributes are named", () => {
    assert.equal(parseFilter("Anything = 'x'").matches({ Anything: "x" }), true);
    assert.equal(parseFilter("Anything > 4").matches({ Anything: 5 }), true);
    assert.equal(parseFilter("Anything = 'x'").matches({ Anything: ["w", "x"] }), true);
    assert.equal(parseFilter("Anything < '2025-01-01'").matches({ Anything: new Date("2024-01-01") }), true);
    assert.equal(parseFilter("Anything = 4").matches({ Anything: "4" }), false);
  });

  test("long chains", () => {
    const query = Array.from({ length: 20_000 }, (_, index) => `WorkflowId != 'x${index}'`).join(" AND ");
    assert.equal(find(query), "full bare");
  });
});

test("parseFilter returns GROUP BY and ORDER BY", () => {
  const filter = parseFilter("WorkflowId = 'a' GROUP BY ExecutionStatus ORDER BY StartTime DESC, WorkflowId");
  assert.equal(filter.groupBy, "ExecutionStatus");
  assert.deepEqual(filter.orderBy, [
    { attribute: "StartTime", descending: true },
    { attribute: "WorkflowId", descending: false },
  ]);
  assert.equal(parseFilter("WorkflowId = 'a'").groupBy, undefined);
});

const REFUSED: Record<string, string> = {
  "WorkflowId": "expected a comparison, found the end at position 11",
  "WorkflowId =": "expected a value (strings need quotes), found the end at position 13",
  "WorkflowId = other": 'expected a value (strings need quotes), found "other" at position 14',
  "WorkflowId = 'order": "string has no closing ', at position 14",
  "`WorkflowId = 'order'": "name has no closing `, at position 1",
  "(WorkflowId = 'a'": "expected ), found the end at position 18",
  "WorkflowId = 'a')": 'expected AND, OR or the end, found ")" at position 17',
  "WorkflowId = 'a' WorkflowType = 'b'": 'expected AND, OR or the end, found "WorkflowType" at position 18',
  "AND WorkflowId = 'a'": 'expected the name of a search attribute, found "AND" at position 1',
  "WorkflowId = 'a' AND": "expected the name of a search attribute, found the end at position 21",
  "'a' = WorkflowId": 'expected the name of a search attribute, found "a" at position 1',
  "WorkflowId == 'a'": 'expected a value (strings need quotes), found "=" at position 13',
  "WorkflowId ~ 'a'": 'unexpected character "~" at position 12',
  "WorkflowId LIKE 'a%'": 'expected a comparison, found "LIKE" at position 12',
  "WorkflowId NOT = 'a'": 'expected IN, BETWEEN or STARTS_WITH, found "=" at position 16',
  "WorkflowId IN 'a'": 'expected (, found "a" at position 15',
  "WorkflowId IN ()": 'expected a value (strings need quotes), found ")" at position 16',
  "WorkflowId BETWEEN 'a' 'b'": 'expected AND, found "b" at position 24',
  "WorkflowId IS 'a'": 'expected NULL, found "a" at position 15',
  "WorkflowId = 'a' LIMIT 1": 'expected AND, OR or the end, found "LIMIT" at position 18',
  "WorkflowId = 'a' ORDER StartTime": 'expected BY, found "StartTime" at position 24',
  "Nope = 'x'": "no search attribute is named Nope, at position 1",
  "workflowid = 'x'": "no search attribute is named workflowid, at position 1",
  "constructor = 'x'": "no search attribute is named constructor, at position 1",
  "Amount = 'x'": 'Amount takes a whole number, not "x", at position 10',
  "Amount = 1.5": "Amount takes a whole number, not 1.5, at position 10",
  "Ratio = true": "Ratio takes a number, not true, at position 9",
  "Vip = 1": "Vip takes true or false, not 1, at position 7",
  "CustomerId = 5": "CustomerId takes a quoted string, not 5, at position 14",
  "Due > 'soon'": "Due takes a time such as '2025-01-31T12:00:00Z', not \"soon\", at position 7",
  "ExecutionDuration > '1 week'": "ExecutionDuration takes a duration such as '1h30m', not \"1 week\", at position 21",
  "ExecutionStatus = 'Done'": "ExecutionStatus takes one of Running, Completed, Failed, Canceled, Terminated, " +
    'ContinuedAsNew, TimedOut, Paused, not "Done", at position 19',
  "Tags > 'a'": "Tags (KEYWORD_LIST) has no order: > is not supported at position 6",
  "Note < 'a'": "Note (TEXT) has no order: < is not supported at position 6",
  "Amount STARTS_WITH 'a'": "STARTS_WITH needs a KEYWORD, and Amount is none, at position 1",
};

describe("parseFilter refuses", () => {
  for (const [query, message] of Object.entries(REFUSED)) {
    test(query, () => {
      assert.throws(() => parseFilter(query, { attributes }), (error) => {
        assert.ok(error instanceof ValueError);
        assert.equal(error.message, message);
        return true;
      });
    });
  }

  test("what is nested without end", () => {
    assert.throws(() => parseFilter("(".repeat(100_000)), /nested too deep/);
    assert.throws(() => parseFilter("NOT ".repeat(100_000)), /nested too deep/);
  });
});
