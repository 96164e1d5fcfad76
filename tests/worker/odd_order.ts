/** A history whose activity starts and ends while a workflow task waits: what it brought applies with that task. */

const queue = { name: "odd", kind: "TASK_QUEUE_KIND_NORMAL" };

/** Workflow `greeting` of workflows/changed.ts, with a signal that asks for a task before the activity answers. */
export function oddOrder(): object {
  const events: [type: string, attributes: object][] = [
    ["WORKFLOW_EXECUTION_STARTED", {
      workflowType: { name: "greeting" },
      workflowId: "odd",
      originalExecutionRunId: "0d0d0d0d-0000-4000-8000-000000000000",
      taskQueue: queue,
      input: payloads("Ada"),
      attempt: 1,
    }],
    ["WORKFLOW_TASK_SCHEDULED", { taskQueue: queue, attempt: 1 }],
    ["WORKFLOW_TASK_STARTED", { scheduledEventId: "2" }],
    ["WORKFLOW_TASK_COMPLETED", { scheduledEventId: "2", startedEventId: "3" }],
    ["ACTIVITY_TASK_SCHEDULED", {
      activityId: "1",
      activityType: { name: "greet" },
      taskQueue: queue,
      workflowTaskCompletedEventId: "4",
    }],
    ["WORKFLOW_EXECUTION_SIGNALED", { signalName: "nobody" }],
    ["WORKFLOW_TASK_SCHEDULED", { taskQueue: queue, attempt: 1 }],
    ["ACTIVITY_TASK_STARTED", { scheduledEventId: "5", attempt: 1 }],
    ["ACTIVITY_TASK_COMPLETED", { scheduledEventId: "5", startedEventId: "8", result: payloads("Hello, Ada!") }],
    ["WORKFLOW_TASK_STARTED", { scheduledEventId: "7" }],
    ["WORKFLOW_TASK_COMPLETED", { scheduledEventId: "7", startedEventId: "10" }],
    ["TIMER_STARTED", { timerId: "1", startToFireTimeout: "0.001s", workflowTaskCompletedEventId: "11" }],
    ["TIMER_FIRED", { timerId: "1", startedEventId: "12" }],
    ["WORKFLOW_TASK_SCHEDULED", { taskQueue: queue, attempt: 1 }],
    ["WORKFLOW_TASK_STARTED", { scheduledEventId: "14" }],
    ["WORKFLOW_TASK_COMPLETED", { scheduledEventId: "14", startedEventId: "15" }],
    ["WORKFLOW_EXECUTION_COMPLETED", { result: payloads("Hello, Ada!"), workflowTaskCompletedEventId: "16" }],
  ];
  return { events: events.map(([type, attributes], index) => toEvent(index + 1, type, attributes)) };
}

function toEvent(eventId: number, type: string, attributes: object): object {
  const name = type.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return {
    eventId: String(eventId),
    eventTime: `2026-01-01T00:00:${String(eventId).padStart(2, "0")}Z`,
    eventType: `EVENT_TYPE_${type}`,
    [`${name}EventAttributes`]: attributes,
  };
}

function payloads(value: unknown): object {
  return { payloads: [{ metadata: { encoding: btoa("json/plain") }, data: btoa(JSON.stringify(value)) }] };
}
