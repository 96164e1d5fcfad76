/**
 * A worker's answers to workflow tasks.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Command } from "../../gen/temporal/api/command/v1/message_pb.ts";
import { CommandType } from "../../gen/temporal/api/enums/v1/command_type_pb.ts";
import { WorkflowTaskFailedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { Message as ProtocolMessage } from "../../gen/temporal/api/protocol/v1/message_pb.ts";
import type {
  RespondWorkflowTaskCompletedRequest,
  RespondWorkflowTaskCompletedResponse,
  RespondWorkflowTaskFailedRequest,
} from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { RespondWorkflowTaskCompletedResponseSchema } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { startEagerActivities } from "./activity_tasks.ts";
import { terminateRun } from "./close.ts";
import type { CheckScope, CommandFault } from "./check_scope.ts";
import { createCheckScope } from "./check_scope.ts";
import { COMMAND_CHECKS } from "./command_checks.ts";
import type { ApplyScope } from "./commands.ts";
import { COMMAND_EFFECTS } from "./commands.ts";
import type { Engine } from "./engine.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { Execution, WorkflowTaskState } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { serverFailure } from "./failures.ts";
import { answerTask } from "./poll_response.ts";
import { settleQueries } from "./queries.ts";
import { noteCompletion } from "./reset_points.ts";
import { adjust, transact } from "./transaction.ts";
import type { WorkflowTaskToken } from "./tokens.ts";
import { decodeTaskToken } from "./tokens.ts";
import type { PhaseForecast } from "./update_messages.ts";
import { applyMessage, checkMessage } from "./update_messages.ts";
import { abortSentUpdates, hasUpdatesToSend, rejectUnprocessed } from "./updates.ts";
import { completeTask, dropTask, ensureTask, failTask, scheduleTask, startTask, timeOutTask } from "./workflow_task.ts";

const CLOSING = new Set<CommandType>([
  CommandType.COMPLETE_WORKFLOW_EXECUTION,
  CommandType.FAIL_WORKFLOW_EXECUTION,
  CommandType.CANCEL_WORKFLOW_EXECUTION,
  CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
]);

const COMMAND_NAMES = new Map<number, string>(
  Object.entries(CommandType).map(([name, value]) => [value, pascalCase(name)]),
);
/** The oneof case that each type of command has its attributes in. */
const CASES = new Map<number, string>(
  [...COMMAND_NAMES].map(([type, name]) => [type, `${name[0].toLowerCase()}${name.slice(1)}CommandAttributes`]),
);
const CAUSE_NAMES = new Map<number, string>(
  Object.entries(WorkflowTaskFailedCause).map(([name, value]) => [value, pascalCase(name)]),
);

/** Completes a workflow task. Throws NOT_FOUND for a stale token and INVALID_ARGUMENT where the task had to fail. */
export function respondCompleted(
  engine: Engine,
  request: RespondWorkflowTaskCompletedRequest,
): RespondWorkflowTaskCompletedResponse {
  const { run, task } = findTask(engine, decodeTaskToken(request.taskToken, "workflowTask"));
  checkSequence(request.commands);
  if (isHeartbeatTooLong(engine, request, task)) return endHeartbeats(engine, run, task);
  const fault = findFault(engine, run, request);
  if (fault) return failOnFault(engine, run, task, request, fault);
  const leavesNoTrace = isForgettable(run, task, request);
  const answer = leavesNoTrace && run.buffered.length === 0
    ? adjust(engine, () => finishTask(engine, run, task, request, true))
    : transact(engine, run, () => finishTask(engine, run, task, request, leavesNoTrace));
  const next = answer.hasNext || run.workflowTask !== undefined;
  const response = create(RespondWorkflowTaskCompletedResponseSchema, {
    activityTasks: answer.eagerActivities,
    resetHistoryEventId: leavesNoTrace ? BigInt(run.lastStartedEventId) : 0n,
  });
  settleQueries(engine, run, {}, next);
  if (isRunning(run) && !run.workflowTask && hasUpdatesToSend(run, true)) startSpeculative(engine, run, request);
  if (run.workflowTask && (answer.hasNext || isSpeculativeFor(run, request))) {
    response.workflowTask = answerTask(engine, run, run.workflowTask, {
      isSticky: run.sticky !== undefined,
      isHeartbeat: request.forceCreateNewWorkflowTask,
    });
  }
  return response;
}

