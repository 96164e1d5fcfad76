import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import * as activity from "../../src/activity/mod.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import { type HistoryEvent, HistoryEventSchema } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import type { PollWorkflowTaskQueueResponse } from "../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { RealmHost } from "../../src/realm/host.ts";
import { Activator } from "../../src/worker/activator.ts";
import { LocalActivities } from "../../src/worker/local_activities.ts";
import { WorkflowReports } from "../../src/worker/workflow_reports.ts";
import { WorkflowTasks } from "../../src/worker/workflow_tasks.ts";
import type { Activation, Command, Completion } from "../../src/workflow/activation.ts";
import { createLog } from "../activity/support.ts";
import { scheduleLocal } from "../core/driver.ts";
import { createExecutions } from "./executions.ts";
import { type Answers, createFakeService, notFound, workflowTask } from "./support.ts";

type Attributes = NonNullable<MessageInitShape<typeof HistoryEventSchema>["attributes"]>;

/** Milliseconds that a task may take here, and those in which local activities surely end. */
const taskTimeout = 100;
const patience = { timeout: 10_000 };

function event(eventId: number, eventType: EventType, attributes: Attributes): HistoryEvent {
  return create(HistoryEventSchema, { eventId: BigInt(eventId), eventType, attributes, eventTime: { seconds: 1n } });
}

interface TaskOptions {
  query?: string;
  timeout?: number;
}

/** A first task, or one that follows on an answer without commands. */
function task(number: number, { query, timeout = taskTimeout }: TaskOptions = {}): PollWorkflowTaskQueueResponse {
  const ids = number === 1 ? [2, 3] : [3 * number - 1, 3 * number];
  const started = event(1, EventType.WORKFLOW_EXECUTION_STARTED, {
    case: "workflowExecutionStartedEventAttributes",
    value: {
      workflowType: { name: "hello" },
      originalExecutionRunId: "r",
      attempt: 1,
      workflowTaskTimeout: { seconds: BigInt(Math.floor(timeout / 1_000)), nanos: timeout % 1_000 * 1e6 },
    },
  });
  const completed = event(ids[0] - 1, EventType.WORKFLOW_TASK_COMPLETED, {
    case: "workflowTaskCompletedEventAttributes",
    value: { startedEventId: BigInt(ids[0] - 2) },
  });
  const opened = [
    event(ids[0], EventType.WORKFLOW_TASK_SCHEDULED, { case: "workflowTaskScheduledEventAttributes", value: {} }),
    event(ids[1], EventType.WORKFLOW_TASK_STARTED, { case: "workflowTaskStartedEventAttributes", value: {} }),
  ];
  return workflowTask({
    history: { events: [number === 1 ? started : completed, ...opened] },
    startedEventId: BigInt(ids[1]),
    previousStartedEventId: BigInt(number === 1 ? 0 : ids[0] - 2),
    taskToken: new Uint8Array([number]),
    queries: query ? { q: { queryType: query } } : {},
  });
}

interface Setup {
  activities: object;
  /** What the workflow wants when it starts, and when a local activity has ended. */
  commands?: Command[];
  then?: Command[];
  answers?: Answers;
  maxCachedWorkflows?: number;
}

const completeWorkflow: Command = { kind: "completeWorkflow" };

function setUp({ activities, commands, then = [completeWorkflow], answers, maxCachedWorkflows = 10 }: Setup) {
  const sticky = maxCachedWorkflows > 0 ? {} : { stickyQueue: undefined };
  const fake = createFakeService(answers, sticky);
  const { logger } = createLog();
  const activations: Activation[] = [];
  const activate = (activation: Activation): Completion => {
    activations.push(activation);
    const wanted = activation.jobs.flatMap((job): Command[] => {
      if (job.kind === "initialize") return commands ?? [scheduleLocal(1, { activityType: "greet" })];
      if (job.kind === "queryWorkflow") return [{ kind: "queryAnswered", id: job.id }];
      return job.kind === "resolveLocalActivity" ? then : [];
    });
    return { kind: "successful", commands: wanted, usedFlags: [] };
  };
  const host = {
    workflowTypes: ["hello"],
    createRun: () => ({
      activate: (activation: Activation) => Promise.resolve(activate(activation)),
      dispose: () => {},
    }),
  } as unknown as RealmHost;
  const stop = new AbortController();
  const local = new LocalActivities(createExecutions(activities).host, 10);
  const { service } = fake;
  const tasks = new WorkflowTasks({
    service,
    host,
    activator: new Activator({ dataConverter: DataConverter.default }),
    local,
    reports: new WorkflowReports({ service, logger, stickyTimeout: 1_000, stop: stop.signal, buildId: "build" }),
    logger,
    buildId: "build",
    maxCachedWorkflows,
    requestEagerActivities: false,
  });
  return { ...fake, tasks, local, activations, stop };
}

/** What matters here of the answers that the server got. */
function answersIn(calls: { request: Record<string, unknown> }[]): unknown[] {
  return calls.map(({ request }) => {
    const commands = request.commands as { attributes: { case: string } }[];
    const names = commands.map(({ attributes }) => attributes.case.replace("CommandAttributes", ""));
    return [request.forceCreateNewWorkflowTask, names];
  });
}

