/**
 * When a local activity is tried again.
 *
 * @module
 */
import type { RetryPolicy } from "../common/options.ts";
import type { Failure } from "../common/failure.ts";

/**
 * Milliseconds to wait after a failed attempt, undefined where there is no other attempt. Defaults: 1 s, doubling, at
 * most 100 times the first wait.
 */
export function retryDelay(policy: RetryPolicy | undefined, attempt: number, failure: Failure): number | undefined {
  const { maximumAttempts = 0, nonRetryableErrorTypes = [], backoffCoefficient = 2 } = policy ?? {};
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return undefined;
  const { type, nonRetryable, nextRetryDelay } = readApplicationFailure(failure);
  const isListed = nonRetryableErrorTypes.some((listed) => listed.toLowerCase() === type.toLowerCase());
  if (nonRetryable || isListed) return undefined;
  if (nextRetryDelay !== undefined) return nextRetryDelay;
  // Durations of policies in commands are milliseconds.
  const initial = policy?.initialInterval as number | undefined ?? 1_000;
  const maximum = policy?.maximumInterval as number | undefined ?? initial * 100;
  return Math.min(maximum, initial * backoffCoefficient ** (attempt - 1));
}

function readApplicationFailure(
  { failureInfo }: Failure,
): { type: string; nonRetryable: boolean; nextRetryDelay?: number } {
  if (failureInfo?.case !== "applicationFailureInfo") return { type: "", nonRetryable: false };
  const { type = "", nonRetryable = false, nextRetryDelay: delay } = failureInfo.value as {
    type?: string;
    nonRetryable?: boolean;
    nextRetryDelay?: { seconds: bigint; nanos: number };
  };
  return { type, nonRetryable, nextRetryDelay: delay && Number(delay.seconds) * 1_000 + delay.nanos / 1e6 };
}
