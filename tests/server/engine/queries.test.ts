import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { QueryRejectCondition, QueryResultType } from "../../../src/gen/temporal/api/enums/v1/query_pb.ts";
import type {
  PollWorkflowTaskQueueResponse,
  QueryWorkflowResponse,
} from "../../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import {
  applicationFailure,
  close,
  completeWorkflow,
  errorOf,
  ms,
  payloads,
  Scene,
  settle,
  startTimer,
  values,
} from "./harness.ts";

after(close);

function query(
  scene: Scene,
  options: { condition?: QueryRejectCondition; timeoutMs?: number } = {},
): Promise<QueryWorkflowResponse> {
  return scene.client.queryWorkflow({
    namespace: "default",
    execution: { workflowId: scene.workflowId, runId: "" },
    query: { queryType: "state", queryArgs: payloads("now") },
    queryRejectCondition: options.condition,
  }, { timeoutMs: options.timeoutMs ?? 10_000 });
}

async function answer(scene: Scene, task: PollWorkflowTaskQueueResponse, result: unknown): Promise<void> {
  await scene.client.respondQueryTaskCompleted({
    namespace: "default",
    taskToken: task.taskToken,
    completedType: QueryResultType.ANSWERED,
    queryResult: payloads(result),
  });
}

async function idle(): Promise<Scene> {
  const scene = new Scene();
  await scene.start();
  await scene.step(startTimer("t", 60_000));
  return scene;
}

describe("queries", () => {
  test("of an idle workflow go to a worker by themselves, with the whole history", async () => {
    const scene = await idle();
    const asking = query(scene);
    const task = await scene.poll();
    assert.equal(task.query?.queryType, "state");
    assert.deepEqual(values(task.query?.queryArgs), ["now"]);
    assert.equal(task.startedEventId, 0n);
    assert.equal(task.previousStartedEventId, 3n);
    assert.equal(task.history?.events.length, 5);
    await answer(scene, task, "fine");
    assert.deepEqual(values((await asking).queryResult), ["fine"]);
    assert.equal((await scene.history()).length, 5);
    assert.match(await errorOf(answer(scene, task, "twice")), /^NotFound: /);
    await scene.terminate();
  });

  test("go to the sticky worker, with no history", async () => {
    const scene = new Scene();
    const queue = `sticky-${crypto.randomUUID()}`;
    await scene.start();
    await scene.complete(await scene.poll(), [], {
      stickyAttributes: { workerTaskQueue: { name: queue, kind: 2 }, scheduleToStartTimeout: ms(5000) },
    });
    const polling = scene.poll({ sticky: queue });
    await settle();
    const asking = query(scene);
    const task = await polling;
    assert.equal(task.history?.events.length, 0);
    await answer(scene, task, 1);
    assert.deepEqual(values((await asking).queryResult), [1]);
    await scene.terminate();
  });

  test("that fail say why", async () => {
    const scene = await idle();
    const asking = errorOf(query(scene));
    const task = await scene.poll();
    await scene.client.respondQueryTaskCompleted({
      namespace: "default",
      taskToken: task.taskToken,
      completedType: QueryResultType.FAILED,
      errorMessage: "no such query",
      failure: applicationFailure("no such query"),
    });
    assert.equal(await asking, "InvalidArgument: no such query");
    await scene.terminate();
  });

  test("wait for the task in flight and go with the next", async () => {
    const scene = await idle();
    await scene.signal("one");
    const task = await scene.poll();
    const asking = query(scene);
    await settle();
    await scene.signal("two");
    const queue = `sticky-${crypto.randomUUID()}`;
    const completed = await scene.complete(task, [], {
      returnNewWorkflowTask: true,
      stickyAttributes: { workerTaskQueue: { name: queue, kind: 2 }, scheduleToStartTimeout: ms(5000) },
    });
    const next = completed.workflowTask!;
    const [[id, asked]] = Object.entries(next.queries);
    assert.equal(asked.queryType, "state");
    await scene.complete(next, [completeWorkflow()], {
      queryResults: { [id]: { resultType: QueryResultType.ANSWERED, answer: payloads("after two") } },
    });
    assert.deepEqual(values((await asking).queryResult), ["after two"]);
  });

  test("go with a task that is still waiting", async () => {
    const scene = await idle();
    await scene.signal("one");
    const asking = errorOf(query(scene));
    await settle();
    const task = await scene.poll();
    const [id] = Object.keys(task.queries);
    await scene.complete(task, [], {
      queryResults: {
        [id]: { resultType: QueryResultType.FAILED, errorMessage: "bad", failure: applicationFailure("bad") },
      },
    });
    assert.equal(await asking, "InvalidArgument: bad");
    await scene.terminate();
  });

  test("that waited for a task in vain go to a worker by themselves", async () => {
    const scene = await idle();
    await scene.signal("one");
    const task = await scene.poll();
    const asking = query(scene);
    await settle();
    await scene.complete(task, []);
    const direct = await scene.poll();
    assert.equal(direct.query?.queryType, "state");
    await answer(scene, direct, "then");
    assert.deepEqual(values((await asking).queryResult), ["then"]);
    await scene.terminate();
  });

  test("wait for a workflow's first task", async () => {
    const scene = new Scene();
    await scene.start();
    const asking = query(scene);
    await settle();
    const first = await scene.step(startTimer("t", 60_000));
    assert.equal(Object.values(first.queries)[0].queryType, "state");
    await answer(scene, await scene.poll(), "ready");
    assert.deepEqual(values((await asking).queryResult), ["ready"]);
    await scene.terminate();
  });

  test("of closed workflows are answered, or rejected on demand", async () => {
    const scene = await idle();
    await scene.signal("end");
    await scene.step(completeWorkflow());
    const asking = query(scene);
    const task = await scene.poll();
    assert.equal(task.history?.events.length, 10);
    await answer(scene, task, "over");
    assert.deepEqual(values((await asking).queryResult), ["over"]);
    const rejected = await query(scene, { condition: QueryRejectCondition.NOT_OPEN });
    assert.equal(rejected.queryRejected?.status, 2);
  });

  test("of nobody, of nothing and with nobody to answer end in an error", async () => {
    const scene = new Scene();
    assert.equal(await errorOf(query(scene)), `NotFound: workflow not found for ID: ${scene.workflowId}`);
    assert.equal(
      await errorOf(scene.client.queryWorkflow({ namespace: "default", execution: { workflowId: "x", runId: "" } })),
      "InvalidArgument: WorkflowQuery is not set on request.",
    );
    await scene.start();
    await scene.step(startTimer("t", 60_000));
    assert.match(await errorOf(query(scene, { timeoutMs: 2500 })), /^(DeadlineExceeded|Canceled): /);
    await scene.terminate();
  });

  test("of a workflow whose task keeps failing are refused", async () => {
    const scene = await idle();
    await scene.signal("one");
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { taskToken } = await scene.poll();
      await scene.client.respondWorkflowTaskFailed({ taskToken, cause: 14, identity: "tester" });
    }
    assert.match(await errorOf(query(scene)), /^FailedPrecondition: .*Workflow Task in failed state/);
    await scene.terminate();
  });
});
