/**
 * Replays one history in the engine and a realm of its own.
 *
 * @module
 */
import type { WorkflowHistory } from "../client/history.ts";
import { NondeterminismError, ValueError } from "../common/errors.ts";
import type { HeaderCodecBehavior } from "../common/options.ts";
import type { DataConverter } from "../converter/data.ts";
import { Run, type RunTask, type TaskAnswer } from "../core/run.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { WorkflowRealm } from "../realm/host.ts";
import { anyType } from "../workflow/runtime/program/registry.ts";
import { RealmLostError } from "../realm/errors.ts";
import { Activator } from "./activator.ts";
import { explainMismatch, explainSurplus, locateIn } from "./nondeterminism.ts";
import { RunContexts } from "./run_contexts.ts";
import type { WorkflowHost } from "./workflow_host.ts";

/** What replays share. */
export interface ReplayParts {
  namespace: string;
  host: WorkflowHost;
  dataConverter: DataConverter;
  headerCodecBehavior?: HeaderCodecBehavior;
}

/**
 * Replays one history; resolves when the code did all that it says, and no more.
 *
 * Rejects with NondeterminismError, with what fails the workflow task, and with ValueError for a workflow type that is
 * not registered and a history without its first event.
 */
export async function replayHistory(history: WorkflowHistory, parts: ReplayParts): Promise<void> {
  const { host, namespace, dataConverter, headerCodecBehavior } = parts;
  const { runId, events } = history;
  const { workflowId, workflowType, taskQueue } = readStart(history, host.realms.workflowTypes);
  const run = new Run({ namespace, workflowId, runId, workflowType, taskQueue, buildId: host.buildId });
  const contexts = new RunContexts({ namespace, workflowId, workflowType, taskQueue });
  const realm = host.realms.createRun({ runId });
  const locate = locateIn(realm);
  try {
    const activator = new Activator({ dataConverter, headerCodecBehavior });
    const { failure } = await replayEvents(run, realm, events, activator, contexts);
    if (failure) throw await toError(failure, dataConverter);
    if (run.surplus) throw await explainSurplus(run.surplus, events, locate);
  } catch (error) {
    if (error instanceof RealmLostError) return await replayHistory(history, parts);
    throw await explainMismatch(error, events, locate);
  } finally {
    realm.dispose();
  }
}

async function replayEvents(
  run: Run,
  realm: WorkflowRealm,
  events: HistoryEvent[],
  activator: Activator,
  contexts: RunContexts,
): Promise<TaskAnswer> {
  run.begin(toTask(events));
  for (let activation = run.next(); activation; activation = run.next()) {
    run.accept(await activator.activate(realm, activation, contexts));
  }
  return run.finish();
}

async function toError(
  { failure, cause }: NonNullable<TaskAnswer["failure"]>,
  dataConverter: DataConverter,
): Promise<Error> {
  const error = await dataConverter.decodeFailure(failure);
  const isForeign = cause === "NON_DETERMINISTIC_ERROR" && !(error instanceof NondeterminismError);
  return isForeign ? new NondeterminismError(error.message, { cause: error }) : error;
}

function readStart(
  { events, workflowId }: WorkflowHistory,
  known: readonly string[],
): { workflowId: string; workflowType: string; taskQueue: string } {
  const start = events[0]?.attributes;
  if (start?.case !== "workflowExecutionStartedEventAttributes") {
    throw new ValueError(`the history of workflow ${workflowId} does not begin with its started event`);
  }
  const workflowType = start.value.workflowType?.name ?? "";
  if (!known.includes(workflowType) && !known.includes(anyType)) {
    const names = [...known].sort().join(", ") || "none";
    throw new ValueError(`workflow type ${workflowType} of the history is not registered; registered: ${names}`);
  }
  // The name that a history was given is not what its code saw: the event knows better, but on old servers.
  return {
    workflowId: start.value.workflowId || workflowId,
    workflowType,
    taskQueue: start.value.taskQueue?.name ?? "",
  };
}

/** The whole history as one task: what follows on the last completed task is not in the history yet. */
function toTask(events: HistoryEvent[]): RunTask {
  let startedEventId = 0;
  let previousStartedEventId = 0;
  for (const { eventId, attributes } of events) {
    if (attributes.case === "workflowTaskStartedEventAttributes") startedEventId = Number(eventId);
    if (attributes.case === "workflowTaskCompletedEventAttributes") {
      previousStartedEventId = Number(attributes.value.startedEventId);
    }
  }
  return { events, previousStartedEventId, startedEventId, messages: [], queries: {} };
}