/** Fails a workflow task. Throws NOT_FOUND for a stale token. */
export function respondFailed(engine: Engine, request: RespondWorkflowTaskFailedRequest): void {
  const { run, task } = findTask(engine, decodeTaskToken(request.taskToken, "workflowTask"));
  transact(engine, run, () => {
    failTask(engine, run, task, {
      cause: request.cause,
      failure: request.failure,
      identity: request.identity,
      binaryChecksum: request.binaryChecksum,
    });
    ensureTask(engine, run);
  });
}

interface Finished {
  /** A next task was made and started for this worker. */
  hasNext: boolean;
  eagerActivities: ReturnType<typeof startEagerActivities>;
}

function finishTask(
  engine: Engine,
  run: Execution,
  task: WorkflowTaskState,
  request: RespondWorkflowTaskCompletedRequest,
  leavesNoTrace: boolean,
): Finished {
  const hadBuffered = run.buffered.length > 0;
  const completedEventId = completeTask(engine, run, task, completedAttributes(request), leavesNoTrace);
  if (!leavesNoTrace) noteCompletion(engine, run, request, completedEventId);
  setSticky(run, request);
  const scope: ApplyScope = {
    engine,
    run,
    completedEventId: BigInt(completedEventId),
    identity: request.identity,
    eagerActivities: [],
    needsTask: false,
  };
  applyAll(scope, request.commands, request.messages);
  settleQueries(engine, run, request.queryResults, true);
  if (isRunning(run) && !request.forceCreateNewWorkflowTask) rejectUnprocessed(run);
  const eagerActivities = startEagerActivities(engine, run, scope.eagerActivities, request.identity);
  const needsTask = request.forceCreateNewWorkflowTask || scope.needsTask ||
    (hadBuffered && run.buffered.length > 0);
  if (!isRunning(run) || !needsTask) return { hasNext: false, eagerActivities };
  const isHandedOver = request.returnNewWorkflowTask;
  const next = scheduleTask(engine, run, {
    isHandedOver,
    originalScheduledTime: isBareHeartbeat(request) ? task.originalScheduledTime : undefined,
  });
  if (isHandedOver) startTask(engine, run, next, request.identity, HANDED_OVER);
  return { hasNext: isHandedOver, eagerActivities };
}

const HANDED_OVER = "request-from-RespondWorkflowTaskCompleted";

function applyAll(scope: ApplyScope, commands: Command[], messages: ProtocolMessage[]): void {
  const rest = new Map(messages.map((message) => [message.id, message]));
  for (const command of commands) {
    const { attributes } = command;
    if (attributes.case === "protocolMessageCommandAttributes") {
      const { messageId } = attributes.value;
      applyMessage(scope.engine, scope.run, rest.get(messageId)!);
      rest.delete(messageId);
    } else if (attributes.case) {
      const apply = COMMAND_EFFECTS[attributes.case] as
        | ((scope: ApplyScope, value: unknown, command: Command) => void)
        | undefined;
      apply?.(scope, attributes.value, command);
    }
  }
  for (const message of rest.values()) applyMessage(scope.engine, scope.run, message);
}

function startSpeculative(engine: Engine, run: Execution, request: RespondWorkflowTaskCompletedRequest): void {
  if (!request.returnNewWorkflowTask) {
    transact(engine, run, () => scheduleTask(engine, run));
    return;
  }
  adjust(engine, () => {
    const next = scheduleTask(engine, run, { isSpeculative: true, isHandedOver: true });
    startTask(engine, run, next, request.identity, HANDED_OVER);
  });
}

function isSpeculativeFor(run: Execution, request: RespondWorkflowTaskCompletedRequest): boolean {
  const task = run.workflowTask;
  return request.returnNewWorkflowTask && task !== undefined && task.isSpeculative && task.requestId === HANDED_OVER;
}

/** The run and task that a token names; throws NOT_FOUND if the task is not (or no longer) that worker's. */
export function findTask(engine: Engine, token: WorkflowTaskToken): { run: Execution; task: WorkflowTaskState } {
  const run = engine.store.find(engine.namespaces.getById(token.namespaceId), token.workflowId, token.runId);
  if (!run) throw notFound("workflow execution not found");
  const task = run.workflowTask;
  if (
    !isRunning(run) || !task || task.startedEventId === 0 || task.scheduledEventId !== token.scheduledEventId ||
    task.startedEventId !== token.startedEventId || task.startedTime !== token.startedTime ||
    task.attempt !== token.attempt
  ) throw notFound("Workflow task not found.");
  return { run, task };
}

