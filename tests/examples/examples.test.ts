import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runProgram } from "../support/processes.ts";

/** Each example program and what it must print. */
const programs: Record<string, RegExp[]> = {
  "greeting/main.ts": [
    /^embedded server on 127\.0\.0\.1:\d+, namespace default$/m,
    /worker polling: task queue greetings .*workflows: greeting; activities: composeGreeting/,
    /^workflow greeting-1 started, run [0-9a-f-]{36}$/m,
    /^update setLanguage: English -> French$/m,
    /activity composeGreeting, attempt 1/,
    /^workflow greeting-1 completed: "Bonjour, World!" in \d+ ms$/m,
  ],
  "worker.ts": [
    /^Hello, World!\napprover: undefined\nlimit was: 1\norder 7 approved by Ada\nCOMPLETED\n\d+ events\na-1$/m,
  ],
  "replay.ts": [/^greet-1 replays$/m],
};

describe("examples", () => {
  for (const [name, patterns] of Object.entries(programs)) {
    test(name, async () => {
      const output = await runProgram(new URL(`../../examples/${name}`, import.meta.url));
      for (const pattern of patterns) assert.match(output, pattern);
    });
  }
});
