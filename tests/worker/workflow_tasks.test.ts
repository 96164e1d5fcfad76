// deno-lint-ignore-file no-explicit-any
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RPCError } from "../../src/common/errors.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { QueryResultType } from "../../src/gen/temporal/api/enums/v1/query_pb.ts";
import { type HistoryEvent, HistoryEventSchema } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import type { RealmHost } from "../../src/realm/host.ts";
import type { Activation, Command, Completion } from "../../src/workflow/activation.ts";
import { Activator } from "../../src/worker/activator.ts";
import type { EagerActivities } from "../../src/worker/activity_tasks.ts";
import { LocalActivities } from "../../src/worker/local_activities.ts";
import { WorkflowReports } from "../../src/worker/workflow_reports.ts";
import { WorkflowTasks } from "../../src/worker/workflow_tasks.ts";
import { createLog } from "../activity/support.ts";
import { createExecutions } from "./executions.ts";
import { type Answers, createFakeService, notFound, payload, readPayload, workflowTask } from "./support.ts";

type Init = MessageInitShape<typeof HistoryEventSchema>;

function event(eventId: number, eventType: EventType, attributes?: Init["attributes"]): HistoryEvent {
  return create(HistoryEventSchema, { eventId: BigInt(eventId), eventType, attributes, eventTime: { seconds: 1n } });
}

const started = event(1, EventType.WORKFLOW_EXECUTION_STARTED, {
  case: "workflowExecutionStartedEventAttributes",
  value: { workflowType: { name: "hello" }, originalExecutionRunId: "r", taskQueue: { name: "greetings" }, attempt: 1 },
});
const scheduled = (id: number) =>
  event(id, EventType.WORKFLOW_TASK_SCHEDULED, { case: "workflowTaskScheduledEventAttributes", value: {} });
const taskStarted = (id: number) =>
  event(id, EventType.WORKFLOW_TASK_STARTED, {
    case: "workflowTaskStartedEventAttributes",
    value: { scheduledEventId: BigInt(id - 1) },
  });
const completed = (id: number) =>
  event(id, EventType.WORKFLOW_TASK_COMPLETED, {
    case: "workflowTaskCompletedEventAttributes",
    value: { startedEventId: BigInt(id - 1) },
  });
const timerStarted = event(5, EventType.TIMER_STARTED, {
  case: "timerStartedEventAttributes",
  value: { timerId: "1", startToFireTimeout: { seconds: 1n } },
});
const timerFired = event(6, EventType.TIMER_FIRED, {
  case: "timerFiredEventAttributes",
  value: { timerId: "1", startedEventId: 5n },
});

const firstEvents = [started, scheduled(2), taskStarted(3)];
const secondEvents = [completed(4), timerStarted, timerFired, scheduled(7), taskStarted(8)];
const first = () => workflowTask({ history: { events: firstEvents } });
const second = (events = secondEvents) =>
  workflowTask({
    history: { events },
    previousStartedEventId: 3n,
    startedEventId: 8n,
    taskToken: new Uint8Array([10]),
  });

/** A workflow that starts a timer and completes when it fires; answers any query. */
function timerWorkflow(activation: Activation): Completion {
  const commands = activation.jobs.flatMap((job): Command[] => {
    switch (job.kind) {
      case "initialize":
        return [{ kind: "startTimer", seq: 1, duration: 1_000 }];
      case "fireTimer":
        return [{ kind: "completeWorkflow", result: payload("done") }];
      case "queryWorkflow":
        return [{ kind: "queryAnswered", id: job.id, result: payload(job.name) }];
      default:
        return [];
    }
  });
  return { kind: "successful", commands, usedFlags: [] };
}

interface Setup {
  answers?: Answers;
  maxCachedWorkflows?: number;
  sticky?: boolean;
  payloadLimit?: number;
  eager?: EagerActivities;
  activate?: (activation: Activation) => Completion | Promise<Completion>;
}

