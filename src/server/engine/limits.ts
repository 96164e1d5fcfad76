/**
 * The limits of the official dev server.
 *
 * @module
 */

import type { Payload, Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";

/** Limits the engine keeps to; sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly blobSizeError: number;
  readonly memoSizeError: number;
  readonly searchAttributesSize: number;
  readonly searchAttributeValueSize: number;
  readonly searchAttributeCount: number;
  readonly idLength: number;
  readonly historySizeError: number;
  readonly historyCountError: number;
  readonly historySizeSuggestContinueAsNew: number;
  readonly historyCountSuggestContinueAsNew: number;
  readonly pendingActivities: number;
  readonly pendingChildren: number;
  readonly pendingSignals: number;
  readonly pendingCancels: number;
  readonly signalsPerRun: number;
  readonly bufferedQueries: number;
  readonly bufferedEvents: number;
  readonly updatesInFlight: number;
  readonly updatesPerRun: number;
  readonly historyPageSize: number;
  readonly historyLongPoll: number;
  readonly updateLongPoll: number;
  readonly defaultTaskTimeout: number;
  readonly longestTaskTimeout: number;
  readonly taskRetryMaxInterval: number;
  readonly taskHeartbeatTimeout: number;
  readonly visibilityPageSize: number;
  /** A run that continues as new sooner than this makes the next one wait. */
  readonly continueAsNewMinInterval: number;
  /** After this time with a task on a queue nobody polls, the server says so. */
  readonly unpolledHint: number;
}

/** The defaults of server 1.29, but for waiting queries, of which that one allows a run one. */
export const DEFAULT_LIMITS: Limits = {
  blobSizeError: 2 * 1024 * 1024,
  memoSizeError: 2 * 1024 * 1024,
  searchAttributesSize: 40 * 1024,
  searchAttributeValueSize: 2 * 1024,
  searchAttributeCount: 100,
  idLength: 1000,
  historySizeError: 50 * 1024 * 1024,
  historyCountError: 50 * 1024,
  historySizeSuggestContinueAsNew: 4 * 1024 * 1024,
  historyCountSuggestContinueAsNew: 4 * 1024,
  pendingActivities: 2000,
  pendingChildren: 2000,
  pendingSignals: 2000,
  pendingCancels: 2000,
  signalsPerRun: 10_000,
  bufferedQueries: 100,
  bufferedEvents: 100,
  updatesInFlight: 10,
  updatesPerRun: 2000,
  historyPageSize: 256,
  historyLongPoll: 20_000,
  updateLongPoll: 20_000,
  defaultTaskTimeout: 10_000,
  longestTaskTimeout: 120_000,
  taskRetryMaxInterval: 600_000,
  taskHeartbeatTimeout: 30 * 60_000,
  visibilityPageSize: 1000,
  continueAsNewMinInterval: 1000,
  unpolledHint: 5000,
};

/** The bytes of payloads on the wire, near enough for limits. */
export function sizeOfPayloads(payloads: Payloads | undefined): number {
  let size = 0;
  for (const payload of payloads?.payloads ?? []) size += sizeOfPayload(payload) + 4;
  return size;
}

/** The bytes of a map of payloads as the server counts memos and search attributes. */
export function sizeOfFields(fields: Record<string, Payload> | undefined): number {
  let size = 0;
  for (const [key, payload] of Object.entries(fields ?? {})) size += key.length + payload.data.length;
  return size;
}

function sizeOfPayload(payload: Payload): number {
  let size = payload.data.length;
  for (const [key, value] of Object.entries(payload.metadata)) size += key.length + value.length + 6;
  return size;
}
