/**
 * When and whether something is tried again: activities, workflows, workflow tasks.
 *
 * @module
 */

import type { RetryPolicy } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { RetryState, TimeoutType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { findDurationFault, toDuration, toMs } from "./times.ts";

/** What decides on a retry. Times are milliseconds. */
export interface RetryQuestion {
  policy: RetryPolicy | undefined;
  failure: Failure | undefined;
  /** The attempt that failed, from 1. */
  attempt: number;
  now: number;
  /** 0 if it never expires. */
  expiration: number;
  /** Whether a delay that the failure asks for may exceed the policy's maximum. */
  isDelayFree?: boolean;
}

/** The answer: a delay in milliseconds, or why there is no further attempt. */
export interface RetryAnswer {
  delayMs: number | undefined;
  state: RetryState;
}

const FIRST_INTERVAL = 1000;
const COEFFICIENT = 2;
const MAXIMUM_FACTOR = 100;

/** Whether there is another attempt, and when. */
export function decideRetry(question: RetryQuestion): RetryAnswer {
  const { policy, failure, attempt, now, expiration } = question;
  if (!policy) return refuse(RetryState.RETRY_POLICY_NOT_SET);
  if (failure && !isRetryable(failure, policy.nonRetryableErrorTypes)) return refuse(RetryState.NON_RETRYABLE_FAILURE);
  if (policy.maximumAttempts > 0 && attempt >= policy.maximumAttempts) {
    return refuse(RetryState.MAXIMUM_ATTEMPTS_REACHED);
  }
  const chosen = findChosenDelay(failure);
  const maximum = question.isDelayFree && chosen !== undefined ? chosen : toMs(policy.maximumInterval);
  let interval = chosen ?? computeInterval(policy, attempt);
  if (maximum === 0 && interval <= 0) return refuse(RetryState.TIMEOUT);
  if (maximum !== 0 && (interval <= 0 || interval > maximum)) interval = maximum;
  if (expiration > 0 && now + interval > expiration) return refuse(RetryState.TIMEOUT);
  return { delayMs: interval, state: RetryState.IN_PROGRESS };
}

/** Whether a failure lets the server try again. */
export function isRetryable(failure: Failure, nonRetryableTypes: readonly string[]): boolean {
  const info = failure.failureInfo;
  switch (info.case) {
    case "terminatedFailureInfo":
    case "canceledFailureInfo":
      return false;
    case "timeoutFailureInfo":
      return (info.value.timeoutType === TimeoutType.START_TO_CLOSE ||
        info.value.timeoutType === TimeoutType.HEARTBEAT) &&
        !nonRetryableTypes.includes(`TemporalTimeout:${timeoutName(info.value.timeoutType)}`);
    case "serverFailureInfo":
      return !info.value.nonRetryable;
    case "applicationFailureInfo":
      return !info.value.nonRetryable && !nonRetryableTypes.includes(info.value.type);
    default:
      return true;
  }
}

/** Fills what a retry policy leaves open, as the server does for those that are given. */
export function completePolicy(policy: RetryPolicy): void {
  if (toMs(policy.initialInterval) === 0) policy.initialInterval = toDuration(FIRST_INTERVAL);
  if (policy.backoffCoefficient === 0) policy.backoffCoefficient = COEFFICIENT;
  if (toMs(policy.maximumInterval) === 0) {
    policy.maximumInterval = toDuration(toMs(policy.initialInterval) * MAXIMUM_FACTOR);
  }
}

/** What is wrong with a retry policy, undefined if nothing is. */
export function findPolicyFault(policy: RetryPolicy): string | undefined {
  if (policy.maximumAttempts === 1) return undefined;
  const initialFault = findDurationFault(policy.initialInterval);
  if (initialFault) return `invalid InitialInterval set on retry policy: ${initialFault}`;
  if (policy.backoffCoefficient < 1) return "BackoffCoefficient cannot be less than 1 on retry policy.";
  const maximumFault = findDurationFault(policy.maximumInterval);
  if (maximumFault) return `invalid MaximumInterval set on retry policy: ${maximumFault}`;
  const maximum = toMs(policy.maximumInterval);
  if (maximum > 0 && maximum < toMs(policy.initialInterval)) {
    return "MaximumInterval cannot be less than InitialInterval on retry policy.";
  }
  if (policy.maximumAttempts < 0) return "MaximumAttempts cannot be negative on retry policy.";
  for (const type of policy.nonRetryableErrorTypes) {
    if (type.startsWith("TemporalTimeout:") && !KNOWN_TIMEOUTS.has(type.slice("TemporalTimeout:".length))) {
      return `Invalid timeout type value: ${type.slice("TemporalTimeout:".length)}.`;
    }
  }
  return undefined;
}

/** What a repeated workflow task gets beyond its usual time, in milliseconds: that is its back-off. */
export function computeTaskBackoff(attempt: number, maximumMs: number): number {
  if (attempt <= 3) return 0;
  return Math.min(5000 * 2 ** Math.min(attempt - 4, 40), maximumMs);
}

const TIMEOUT_NAMES: Record<number, string> = {
  [TimeoutType.START_TO_CLOSE]: "StartToClose",
  [TimeoutType.SCHEDULE_TO_START]: "ScheduleToStart",
  [TimeoutType.SCHEDULE_TO_CLOSE]: "ScheduleToClose",
  [TimeoutType.HEARTBEAT]: "Heartbeat",
};
const KNOWN_TIMEOUTS = new Set(Object.values(TIMEOUT_NAMES));

/** The name of a kind of timeout, as failure messages spell it. */
export function timeoutName(type: TimeoutType): string {
  return TIMEOUT_NAMES[type] ?? "Unspecified";
}

function refuse(state: RetryState): RetryAnswer {
  return { delayMs: undefined, state };
}

/** The usual delay after an attempt, with no regard to the policy's maximum. */
export function computeInterval(policy: RetryPolicy, attempt: number): number {
  return toMs(policy.initialInterval) * policy.backoffCoefficient ** (attempt - 1);
}

function findChosenDelay(failure: Failure | undefined): number | undefined {
  if (failure?.failureInfo.case !== "applicationFailureInfo") return undefined;
  const delay = failure.failureInfo.value.nextRetryDelay;
  return delay && toMs(delay);
}