const markerAndEnd = [false, ["recordMarker", "completeWorkflowExecution"]];

function jobKinds(activations: Activation[]): string[] {
  return activations.flatMap(({ jobs }) => jobs.map(({ kind }) => kind));
}

describe("workflow tasks with local activities", () => {
  test("are answered when those have ended", async () => {
    const { tasks, made, activations } = setUp({ activities: { greet: () => setTimeout(20) } });
    await tasks.handle(task(1, patience));
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [markerAndEnd]);
    assert.deepEqual(jobKinds(activations), ["initialize", "resolveLocalActivity"]);
    assert.equal(tasks.cached, 0);
  });

  test("are answered at 80 % of their time, and go on with the next one", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const beats = [performance.now()];
    const next = [task(2), task(3)];
    const { tasks, made } = setUp({
      activities: { greet: () => promise },
      answers: {
        respondWorkflowTaskCompleted: () => {
          if (beats.push(performance.now()) === 3) resolve();
          return { workflowTask: next.shift() };
        },
      },
    });
    await tasks.handle(task(1));
    const heartbeat = [true, []];
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [heartbeat, heartbeat, markerAndEnd]);
    for (const i of [1, 2]) assert.ok(beats[i] - beats[i - 1] >= 0.8 * taskTimeout - 1, `${beats}`);
  });

  test("are answered at once where they bring queries", async () => {
    const next = [task(2)];
    const { tasks, made } = setUp({
      activities: { greet: () => setTimeout(30) },
      answers: { respondWorkflowTaskCompleted: () => ({ workflowTask: next.shift() }) },
    });
    await tasks.handle(task(1, { ...patience, query: "state" }));
    const [first] = made("respondWorkflowTaskCompleted");
    assert.deepEqual(Object.keys(first.request.queryResults), ["q"]);
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [[true, []], markerAndEnd]);
  });

  test("count later attempts for the server", async () => {
    let calls = 0;
    const { promise, reject } = Promise.withResolvers<void>();
    const { tasks, made } = setUp({
      activities: { greet: () => ++calls === 1 ? promise : undefined },
      commands: [scheduleLocal(1, { activityType: "greet", retryPolicy: { initialInterval: 1 } })],
      answers: {
        respondWorkflowTaskCompleted: () => {
          reject(new Error("again"));
          return { workflowTask: calls === 1 ? task(2) : undefined };
        },
      },
    });
    await tasks.handle(task(1));
    const counts = made("respondWorkflowTaskCompleted").map(({ request }) => {
      return request.meteringMetadata.nonfirstLocalActivityExecutionAttempts;
    });
    assert.deepEqual([calls, counts], [2, [0, 1]]);
  });

  test("keep their run until the next one comes, even with no cache", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { tasks, made, activations } = setUp({ activities: { greet: () => promise }, maxCachedWorkflows: 0 });
    await tasks.handle(task(1));
    assert.equal(tasks.cached, 1);
    resolve();
    await tasks.handle(task(2));
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [[true, []], markerAndEnd]);
    assert.deepEqual(jobKinds(activations), ["initialize", "resolveLocalActivity"], "nothing was replayed");
    assert.deepEqual([tasks.cached, made("getWorkflowExecutionHistory").length], [0, 0]);
  });

  test("let go of their run where the next one does not come", async () => {
    const cancelled = Promise.withResolvers<void>();
    const { tasks, local } = setUp({
      activities: {
        greet: async () => {
          await activity.waitForCancelled();
          cancelled.resolve();
        },
      },
      maxCachedWorkflows: 0,
    });
    await tasks.handle(task(1));
    assert.deepEqual([tasks.cached, local.running], [1, 1]);
    await cancelled.promise;
    assert.equal(tasks.cached, 0);
    await local.drain();
  });

  test("that the server has given up end, and what it sends instead begins anew", async () => {
    let calls = 0;
    const answers = [notFound, () => ({})];
    const { tasks, made, activations } = setUp({
      activities: { greet: () => setTimeout(++calls === 1 ? 60_000 : 1, undefined, { ref: false }) },
      answers: { respondWorkflowTaskCompleted: () => answers.shift()!() },
    });
    const first = tasks.handle(task(1, patience));
    await setTimeout(10);
    const again = task(1, patience);
    again.taskToken = new Uint8Array([7]);
    await tasks.handle(again);
    await first;
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [[true, []], markerAndEnd]);
    assert.deepEqual([calls, jobKinds(activations)], [2, ["initialize", "initialize", "resolveLocalActivity"]]);
  });

  test("are answered at the shutdown, for another worker to go on", async () => {
    const { tasks, made, local } = setUp({
      activities: { greet: () => Promise.reject(new Error("again")) },
      commands: [scheduleLocal(1, { activityType: "greet" }), { kind: "startTimer", seq: 1, duration: 1 }],
    });
    const handled = tasks.handle(task(1, patience));
    await setTimeout(10);
    const spare = local.endAfter(0);
    await handled;
    assert.deepEqual(answersIn(made("respondWorkflowTaskCompleted")), [[true, ["startTimer"]]]);
    tasks.clear();
    spare();
  });
});