function setUp(
  { answers = {}, maxCachedWorkflows = 10, sticky = true, payloadLimit, eager, activate = timerWorkflow }: Setup = {},
) {
  const fake = createFakeService(answers, sticky ? {} : { stickyQueue: undefined });
  const { logger, lines } = createLog();
  const activations: Activation[] = [];
  let disposed = 0;
  const host = {
    workflowTypes: ["hello", "bye"],
    createRun: ({ isTraced }: { isTraced: boolean }) => ({
      locate: () => Promise.resolve(isTraced ? "workflows.ts:7:3 hello" : undefined),
      activate: async (activation: Activation) => {
        activations.push(activation);
        return await activate(activation);
      },
      dispose: () => void disposed++,
    }),
  } as unknown as RealmHost;
  const stop = new AbortController();
  const tasks = new WorkflowTasks({
    service: fake.service,
    host,
    activator: new Activator({ dataConverter: DataConverter.default, payloadLimit }),
    local: new LocalActivities(createExecutions({}).host, 1),
    reports: new WorkflowReports({
      service: fake.service,
      logger,
      stickyTimeout: 10_000,
      stop: stop.signal,
      eager,
      buildId: "build",
    }),
    logger,
    buildId: "1",
    maxCachedWorkflows,
    requestEagerActivities: eager !== undefined,
  });
  return {
    ...fake,
    tasks,
    activations,
    lines,
    logger,
    stop,
    disposed: () => disposed,
    methods: () => fake.calls.map(({ method }) => method),
  };
}

