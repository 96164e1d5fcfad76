import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { DevServer } from "@anywhen/temporal/server";
import { IllegalStateError, ValueError } from "../../src/common/errors.ts";
import { SearchAttributeKey } from "../../src/common/search.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { IndexedValueType } from "../../src/gen/temporal/api/enums/v1/common_pb.ts";
import { OperatorService } from "../../src/gen/temporal/api/operatorservice/v1/service_pb.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { createTransport } from "../../src/transport/mod.ts";

function inProcess(server: DevServer): Transport {
  return createTransport({ fetch: server.fetch, retryConfig: false });
}

describe("DevServer", () => {
  test("is there in process without a port", async () => {
    await using server = await DevServer.start();
    assert.equal(server.address, undefined);
    assert.equal(server.namespace, "default");
    const headers = { "content-type": "application/json" };
    const url = "http://in-process/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace";
    const body = JSON.stringify({ namespace: "default" });
    const response = await server.fetch(new Request(url, { method: "POST", headers, body }));
    assert.equal((await response.json() as { namespaceInfo: { name: string } }).namespaceInfo.name, "default");
  });

  test("listens from the start with a port, later with listen, and says where", async () => {
    await using server = await DevServer.start({ port: 0, namespaces: ["first", "second"] });
    assert.match(server.address!, /^127\.0\.0\.1:\d+$/);
    assert.equal(server.namespace, "first");
    const client = createClient(WorkflowService, createGrpcTransport({ baseUrl: `http://${server.address}` }));
    assert.equal((await client.describeNamespace({ namespace: "second" })).namespaceInfo?.name, "second");
    await using later = await DevServer.start();
    assert.equal(await later.listen({ port: 0 }), later.address);
  });

  test("serves the same state in process and on its port", async () => {
    await using server = await DevServer.start({ port: 0 });
    const remote = createClient(OperatorService, createGrpcTransport({ baseUrl: `http://${server.address}` }));
    await remote.addSearchAttributes({ namespace: "default", searchAttributes: { Colour: IndexedValueType.KEYWORD } });
    const { customAttributes } = await createOperator(server).listSearchAttributes({ namespace: "default" });
    assert.deepEqual(customAttributes, { Colour: IndexedValueType.KEYWORD });
  });

  test("servers beside each other share nothing", async () => {
    await using one = await DevServer.start({ port: 0, namespaces: ["one"] });
    await using two = await DevServer.start({ port: 0, namespaces: ["two"] });
    assert.notEqual(one.address, two.address);
    await assert.rejects(createOperator(two).listSearchAttributes({ namespace: "one" }), /not.*found/i);
  });

  test("ends polls when it is shut down, then refuses to listen or sleep; shutting down twice is once", async () => {
    const server = await DevServer.start({ port: 0 });
    const client = createClient(WorkflowService, createGrpcTransport({ baseUrl: `http://${server.address}` }));
    const request = { namespace: "default", taskQueue: { name: "q" } };
    const polls = [client, createClient(WorkflowService, inProcess(server))]
      .map((door) => door.pollWorkflowTaskQueue(request, { timeoutMs: 60_000 }).then(() => "empty", () => "failed"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = Date.now();
    await Promise.all([server.shutdown(), server.shutdown()]);
    await Promise.all(polls);
    assert.ok(Date.now() - started < 450, `shutting down took ${Date.now() - started} ms`);
    await assert.rejects(server.listen({ port: 0 }), IllegalStateError);
    await assert.rejects(server.sleep(1), IllegalStateError);
  });

  test("has a clock of its own", async () => {
    await using server = await DevServer.start();
    const before = server.now().getTime();
    assert.ok(Math.abs(before - Date.now()) < 1_000);
    await server.sleep("20ms");
    assert.ok(server.now().getTime() - before >= 19);
    await assert.rejects(server.sleep("soon"), ValueError);
  });

  test("refuses options that cannot be", async () => {
    await using server = await DevServer.start({ port: 0 });
    const port = Number(server.address!.split(":")[1]);
    const cases: [Parameters<typeof DevServer.start>[0], RegExp][] = [
      [{ port }, /^port \d+ is in use at 127\.0\.0\.1: choose another, or 0 for a free one$/],
      [{ port: 70_000 }, /^port must be a whole number from 0 to 65535, not 70000$/],
      [{ namespaces: [] }, /^DevServer: namespaces must be a list of names such as \["default"\]$/],
      [{ namespaces: [""] }, /^DevServer: namespaces must be/],
      [{ dbFile: "x.db" }, /^DevServer: dbFile is not supported yet/],
      [{ timeSkipping: true }, /^DevServer: timeSkipping is not supported yet/],
    ];
    for (const [options, message] of cases) {
      await assert.rejects(DevServer.start(options), (error) => {
        assert.ok(error instanceof ValueError);
        assert.match(error.message, message);
        return true;
      });
    }
  });
});

describe("the operator's service", () => {
  test("lists what a server was started with, typed keys and a record alike", async () => {
    const key = SearchAttributeKey.forKeywordList("Tags");
    await using typed = await DevServer.start({ searchAttributes: [key] });
    await using record = await DevServer.start({ searchAttributes: { Tags: "KEYWORD_LIST" } });
    for (const server of [typed, record]) {
      const answer = await createOperator(server).listSearchAttributes({ namespace: "default" });
      assert.deepEqual(answer.customAttributes, { Tags: IndexedValueType.KEYWORD_LIST });
      assert.equal(answer.systemAttributes.WorkflowId, IndexedValueType.KEYWORD);
    }
  });

  test("adds, keeps and removes search attributes", async () => {
    await using server = await DevServer.start();
    const operator = createOperator(server);
    const add = (searchAttributes: Record<string, IndexedValueType>): Promise<unknown> =>
      operator.addSearchAttributes({ namespace: "default", searchAttributes });
    await add({ Amount: IndexedValueType.INT });
    await add({ Amount: IndexedValueType.INT });
    await assert.rejects(add({ Amount: IndexedValueType.TEXT }), /already_exists.*Amount already exists/);
    await assert.rejects(
      add({ WorkflowId: IndexedValueType.TEXT }),
      /invalid_argument.*WorkflowId is reserved by system/,
    );
    await assert.rejects(add({}), /invalid_argument.*not set/);
    await assert.rejects(add({ Odd: IndexedValueType.UNSPECIFIED }), /invalid_argument.*Unknown search attribute type/);
    const remove = (...searchAttributes: string[]): Promise<unknown> =>
      operator.removeSearchAttributes({ namespace: "default", searchAttributes });
    await assert.rejects(remove("Nope"), /not_found.*Nope doesn't exist/);
    await assert.rejects(remove("WorkflowId"), /invalid_argument.*non-custom search attributes: WorkflowId/);
    await remove("Amount");
    assert.deepEqual((await operator.listSearchAttributes({ namespace: "default" })).customAttributes, {});
  });

  test("names its cluster and deletes namespaces", async () => {
    await using server = await DevServer.start({ port: 0, namespaces: ["default", "second"] });
    const operator = createOperator(server);
    const { clusters } = await operator.listClusters({});
    assert.deepEqual(clusters.map(({ clusterName, address }) => [clusterName, address]), [["active", server.address]]);
    assert.equal((await operator.deleteNamespace({ namespace: "second" })).deletedNamespace, "second");
    await assert.rejects(operator.deleteNamespace({ namespace: "second" }), /not.*found/i);
  });

  test("is healthy", async () => {
    await using server = await DevServer.start();
    const health = createClient(Health, inProcess(server));
    for (const service of ["", WorkflowService.typeName, OperatorService.typeName]) {
      assert.equal((await health.check({ service })).status, ServingStatus.SERVING);
    }
    await assert.rejects(health.check({ service: "nothing" }), /not_found/);
  });
});

function createOperator(server: DevServer): ReturnType<typeof createClient<typeof OperatorService>> {
  return createClient(OperatorService, inProcess(server));
}
