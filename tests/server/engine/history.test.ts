import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { HistoryEventFilterType } from "../../../src/gen/temporal/api/enums/v1/workflow_pb.ts";
import { close, completeWorkflow, describeEvents, errorOf, Scene, settle, startTimer } from "./harness.ts";

after(close);

describe("reading history", () => {
  test("waits for new events and ends with the workflow", async () => {
    const scene = new Scene();
    await scene.start();
    const first = await scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
    });
    assert.deepEqual(describeEvents(first.history!.events), ["1 WorkflowExecutionStarted", "2 WorkflowTaskScheduled"]);
    assert.ok(first.nextPageToken.length > 0);
    const waiting = scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
      nextPageToken: first.nextPageToken,
    }, { timeoutMs: 10_000 });
    await settle();
    await scene.signal("s");
    const second = await waiting;
    assert.deepEqual(describeEvents(second.history!.events), ["3 WorkflowExecutionSignaled signalName=s"]);
    await scene.step(completeWorkflow());
    const rest: string[] = [];
    let { nextPageToken } = second;
    while (nextPageToken.length > 0) {
      const page = await scene.client.getWorkflowExecutionHistory({
        namespace: "default",
        execution: scene.execution,
        waitNewEvent: true,
        nextPageToken,
      }, { timeoutMs: 10_000 });
      rest.push(...describeEvents(page.history!.events));
      nextPageToken = page.nextPageToken;
    }
    assert.deepEqual(rest, [
      "4 WorkflowTaskStarted scheduledEventId=2",
      "5 WorkflowTaskCompleted scheduledEventId=2 startedEventId=4",
      "6 WorkflowExecutionCompleted",
    ]);
  });

  test("gives the closing event alone, when there is one", async () => {
    const scene = new Scene();
    await scene.start();
    const waiting = scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
      historyEventFilterType: HistoryEventFilterType.CLOSE_EVENT,
    }, { timeoutMs: 10_000 });
    await settle();
    await scene.step(completeWorkflow());
    const answer = await waiting;
    assert.deepEqual(describeEvents(answer.history!.events), ["5 WorkflowExecutionCompleted"]);
    assert.equal(answer.nextPageToken.length, 0);
    const again = await scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      historyEventFilterType: HistoryEventFilterType.CLOSE_EVENT,
    });
    assert.deepEqual(describeEvents(again.history!.events), ["5 WorkflowExecutionCompleted"]);
  });

  test("goes in pages, forwards and backwards, with every event once", async () => {
    const scene = new Scene();
    await scene.start();
    for (let i = 0; i < 5; i++) {
      await scene.step(startTimer(`t${i}`, 60_000));
      await scene.signal(`s${i}`);
    }
    const all = await scene.history();
    const forwards: string[] = [];
    const backwards: string[] = [];
    let pages = 0;
    let token: Uint8Array = new Uint8Array();
    do {
      const page = await scene.client.getWorkflowExecutionHistory({
        namespace: "default",
        execution: scene.execution,
        maximumPageSize: 3,
        nextPageToken: token,
      });
      forwards.push(...describeEvents(page.history!.events));
      token = page.nextPageToken;
      pages++;
    } while (token.length > 0);
    do {
      const page = await scene.client.getWorkflowExecutionHistoryReverse({
        namespace: "default",
        execution: scene.execution,
        maximumPageSize: 3,
        nextPageToken: token,
      });
      backwards.push(...describeEvents(page.history!.events));
      token = page.nextPageToken;
    } while (token.length > 0);
    assert.deepEqual(forwards, all);
    assert.deepEqual(backwards, all.toReversed());
    assert.ok(pages > 2);
    await scene.terminate();
  });

  test("of a task longer than a page goes on with the task's token", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(...Array.from({ length: 600 }, (_, index) => startTimer(`t${index}`, 60_000)));
    await scene.signal("s");
    const task = await scene.poll();
    const events = [...task.history!.events];
    let { nextPageToken } = task;
    while (nextPageToken.length > 0) {
      const page = await scene.client.getWorkflowExecutionHistory({
        namespace: "default",
        execution: scene.execution,
        nextPageToken,
      });
      events.push(...page.history!.events);
      ({ nextPageToken } = page);
    }
    assert.equal(events.length, 607);
    assert.deepEqual(
      events.map((event) => Number(event.eventId)),
      Array.from({ length: 607 }, (_, index) => index + 1),
    );
    await scene.terminate();
  });

  test("refuses tokens of other runs and of nobody", async () => {
    const scene = new Scene();
    await scene.start();
    const { nextPageToken } = await scene.client.getWorkflowExecutionHistory({
      namespace: "default",
      execution: scene.execution,
      waitNewEvent: true,
    });
    const read = (token: Uint8Array, runId = ""): Promise<string> =>
      errorOf(scene.client.getWorkflowExecutionHistory({
        namespace: "default",
        execution: { workflowId: scene.workflowId, runId },
        nextPageToken: token,
      }));
    assert.equal(
      await read(nextPageToken, crypto.randomUUID()),
      "InvalidArgument: RunId in the request does not match the NextPageToken.",
    );
    assert.equal(await read(new Uint8Array([7, 7, 7])), "InvalidArgument: Invalid NextPageToken.");
    assert.equal(
      await errorOf(scene.client.getWorkflowExecutionHistory({ namespace: "default" })),
      "InvalidArgument: Execution is not set on request.",
    );
    await scene.terminate();
  });

  test("tells sizes with each started task", async () => {
    const scene = new Scene();
    await scene.start();
    await scene.step(startTimer("t", 60_000));
    await scene.signal("s");
    await scene.step(completeWorkflow());
    const sizes = (await scene.events()).flatMap(({ attributes }) =>
      attributes.case === "workflowTaskStartedEventAttributes" ? [attributes.value] : []
    );
    assert.equal(sizes.length, 2);
    assert.ok(sizes[1].historySizeBytes > sizes[0].historySizeBytes);
    assert.ok(sizes[0].historySizeBytes > 100n);
    assert.deepEqual(sizes.map((one) => one.suggestContinueAsNew), [false, false]);
  });
});