function checkSequence(commands: Command[]): void {
  const index = commands.findIndex(({ commandType }) => CLOSING.has(commandType));
  const unknown = commands.find(({ commandType }) => !COMMAND_NAMES.has(commandType) || commandType === 0);
  if (unknown) throw invalidArgument(`unknown command type: ${unknown.commandType}`);
  if (index < 0 || index === commands.length - 1) return;
  const names = commands.map(({ commandType }) => COMMAND_NAMES.get(commandType)).join(", ");
  const closing = COMMAND_NAMES.get(commands[index].commandType);
  throw invalidArgument(`invalid command sequence: [${names}], command ${closing} must be the last command.`);
}

function findFault(
  engine: Engine,
  run: Execution,
  request: RespondWorkflowTaskCompletedRequest,
): CommandFault | undefined {
  const scope = createCheckScope(engine, run);
  const phases: PhaseForecast = new Map();
  const rest = new Map(request.messages.map((message) => [message.id, message]));
  for (const command of request.commands) {
    const isProtocol = command.commandType === CommandType.PROTOCOL_MESSAGE;
    const fault = isProtocol && command.attributes.case === "protocolMessageCommandAttributes"
      ? checkProtocolCommand(run, command.attributes.value.messageId, rest, phases)
      : checkCommand(scope, command);
    if (fault) return fault;
  }
  const closes = CLOSING.has(request.commands.at(-1)?.commandType ?? CommandType.UNSPECIFIED);
  for (const message of closes ? [] : rest.values()) {
    const fault = checkMessage(run, message, phases);
    if (fault) return fault;
  }
  return undefined;
}

function checkProtocolCommand(
  run: Execution,
  messageId: string,
  rest: Map<string, ProtocolMessage>,
  phases: PhaseForecast,
): CommandFault | undefined {
  const cause = WorkflowTaskFailedCause.BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE;
  if (!messageId) return { cause, message: "MessageID is not set on ProtocolMessageCommand." };
  const message = rest.get(messageId);
  if (!message) return { cause, message: `ProtocolMessageCommand referenced absent message ID ${messageId}` };
  rest.delete(messageId);
  return checkMessage(run, message, phases);
}

function checkCommand(scope: CheckScope, command: Command): CommandFault | undefined {
  const { attributes, commandType } = command;
  const name = COMMAND_NAMES.get(commandType)!;
  if (!attributes.case || attributes.case !== CASES.get(commandType)) {
    const cause = MISSING_CAUSES[commandType] ?? WorkflowTaskFailedCause.UNSPECIFIED;
    return { cause, message: `${name}CommandAttributes is not set on ${name}Command.` };
  }
  const check = COMMAND_CHECKS[attributes.case] as
    | ((scope: CheckScope, value: unknown) => CommandFault | undefined)
    | undefined;
  if (!check) {
    return {
      cause: WorkflowTaskFailedCause.FEATURE_DISABLED,
      message: `${name}Command is not supported by this server`,
    };
  }
  return check(scope, attributes.value);
}

