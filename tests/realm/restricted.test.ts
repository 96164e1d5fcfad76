import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openHost, start, type TestHost, TestRun } from "../workflow/support.ts";

let restricted: TestHost;

before(async () => {
  restricted = await openHost(new URL("./workflows/restricted.ts", import.meta.url));
});

after(() => restricted.host.close());

const advice: Record<string, RegExp> = {
  fetch: /call it in an activity$/,
  "process.env.HOME": /pass what is needed as an argument, or read it in an activity$/,
  "process.cwd": /read it in an activity$/,
  "Deno.readFile": /call it in an activity$/,
  "Bun.file": /call it in an activity$/,
  "performance.now": /use Date\.now\(\) or workflow\.now\(\)$/,
  WeakRef: /garbage collection is not deterministic/,
  FinalizationRegistry: /garbage collection is not deterministic/,
  setInterval: /call workflow\.sleep in a loop$/,
  setImmediate: /use queueMicrotask or workflow\.sleep$/,
  require: /use import$/,
  XMLHttpRequest: /call it in an activity$/,
  WebSocket: /call it in an activity$/,
  Worker: /call it in an activity$/,
  SharedArrayBuffer: /runs share no memory/,
  "Atomics.wait": /runs share no memory/,
  "crypto.subtle": /call it in an activity$/,
  "node:fs/promises readFile": /call it in an activity$/,
  "node:os cpus": /call it in an activity$/,
  "@anywhen/temporal/client Client.connect": /use it outside workflow code/,
};

describe("restricted APIs", () => {
  test("all are tested", async () => {
    assert.deepEqual(await new TestRun(restricted).result(start("names")), Object.keys(advice));
  });

  for (const [name, pattern] of Object.entries(advice)) {
    test(`${name} fails the task when it is used`, async () => {
      const failure = await new TestRun(restricted).failure(start("use", [name]));
      assert.equal(failure.failureInfo?.value?.type, "RestrictedWorkflowAccessError");
      assert.equal(failure.taskCause, "NON_DETERMINISTIC_ERROR");
      const head = `${name} is not available in workflow code (`;
      assert.ok(failure.message.startsWith(head), failure.message);
      assert.match(failure.message.slice(head.length), /^\S*restricted\.ts:\d+:\d+\): /);
      assert.match(failure.message, pattern);
      assert.doesNotMatch(failure.message, /\n/);
    });
  }

  test("the place is that of the use", async () => {
    const { message } = await new TestRun(restricted).failure(start("use", ["fetch"]));
    assert.match(message, /restricted\.ts:12:\d+\)/);
  });

  test("looking whether they are there is not using them", async () => {
    assert.deepEqual(await new TestRun(restricted).result(start("look")), {
      types: ["function", "object", "object", "function", "object", "function", "function"],
      mode: "production",
      kind: "[object Object]",
      main: false,
      url: true,
    });
  });
});
