import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "@anywhen/temporal/activity";
import {
  ActivityError,
  ApplicationError,
  CancelledError,
  TerminatedError,
  type WorkflowFailureError,
} from "@anywhen/temporal/common";
import { createLog } from "../activity/support.ts";
import { behaviour, runScene, type Scene } from "../support/behaviour.ts";
import { unique } from "../support/server.ts";
import * as workflows from "./workflows/failures.ts";

class OutOfStockError extends Error {}

/** Throws something that is no Error. */
function throwRaw(value: unknown): () => never {
  return () => {
    throw value;
  };
}

const activities = {
  failsFully(): never {
    throw new ApplicationError("gone wrong", {
      type: "Wrong",
      details: [1, { two: 2 }],
      nonRetryable: true,
      nextRetryDelay: "90s",
      category: "BENIGN",
    });
  },
  failsWithClass(): never {
    throw new OutOfStockError("none left");
  },
  failsWithChain(): never {
    const causes = ["four", "three", "two"].reduce<Error | undefined>(
      (cause, message) => new ApplicationError(message, { type: `T${message}`, details: [message], cause }),
      undefined,
    );
    throw new TypeError("one", { cause: causes });
  },
  failsAsTerminated(): never {
    throw new TerminatedError("ended by nobody");
  },
  failsAsCancelled(): never {
    throw new CancelledError("nobody asked", { details: ["d"] });
  },
  throwsObject: throwRaw({ an: "object" }),
  throwsBigInt: throwRaw(5n),
  throwsText: throwRaw("a text"),
  refused(): never {
    throw new ApplicationError("refuse this");
  },
  marked(): never {
    throw new ApplicationError("mark this");
  },
  /** Asks for its next attempt at once. */
  failsOnce(): number {
    const { attempt } = activity.info();
    if (attempt === 1) throw new ApplicationError("not yet", { nextRetryDelay: 1 });
    return attempt;
  },
  async hangs(): Promise<void> {
    activity.heartbeat({ done: 7 }, "more");
    await activity.waitForCancelled();
  },
};

const source = new URL("./workflows/failures.ts", import.meta.url);
const options = { workflows: source, activities };
const failureConverter = new URL("./workflows/converters/failures.ts", import.meta.url);
const breaking = { ...options, connection: { dataConverter: { failureConverter } } };

const wrong = {
  name: "ApplicationError",
  message: "gone wrong",
  type: "Wrong",
  details: [1, { two: 2 }],
  nonRetryable: true,
  nextRetryDelay: 90_000,
  category: "BENIGN",
};

/** The cause with which a workflow fails. */
async function causeOf({ client, taskQueue, id }: Scene, what: string): Promise<Error> {
  const failing = client.workflow.execute(workflows.throws, { id: id(), taskQueue, args: [what] });
  const { cause } = await failing.then(() => assert.fail("it did not fail"), (error: WorkflowFailureError) => error);
  return cause;
}

/** The message with which a workflow's task fails; the workflow is ended then. */
async function taskFailureOf({ client, taskQueue }: Scene, what: string): Promise<string> {
  const handle = await client.workflow.start(workflows.throws, { id: unique("stuck"), taskQueue, args: [what] });
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case !== "workflowTaskFailedEventAttributes") continue;
    await handle.terminate();
    return attributes.value.failure?.message ?? "";
  }
  throw new Error("the workflow ended");
}

/** How an activity's failure looks in a workflow. */
async function levelsOf(
  { client, taskQueue, id }: Scene,
  ...args: Parameters<typeof workflows.describesFailure>
): Promise<Record<string, unknown>[]> {
  return await client.workflow.execute(workflows.describesFailure, { id: id(), taskQueue, args });
}

