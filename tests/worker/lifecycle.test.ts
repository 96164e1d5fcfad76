import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "../../src/client/client.ts";
import {
  GracefulShutdownPeriodExpiredError,
  IllegalStateError,
  NotFoundError,
  RPCError,
  ValueError,
} from "../../src/common/errors.ts";
import * as activity from "../../src/activity/mod.ts";
import { PollActivityTaskQueueResponseSchema } from "../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { WorkerOptions } from "../../src/worker/options.ts";
import { Worker } from "../../src/worker/worker.ts";
import { createLog } from "../activity/support.ts";
import { activityTask } from "./support.ts";

type Service = Partial<ServiceImpl<typeof WorkflowService>>;

/** A server with one queue of activities; polls wait until there is one, or are given up. */
function createFakeServer(overrides: Service = {}) {
  const tasks: MessageInitShape<typeof PollActivityTaskQueueResponseSchema>[] = [];
  const calls: string[] = [];
  const waiting = new Set<() => void>();
  let openPolls = 0;
  let endPolls = false;
  const poll = async (context: HandlerContext) => {
    openPolls++;
    while (tasks.length === 0 && !context.signal.aborted && !endPolls) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      context.signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      waiting.delete(resolve);
    }
    openPolls--;
    return create(PollActivityTaskQueueResponseSchema, tasks.shift() ?? {});
  };
  const service: Service = {
    getSystemInfo: () => ({}),
    describeNamespace: () => ({ namespaceInfo: { name: "default" } }),
    pollActivityTaskQueue: (_, context) => poll(context),
    respondActivityTaskCompleted: () => (calls.push("completed"), {}),
    respondActivityTaskFailed: ({ failure }) => (calls.push(`failed: ${failure?.message}`), {}),
    shutdownWorker: () => {
      calls.push("shutdownWorker");
      return {};
    },
    ...overrides,
  };
  const transport = createRouterTransport(({ service: add }) => void add(WorkflowService, service));
  const wake = () => [...waiting].forEach((resolve) => resolve());
  return {
    calls,
    openPolls: () => openPolls,
    push: (task = activityTask()) => (tasks.push(task), wake()),
    endPolls: () => (endPolls = true, wake()),
    connect: () => Client.connect({ transport }),
  };
}

async function createWorker(
  server: ReturnType<typeof createFakeServer>,
  options: Partial<WorkerOptions> = {},
): Promise<Worker> {
  const client = await server.connect();
  const { logger } = createLog();
  const activities = { greet: (name: string) => `Hello, ${name}` };
  return await Worker.create({
    client,
    taskQueue: "q",
    activities,
    telemetry: { logger },
    shutdownSignals: [],
    ...options,
  });
}

