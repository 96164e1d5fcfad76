/**
 * Task and page tokens: opaque to callers, a JSON list to us.
 *
 * @module
 */

import { invalidArgument } from "./errors.ts";

/** What a token may hold. */
export type TokenPart = string | number | null;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a token. */
export function encodeToken(parts: readonly TokenPart[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(parts)) as Uint8Array<ArrayBuffer>;
}

/**
 * The parts of a token of the given kind (its first part).
 * Throws INVALID_ARGUMENT with `message` if the bytes are no such token.
 */
export function decodeToken(bytes: Uint8Array, kind: string, length: number, message: string): TokenPart[] {
  try {
    const parts: unknown = JSON.parse(decoder.decode(bytes));
    if (Array.isArray(parts) && parts[0] === kind && parts.length === length && parts.every(isPart)) return parts;
  } catch {
    // Not ours: answered below.
  }
  throw invalidArgument(message);
}

/** Names the query that a worker is asked; throws INVALID_ARGUMENT if the bytes are no such token. */
export function decodeQueryToken(bytes: Uint8Array): string {
  if (bytes.length === 0) throw invalidArgument(NO_TASK_TOKEN);
  return String(decodeToken(bytes, "q", 2, BAD_TASK_TOKEN)[1]);
}

/** The bytes of a query's token. */
export function encodeQueryToken(id: string): Uint8Array<ArrayBuffer> {
  return encodeToken(["q", id]);
}

function isPart(part: unknown): part is TokenPart {
  return part === null || typeof part === "string" || typeof part === "number";
}

/** Names the one workflow task that a worker holds. */
export interface WorkflowTaskToken {
  namespaceId: string;
  workflowId: string;
  runId: string;
  scheduledEventId: number;
  startedEventId: number;
  attempt: number;
  startedTime: number;
}

/** Names the one activity attempt that a worker holds. */
export interface ActivityTaskToken {
  namespaceId: string;
  workflowId: string;
  runId: string;
  scheduledEventId: number;
  activityId: string;
  attempt: number;
}

const BAD_TASK_TOKEN = "Error deserializing task token.";
const NO_TASK_TOKEN = "Task token not set on request.";

/** The bytes of a workflow task's token. */
export function encodeWorkflowTaskToken(token: WorkflowTaskToken): Uint8Array<ArrayBuffer> {
  return encodeToken([
    "w",
    token.namespaceId,
    token.workflowId,
    token.runId,
    token.scheduledEventId,
    token.startedEventId,
    token.attempt,
    token.startedTime,
  ]);
}

/** Reads a workflow task's token; throws INVALID_ARGUMENT if it is none. */
export function decodeWorkflowTaskToken(bytes: Uint8Array): WorkflowTaskToken {
  if (bytes.length === 0) throw invalidArgument(NO_TASK_TOKEN);
  const parts = decodeToken(bytes, "w", 8, BAD_TASK_TOKEN);
  const [, namespaceId, workflowId, runId, scheduledEventId, startedEventId, attempt, startedTime] = parts;
  return {
    namespaceId,
    workflowId,
    runId,
    scheduledEventId,
    startedEventId,
    attempt,
    startedTime,
  } as WorkflowTaskToken;
}

/** The bytes of an activity task's token. */
export function encodeActivityTaskToken(token: ActivityTaskToken): Uint8Array<ArrayBuffer> {
  return encodeToken([
    "a",
    token.namespaceId,
    token.workflowId,
    token.runId,
    token.scheduledEventId,
    token.activityId,
    token.attempt,
  ]);
}

/** Reads an activity task's token; throws INVALID_ARGUMENT if it is none. */
export function decodeActivityTaskToken(bytes: Uint8Array): ActivityTaskToken {
  if (bytes.length === 0) throw invalidArgument(NO_TASK_TOKEN);
  const [, namespaceId, workflowId, runId, scheduledEventId, activityId, attempt] = decodeToken(
    bytes,
    "a",
    7,
    BAD_TASK_TOKEN,
  );
  return { namespaceId, workflowId, runId, scheduledEventId, activityId, attempt } as ActivityTaskToken;
}