describe("workflow tasks", () => {
  test("the answer has commands, sticky queue and the name of this SDK", async () => {
    const { tasks, calls } = setUp();
    await tasks.handle(first());
    assert.equal(calls.length, 1);
    const { request } = calls[0];
    assert.deepEqual(request.taskToken, new Uint8Array([9]));
    assert.equal(request.commands[0].attributes.value.timerId, "1");
    assert.equal(request.stickyAttributes.workerTaskQueue.name, "sticky");
    assert.equal(request.stickyAttributes.workerTaskQueue.normalName, "greetings");
    assert.equal(request.stickyAttributes.scheduleToStartTimeout.seconds, 10n);
    assert.equal(request.returnNewWorkflowTask, true);
    assert.equal(request.sdkMetadata.sdkName, "temporal-anywhen");
    assert.equal(request.capabilities.discardSpeculativeWorkflowTaskWithEvents, true);
    assert.equal(tasks.cached, 1);
  });

  test("a cached run takes only new events and leaves when it closes", async () => {
    const { tasks, activations, methods, disposed } = setUp();
    await tasks.handle(first());
    await tasks.handle(second());
    assert.deepEqual(methods(), ["respondWorkflowTaskCompleted", "respondWorkflowTaskCompleted"]);
    assert.deepEqual(activations.map(({ jobs }) => jobs.map(({ kind }) => kind)), [["initialize"], ["fireTimer"]]);
    assert.equal(tasks.cached, 0);
    assert.equal(disposed(), 1);
  });

  test("trap 16: on a cache miss the whole history is fetched, page by page, empty ones too", async () => {
    const pages = [
      { history: { events: firstEvents }, nextPageToken: new Uint8Array([1]) },
      { nextPageToken: new Uint8Array([2]) },
      { history: { events: secondEvents }, nextPageToken: new Uint8Array([3]) },
      {},
    ];
    const tokens: number[][] = [];
    const { tasks, methods, activations } = setUp({
      answers: {
        getWorkflowExecutionHistory: ({ nextPageToken, execution }) => {
          assert.equal(execution.runId, "r");
          tokens.push([...nextPageToken]);
          return pages.shift();
        },
      },
    });
    await tasks.handle(second());
    assert.deepEqual(tokens, [[], [1], [2], [3]]);
    assert.equal(methods().at(-1), "respondWorkflowTaskCompleted");
    assert.deepEqual(activations.map(({ isReplaying }) => isReplaying), [true, false]);
  });

  test("the rest of a paged task is fetched", async () => {
    const task = workflowTask({
      history: { events: firstEvents },
      nextPageToken: new Uint8Array([5]),
      previousStartedEventId: 3n,
      startedEventId: 8n,
    });
    const { tasks, made } = setUp({
      answers: { getWorkflowExecutionHistory: () => ({ history: { events: secondEvents } }) },
    });
    await tasks.handle(task);
    assert.deepEqual(made("getWorkflowExecutionHistory").map(({ request }) => [...request.nextPageToken]), [[5]]);
    assert.equal(made("respondWorkflowTaskCompleted").length, 1);
  });

  test("a task that does not follow on the cached run loads it anew", async () => {
    const { tasks, made, disposed } = setUp({
      answers: { getWorkflowExecutionHistory: () => ({ history: { events: [...firstEvents, ...secondEvents] } }) },
    });
    await tasks.handle(first());
    await tasks.handle(second(secondEvents.slice(2)));
    assert.equal(made("getWorkflowExecutionHistory").length, 1);
    assert.equal(made("respondWorkflowTaskCompleted").length, 2);
    assert.equal(disposed(), 2);
  });

  test("events that the server has not written down yet come from the task", async () => {
    const { tasks, made } = setUp({
      answers: {
        getWorkflowExecutionHistory: () => ({ history: { events: [...firstEvents, ...secondEvents.slice(0, 3)] } }),
      },
    });
    await tasks.handle(second());
    assert.equal(made("respondWorkflowTaskCompleted")[0].request.commands.length, 1);
  });

  test("a history that ends too early fails the task", async () => {
    const { tasks, made } = setUp({
      answers: { getWorkflowExecutionHistory: () => ({ history: { events: firstEvents } }) },
    });
    await tasks.handle(workflowTask({ history: { events: [] }, startedEventId: 8n }));
    const [failed] = made("respondWorkflowTaskFailed");
    assert.match(failed.request.failure.message, /the history ends at event 3, before event 8/);
    assert.equal(failed.request.cause, WorkflowTaskFailedCause.WORKFLOW_WORKER_UNHANDLED_FAILURE);
  });

  test("trap 17: without a cache nothing is sticky and nothing stays", async () => {
    const { tasks, calls, disposed } = setUp({ maxCachedWorkflows: 0, sticky: false });
    await tasks.handle(first());
    assert.equal(calls[0].request.stickyAttributes, undefined);
    assert.equal(calls[0].request.returnNewWorkflowTask, false);
    assert.equal(tasks.cached, 0);
    assert.equal(disposed(), 1);
  });

  test("while the worker shuts down runs leave the sticky queue", async () => {
    const { tasks, calls, stop } = setUp();
    stop.abort();
    await tasks.handle(first());
    assert.equal(calls[0].request.stickyAttributes, undefined);
    assert.equal(calls[0].request.returnNewWorkflowTask, false);
  });

  test("the task that comes back with the answer is handled at once", async () => {
    const next = second();
    const { tasks, methods } = setUp({
      answers: {
        respondWorkflowTaskCompleted: ({ taskToken }) => taskToken[0] === 9 ? { workflowTask: next } : {},
      },
    });
    await tasks.handle(first());
    assert.deepEqual(methods(), ["respondWorkflowTaskCompleted", "respondWorkflowTaskCompleted"]);
  });

  test("trap 15: a failed task is reported on its first attempt only, and the run is dropped", async () => {
    const failure = { message: "bad code", source: "", stackTrace: "at x" };
    const activate = (): Completion => ({ kind: "failed", failure, cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE" });
    const { tasks, made, methods, lines, disposed } = setUp({ activate });
    await tasks.handle(first());
    assert.equal(made("respondWorkflowTaskFailed")[0].request.failure.message, "bad code");
    await tasks.handle(workflowTask({ history: { events: firstEvents }, attempt: 2 }));
    assert.deepEqual(methods(), ["respondWorkflowTaskFailed"]);
    assert.equal(disposed(), 2);
    assert.deepEqual(lines.map(({ message }) => message), [
      "workflow task of hello (w) failed on attempt 1: bad code",
      "workflow task of hello (w) failed on attempt 2: bad code",
    ]);
  });

  test("code that does not match the history is nondeterminism", async () => {
    const activate = (): Completion => ({ kind: "successful", commands: [], usedFlags: [] });
    const { tasks, made } = setUp({ activate });
    await tasks.handle(workflowTask({
      history: { events: [...firstEvents, ...secondEvents] },
      previousStartedEventId: 3n,
      startedEventId: 8n,
    }));
    assert.equal(made("respondWorkflowTaskFailed")[0].request.cause, WorkflowTaskFailedCause.NON_DETERMINISTIC_ERROR);
  });

  test("a cached run that parts from the history is replayed once, to tell where", async () => {
    const activityScheduled = event(5, EventType.ACTIVITY_TASK_SCHEDULED, {
      case: "activityTaskScheduledEventAttributes",
      value: { activityId: "1", activityType: { name: "greet" } },
    });
    const events = [completed(4), activityScheduled, scheduled(6), taskStarted(7)];
    const { tasks, made, disposed } = setUp({
      answers: { getWorkflowExecutionHistory: () => ({ history: { events: [...firstEvents, ...events] } }) },
    });
    await tasks.handle(first());
    await tasks.handle(
      workflowTask({
        history: { events },
        previousStartedEventId: 3n,
        startedEventId: 7n,
        taskToken: new Uint8Array([10]),
      }),
    );
    assert.equal(made("getWorkflowExecutionHistory").length, 1);
    const [{ request }, ...others] = made("respondWorkflowTaskFailed");
    assert.equal(request.cause, WorkflowTaskFailedCause.NON_DETERMINISTIC_ERROR);
    assert.match(request.failure.message, /workflows\.ts:7:3/);
    assert.deepEqual([others.length, disposed(), tasks.cached], [0, 2, 0]);
  });

  test("a query of the old kind is answered by its own call, on a loaded and on a new run", async () => {
    const query = (events: HistoryEvent[]) =>
      workflowTask({
        history: { events },
        query: { queryType: "state" },
        previousStartedEventId: 3n,
        startedEventId: 0n,
      });
    const { tasks, made } = setUp({
      answers: {
        getWorkflowExecutionHistory: () => ({ history: { events: [...firstEvents, completed(4), timerStarted] } }),
      },
    });
    await tasks.handle(query([]));
    await tasks.handle(query([]));
    assert.equal(made("getWorkflowExecutionHistory").length, 1);
    const answers = made("respondQueryTaskCompleted");
    assert.deepEqual(answers.map(({ request }) => request.queryResult.payloads.map(readPayload)), [["state"], [
      "state",
    ]]);
    assert.equal(made("respondWorkflowTaskCompleted").length, 0);
  });

  test("a query whose history cannot be fetched is left to another worker", async () => {
    const { tasks, methods } = setUp({
      answers: {
        getWorkflowExecutionHistory: () => {
          throw new RPCError("connection lost", { status: "UNAVAILABLE" });
        },
      },
    });
    await tasks.handle(workflowTask({ query: { queryType: "state" }, previousStartedEventId: 3n, startedEventId: 0n }));
    assert.deepEqual(methods(), ["getWorkflowExecutionHistory"]);
    assert.equal(tasks.cached, 0);
  });

  test("a query older than what the run has taken in is answered by the run as it is", async () => {
    const waits = (activation: Activation): Completion => {
      const completion = timerWorkflow(activation);
      return activation.jobs[0].kind === "fireTimer" ? { kind: "successful", commands: [], usedFlags: [] } : completion;
    };
    const { tasks, made, methods, disposed } = setUp({ activate: waits });
    await tasks.handle(first());
    await tasks.handle(second());
    await tasks.handle(workflowTask({ query: { queryType: "state" }, previousStartedEventId: 3n, startedEventId: 0n }));
    await tasks.handle(workflowTask({ query: { queryType: "state" }, previousStartedEventId: 8n, startedEventId: 0n }));
    const answers = made("respondQueryTaskCompleted").map(({ request }) => request.completedType);
    assert.deepEqual(answers, [QueryResultType.ANSWERED, QueryResultType.ANSWERED]);
    assert.deepEqual([tasks.cached, disposed(), methods().includes("getWorkflowExecutionHistory")], [1, 0, false]);
  });

  test("a query of the old kind that fails is answered on every attempt", async () => {
    const failure = { message: "bad code", source: "", stackTrace: "" };
    const activate = (): Completion => ({ kind: "failed", failure, cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE" });
    const { tasks, made, methods } = setUp({ activate });
    await tasks.handle(workflowTask({
      history: { events: firstEvents },
      query: { queryType: "state" },
      attempt: 3,
      startedEventId: 0n,
      previousStartedEventId: 3n,
    }));
    assert.deepEqual(methods(), ["respondQueryTaskCompleted"]);
    const [{ request }] = made("respondQueryTaskCompleted");
    assert.deepEqual([request.completedType, request.errorMessage], [QueryResultType.FAILED, "bad code"]);
    assert.equal(tasks.cached, 0);
  });

  test("a task that the server forgets is one that never was", async () => {
    const { tasks, made, methods } = setUp({
      answers: {
        respondWorkflowTaskCompleted: ({ taskToken }) => taskToken[0] === 11 ? { resetHistoryEventId: 3n } : {},
      },
    });
    await tasks.handle(first());
    const kept = [completed(4), timerStarted];
    await tasks.handle(workflowTask({
      history: { events: [...kept, scheduled(6), taskStarted(7)] },
      previousStartedEventId: 3n,
      startedEventId: 7n,
      taskToken: new Uint8Array([11]),
    }));
    await tasks.handle(second());
    assert.deepEqual(methods(), Array(3).fill("respondWorkflowTaskCompleted"));
    const [, forgotten, next] = made("respondWorkflowTaskCompleted");
    assert.equal(forgotten.request.commands.length, 0);
    assert.equal(next.request.commands[0].attributes.case, "completeWorkflowExecutionCommandAttributes");
  });

  test("queries that ride on a task are answered with it", async () => {
    const { tasks, calls } = setUp();
    await tasks.handle(workflowTask({ history: { events: firstEvents }, queries: { q1: { queryType: "state" } } }));
    assert.deepEqual(calls[0].request.queryResults.q1.answer.payloads.map(readPayload), ["state"]);
  });

  test("a refused answer drops the run, quietly where the protocol expects it", async () => {
    const unhandled = () => {
      throw new RPCError("UnhandledCommand", { status: "INVALID_ARGUMENT" });
    };
    for (const refuse of [notFound, unhandled]) {
      const { tasks, lines } = setUp({ answers: { respondWorkflowTaskCompleted: refuse } });
      await tasks.handle(first());
      assert.equal(tasks.cached, 0);
      assert.deepEqual(lines, []);
    }
    const broken = () => {
      throw new RPCError("BadScheduleActivityAttributes", { status: "INVALID_ARGUMENT" });
    };
    const { lines, tasks } = setUp({ answers: { respondWorkflowTaskCompleted: broken } });
    await tasks.handle(first());
    assert.match(lines[0].message, /answer to a workflow task of w was not taken: BadScheduleActivityAttributes/);
  });

  test("an answer too large for a message fails the task with that cause", async () => {
    const { tasks, made } = setUp({
      answers: {
        respondWorkflowTaskCompleted: () => {
          throw new RPCError("grpc: received message larger than max", { status: "RESOURCE_EXHAUSTED" });
        },
      },
    });
    await tasks.handle(first());
    assert.equal(made("respondWorkflowTaskFailed")[0].request.cause, WorkflowTaskFailedCause.GRPC_MESSAGE_TOO_LARGE);
  });

  test("payloads beyond the server's limit fail the task before they are sent", async () => {
    const activate = (): Completion => ({
      kind: "successful",
      usedFlags: [],
      commands: [{ kind: "completeWorkflow", result: payload("x".repeat(100)) }],
    });
    const { tasks, made } = setUp({ activate, payloadLimit: 50 });
    await tasks.handle(first());
    const [{ request }] = made("respondWorkflowTaskFailed");
    assert.equal(request.cause, WorkflowTaskFailedCause.PAYLOADS_TOO_LARGE);
    assert.match(
      request.failure.message,
      /^\[TMPRL1103\] result of complete workflow is too large: \d+ bytes; the server takes at most 50/,
    );
  });

  test("of the tasks that come while a run is busy the newest stays, and all queries", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let held = true;
    const { tasks, made } = setUp({
      activate: async (activation) => {
        if (held) await promise;
        held = false;
        return timerWorkflow(activation);
      },
    });
    const order: string[] = [];
    const handle = (name: string, task: ReturnType<typeof workflowTask>) =>
      tasks.handle(task).then(() => order.push(name));
    const query = workflowTask({ query: { queryType: "state" }, previousStartedEventId: 3n, startedEventId: 0n });
    const all = [handle("first", first()), handle("old", second()), handle("new", second()), handle("query", query)];
    await Promise.resolve();
    resolve();
    await Promise.all(all);
    assert.equal(order[0], "old", "the older of two waiting tasks gives way at once");
    assert.equal(made("respondWorkflowTaskCompleted").length, 2);
    assert.equal(made("respondQueryTaskCompleted").length, 1);
  });

  test("a logger that throws costs the tasks of a run, not the run or a slot", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isBroken = true;
    const { tasks, made, logger } = setUp({
      activate: async (activation) => {
        if (!isBroken) return timerWorkflow(activation);
        await promise;
        throw new Error("broken");
      },
    });
    logger.warn = () => {
      throw new Error("disk full");
    };
    const all = [tasks.handle(first()), tasks.handle(second()), tasks.handle(second())];
    resolve();
    const outcomes = await Promise.allSettled(all);
    assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
    assert.equal(tasks.cached, 0);
    isBroken = false;
    await tasks.handle(first());
    assert.equal(made("respondWorkflowTaskCompleted").length, 1);
  });

  test("a task that arrives as the run becomes idle is not left behind", async () => {
    for (let turns = 0; turns < 20; turns++) {
      let later: Promise<void> | undefined;
      const { tasks, made } = setUp({
        maxCachedWorkflows: 0,
        sticky: false,
        answers: {
          respondWorkflowTaskCompleted: ({ taskToken }) => {
            if (taskToken[0] === 9) {
              later = (async () => {
                for (let turn = 0; turn < turns; turn++) await undefined;
                await tasks.handle(second([...firstEvents, ...secondEvents]));
              })();
            }
          },
        },
      });
      await tasks.handle(first());
      await later;
      assert.equal(made("respondWorkflowTaskCompleted").length, 2, `after ${turns} turns`);
    }
  });

  test("eager activities are asked for as far as there are slots, and started from the answer", async () => {
    const released: number[] = [];
    const startedTasks: unknown[] = [];
    let slots = 2;
    const eager: EagerActivities = {
      limit: 3,
      reserve: () => slots-- > 0 ? { release: () => void released.push(1) } : undefined,
      start: (task) => void startedTasks.push(task.activityId),
    };
    const schedule = (seq: number): Command => ({
      kind: "scheduleActivity",
      seq,
      activityId: String(seq),
      activityType: "greet",
      taskQueue: "greetings",
      args: [],
      headers: {},
      startToCloseTimeout: 1_000,
      cancellationType: "TRY_CANCEL",
      disableEagerExecution: false,
    });
    const { tasks, calls } = setUp({
      eager,
      activate: () => ({ kind: "successful", usedFlags: [], commands: [1, 2, 3].map(schedule) }),
      answers: { respondWorkflowTaskCompleted: () => ({ activityTasks: [{ activityId: "1" }] }) },
    });
    await tasks.handle(first());
    const flags = calls[0].request.commands.map((command: any) => command.attributes.value.requestEagerExecution);
    assert.deepEqual(flags, [true, true, false]);
    assert.deepEqual(startedTasks, ["1"]);
    assert.equal(released.length, 1, "the slot that was not needed is free again");
  });

  test("an unusable task is dropped", async () => {
    const { tasks, calls, lines } = setUp();
    await tasks.handle(workflowTask({ workflowType: undefined }));
    assert.deepEqual(calls, []);
    assert.equal(lines[0].level, "error");
  });
});
