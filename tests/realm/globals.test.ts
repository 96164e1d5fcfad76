import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openHost, start, startTime, type TestHost, TestRun } from "../workflow/support.ts";

let globals: TestHost;
const now = Math.floor(startTime);

before(async () => {
  globals = await openHost(new URL("./workflows/globals.ts", import.meta.url));
});

after(() => globals.host.close());

describe("globals of a realm", () => {
  test("Date and Intl have workflow time", async () => {
    const run = new TestRun(globals);
    await run.commands(start("time"));
    run.time += 1000;
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 1 }), [
      now,
      now,
      now,
      true,
      0,
      2020,
      now,
      true,
      now,
      946_684_800_000,
      "Date",
      "11/14/2023",
      now + 1000,
    ]);
  });

  test("Temporal.Now has workflow time, where there is Temporal", async () => {
    const result = await new TestRun(globals).result(start("temporalNow"));
    if (result !== "none") assert.deepEqual(result, ["2023-11-14T22:13:20Z", "2023-11-14"]);
    else assert.equal("Temporal" in globalThis, false);
  });

  test("Math.random and crypto are the same in every run with the same seed", async () => {
    const first = await new TestRun(globals).result(start("chance")) as unknown[];
    assert.deepEqual(await new TestRun(globals, "run-2").result(start("chance")), first);
    const other = await new TestRun(globals).result(start("chance", [], { randomSeed: 5n })) as unknown[];
    assert.notDeepEqual(other, first);
    assert.match(String(first[2]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(first.at(-1), true);
  });

  test("URL, Headers, text and base64 are those of the web", async () => {
    assert.deepEqual(await new TestRun(globals).result(start("web")), {
      href: "https://user@example.org:8080/b?x=1&x=2&y=z+z#h",
      origin: "https://example.org:8080",
      all: ["1", "2"],
      allIsArray: true,
      entries: [["a", "1"], ["b", "2"]],
      json: '{"url":"https://example.com/"}',
      canParse: [true, false],
      invalid: "TypeError true",
      headers: [["x-one", "1, 2"]],
      badHeader: "TypeError true",
      bytes: [6, true, "grüß"],
      fatal: "TypeError true",
      label: "RangeError true",
      base64: ["aGVsbG8=", "hello", "InvalidCharacterError true"],
      names: "URL,Headers,TextEncoder,AbortController",
    });
  });

  test("AbortController, AbortSignal and EventTarget are those of the web", async () => {
    const run = new TestRun(globals);
    assert.deepEqual(await run.commands(start("abort")), [{ kind: "startTimer", seq: 1, duration: 1000 }]);
    assert.deepEqual(await run.result({ kind: "fireTimer", seq: 1 }), [
      "onabort",
      "abort true",
      "AbortError true 20 true",
      "AbortError true",
      "why",
      "TimeoutError",
      "TypeError true",
      "false",
      "true",
    ]);
  });

  test("structuredClone copies what can be copied", async () => {
    assert.deepEqual(await new TestRun(globals).result(start("clone")), [
      true,
      5,
      [1],
      [2],
      false,
      "RangeError r 1 true",
      "/x/gi",
      "5",
      "DataCloneError true",
    ]);
  });

  test("queueMicrotask and console work", async () => {
    globals.lines.length = 0;
    assert.deepEqual(await new TestRun(globals).result(start("tasks")), ["micro", "main"]);
    assert.deepEqual(globals.lines.map(({ level }) => level), ["info", "error"]);
    assert.equal(globals.lines[1].message, "Assertion failed an assertion");
  });

  test("may be replaced, in this run alone", async () => {
    assert.equal(await new TestRun(globals).result(start("polyfills")), "2mine");
  });
});