describe("failures", () => {
  behaviour("FAIL-01 an application error reaches the client", options, async (scene) => {
    const cause = await causeOf(scene, "application");
    assert.ok(cause instanceof ApplicationError);
    const { name, message, type, details, nonRetryable, nextRetryDelay, category } = cause;
    assert.deepEqual({ name, message, type, details, nonRetryable, nextRetryDelay, category }, wrong);
  });

  behaviour("FAIL-01 FAIL-02 that of an activity reaches the workflow, wrapped", options, async (scene) => {
    const [outer, inner, ...more] = await levelsOf(scene, "failsFully", { activityId: "my-id" });
    const { identity, scheduledEventId, startedEventId, ...rest } = outer;
    assert.deepEqual(rest, {
      name: "ActivityError",
      message: "Activity task failed",
      isError: true,
      activityType: "failsFully",
      activityId: "my-id",
      retryState: "NON_RETRYABLE_FAILURE",
    });
    assert.equal(identity, scene.worker.identity);
    assert.deepEqual([scheduledEventId, startedEventId], [5, 6]);
    assert.deepEqual(inner, { isError: true, ...wrong });
    assert.deepEqual(more, []);
  });

  behaviour("FAIL-03 failures of other kinds are wrapped by an application error", options, async (scene) => {
    for (const [name, activity] of [["TerminatedError", "failsAsTerminated"], ["CancelledError", "failsAsCancelled"]]) {
      const [, wrapper, cause] = await levelsOf(scene, activity);
      assert.deepEqual([wrapper.name, wrapper.type, wrapper.message], ["ApplicationError", name, cause.message]);
      assert.equal(cause.name, name);
    }
  });

  behaviour("FAIL-04 what is no Error comes with advice", options, async (scene) => {
    const cases = [["throwsObject", '{"an":"object"}'], ["throwsBigInt", "5"], ["throwsText", "a text"]];
    for (const [activity, text] of cases) {
      const [, { message, type }] = await levelsOf(scene, activity);
      assert.equal(
        message,
        `${text} (a value that is no Error was thrown; throw an Error, so that there is a stack trace)`,
      );
      assert.equal(type, undefined);
    }
    assert.match(await taskFailureOf(scene, "object"), /^\{"an":"object"\} \(.* throw an Error/);
    assert.match(await taskFailureOf(scene, "bigint"), /^5 \(.* throw an Error/);
    assert.match(await taskFailureOf(scene, "nothing"), /^undefined \(.* throw an Error/);
  });

  behaviour("FAIL-05 the type is the name of the class", options, async (scene) => {
    const [, { type }] = await levelsOf(scene, "failsWithClass");
    assert.equal(type, "OutOfStockError");
    const subclass = await causeOf(scene, "subclass") as ApplicationError;
    assert.deepEqual([subclass.type, subclass.message], ["OrderError", "out of stock"]);
    const { cause } = await causeOf(scene, "named");
    assert.equal((cause as ApplicationError).type, "PlainError");
  });

  behaviour("FAIL-05 errors are instances of the classes of the realm", options, async ({ client, taskQueue, id }) => {
    const found = await client.workflow.execute(workflows.checksInstances, { id: id(), taskQueue });
    assert.deepEqual(found, [true, true, true, true, true, false]);
  });

  behaviour("FAIL-06 stack traces name the files of the user", options, async (scene) => {
    assert.match(
      (await causeOf(scene, "application")).stack!,
      /^ApplicationError: gone wrong\n.*failures\.ts:\d+:\d+/s,
    );
    const { client, taskQueue, id } = scene;
    const passing = client.workflow.execute(workflows.passesFailure, { id: id(), taskQueue, args: ["failsFully"] });
    await assert.rejects(passing, ({ cause }: WorkflowFailureError) => {
      assert.match((cause.cause as Error).stack!, /at .*failsFully .*failures\.test\.ts:\d+/);
      return true;
    });
  });

  behaviour("FAIL-16 chains of causes survive both ways", options, async (scene) => {
    const levels = await levelsOf(scene, "failsWithChain");
    assert.deepEqual(levels.map(({ message, type }) => [message, type]), [
      ["Activity task failed", undefined],
      ["one", "TypeError"],
      ["two", "Ttwo"],
      ["three", "Tthree"],
      ["four", "Tfour"],
    ]);
    assert.deepEqual(levels[4].details, ["four"]);
    const { client, taskQueue, id } = scene;
    const wrapping = client.workflow.execute(workflows.wrapsFailure, { id: id(), taskQueue, args: ["failsWithChain"] });
    await assert.rejects(wrapping, ({ cause }: WorkflowFailureError) => {
      const messages = workflows.describeLevels(cause).map(({ message }) => message);
      assert.deepEqual(messages, ["outermost", "in between", "Activity task failed", "one", "two", "three", "four"]);
      return true;
    });
  });

  behaviour(
    "a failure that passes through a workflow is sent as it was",
    options,
    async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start(workflows.passesFailure, {
        id: id(),
        taskQueue,
        args: ["failsWithChain"],
      });
      await assert.rejects(handle.result(), ({ cause }: WorkflowFailureError) => cause instanceof ActivityError);
      const { events } = await handle.fetchHistory();
      const failures = events.flatMap(({ attributes }) => {
        if (attributes.case === "activityTaskFailedEventAttributes") return attributes.value.failure;
        return attributes.case === "workflowExecutionFailedEventAttributes" ? attributes.value.failure?.cause : [];
      });
      assert.equal(failures.length, 2);
      assert.deepEqual(failures[0], failures[1]);
    },
  );

  behaviour("FAIL-18 the failure says when the next attempt begins", options, async ({ client, taskQueue, id }) => {
    assert.equal(await client.workflow.execute(workflows.runsUntilItWorks, { id: id(), taskQueue }), 2);
  });

  behaviour("FAIL-19 a time-out has its kind and the last heartbeat", options, async (scene) => {
    const [outer, cause] = await levelsOf(scene, "hangs", { heartbeatTimeout: 300, startToCloseTimeout: "20s" });
    assert.deepEqual([outer.name, outer.retryState], ["ActivityError", "MAXIMUM_ATTEMPTS_REACHED"]);
    assert.deepEqual([cause.name, cause.type], ["TimeoutError", "HEARTBEAT"]);
    assert.deepEqual(cause.lastHeartbeatDetails, [{ done: 7 }, "more"]);
  });

  test("FAIL-15 benign failures are not logged as warnings", async () => {
    const { logger, lines } = createLog();
    await runScene({ ...options, connection: { telemetry: { logger } } }, async (scene) => {
      await levelsOf(scene, "failsFully");
      await causeOf(scene, "application");
      await levelsOf(scene, "failsWithClass");
    });
    const failed = lines.filter(({ message }) => / failed on attempt /.test(message));
    assert.deepEqual(failed.map(({ level, attributes }) => [level, attributes?.activityType]), [
      ["debug", "failsFully"],
      ["warn", "failsWithClass"],
    ]);
  });
});

describe("failure converters", () => {
  behaviour("FAIL-11 client, worker and workflow use the user's", breaking, async (scene) => {
    const [, { message }] = await levelsOf(scene, "marked");
    assert.equal(message, "mark this, marked and read");
    assert.equal((await causeOf(scene, "marked")).message, "mark this, marked and read");
  });

  behaviour("FAIL-12 one that throws fails activity and task, and neither hangs", breaking, async (scene) => {
    const [, { message }] = await levelsOf(scene, "refused");
    assert.equal(message, "Failed building exception result: the failure converter is broken");
    assert.equal(
      await taskFailureOf(scene, "refused"),
      "Failed converting activation exception: the failure converter is broken",
    );
  });
});
