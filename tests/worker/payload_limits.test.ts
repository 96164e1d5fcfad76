import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "@anywhen/temporal/activity";
import type { WorkflowFailureError } from "@anywhen/temporal/common";
import { createLog } from "../activity/support.ts";
import { behaviour, runScene, type Scene } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import * as workflows from "./workflows/payload_limits.ts";

const large = "x".repeat(3 * 1024 * 1024);
let attempts = 0;
const activities = {
  echo: (text: string) => text,
  returnsLarge: () => (attempts += 1, large),
  async reportsLarge() {
    attempts += 1;
    activity.heartbeat(large);
    await activity.waitForCancelled();
  },
};
/** Not every server tells its limits; the embedded one does. */
const source = new URL("./workflows/payload_limits.ts", import.meta.url);
const options = { workflows: source, activities };

/** Starts a workflow and ends it once its first task has failed; gives the message and the cause. */
async function taskFailureOf(
  { client, taskQueue }: Scene,
  type: keyof typeof workflows,
): Promise<[message: string, cause: number]> {
  const handle = await client.workflow.start(type, { id: unique(type), taskQueue });
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case !== "workflowTaskFailedEventAttributes") continue;
    await handle.terminate();
    return [attributes.value.failure?.message ?? "", attributes.value.cause];
  }
  throw new Error("the workflow ended");
}

const payloadsTooLarge = 37;

describe("payload limits", () => {
  behaviour("XSTORE-18 DC-21 what the server would not take fails the workflow task", options, async (scene) => {
    const cases = [["returnsLarge", "result of complete workflow"], ["sendsLargeArgument", "args of activity echo"], [
      "startsLargeMemo",
      "memo of start child",
    ]] as const;
    for (const [type, what] of cases) {
      const [message, cause] = await taskFailureOf(scene, type);
      assert.match(
        message,
        new RegExp(`^\\[TMPRL1103\\] ${what} is too large: \\d+ bytes; the server takes at most \\d+`),
      );
      assert.equal(cause, payloadsTooLarge);
    }
  });

  behaviour("DC-21 a query with too large an answer fails alone", options, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.answers, { id: id(), taskQueue });
    await assert.rejects(handle.query(workflows.tooMuch), /\[TMPRL1103\] result of query answered is too large/);
    assert.equal(await handle.query(workflows.small), "small");
    await handle.signal(workflows.finish);
    await handle.result();
  });

  test("DC-21 an activity fails and is tried again", async () => {
    await runScene(options, async ({ client, taskQueue, id }) => {
      for (const [name, what] of [["returnsLarge", "result"], ["reportsLarge", "heartbeat"]]) {
        attempts = 0;
        const [message, type] = await client.workflow.execute(workflows.runsTwice, {
          id: id(),
          taskQueue,
          args: [name],
        });
        assert.ok(message.startsWith(`[TMPRL1103] the ${what} of activity ${name} is too large: `), message);
        assert.equal(type, "PayloadsTooLarge");
        assert.equal(attempts, 2);
      }
    });
  });

  test("XSTORE-18 with disablePayloadErrorLimit the server decides, and ends the workflow", async () => {
    await runScene({ ...options, disablePayloadErrorLimit: true }, async ({ client, taskQueue }) => {
      const id = unique("large");
      await assert.rejects(client.workflow.execute(workflows.returnsLarge, { id, taskQueue }), (error) => {
        assert.match(String((error as WorkflowFailureError).cause), /size|Terminated/i);
        return true;
      });
    });
  });

  test("XSTORE-18 large payloads and memos are logged", async () => {
    const { logger, lines } = createLog();
    const connection = { telemetry: { logger }, payloadLimits: { payloadsWarnSize: 1_000, memoWarnSize: 100 } };
    await runScene({ ...options, connection }, async ({ client, taskQueue }) => {
      const started = { id: unique("warned"), taskQueue, memo: { note: "y".repeat(200) } };
      const handle = await client.workflow.start(workflows.runsTwice, { ...started, args: ["x".repeat(2_000)] });
      await handle.terminate();
    });
    const warned = lines.filter(({ level, message }) => level === "warn" && message.startsWith("[TMPRL1103]"));
    assert.deepEqual(warned.map(({ message }) => /\] (\w+ of \w+) has/.exec(message)?.[1]).slice(0, 2), [
      "input of startWorkflowExecution",
      "memo of startWorkflowExecution",
    ]);
  });
});
