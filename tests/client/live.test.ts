/** The client on a server: the embedded one, or the one at TEMPORAL_ADDRESS. No worker is needed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client, WorkflowHandle } from "@anywhen/temporal/client";
import { NotFoundError, RPCError, WorkflowFailureError } from "@anywhen/temporal/client";
import { connect, unique } from "../support/server.ts";

const taskQueue = unique("nobody");

describe("the client on a server", () => {
  let client: Client;
  const opened: WorkflowHandle[] = [];

  before(async () => {
    client = await connect();
  });

  after(async () => {
    await Promise.all(opened.map((handle) => handle.terminate().catch(() => {})));
    await client.close();
  });

  async function open(id: string = unique("w"), options: object = {}): Promise<WorkflowHandle> {
    const handle: WorkflowHandle = await client.workflow.start("greet", { id, taskQueue, args: ["World"], ...options });
    opened.push(handle);
    return handle;
  }

  test("it is healthy", async () => {
    assert.equal(await client.checkHealth(), true);
    assert.ok((await client.workflowService.getSystemInfo({})).serverVersion);
  });

  test("an id is taken while its workflow runs, and the run that has it is named", async () => {
    const handle = await open();
    const again = { id: handle.id, taskQueue };
    await assert.rejects(client.workflow.start("greet", again), {
      name: "WorkflowAlreadyStartedError",
      workflowId: handle.id,
      workflowType: "greet",
      runId: handle.resultRunId,
    });
    const joined = await client.workflow.start("greet", { ...again, idConflictPolicy: "USE_EXISTING" });
    assert.equal(joined.resultRunId, handle.resultRunId);
    const replaced = await client.workflow.start("greet", { ...again, idConflictPolicy: "TERMINATE_EXISTING" });
    assert.notEqual(replaced.resultRunId, handle.resultRunId);
    assert.equal((await replaced.describe()).runId, replaced.resultRunId);
    await replaced.terminate();
    const reject = client.workflow.start("greet", { ...again, idReusePolicy: "REJECT_DUPLICATE" });
    await assert.rejects(reject, { name: "WorkflowAlreadyStartedError", runId: replaced.resultRunId });
  });

  test("a repeated request id starts nothing twice", async () => {
    const requestId = crypto.randomUUID();
    const first = await open(unique("w"), { requestId });
    const second = await open(first.id, { requestId });
    assert.equal(second.resultRunId, first.resultRunId);
  });

  test("describe shows what start was given", async () => {
    const options = { memo: { note: [1] }, staticSummary: "in short", staticDetails: "at length" };
    const handle = await open(unique("w"), options);
    await handle.signal("anything", 1);
    const description = await handle.describe();
    const { id, runId, status, workflowType, namespace, closeTime } = description;
    assert.deepEqual([id, runId, status, workflowType], [handle.id, handle.resultRunId, "RUNNING", "greet"]);
    assert.deepEqual([description.taskQueue, namespace, closeTime], [taskQueue, "default", undefined]);
    assert.ok(Math.abs(description.startTime.getTime() - Date.now()) < 60_000);
    assert.deepEqual(await description.memo(), { note: [1] });
    assert.equal(await description.staticSummary(), "in short");
    assert.equal(await description.staticDetails(), "at length");
    assert.equal(description.historyLength, 3);
  });

  test("history: at once, page by page, and as it comes", async () => {
    const handle = await open();
    await handle.signal("one");
    const types = (await handle.fetchHistory()).events.map(({ eventType }) => eventType);
    assert.deepEqual(types, [1, 5, 26]);
    const paged: number[] = [];
    for await (const { eventType } of handle.history({ pageSize: 1 })) paged.push(eventType);
    assert.deepEqual(paged, types);
    const coming: number[] = [];
    for await (const { eventType } of handle.history({ waitNewEvent: true })) {
      coming.push(eventType);
      if (eventType === 26) await handle.terminate("enough");
    }
    assert.deepEqual(coming, [1, 5, 26, 27]);
    assert.equal((await handle.fetchHistory()).runId, handle.resultRunId);
  });

  test("terminating ends a waiting result with reason and details", async () => {
    const handle = await open();
    const result = handle.result().catch((error) => error);
    await handle.terminate("why", { details: [{ n: 1 }] });
    const error = await result;
    assert.ok(error instanceof WorkflowFailureError);
    const { name, message, details } = error.cause as Error & { details: unknown[] };
    assert.deepEqual([name, message, details], ["TerminatedError", "why", [{ n: 1 }]]);
    assert.equal((await handle.describe()).status, "TERMINATED");
  });

  test("a run time-out ends the result too", async () => {
    const handle = await open(unique("w"), { runTimeout: "1s" });
    const error = await handle.result().catch((error) => error);
    assert.ok(error instanceof WorkflowFailureError);
    assert.deepEqual([error.cause.name, error.cause.message], ["TimeoutError", "Workflow timed out"]);
  });

  test("an aborted wait ends at once", async () => {
    const handle = await open();
    const reason = new Error("enough");
    const abort = new AbortController();
    const wait = handle.result({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(wait, { name: "RPCError", status: "CANCELLED", cause: reason });
  });

  test("a closed workflow takes no signal, update or query that wants it open", async () => {
    const handle = await open();
    await handle.terminate();
    await assert.rejects(handle.signal("s"), { name: "NotFoundError", resource: "WORKFLOW" });
    await assert.rejects(handle.executeUpdate("u"), NotFoundError);
    await assert.rejects(handle.with({ rejectCondition: "NOT_OPEN" }).query("q"), {
      name: "WorkflowQueryRejectedError",
      status: "TERMINATED",
    });
  });

  test("UPD-29 a handle does not reach a later workflow of its id", async () => {
    const handle = await open();
    await handle.terminate();
    const later = await open(handle.id);
    await assert.rejects(handle.cancel(), NotFoundError);
    await assert.rejects(handle.terminate(), NotFoundError);
    await assert.rejects(handle.executeUpdate("u"), NotFoundError);
    assert.equal((await handle.describe()).runId, later.resultRunId);
    assert.equal((await later.describe()).status, "RUNNING");
  });

  test("signal-with-start starts once", async () => {
    const id = unique("w");
    const options = { id, taskQueue, startSignal: "s", startSignalArgs: [1] };
    const first = await client.workflow.signalWithStart("greet", options);
    const second = await client.workflow.signalWithStart("greet", options);
    opened.push(first);
    assert.equal(first.resultRunId, second.resultRunId);
    const types = (await first.fetchHistory()).events.map(({ eventType }) => eventType);
    assert.deepEqual(types.filter((type) => type !== 5), [1, 26, 26]);
  });

  test("list and count find it", async () => {
    const handle = await open();
    const query = `WorkflowId = '${handle.id}'`;
    let found: string | undefined;
    for (const start = Date.now(); !found && Date.now() - start < 10_000;) {
      for await (const { runId } of client.workflow.list(query)) found = runId;
    }
    assert.equal(found, handle.resultRunId);
    assert.equal((await client.workflow.count(query)).count, 1);
    await assert.rejects(client.workflow.count("NoSuchThing = 1"), { name: "RPCError", status: "INVALID_ARGUMENT" });
  });

  test("CANC-35 what does not exist", async () => {
    const unknown = client.workflow.getHandle(unique("unknown"));
    await assert.rejects(unknown.describe(), { name: "NotFoundError", resource: "WORKFLOW" });
    await assert.rejects(unknown.result(), { name: "NotFoundError", resource: "WORKFLOW" });
    await assert.rejects(unknown.cancel(), NotFoundError);
    const update = (await open()).getUpdateHandle("unknown");
    await assert.rejects(update.result(), NotFoundError);
    const activity = client.activity.getAsyncHandle({ workflowId: unique("unknown"), activityId: "a" });
    await assert.rejects(activity.complete(1), NotFoundError);
    const elsewhere = client.with({ namespace: unique("nowhere") }).workflow;
    await assert.rejects(elsewhere.start("greet", { id: "w", taskQueue }), {
      name: "NotFoundError",
      resource: "NAMESPACE",
    });
    await assert.rejects(elsewhere.count(), { name: "NotFoundError", resource: "NAMESPACE" });
  });

  test("a payload over the server's limit says what to do, in one line", async () => {
    const start = client.workflow.start("greet", { id: unique("w"), taskQueue, args: ["x".repeat(3_000_000)] });
    const error = await start.then(() => undefined, (error) => error);
    assert.ok(error instanceof RPCError);
    assert.match(
      error.message,
      /^a payload of StartWorkflowExecution is over the limit of [^\n]*; pass less data[^\n]*$/,
    );
  });
});
