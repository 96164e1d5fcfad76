/** Commands, as a worker gives them and as a history records them, in one form in which they can be compared. */
import { fromBinary } from "@bufbuild/protobuf";
import { commandName, commandOf } from "../../src/core/event_types.ts";
import type { TaskAnswer } from "../../src/core/run.ts";
import { CommandType } from "../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import type { Message } from "../../src/gen/temporal/api/protocol/v1/message_pb.ts";
import { AcceptanceSchema, ResponseSchema } from "../../src/gen/temporal/api/update/v1/message_pb.ts";

/** The attributes of a command or of the event that records it. */
// deno-lint-ignore no-explicit-any -- either of two messages, with the same fields
type Attributes = any;

/** A run that was reset has commands of the run before. */
const runIdText = /run id \S+/;

/** What must be equal; time-outs, policies and headers are not of interest here. */
const picks: { readonly [type in CommandType]?: (attributes: Attributes) => unknown[] } = {
  [CommandType.SCHEDULE_ACTIVITY_TASK]: (it) => [it.activityId, it.activityType, it.input],
  [CommandType.REQUEST_CANCEL_ACTIVITY_TASK]: (it) => [it.scheduledEventId],
  [CommandType.START_TIMER]: (it) => [it.timerId, it.startToFireTimeout],
  [CommandType.CANCEL_TIMER]: (it) => [it.timerId],
  [CommandType.START_CHILD_WORKFLOW_EXECUTION]: (
    it,
  ) => [it.workflowId, it.workflowType, it.input, it.parentClosePolicy],
  [CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION]: (
    { workflowExecution, workflowId = workflowExecution.workflowId, childWorkflowOnly, reason },
  ) => [workflowId, childWorkflowOnly, reason.replace(runIdText, "")],
  [CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION]: (
    { workflowExecution, execution = workflowExecution, signalName, input, childWorkflowOnly },
  ) => [execution.workflowId, signalName, input, childWorkflowOnly],
  [CommandType.RECORD_MARKER]: (it) => [it.markerName, it.details, it.failure],
  [CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES]: (it) => [pickData(it.searchAttributes)],
  [CommandType.MODIFY_WORKFLOW_PROPERTIES]: (it) => [it.upsertedMemo],
  [CommandType.COMPLETE_WORKFLOW_EXECUTION]: (it) => [it.result],
  [CommandType.FAIL_WORKFLOW_EXECUTION]: (it) => [it.failure],
  [CommandType.CANCEL_WORKFLOW_EXECUTION]: (it) => [it.details],
  [CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION]: (
    it,
  ) => [it.workflowType, it.input, it.memo, pickData(it.searchAttributes)],
};

/** Search attributes without their types: servers add those that are missing. */
function pickData(attributes: Attributes): unknown[] {
  return Object.entries<Attributes>(attributes?.indexedFields ?? {}).map(([name, { data }]) => [name, data]);
}

/** The commands of an answer, one line each. */
export function describeAnswer({ commands, messages }: Pick<TaskAnswer, "commands" | "messages">): string[] {
  return commands.map(({ commandType, attributes, userMetadata }) => {
    if (attributes.case !== "protocolMessageCommandAttributes") {
      return describe(commandType, attributes.value, userMetadata);
    }
    const { messageId } = attributes.value;
    return describeMessage(messages.find(({ id }) => id === messageId)!);
  });
}

/** The commands that the completion of a task has recorded, one line each; `completed` is its place. */
export function describeRecorded(events: readonly HistoryEvent[], completed: number): string[] {
  return recordedEvents(events, completed).map(({ eventType, attributes, userMetadata }) => {
    switch (attributes.case) {
      case "workflowExecutionUpdateAcceptedEventAttributes":
        return describeAcceptance(attributes.value.protocolInstanceId, attributes.value);
      case "workflowExecutionUpdateCompletedEventAttributes":
        return describeResponse(attributes.value);
      default:
        return describe(commandOf(eventType)!, attributes.value, userMetadata);
    }
  });
}

/** The events of the commands of a completion. */
export function recordedEvents(events: readonly HistoryEvent[], completed: number): HistoryEvent[] {
  const rest = events.slice(completed + 1);
  const end = rest.findIndex(({ eventType }) => commandOf(eventType) === undefined);
  return end < 0 ? rest : rest.slice(0, end);
}

function describe(type: CommandType, attributes: Attributes, userMetadata: unknown): string {
  return `${commandName(type)} ${format([...picks[type]!(attributes), userMetadata])}`;
}

function describeMessage({ protocolInstanceId, body }: Message): string {
  const { typeUrl, value } = body!;
  return typeUrl.endsWith("Acceptance")
    ? describeAcceptance(protocolInstanceId, fromBinary(AcceptanceSchema, value))
    : describeResponse(fromBinary(ResponseSchema, value));
}

function describeAcceptance(id: string, { acceptedRequestMessageId, acceptedRequestSequencingEventId }: Attributes) {
  return `accepts ${format([id, acceptedRequestMessageId, acceptedRequestSequencingEventId])}`;
}

function describeResponse({ meta, outcome }: Attributes): string {
  return `completes ${format([meta.updateId, outcome])}`;
}

const decoder = new TextDecoder();

function format(values: unknown[]): string {
  return JSON.stringify(values, (key, value) => {
    if (key === "$typeName" || key === "stackTrace" || value === "" || value === undefined) return undefined;
    if (typeof value === "bigint") return String(value);
    if (value instanceof Uint8Array) return decoder.decode(value);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? sortKeys(value) : value;
  });
}

function sortKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
