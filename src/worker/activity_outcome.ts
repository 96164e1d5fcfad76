/**
 * How an attempt of an activity ended, in the server's terms.
 *
 * @module
 */
import { ApplicationError, CancelledError, CompleteAsyncError, FailureError } from "../common/errors.ts";
import type { ActivityCancellationDetails } from "../common/options.ts";

/** What to report: nothing where the server already knows, or somebody else reports. */
export type AttemptOutcome =
  | { kind: "completed"; value: unknown }
  | { kind: "failed"; error: unknown }
  | { kind: "cancelled"; details: unknown[] }
  | { kind: "silent" };

/** How far an attempt has been cancelled. */
export interface CancellationState {
  details?: ActivityCancellationDetails;
  signal?: AbortSignal;
}

/** The retryable failures of attempts that were cancelled for another reason than a request. */
const interruptions: readonly [keyof ActivityCancellationDetails, type: string, message: string][] = [
  ["reset", "ActivityReset", "the activity was reset"],
  ["paused", "ActivityPause", "the activity was paused"],
  ["workerShutdown", "WorkerShutdown", "the worker was shut down"],
];

/** The outcome of an attempt that returned. */
export function outcomeOfValue(value: unknown, { details }: CancellationState): AttemptOutcome {
  return isSettledElsewhere(details) ? { kind: "silent" } : { kind: "completed", value };
}

/** The outcome of an attempt that threw. */
export function outcomeOfError(error: unknown, cancellation: CancellationState): AttemptOutcome {
  const { details } = cancellation;
  if (error instanceof CompleteAsyncError || isSettledElsewhere(details)) return { kind: "silent" };
  if (!isCancellation(error, cancellation)) return { kind: "failed", error: toReported(error) };
  if (details?.cancelRequested) {
    return { kind: "cancelled", details: error instanceof CancelledError ? error.details : [] };
  }
  const interruption = details && interruptions.find(([reason]) => details[reason]);
  if (!interruption) return { kind: "failed", error: toReported(error) };
  const [, type, message] = interruption;
  return { kind: "failed", error: new ApplicationError(message, { type, cause: error }) };
}

/** Whether the server has closed this attempt already. */
function isSettledElsewhere(details: ActivityCancellationDetails | undefined): boolean {
  return details !== undefined && (details.notFound || details.timedOut);
}

function isCancellation(error: unknown, { signal }: CancellationState): boolean {
  if (error instanceof CancelledError) return true;
  if (!signal?.aborted) return false;
  return error === signal.reason || error instanceof Error && error.name === "AbortError";
}

/** Failures of other kinds than an application's are wrapped: the server takes their kind for a fact of its own. */
function toReported(error: unknown): unknown {
  if (!(error instanceof FailureError) || error instanceof ApplicationError) return error;
  return new ApplicationError(error.message, { type: error.name, cause: error });
}
