/**
 * Applies a history sequence by sequence and finds out where replay ends.
 *
 * @module
 */
import { fromCanonicalString, type WorkerDeploymentVersion } from "../common/options.ts";
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent, WorkflowTaskCompletedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";
import { HistoryError } from "./errors.ts";
import { isCommandEvent } from "./event_types.ts";
import { applyEvent } from "./events.ts";
import type { Sequence } from "./history.ts";
import { LocalActivities } from "./local_activities.ts";
import { readLocalMarker } from "./local_marker.ts";
import { readAccepted, readAdmitted, type UpdateAcceptance, type UpdateRequest } from "./messages.ts";
import { Patches } from "./patch.ts";
import { readPatchMarker } from "./patch_marker.ts";
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

  const accepted = lookAhead(run, history.peek());
  for (let i = sequence.start; i < sequence.end; i++) applyInTurn(run, sequence.events[i], accepted);
  askForUpdates(run, progress.lastEventId);
  for (const acceptance of accepted.values()) askForAccepted(run, acceptance);
  if (sequence.isLast) run.requests.checkEmpty(progress.lastEventId);
  return true;
}

function applyInTurn(run: RunState, event: HistoryEvent, accepted: Map<string, UpdateAcceptance>): void {
  const { progress } = run;
  const eventId = Number(event.eventId);
  if (eventId <= progress.knownEventId) return;
  if (eventId !== progress.lastEventId + 1) {
    throw new HistoryError(`event ${eventId} follows event ${progress.lastEventId}: the history is not contiguous`);
  }
  if (run.isReplaying && endsReplay(run, event, eventId)) run.isReplaying = false;
  askForUpdates(run, eventId - 1);
  if (event.eventType === EventType.WORKFLOW_EXECUTION_UPDATE_ADMITTED) admit(run, event, accepted);
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
    noteVersion(run, attributes.value);
    if (i >= end) return;
  }
}

/** Takes up which code completed a task, where the event says so. */
function noteVersion({ progress }: RunState, attributes: WorkflowTaskCompletedEventAttributes): void {
  const { deploymentName, buildId } = readVersion(attributes);
  if (!deploymentName && !buildId) return;
  progress.buildId = buildId;
  progress.deploymentVersion = deploymentName ? { deploymentName, buildId } : undefined;
}

/** The version in the newest of the fields that have had it over time; parts are "" where they are unknown. */
function readVersion(attributes: WorkflowTaskCompletedEventAttributes): WorkerDeploymentVersion {
  const { deploymentVersion, workerDeploymentVersion: text, workerDeploymentName, workerVersion } = attributes;
  if (deploymentVersion) return deploymentVersion;
  if (text.includes(".")) return fromCanonicalString(text);
  return { deploymentName: workerDeploymentName, buildId: workerVersion?.buildId ?? "" };
}

/**
 * What the next sequence records, the task to which this one leads has decided: the code must know of it in this one.
 *
 * @returns the updates that it accepts, by their protocol instance
 */
function lookAhead(run: RunState, next: Sequence | undefined): Map<string, UpdateAcceptance> {
  const accepted = new Map<string, UpdateAcceptance>();
  if (next === undefined) return accepted;
  for (let i = next.start; i < next.end; i++) {
    const event = next.events[i];
    if (event.eventType === EventType.MARKER_RECORDED) noteMarker(run, event);
    const acceptance = readAccepted(event);
    if (acceptance) accepted.set(acceptance.protocolInstanceId, acceptance);
  }
  return accepted;
}

/** Patches are to be on, local activities have ended. */
function noteMarker(run: RunState, event: HistoryEvent): void {
  const patch = readPatchMarker(event);
  if (patch && (run.patches ??= new Patches()).note(patch.id)) {
    run.jobs.push({ kind: "notifyHasPatch", patchId: patch.id });
  }
  const local = readLocalMarker(event);
  if (local) (run.localActivities ??= new LocalActivities(run)).lookAhead(local, event);
}

/** Live, an admitted update is a request; in replay only if it was accepted, and then in this place. */
function admit(run: RunState, event: HistoryEvent, accepted: Map<string, UpdateAcceptance>): void {
  const request = readAdmitted(event);
  const wasAccepted = accepted.delete(request.protocolInstanceId);
  if (wasAccepted || !run.isReplaying) run.requests.add(request);
}

/** Asks for all updates whose requests apply after `eventId` or earlier. */
function askForUpdates(run: RunState, eventId: number): void {
  for (let due = run.requests.take(eventId); due; due = run.requests.take(eventId)) askForUpdate(run, due);
}

function askForAccepted(run: RunState, { protocolInstanceId, request }: UpdateAcceptance): void {
  if (!request) throw new HistoryError(`update "${protocolInstanceId}" was accepted without a request for it`);
  askForUpdate(run, request);
}

function askForUpdate(run: RunState, request: UpdateRequest): void {
  new Update(request, run, run.updates);
}
