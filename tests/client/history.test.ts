// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { create, toBinary } from "@bufbuild/protobuf";
import { describe, test } from "node:test";
import { WorkflowHistory } from "../../src/client/history.ts";
import { HistorySchema } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { EventType } from "../../src/gen/temporal/api/enums/v1/event_type_pb.ts";
import { connectFake, history, payloads, values } from "./fake_service.ts";

const started = {
  eventId: "1",
  eventTime: "2024-01-02T03:04:05.123456789Z",
  eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
  workflowExecutionStartedEventAttributes: {
    workflowType: { name: "greet" },
    taskQueue: { name: "q", kind: "TASK_QUEUE_KIND_NORMAL" },
    input: { payloads: [{ metadata: { encoding: "anNvbi9wbGFpbg==" }, data: "IldvcmxkIg==" }] },
    workflowTaskTimeout: "10s",
    originalExecutionRunId: "run-1",
    firstExecutionRunId: "run-1",
    attempt: 1,
  },
};
const failed = {
  eventId: "2",
  eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED",
  workflowExecutionFailedEventAttributes: {
    retryState: "RETRY_STATE_TIMEOUT",
    failure: {
      message: "outer",
      cause: {
        message: "inner",
        timeoutFailureInfo: { timeoutType: "TIMEOUT_TYPE_HEARTBEAT" },
        cause: { message: "deep", activityFailureInfo: { retryState: "RETRY_STATE_IN_PROGRESS" } },
      },
    },
  },
};

/** The same text with every enum value in the old spelling. */
function oldSpelling(json: object): object {
  const text = JSON.stringify(json).replaceAll(
    /"(EVENT_TYPE|TASK_QUEUE_KIND|RETRY_STATE|TIMEOUT_TYPE)_([A-Z_]+)"/g,
    (_, __, name: string) => JSON.stringify(name.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, c) => c.toUpperCase())),
  );
  return JSON.parse(text);
}