const MISSING_CAUSES: { [type: number]: WorkflowTaskFailedCause } = {
  [CommandType.SCHEDULE_ACTIVITY_TASK]: WorkflowTaskFailedCause.BAD_SCHEDULE_ACTIVITY_ATTRIBUTES,
  [CommandType.REQUEST_CANCEL_ACTIVITY_TASK]: WorkflowTaskFailedCause.BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES,
  [CommandType.START_TIMER]: WorkflowTaskFailedCause.BAD_START_TIMER_ATTRIBUTES,
  [CommandType.CANCEL_TIMER]: WorkflowTaskFailedCause.BAD_CANCEL_TIMER_ATTRIBUTES,
  [CommandType.RECORD_MARKER]: WorkflowTaskFailedCause.BAD_RECORD_MARKER_ATTRIBUTES,
  [CommandType.COMPLETE_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES,
  [CommandType.FAIL_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES,
  [CommandType.CANCEL_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES,
  [CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_CONTINUE_AS_NEW_ATTRIBUTES,
  [CommandType.START_CHILD_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_START_CHILD_EXECUTION_ATTRIBUTES,
  [CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION]: WorkflowTaskFailedCause.BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES,
  [CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION]:
    WorkflowTaskFailedCause.BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES,
  [CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES]: WorkflowTaskFailedCause.BAD_SEARCH_ATTRIBUTES,
  [CommandType.MODIFY_WORKFLOW_PROPERTIES]: WorkflowTaskFailedCause.BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES,
  [CommandType.PROTOCOL_MESSAGE]: WorkflowTaskFailedCause.BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE,
};

function failOnFault(
  engine: Engine,
  run: Execution,
  task: WorkflowTaskState,
  request: RespondWorkflowTaskCompletedRequest,
  fault: CommandFault,
): never {
  const name = CAUSE_NAMES.get(fault.cause)!;
  const message = fault.message === undefined ? name : `${name}: ${fault.message}`;
  abortSentUpdates(run);
  // A repeated task that goes wrong again is left to time out, which spaces the attempts.
  if (task.attempt > 1 && fault.cause !== WorkflowTaskFailedCause.UNHANDLED_COMMAND) throw invalidArgument(message);
  transact(engine, run, () => {
    failTask(engine, run, task, {
      cause: fault.cause,
      failure: serverFailure(message, false),
      identity: request.identity,
      binaryChecksum: request.binaryChecksum,
    });
    if (fault.isTerminal) terminateRun(engine, run, message, undefined, "history-service");
    else scheduleTask(engine, run);
  });
  throw invalidArgument(message);
}

function completedAttributes(request: RespondWorkflowTaskCompletedRequest): Parameters<typeof completeTask>[3] {
  return {
    identity: request.identity,
    binaryChecksum: request.binaryChecksum,
    sdkMetadata: request.sdkMetadata,
    meteringMetadata: request.meteringMetadata,
    workerVersion: request.workerVersionStamp,
    workerDeploymentName: request.deploymentOptions?.deploymentName ?? "",
  };
}

function setSticky(run: Execution, request: RespondWorkflowTaskCompletedRequest): void {
  const queue = request.stickyAttributes?.workerTaskQueue;
  if (!queue?.name) {
    run.sticky = undefined;
    return;
  }
  const timeout = request.stickyAttributes!.scheduleToStartTimeout;
  run.sticky = {
    name: queue.name,
    scheduleToStartMs: timeout ? Number(timeout.seconds) * 1000 + timeout.nanos / 1e6 : STICKY_SCHEDULE_TO_START,
  };
}

/** A worker that names no limit may be gone for good: its tasks do not wait for it for ever. */
const STICKY_SCHEDULE_TO_START = 10_000;

const DISCARDABLE_EVENTS = 10;

/** Whether a speculative task goes without a trace: it brought nothing but rejections. */
function isForgettable(run: Execution, task: WorkflowTaskState, request: RespondWorkflowTaskCompletedRequest): boolean {
  if (!task.isSpeculative || request.commands.length > 0 || request.forceCreateNewWorkflowTask) return false;
  const slack = request.capabilities?.discardSpeculativeWorkflowTaskWithEvents ? DISCARDABLE_EVENTS : 0;
  if (run.nextEventId > run.lastStartedEventId + 2 + slack) return false;
  return request.messages.every(({ body }) => body?.typeUrl.endsWith("temporal.api.update.v1.Rejection"));
}

function isBareHeartbeat(request: RespondWorkflowTaskCompletedRequest): boolean {
  return request.forceCreateNewWorkflowTask && request.commands.length === 0 && request.messages.length === 0;
}

function isHeartbeatTooLong(
  engine: Engine,
  request: RespondWorkflowTaskCompletedRequest,
  task: WorkflowTaskState,
): boolean {
  return isBareHeartbeat(request) &&
    engine.clock.now() > task.originalScheduledTime + engine.limits.taskHeartbeatTimeout;
}

function endHeartbeats(engine: Engine, run: Execution, task: WorkflowTaskState): never {
  transact(engine, run, () => {
    timeOutTask(engine, run, task);
    dropTask(engine, run, run.workflowTaskAttempt);
    scheduleTask(engine, run);
  });
  throw notFound("workflow task heartbeat timeout");
}

function pascalCase(name: string): string {
  return name.split("_").map((word) => word[0] + word.slice(1).toLowerCase()).join("");
}