describe("worker lifecycle", () => {
  test("a namespace that does not exist is one line with namespace and address", async () => {
    const server = createFakeServer({
      describeNamespace: () => {
        throw new ConnectError("Namespace default is not found.", Code.NotFound);
      },
    });
    await assert.rejects(createWorker(server), (error: Error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.resource, "NAMESPACE");
      assert.match(
        error.message,
        /^namespace "default" does not exist on [^\n]+$/,
      );
      return true;
    });
  });

  test("faulty options make no call", async () => {
    const server = createFakeServer({
      describeNamespace: () => {
        throw new ConnectError("must not be called", Code.Internal);
      },
    });
    await assert.rejects(createWorker(server, { activities: undefined }), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.equal(
        error.message,
        "Worker.create: no workflows and no activities; pass `workflows`, `activities` or both",
      );
      return true;
    });
  });

  test("it runs tasks until it is shut down, and only once", async () => {
    const server = createFakeServer();
    const worker = await createWorker(server);
    assert.equal(worker.state, "INITIALIZED");
    const running = worker.run();
    assert.equal(worker.isRunning, true);
    assert.deepEqual(worker.status().pollers, { workflow: 0, activity: 5, nexus: 0 });
    await assert.rejects(
      worker.run(),
      (error: Error) => error instanceof IllegalStateError && /running already/.test(error.message),
    );
    await assert.rejects(worker.runUntil(() => assert.fail("must not be called")), IllegalStateError);
    assert.equal(worker.isRunning, true);
    server.push();
    while (!server.calls.includes("completed")) await new Promise((resolve) => setTimeout(resolve, 1));
    await worker.shutdown();
    await running;
    assert.equal(worker.state, "STOPPED");
    assert.equal(worker.isShutdown, true);
    assert.deepEqual(server.calls, ["completed", "shutdownWorker"]);
    await worker.shutdown();
    await assert.rejects(worker.run(), /it has been shut down/);
    assert.equal(server.openPolls(), 0);
  });

  test("shutdown before run is fine, and final", async () => {
    const worker = await createWorker(createFakeServer());
    await worker.shutdown();
    assert.equal(worker.state, "STOPPED");
    await assert.rejects(worker.run(), IllegalStateError);
  });

  test("runUntil gives the result or the error of its work, and shuts down", async () => {
    const server = createFakeServer();
    const first = await createWorker(server);
    assert.equal(await first.runUntil(() => 5), 5);
    assert.equal(first.state, "STOPPED");
    const second = await createWorker(server);
    await assert.rejects(second.runUntil(Promise.reject(new Error("mine"))), /mine/);
    assert.equal(second.state, "STOPPED");
    const third = await createWorker(server);
    const result = await third.runUntil(async () => {
      await third.shutdown();
      return "after shutdown";
    });
    assert.equal(result, "after shutdown");
  });

  test("await using shuts down and waits", async () => {
    const server = createFakeServer();
    let worker: Worker;
    {
      await using scoped = worker = await createWorker(server);
      void scoped.run();
    }
    assert.equal(worker.state, "STOPPED");
  });

  test("an activity is told of the shutdown at once and cancelled after the grace", async () => {
    const server = createFakeServer();
    const order: string[] = [];
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const greet = async () => {
      start();
      await activity.waitForWorkerShutdown();
      order.push("told");
      await activity.waitForCancelled();
      order.push(activity.cancellationDetails()!.workerShutdown ? "cancelled" : "?");
      activity.cancellationSignal().throwIfAborted();
    };
    const worker = await createWorker(server, { activities: { greet }, gracefulShutdownTimeout: 20 });
    const running = worker.run();
    server.push();
    await started;
    await worker.shutdown();
    await running;
    assert.deepEqual(order, ["told", "cancelled"]);
    assert.ok(server.calls.includes("failed: the worker was shut down"));
  });

  test("a shutdown that takes too long rejects run", async () => {
    const server = createFakeServer();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: finish, resolve: release } = Promise.withResolvers<void>();
    const greet = async () => {
      start();
      await finish;
    };
    const worker = await createWorker(server, { activities: { greet }, forceShutdownTimeout: 5 });
    const running = worker.run();
    server.push();
    await started;
    void worker.shutdown();
    await assert.rejects(running, (error: Error) => {
      assert.ok(error instanceof GracefulShutdownPeriodExpiredError);
      assert.match(error.message, /did not stop within 5 ms; 1 activities still run/);
      return true;
    });
    assert.equal(worker.state, "FAILED");
    release();
  });

  test("where the server ends polls at shutdown they are not given up", async () => {
    const outcomes: string[] = [];
    const server = createFakeServer({
      describeNamespace: () => ({ namespaceInfo: { capabilities: { workerPollCompleteOnShutdown: true } } }),
      pollActivityTaskQueue: async (_, context) => {
        const givenUp = new Promise<string>((resolve) =>
          context.signal.addEventListener("abort", () => resolve("given up"), { once: true })
        );
        outcomes.push(await Promise.race([ended, givenUp]));
        return {};
      },
      shutdownWorker: () => (end("ended"), {}),
    });
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const worker = await createWorker(server, { activityTaskPollerBehavior: { type: "simple-maximum", maximum: 1 } });
    const running = worker.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.shutdown();
    await running;
    assert.deepEqual(outcomes, ["ended"]);
  });

  test("a client of another namespace is refused, one of the same takes over", async () => {
    const server = createFakeServer();
    const other = createFakeServer();
    const worker = await createWorker(server);
    const running = worker.run();
    const client = await other.connect();
    assert.throws(() => worker.client = client.with({ namespace: "elsewhere" }), /must stay in namespace default/);
    worker.client = client;
    assert.equal(worker.client, client);
    await assert.rejects(client.close(), IllegalStateError);
    await worker.shutdown();
    await running;
    assert.ok(other.calls.includes("shutdownWorker"));
    await client.close();
  });

  test("polls that fail for good end it; the callback hears of it first", async () => {
    const server = createFakeServer({
      pollActivityTaskQueue: () => {
        throw new ConnectError("no such namespace", Code.NotFound);
      },
    });
    const heard: unknown[] = [];
    const onFatalError = (error: unknown) => {
      heard.push(error, worker.state);
      throw new Error("a fault of the callback");
    };
    const worker = await createWorker(server, { onFatalError });
    const { now } = Date;
    const body = new Promise(() => {});
    let time = now();
    Date.now = () => time += 61_000;
    try {
      await assert.rejects(
        worker.runUntil(body),
        (error: Error) => error instanceof RPCError && error.status === "NOT_FOUND",
      );
    } finally {
      Date.now = now;
    }
    assert.equal(worker.state, "FAILED");
    assert.ok(heard[0] instanceof RPCError);
    assert.deepEqual(heard.slice(1), ["RUNNING"]);
  });

  test("config gives back the options", async () => {
    const server = createFakeServer();
    const worker = await createWorker(server, { maxConcurrentActivities: 7, identity: "me" });
    assert.equal(worker.config().maxConcurrentActivities, 7);
    assert.equal(worker.identity, "me");
    assert.equal(worker.taskQueue, "q");
    await worker.shutdown();
  });
});