describe("WorkflowHistory", () => {
  test("reads the standard JSON, as object and as text", () => {
    for (const json of [{ events: [started, failed] }, JSON.stringify({ events: [started, failed] })]) {
      const { events, workflowId, runId } = WorkflowHistory.fromJSON("w", json);
      assert.deepEqual([workflowId, runId, events.length], ["w", "run-1", 2]);
      assert.equal(events[0].eventType, EventType.WORKFLOW_EXECUTION_STARTED);
      assert.equal(events[0].eventTime?.nanos, 123_456_789);
      const { attributes } = events[0];
      assert.ok(attributes.case === "workflowExecutionStartedEventAttributes");
      assert.deepEqual(values(attributes.value.input), ["World"]);
    }
  });

  test("old enum spellings mean the same, at any depth", () => {
    const now = WorkflowHistory.fromJSON("w", { events: [started, failed] });
    const old = oldSpelling({ events: [started, failed] });
    assert.match(JSON.stringify(old), /"WorkflowExecutionStarted".*"Normal".*"Timeout".*"Heartbeat".*"InProgress"/);
    assert.deepEqual(WorkflowHistory.fromJSON("w", old).toJSON(), now.toJSON());
    const { attributes } = WorkflowHistory.fromJSON("w", old).events[1];
    assert.ok(attributes.case === "workflowExecutionFailedEventAttributes");
    const info = attributes.value.failure?.cause?.cause?.failureInfo;
    assert.ok(info?.case === "activityFailureInfo");
    assert.equal(info.value.retryState, 1);
  });

  test("field names in either case, seconds and nanoseconds, shorthand payloads", () => {
    const event = {
      event_id: "1",
      event_time: { seconds: "1704164645", nanos: 5 },
      event_type: "WorkflowExecutionStarted",
      workflow_execution_started_event_attributes: {
        workflow_task_timeout: { seconds: 10 },
        input: ["World", { n: 1 }, null, { _protoMessageType: "a.B", x: 1 }],
        memo: { fields: { note: "text" } },
        original_execution_run_id: "run-1",
      },
    };
    const [{ attributes, eventTime, eventType }] = WorkflowHistory.fromJSON("w", { events: [event] }).events;
    assert.deepEqual([eventTime?.seconds, eventTime?.nanos, eventType], [1_704_164_645n, 5, 1]);
    assert.ok(attributes.case === "workflowExecutionStartedEventAttributes");
    assert.equal(attributes.value.workflowTaskTimeout?.seconds, 10n);
    const inputs = attributes.value.input!.payloads;
    assert.deepEqual(values({ payloads: inputs.slice(0, 3) }), ["World", { n: 1 }, undefined]);
    assert.equal(new TextDecoder().decode(inputs[3].metadata.messageType), "a.B");
    assert.equal(new TextDecoder().decode(inputs[3].data), '{"x":1}');
    assert.deepEqual(values({ payloads: [attributes.value.memo!.fields.note] }), ["text"]);
  });

  test("writing and reading again changes nothing", () => {
    const first = WorkflowHistory.fromJSON("w", oldSpelling({ events: [started, failed] }));
    const text = JSON.stringify(first);
    assert.equal(JSON.parse(text).events[0].eventType, "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
    assert.equal(JSON.stringify(WorkflowHistory.fromJSON("w", text)), text);
  });

  test("the raw message is taken as it is", () => {
    const message = create(HistorySchema, { events: [{ eventId: 1n }] });
    assert.equal(WorkflowHistory.fromJSON("w", message).events, message.events);
  });

  test("unknown fields and values are left out", () => {
    const event = { ...started, newField: 1, eventType: "EVENT_TYPE_OF_TOMORROW" };
    const { events } = WorkflowHistory.fromJSON("w", { events: [event] });
    assert.equal(events[0].eventType, 0);
    assert.equal(events[0].eventId, 1n);
  });

  test("what is no history", () => {
    assert.throws(() => WorkflowHistory.fromJSON("w", "{"), { name: "ValueError", message: /workflow w is not JSON/ });
    assert.throws(() => WorkflowHistory.fromJSON("w", {}), { name: "ValueError", message: /has no list of events/ });
    assert.throws(() => WorkflowHistory.fromJSON("w", "null"), {
      name: "ValueError",
      message: /has no list of events/,
    });
    const bad = { events: [{ eventId: "one" }] };
    assert.throws(() => WorkflowHistory.fromJSON("w", bad), { name: "ValueError", message: /cannot be read/ });
    assert.throws(() => new WorkflowHistory("w", []).runId, { name: "ValueError", message: /does not begin/ });
  });
});

describe("fetching", () => {
  test("fetchHistory reads all pages", async () => {
    const { client, requests } = await connectFake({
      getWorkflowExecutionHistory: ({ nextPageToken }) =>
        nextPageToken.length === 0
          ? history([{ case: undefined }], new Uint8Array([1]))
          : history([{ case: undefined }]),
    });
    const { events, workflowId } = await client.workflow.getHandle("w", { runId: "r" }).fetchHistory();
    assert.deepEqual([events.length, workflowId], [2, "w"]);
    const [first, second] = requests("getWorkflowExecutionHistory");
    assert.deepEqual([first.execution.runId, first.waitNewEvent, first.skipArchival], ["r", false, false]);
    assert.deepEqual([first.historyEventFilterType, first.maximumPageSize], [1, 0]);
    assert.deepEqual([...second.nextPageToken], [1]);
  });

  test("history with all options", async () => {
    const { client, calls } = await connectFake({ getWorkflowExecutionHistory: history([{ case: undefined }]) });
    const options = { eventFilterType: "CLOSE_EVENT", skipArchival: true, pageSize: 3, waitNewEvent: true } as const;
    for await (const event of client.workflow.getHandle("w").history(options)) assert.equal(event.eventId, 1n);
    const [{ request, timeout }] = calls;
    const { historyEventFilterType, skipArchival, maximumPageSize, waitNewEvent } = request;
    assert.deepEqual([historyEventFilterType, skipArchival, maximumPageSize, waitNewEvent], [2, true, 3, true]);
    assert.equal(timeout, 70_000);
  });

  test("waiting for new events: empty polls and deadlines are passed over", async () => {
    const token = new Uint8Array([1]);
    const answers: (() => unknown)[] = [
      () => history([{ case: undefined }], token),
      () => history([], token),
      () => {
        throw new ConnectError("slow", Code.DeadlineExceeded);
      },
      () => history([{ case: undefined }]),
    ];
    const { client, requests } = await connectFake({ getWorkflowExecutionHistory: (_, call) => answers[call]() });
    let count = 0;
    for await (const _ of client.workflow.getHandle("w").history({ waitNewEvent: true })) count++;
    assert.equal(count, 2);
    assert.deepEqual(requests("getWorkflowExecutionHistory").map((r) => r.nextPageToken.length), [0, 1, 1, 1]);
  });

  test("histories that the server leaves encoded", async () => {
    const raw = toBinary(HistorySchema, create(HistorySchema, { events: [{ eventId: 1n }, { eventId: 2n }] }));
    const { client } = await connectFake({
      getWorkflowExecutionHistory: { rawHistory: [{ encodingType: 1, data: raw }, { encodingType: 1, data: raw }] },
    });
    assert.equal((await client.workflow.getHandle("w").fetchHistory()).events.length, 4);
  });

  test("bad options", async () => {
    const { client } = await connectFake({});
    const handle = client.workflow.getHandle("w");
    assert.throws(() => handle.history({ pageSize: 0.5 }), { name: "ValueError", message: /`pageSize` is 0\.5/ });
    const options = { eventFilterType: "NONE" as any };
    await assert.rejects(handle.fetchHistory(options), {
      name: "ValueError",
      message: /^eventFilterType: unknown value/,
    });
    assert.equal(payloads().payloads.length, 0);
  });
});
