// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SearchAttributeKey } from "../../src/common/search.ts";
import { connectFake, history, payloads } from "./fake_service.ts";

const encoder = new TextEncoder();

function executions(from: number, to: number): any[] {
  return Array.from({ length: to - from }, (_, index) => ({
    execution: { workflowId: `w-${from + index}`, runId: `r-${from + index}` },
  }));
}

/** 25 workflows in pages of 10, the second of which is empty. */
function pages(request: any): any {
  const at = request.nextPageToken[0] ?? 0;
  const answers = [
    { executions: executions(0, 10), nextPageToken: new Uint8Array([1]) },
    { executions: [], nextPageToken: new Uint8Array([2]) },
    { executions: executions(10, 20), nextPageToken: new Uint8Array([3]) },
    { executions: executions(20, 25) },
  ];
  return answers[at];
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("workflow.list", () => {
  test("reads all pages, each when it is needed", async () => {
    const { client, requests } = await connectFake({ listWorkflowExecutions: pages });
    const list = client.workflow.list("WorkflowType = 'x'");
    assert.equal(requests("listWorkflowExecutions").length, 0);
    const ids = (await collect(list)).map(({ id }) => id);
    assert.deepEqual(ids, executions(0, 25).map(({ execution }) => execution.workflowId));
    const seen = requests("listWorkflowExecutions");
    assert.deepEqual(seen.map((request) => [...request.nextPageToken]), [[], [1], [2], [3]]);
    const [{ query, pageSize, namespace }] = seen;
    assert.deepEqual([query, pageSize, namespace], ["WorkflowType = 'x'", 1000, "default"]);
  });

  test("a list is read anew each time", async () => {
    const { client } = await connectFake({ listWorkflowExecutions: pages });
    const list = client.workflow.list();
    assert.equal((await collect(list)).length, 25);
    assert.equal((await collect(list)).length, 25);
  });

  for (const limit of [0, 1, 9, 10, 11, 24, 25, 26]) {
    test(`limit ${limit}`, async () => {
      const { client, requests } = await connectFake({ listWorkflowExecutions: pages });
      const ids = (await collect(client.workflow.list("", { limit }))).map(({ id }) => id);
      assert.deepEqual(ids, executions(0, Math.min(limit, 25)).map(({ execution }) => execution.workflowId));
      const calls = limit === 0 ? 0 : limit <= 10 ? 1 : limit <= 20 ? 3 : 4;
      assert.equal(requests("listWorkflowExecutions").length, calls);
    });
  }

  test("breaking off reads no further", async () => {
    const { client, requests } = await connectFake({ listWorkflowExecutions: pages });
    for await (const { id } of client.workflow.list()) if (id === "w-3") break;
    assert.equal(requests("listWorkflowExecutions").length, 1);
  });

  test("pages, and going on from a token", async () => {
    const { client } = await connectFake({ listWorkflowExecutions: pages });
    const all = await collect(client.workflow.list("", { pageSize: 10 }).pages());
    assert.deepEqual(all.map(({ items }) => items.length), [10, 0, 10, 5]);
    assert.deepEqual(all.map(({ nextPageToken }) => nextPageToken && [...nextPageToken]), [[1], [2], [3], undefined]);
    const rest = await collect(client.workflow.list("", { nextPageToken: all[1].nextPageToken }));
    assert.equal(rest[0].id, "w-10");
    assert.equal(rest.length, 15);
  });

  test("page sizes", async () => {
    const { client, requests } = await connectFake({ listWorkflowExecutions: { executions: [] } });
    await collect(client.workflow.list("", { pageSize: 7 }));
    await collect(client.workflow.list("", { limit: 3 }));
    assert.deepEqual(requests("listWorkflowExecutions").map(({ pageSize }) => pageSize), [7, 3]);
    assert.throws(() => client.workflow.list("", { pageSize: 0 }), { name: "ValueError", message: /`pageSize` is 0/ });
    for (const limit of [-1, 1.5, NaN]) {
      assert.throws(() => client.workflow.list("", { limit }), { name: "ValueError", message: /`limit` is / });
    }
  });

  test("the token of the page that reaches the limit passes nothing over", async () => {
    const { client } = await connectFake({
      listWorkflowExecutions: ({ nextPageToken, pageSize }) => {
        const from = nextPageToken[0] ?? 0;
        const to = Math.min(from + pageSize, 25);
        return { executions: executions(from, to), nextPageToken: to < 25 ? new Uint8Array([to]) : undefined };
      },
    });
    const all = await collect(client.workflow.list("", { limit: 13, pageSize: 10 }).pages());
    assert.deepEqual(all.map(({ items }) => items.length), [10, 3]);
    const [next] = await collect(client.workflow.list("", { nextPageToken: all[1].nextPageToken }));
    assert.equal(next.id, "w-13");
  });

  test("mapHistories fetches a few at once and keeps the order", async () => {
    let atWork = 0;
    let most = 0;
    const { client, requests } = await connectFake({
      listWorkflowExecutions: pages,
      getWorkflowExecutionHistory: async ({ execution }) => {
        most = Math.max(most, ++atWork);
        await new Promise((resolve) => setTimeout(resolve, execution!.workflowId.endsWith("0") ? 5 : 0));
        atWork--;
        return history([{ case: undefined }]);
      },
    });
    const histories = await collect(client.workflow.list().mapHistories({ concurrency: 3 }));
    assert.deepEqual(
      histories.map(({ workflowId }) => workflowId),
      executions(0, 25).map((e) => e.execution.workflowId),
    );
    assert.equal(most, 3);
    assert.equal(requests("getWorkflowExecutionHistory")[4].execution.runId, "r-4");
    assert.throws(() => client.workflow.list().mapHistories({ concurrency: 0 }), { name: "ValueError" });
  });

  test("mapHistories fails at the item's turn and leaves nothing unhandled", async () => {
    const { client } = await connectFake({ listWorkflowExecutions: { executions: executions(0, 4) } });
    await assert.rejects(collect(client.workflow.list().mapHistories()), { name: "RPCError", status: "UNIMPLEMENTED" });
  });
});

describe("workflow.count", () => {
  test("a number", async () => {
    const { client, requests } = await connectFake({ countWorkflowExecutions: { count: 7n } });
    assert.deepEqual(await client.workflow.count("a = 1"), { count: 7, groups: [] });
    assert.equal(requests("countWorkflowExecutions")[0].query, "a = 1");
  });

  test("groups have typed values", async () => {
    const value = (type: string, value: unknown): any => {
      const [{ metadata, data }] = payloads(value).payloads;
      return { metadata: { ...metadata, type: encoder.encode(type) }, data };
    };
    const groups = [
      { count: 5n, groupValues: [value("Keyword", "Running"), value("Int", 3)] },
      { count: 2n, groupValues: [value("Keyword", "Failed"), value("Datetime", "2020-01-01T00:00:00Z")] },
    ];
    const { client } = await connectFake({ countWorkflowExecutions: { count: 7n, groups } });
    assert.deepEqual((await client.workflow.count("GROUP BY ExecutionStatus")).groups, [
      { count: 5, groupValues: ["Running", 3] },
      { count: 2, groupValues: ["Failed", new Date("2020-01-01T00:00:00Z")] },
    ]);
  });
});

describe("handle.describe", () => {
  const customer = SearchAttributeKey.forKeyword("CustomerId");
  const info: any = {
    execution: { workflowId: "w", runId: "run-1" },
    type: { name: "greet" },
    startTime: { seconds: 1_600_000_000n, nanos: 5_000_000 },
    executionTime: { seconds: 1_600_000_001n },
    status: 1,
    historyLength: 12n,
    taskQueue: "q",
    parentExecution: { workflowId: "p", runId: "pr" },
    rootExecution: { workflowId: "root", runId: "rr" },
    memo: { fields: { note: payloads("n").payloads[0], more: payloads([1]).payloads[0] } },
    searchAttributes: {
      indexedFields: {
        CustomerId: { ...payloads("c-1").payloads[0], metadata: meta("Keyword") },
      },
    },
  };
  function meta(type: string): Record<string, Uint8Array> {
    return { encoding: encoder.encode("json/plain"), type: encoder.encode(type) };
  }

  test("every field", async () => {
    const { client, requests } = await connectFake({
      describeWorkflowExecution: {
        workflowExecutionInfo: info,
        executionConfig: { userMetadata: { summary: payloads("sum").payloads[0] } },
      },
    });
    const description = await client.workflow.getHandle("w", { runId: "run-1" }).describe();
    assert.equal(requests("describeWorkflowExecution")[0].execution.runId, "run-1");
    const { id, runId, namespace, workflowType, taskQueue, status, historyLength } = description;
    assert.deepEqual(
      [id, runId, namespace, workflowType, taskQueue, status, historyLength],
      ["w", "run-1", "default", "greet", "q", "RUNNING", 12],
    );
    assert.equal(description.startTime.getTime(), 1_600_000_000_005);
    assert.equal(description.executionTime?.getTime(), 1_600_000_001_000);
    assert.equal(description.closeTime, undefined);
    const { parentId, parentRunId, rootId, rootRunId } = description;
    assert.deepEqual([parentId, parentRunId, rootId, rootRunId], ["p", "pr", "root", "rr"]);
    assert.equal(description.searchAttributes.get(customer), "c-1");
    assert.deepEqual(await description.memo(), { note: "n", more: [1] });
    assert.equal(await description.staticSummary(), "sum");
    assert.equal(await description.staticDetails(), undefined);
    assert.equal(description.rawDescription.workflowExecutionInfo, description.rawInfo);
  });

  test("memo values: found, defaulted, missing", async () => {
    const { client } = await connectFake({ describeWorkflowExecution: { workflowExecutionInfo: info } });
    const description = await client.workflow.getHandle("w").describe();
    assert.equal(await description.memoValue<string>("note"), "n");
    assert.equal(await description.memoValue("none", { default: 3 }), 3);
    assert.equal(await description.memoValue("none", { default: undefined }), undefined);
    await assert.rejects(description.memoValue("none"), {
      name: "ValueError",
      message: /has no key "none" \(its keys: note, more\)/,
    });
  });

  test("what the server leaves out is undefined", async () => {
    const { client } = await connectFake({
      describeWorkflowExecution: { workflowExecutionInfo: { status: 99 as any, parentExecution: {} } },
    });
    const description = await client.workflow.getHandle("w").describe();
    const { status, closeTime, executionTime, parentId, rootId } = description;
    assert.deepEqual([status, closeTime, executionTime, parentId, rootId], Array(5).fill(undefined));
    assert.equal(description.searchAttributes.size, 0);
    assert.deepEqual(await description.memo(), {});
  });

  const names = ["RUNNING", "COMPLETED", "FAILED", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW", "TIMED_OUT", "PAUSED"];
  test("every status has its name", async () => {
    const { client } = await connectFake({
      describeWorkflowExecution: (_, call) => ({ workflowExecutionInfo: { status: call + 1 } }),
    });
    for (const name of names) assert.equal((await client.workflow.getHandle("w").describe()).status, name);
  });
});
