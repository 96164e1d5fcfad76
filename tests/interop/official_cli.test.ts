import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import * as activities from "./activities.ts";
import { runTemporal } from "./programs.ts";

const TASK_QUEUE = "orders";

describe("the official CLI on the embedded server", () => {
  let server: DevServer;
  let client: Client;
  let worker: Worker;
  let running: Promise<void>;

  before(async () => {
    server = await DevServer.start({ port: 0, searchAttributes: { Customer: "KEYWORD" } });
    client = await Client.connect(server);
    const workflows = new URL("./workflows.ts", import.meta.url);
    worker = await Worker.create({ client, taskQueue: TASK_QUEUE, workflows, activities });
    running = worker.run();
  });
  after(async () => {
    await worker.shutdown();
    await running;
    await client.close();
    await server.shutdown();
  });

  /** Runs a command that must succeed; its JSON. */
  // deno-lint-ignore no-explicit-any -- whatever JSON it is
  async function temporal(...args: string[]): Promise<any> {
    const { code, out, errors } = await runTemporal(server.address!, ...args, "-o", "json");
    assert.equal(code, 0, `temporal ${args.join(" ")}: ${errors}${out}`);
    return out.trim() === "" ? undefined : JSON.parse(out);
  }

  async function startOrder(...args: string[]): Promise<string> {
    const id = `order-${crypto.randomUUID()}`;
    await temporal("workflow", "start", "--type", "order", "-t", TASK_QUEUE, "-w", id, "-i", "1", ...args);
    return id;
  }

  test("executes a workflow with an activity", async () => {
    const id = `echo-${crypto.randomUUID()}`;
    const input = '{"n":[1,"ü",null]}';
    const answer = await temporal(
      ...["workflow", "execute", "--type", "anywhenEcho", "-t", TASK_QUEUE, "-w", id, "-i", input],
    );
    assert.equal(answer.status, "COMPLETED");
    assert.deepEqual(answer.result, JSON.parse(input));
  });

  test("signals, queries, updates and waits", async () => {
    const id = await startOrder();
    await temporal("workflow", "signal", "-w", id, "--name", "add", "-i", '"book"');
    const update = ["workflow", "update", "execute", "-w", id, "--name", "setLimit", "-i", "9"];
    assert.equal((await temporal(...update)).result, 1);
    assert.deepEqual((await temporal("workflow", "query", "-w", id, "--type", "count")).queryResult, [1]);
    await temporal("workflow", "signal", "-w", id, "--name", "finish");
    assert.deepEqual((await temporal("workflow", "result", "-w", id)).result, ["book"]);
  });

  test("describes and shows", async () => {
    const id = await startOrder("--memo", 'note="hi"', "--search-attribute", 'Customer="c-1"');
    const { workflowExecutionInfo: info, executionConfig } = await temporal("workflow", "describe", "-w", id);
    assert.equal(info.execution.workflowId, id);
    assert.equal(info.type.name, "order");
    assert.equal(info.status, "WORKFLOW_EXECUTION_STATUS_RUNNING");
    assert.equal(executionConfig.taskQueue.name, TASK_QUEUE);
    await temporal("workflow", "signal", "-w", id, "--name", "finish");
    await client.workflow.getHandle(id).result();
    const { events } = await temporal("workflow", "show", "-w", id);
    assert.equal(events[0].eventType, "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
    assert.equal(events.at(-1).eventType, "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED");
    assert.deepEqual(
      events.map((event: { eventId: string }) => Number(event.eventId)),
      events.map((_: unknown, at: number) => at + 1),
    );
  });

  test("lists and counts by filter", async () => {
    const id = await startOrder();
    const query = `WorkflowId = '${id}' AND ExecutionStatus = 'Running'`;
    const listed = await temporal("workflow", "list", "-q", query);
    assert.deepEqual(listed.map((one: { execution: { workflowId: string } }) => one.execution.workflowId), [id]);
    assert.equal((await temporal("workflow", "count", "-q", query)).count, "1");
    const grouped = await temporal("workflow", "count", "-q", `WorkflowId = '${id}' GROUP BY ExecutionStatus`);
    assert.deepEqual(grouped.groups, [{ groupValues: ["Running"], count: "1" }]);
    assert.deepEqual(await temporal("workflow", "list", "-q", "WorkflowId = 'nobody'"), []);
    const { code, errors } = await runTemporal(server.address!, "workflow", "list", "-q", "WorkflowId =");
    assert.equal(code, 1);
    assert.match(errors, /invalid query: expected a value .* at position 13/);
  });

  test("cancels and terminates", async () => {
    const cancelled = await startOrder();
    await temporal("workflow", "cancel", "-w", cancelled);
    await assert.rejects(client.workflow.getHandle(cancelled).result());
    assert.equal((await client.workflow.getHandle(cancelled).describe()).status, "CANCELED");
    const terminated = await startOrder();
    await temporal("workflow", "terminate", "-w", terminated, "--reason", "enough");
    await assert.rejects(client.workflow.getHandle(terminated).result());
    assert.equal((await client.workflow.getHandle(terminated).describe()).status, "TERMINATED");
  });

  test("refuses a second start of the same id, and an unknown one", async () => {
    const id = await startOrder();
    const again = ["workflow", "start", "--type", "order", "-t", TASK_QUEUE, "-w", id];
    const second = await runTemporal(server.address!, ...again, "--fail-existing");
    assert.equal(second.code, 1);
    assert.match(second.errors, /already/i);
    const unknown = await runTemporal(server.address!, "workflow", "describe", "-w", "nobody");
    assert.equal(unknown.code, 1);
    assert.match(unknown.errors, /not found/i);
  });

  test("describes the task queue with its pollers", async () => {
    const { pollers } = await temporal("task-queue", "describe", "-t", TASK_QUEUE, "--legacy-mode");
    assert.ok(pollers.length > 0, "the worker's pollers are there");
  });

  test("operates search attributes, namespaces and the cluster", async () => {
    await temporal("operator", "search-attribute", "create", "--name", "Colour", "--type", "Keyword");
    const { customAttributes } = await temporal("operator", "search-attribute", "list");
    assert.equal(customAttributes.Colour, "INDEXED_VALUE_TYPE_KEYWORD");
    assert.equal(customAttributes.Customer, "INDEXED_VALUE_TYPE_KEYWORD");
    await temporal("operator", "search-attribute", "remove", "--name", "Colour", "--yes");
    await temporal("operator", "namespace", "create", "-n", "second");
    const names = (await temporal("operator", "namespace", "list")).map((one: { namespaceInfo: { name: string } }) =>
      one.namespaceInfo.name
    );
    assert.ok(names.includes("default") && names.includes("second"));
    const { namespaceInfo } = await temporal("operator", "namespace", "describe", "-n", "second");
    assert.equal(namespaceInfo.state, "NAMESPACE_STATE_REGISTERED");
    assert.equal((await temporal("operator", "cluster", "health")).status, "SERVING");
    assert.equal((await temporal("operator", "cluster", "list"))[0].clusterName, "active");
    assert.ok((await temporal("operator", "cluster", "system")).serverVersion);
    await temporal("operator", "namespace", "delete", "-n", "second", "--yes");
    const gone = await runTemporal(server.address!, "workflow", "list", "-n", "second");
    assert.equal(gone.code, 1);
    assert.match(gone.errors, /not found/i);
  });
});
