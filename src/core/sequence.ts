/**
 * Applies a history sequence by sequence and finds out where replay ends.
 *
 * @module
 */
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent, WorkflowTaskCompletedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";
import { HistoryError } from "./errors.ts";
import { isCommandEvent } from "./event_types.ts";
import { applyEvent } from "./events.ts";
import type { Sequence } from "./history.ts";
import { readAccepted, readAdmitted, type UpdateRequest } from "./messages.ts";
import type { RunState } from "./state.ts";
import { Update } from "./update.ts";

/**
 * Applies the next sequence; false, and replay is over, where there is none.
 *
 * @throws {HistoryError} a gap, or an event that this version does not support
 * @throws {NondeterminismError} workflow code did not do what the history says
 */
export function applyNextSequence(run: RunState): boolean {
  const { history, progress } = run;
  const sequence = progress.isClosed ? undefined : history.take();
  if (sequence === undefined) {
    run.isReplaying = false;
    return false;
  }
  run.isLastSequence = sequence.isLast;
  noteCompletions(run, sequence);
  const last = sequence.events[sequence.end - 1];
  if (last.eventType === EventType.WORKFLOW_TASK_STARTED) progress.sequenceStartedId = Number(last.eventId);

  const ahead = readAhead(history.peek());
  for (let i = sequence.start; i < sequence.end; i++) applyInTurn(run, sequence.events[i], ahead);
  if (run.requests.length > 0) askForUpdates(run, progress.lastEventId);
  for (const request of ahead.values()) askForUpdate(run, request);
  if (sequence.isLast && run.requests.length > 0) throw untimely(run.requests[0], progress.lastEventId);
  return true;
}

function applyInTurn(run: RunState, event: HistoryEvent, ahead: Map<string, UpdateRequest>): void {
  const { progress } = run;
  const eventId = Number(event.eventId);
  if (eventId <= progress.knownEventId) return;
  if (eventId !== progress.lastEventId + 1) {
    throw new HistoryError(`event ${eventId} follows event ${progress.lastEventId}: the history is not contiguous`);
  }
  if (run.isReplaying && endsReplay(run, event, eventId)) run.isReplaying = false;
  if (run.requests.length > 0) askForUpdates(run, eventId - 1);
  if (event.eventType === EventType.WORKFLOW_EXECUTION_UPDATE_ADMITTED) admit(run, event, ahead);
  else applyEvent(run, event);
  progress.lastEventId = eventId;
}

/** The first event that neither this run nor a worker before it has seen or caused. */
function endsReplay(run: RunState, { eventType }: HistoryEvent, eventId: number): boolean {
  return run.isLastSequence && eventId > run.progress.previousStartedId &&
    eventType !== EventType.WORKFLOW_TASK_COMPLETED && !isCommandEvent(eventType);
}

/**
 * Takes flags and build ids from the completions in this sequence and from the one after it: that
 * one answers the task which this sequence leads to.
 */
function noteCompletions(run: RunState, { events, start, end }: Sequence): void {
  for (let i = start; i < events.length; i++) {
    const { attributes } = events[i];
    if (attributes.case !== "workflowTaskCompletedEventAttributes") continue;
    run.flags.note(attributes.value);
    run.progress.buildId = readBuildId(attributes.value) || run.progress.buildId;
    if (i >= end) return;
  }
}

/** The build id in the newest of the fields that have had it over time, "" where there is none. */
function readBuildId(attributes: WorkflowTaskCompletedEventAttributes): string {
  const { deploymentVersion, workerDeploymentVersion: text, workerVersion } = attributes;
  return deploymentVersion?.buildId || text.slice(text.indexOf(".") + 1) || workerVersion?.buildId || "";
}

/** The requests for the updates that the next sequence accepts, by the update's protocol instance. */
function readAhead(next: Sequence | undefined): Map<string, UpdateRequest> {
  const requests = new Map<string, UpdateRequest>();
  if (next === undefined) return requests;
  for (let i = next.start; i < next.end; i++) {
    const request = readAccepted(next.events[i]);
    if (request) requests.set(request.protocolInstanceId, request);
  }
  return requests;
}

/** Live, an admitted update is a request; in replay only if it was accepted, and then in this place. */
function admit(run: RunState, event: HistoryEvent, ahead: Map<string, UpdateRequest>): void {
  const request = readAdmitted(event);
  const wasAccepted = ahead.delete(request.protocolInstanceId);
  if (wasAccepted || !run.isReplaying) run.requests.push(request);
}

/** Asks for all updates whose requests apply after `eventId` or earlier. */
function askForUpdates(run: RunState, eventId: number): void {
  const waiting: UpdateRequest[] = [];
  for (const request of run.requests) {
    if (Number(request.sequencingEventId) <= eventId) askForUpdate(run, request);
    else waiting.push(request);
  }
  run.requests = waiting;
}

function askForUpdate(run: RunState, request: UpdateRequest): void {
  new Update(request, run, run.updates);
}

function untimely({ messageId, sequencingEventId }: UpdateRequest, lastEventId: number): HistoryError {
  return new HistoryError(
    `message "${messageId}" applies after event ${sequencingEventId}, but the task's history ends at ${lastEventId}`,
  );
}
