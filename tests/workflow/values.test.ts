import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openHost, start, type TestHost, TestRun } from "./support.ts";

let values: TestHost;

before(async () => {
  values = await openHost(new URL("./workflows/values.ts", import.meta.url));
});

after(() => values.host.close());

describe("values of a realm", () => {
  test("are written by the JSON of the realm, as its code has changed it", async () => {
    assert.deepEqual(await new TestRun(values).result(start("writesBigints")), { count: "5n" });
  });

  test("are refused with errors of the realm", async () => {
    assert.deepEqual(await new TestRun(values).result(start("writesCycle")), [true, true]);
  });
});
