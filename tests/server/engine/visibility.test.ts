import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { IndexedValueType } from "../../../src/gen/temporal/api/enums/v1/common_pb.ts";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import { DescribeTaskQueueMode, TaskQueueType } from "../../../src/gen/temporal/api/enums/v1/task_queue_pb.ts";
import type { RawClient } from "./harness.ts";
import { close, completeWorkflow, connect, errorOf, isReal, openOwn, payload, Scene, values } from "./harness.ts";

after(close);

/** A real server's lists lag behind. */
async function eventually<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < (isReal ? 100 : 0); tries++) {
    const value = await read();
    if (isDone(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return await read();
}

async function idsOf(client: RawClient, query: string, pageSize = 0): Promise<string[]> {
  const ids: string[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.listWorkflowExecutions({ namespace: "default", query, pageSize, nextPageToken });
    ids.push(...page.executions.map(({ execution }) => execution!.workflowId));
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return ids;
}

describe("lists", () => {
  test("show open workflows first, then the last closed, in pages", async () => {
    const type = `Type-${crypto.randomUUID()}`;
    const scenes: Scene[] = [];
    for (let i = 0; i < 5; i++) {
      const scene = new Scene();
      await scene.start({ workflowType: { name: type } });
      scenes.push(scene);
    }
    await scenes[3].step(completeWorkflow());
    await scenes[1].step(completeWorkflow());
    const query = `WorkflowType = '${type}'`;
    const closed = `${query} AND ExecutionStatus = 'Completed'`;
    const done = await eventually(() => idsOf(connect(), closed), (ids) => ids.length === 2);
    assert.deepEqual(done, [scenes[1].workflowId, scenes[3].workflowId]);
    const expected = [4, 2, 0, 1, 3].map((index) => scenes[index].workflowId);
    assert.deepEqual(await eventually(() => idsOf(connect(), query), (ids) => ids.length === 5), expected);
    assert.deepEqual(await idsOf(connect(), query, 2), expected);
    const count = await connect().countWorkflowExecutions({ namespace: "default", query });
    assert.equal(count.count, 5n);
    const groups = await connect().countWorkflowExecutions({
      namespace: "default",
      query: `${query} GROUP BY ExecutionStatus`,
    });
    const found = groups.groups.map((group) => [values({ payloads: group.groupValues } as never)[0], group.count]);
    assert.deepEqual(found.sort(), [["Completed", 2n], ["Running", 3n]]);
    for (const index of [0, 2, 4]) await scenes[index].terminate();
  });

  test("of the old kind filter by id, type and status", async () => {
    const scene = new Scene();
    await scene.start();
    const filters = { case: "executionFilter", value: { workflowId: scene.workflowId } } as const;
    const request = { namespace: "default", maximumPageSize: 10, startTimeFilter: {}, filters };
    const open = await eventually(
      () => connect().listOpenWorkflowExecutions(request),
      ({ executions }) => executions.length === 1,
    );
    assert.equal(open.executions[0].execution?.runId, scene.runId);
    await scene.step(completeWorkflow());
    const closed = await eventually(
      () => connect().listClosedWorkflowExecutions(request),
      ({ executions }) => executions.length === 1,
    );
    assert.equal(closed.executions[0].historyLength, 5n);
    const still = await connect().listOpenWorkflowExecutions(request);
    assert.equal(still.executions.length, 0);
  });

  test("refuse bad filters", async () => {
    const list = (query: string): Promise<string> =>
      errorOf(connect().listWorkflowExecutions({ namespace: "default", query }));
    assert.match(await list("WorkflowId = "), /^InvalidArgument: invalid query/);
    assert.match(await list("Nonsense = 1"), /^InvalidArgument: /);
    assert.match(await list("WorkflowId = 'x' GROUP BY WorkflowType"), /^InvalidArgument: /);
  });
});

// Search attributes, namespaces and hints are tried on a server of one's own.
describe("search attributes", () => {
  test("are set at start, changed by commands and searched for", async () => {
    const { service, client } = openOwn({ searchAttributes: { Color: "KEYWORD", Size: "INT", Tags: "KEYWORD_LIST" } });
    const scene = new Scene(client);
    await scene.start({ searchAttributes: { indexedFields: { Color: payload("red"), Size: payload(3) } } });
    await scene.step({
      commandType: CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
      attributes: {
        case: "upsertWorkflowSearchAttributesCommandAttributes",
        value: { searchAttributes: { indexedFields: { Size: payload(5), Tags: payload(["a", "b"]) } } },
      },
    });
    assert.deepEqual(await idsOf(client, "Color = 'red' AND Size > 4 AND Tags = 'b'"), [scene.workflowId]);
    assert.deepEqual(await idsOf(client, "Size < 4"), []);
    const { executions } = await client.listWorkflowExecutions({ namespace: "default", query: "" });
    const fields = executions[0].searchAttributes!.indexedFields;
    assert.deepEqual(Object.keys(fields).sort(), ["BuildIds", "Color", "Size", "Tags"]);
    assert.equal(new TextDecoder().decode(fields.Size.metadata.type), "Int");
    assert.equal(
      await errorOf(new Scene(client).start({ searchAttributes: { indexedFields: { Size: payload("big") } } })),
      'InvalidArgument: invalid value for search attribute Size of type Int: "big"',
    );
    assert.equal(
      await errorOf(new Scene(client).start({ searchAttributes: { indexedFields: { RunId: payload("x") } } })),
      "InvalidArgument: RunId attribute can't be set in SearchAttributes",
    );
    const { keys } = await client.getSearchAttributes({});
    assert.equal(keys.Color, IndexedValueType.KEYWORD);
    await service.shutdown();
  });
});

describe("namespaces", () => {
  test("are registered, described, listed and changed, and keep to themselves", async () => {
    const { service, client } = openOwn();
    const retention = { seconds: 2n * 86_400n, nanos: 0 };
    await client.registerNamespace({
      namespace: "other",
      description: "d",
      workflowExecutionRetentionPeriod: retention,
    });
    const described = await client.describeNamespace({ namespace: "other" });
    assert.equal(described.namespaceInfo?.description, "d");
    assert.equal(described.config?.workflowExecutionRetentionTtl?.seconds, retention.seconds);
    await client.updateNamespace({ namespace: "other", updateInfo: { description: "new", data: { k: "v" } } });
    const { namespaces } = await client.listNamespaces({});
    const infos = namespaces.map(({ namespaceInfo }) => [namespaceInfo?.name, namespaceInfo?.description]);
    assert.deepEqual(infos, [["temporal-system", ""], ["default", ""], ["other", "new"]]);
    const scene = new Scene(client);
    await scene.start({ namespace: "other" });
    assert.equal(
      await errorOf(
        client.describeWorkflowExecution({ namespace: "default", execution: { workflowId: scene.workflowId } }),
      ),
      `NotFound: workflow not found for ID: ${scene.workflowId}`,
    );
    await service.shutdown();
  });

  test("are refused without a name, twice, or with no retention", async () => {
    const client = connect();
    const day = { seconds: 86_400n, nanos: 0 };
    assert.equal(
      await errorOf(client.registerNamespace({ namespace: "default", workflowExecutionRetentionPeriod: day })),
      'AlreadyExists: Namespace "default" already exists',
    );
    assert.equal(
      await errorOf(client.registerNamespace({ namespace: "x" })),
      "InvalidArgument: A valid retention period is not set on request.",
    );
    assert.equal(
      await errorOf(client.describeNamespace({ namespace: "nowhere" })),
      "NotFound: Namespace nowhere is not found.",
    );
  });
});

describe("task queues", () => {
  test("show who polls them and what waits", async () => {
    const scene = new Scene();
    const describeQueue = (): ReturnType<RawClient["describeTaskQueue"]> =>
      scene.client.describeTaskQueue({
        namespace: "default",
        taskQueue: { name: scene.taskQueue },
        taskQueueType: TaskQueueType.WORKFLOW,
      });
    assert.equal((await describeQueue()).pollers.length, 0);
    await scene.start();
    await scene.step(completeWorkflow());
    const { pollers } = await describeQueue();
    assert.deepEqual(pollers.map(({ identity }) => identity), ["tester"]);
    const enhanced = await scene.client.describeTaskQueue({
      namespace: "default",
      taskQueue: { name: scene.taskQueue },
      apiMode: DescribeTaskQueueMode.ENHANCED,
      reportPollers: true,
      reportStats: true,
    });
    const info = enhanced.versionsInfo[""].typesInfo[TaskQueueType.WORKFLOW];
    assert.equal(info.pollers.length, 1);
    assert.equal(info.stats?.approximateBacklogCount, 0n);
  });
});
