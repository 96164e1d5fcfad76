import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import { resolveOptions, type WorkerOptions } from "../../src/worker/options.ts";

const client = { identity: "me@here", namespace: "default" } as WorkerOptions["client"];
const activities = { greet: () => "hello" };

describe("worker options", () => {
  test("defaults", () => {
    const { registry, ...settings } = resolveOptions({ client, taskQueue: "q", activities });
    assert.deepEqual([...registry.named.keys()], ["greet"]);
    assert.deepEqual(settings, {
      taskQueue: "q",
      identity: "me@here",
      maxCachedWorkflows: 1_000,
      stickyTimeout: 10_000,
      nonstickyRatio: 0.2,
      workflowSlots: 100,
      activitySlots: 100,
      localActivitySlots: 100,
      workflowPollers: 5,
      activityPollers: 5,
      maxActivitiesPerSecond: undefined,
      maxTaskQueueActivitiesPerSecond: undefined,
      pollActivities: true,
      eagerActivities: 3,
      heartbeatThrottle: { maximum: 60_000, fallback: 30_000 },
      gracefulShutdownTimeout: 0,
      forceShutdownTimeout: undefined,
      shutdownSignals: ["SIGINT", "SIGTERM"],
      checksPayloadSizes: true,
      hosting: { threads: 1, deadlockTimeout: 2_000 },
    });
  });

  test("FAIL-09 the error classes that fail workflows are a list of names", () => {
    const resolve = (names: unknown) =>
      resolveOptions({ client, taskQueue: "q", activities, workflowFailureExceptionTypes: names as string[] });
    resolve(["PaymentError", "Error"]);
    for (const names of ["Error", [Error], [""]]) {
      assert.throws(() => resolve(names), /workflowFailureExceptionTypes must be an array of class names/);
    }
  });

  test("a small cache lowers the number of tasks at once, yet not below two", () => {
    const slots = (maxCachedWorkflows: number) =>
      resolveOptions({ client, taskQueue: "q", activities, maxCachedWorkflows }).workflowSlots;
    assert.deepEqual([0, 1, 10, 500].map(slots), [100, 2, 10, 100]);
  });

  test("a worker that leaves activities to others asks for none", () => {
    const settings = resolveOptions({
      client,
      taskQueue: "q",
      activities,
      workflows: "w.ts",
      noRemoteActivities: true,
    });
    assert.equal(settings.pollActivities, false);
    assert.equal(settings.eagerActivities, 0);
  });

  test("beside a rate limit no activity comes back with a workflow task", () => {
    const eager = (limits: Partial<WorkerOptions>) =>
      resolveOptions({ client, taskQueue: "q", activities, ...limits }).eagerActivities;
    assert.equal(eager({ maxActivitiesPerSecond: 5 }), 0);
    assert.equal(eager({ maxTaskQueueActivitiesPerSecond: 5 }), 0);
    assert.equal(eager({ disableEagerActivityExecution: true }), 0);
    assert.equal(eager({ maxEagerActivityReservationsPerWorkflowTask: 1 }), 1);
  });

  test("a worker with nothing to poll for is a fault", () => {
    assert.throws(
      () => resolveOptions({ client, taskQueue: "q", activities, noRemoteActivities: true }),
      /noRemoteActivities leaves a worker without workflows nothing to do; leave it out/,
    );
  });

  test("all faults are in one error of one line", () => {
    const options = {
      taskQueue: "",
      workflows: [],
      maxCachedWorkflows: -1,
      maxConcurrentActivities: 0,
      nonstickyToStickyPollRatio: 2,
      maxActivitiesPerSecond: 0,
      gracefulShutdownTimeout: "soon",
      activityTaskPollerBehavior: { type: "autoscaling" },
      tuner: {},
    } as never;
    assert.throws(() => resolveOptions(options), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.doesNotMatch(error.message, /\n/);
      const expected = [
        /^Worker\.create: /,
        /client is missing/,
        /taskQueue is missing/,
        /no workflows and no activities/,
        /maxCachedWorkflows is -1; give a whole number of 0 or more/,
        /maxConcurrentActivities is 0; give a whole number of 1 or more/,
        /nonstickyToStickyPollRatio is 2/,
        /maxActivitiesPerSecond is 0/,
        /gracefulShutdownTimeout is not a duration/,
        /activityTaskPollerBehavior\.type is "autoscaling"/,
        /tuner is not an option of this version/,
      ];
      for (const part of expected) assert.match(error.message, part);
      return true;
    });
  });

  test("a cache needs two tasks at once and two pollers", () => {
    const workflows = "w.ts";
    const limits = {
      maxConcurrentWorkflowTasks: 1,
      workflowTaskPollerBehavior: { type: "simple-maximum", maximum: 1 },
    } as const;
    assert.throws(() => resolveOptions({ client, taskQueue: "q", workflows, ...limits }), (error: Error) => {
      assert.match(error.message, /maxConcurrentWorkflowTasks is 1; give 2 or more/);
      assert.match(error.message, /workflowTaskPollerBehavior\.maximum is 1; give 2 or more/);
      return true;
    });
    assert.equal(
      resolveOptions({ client, taskQueue: "q", workflows, maxCachedWorkflows: 0, ...limits }).workflowSlots,
      1,
    );
  });
});
