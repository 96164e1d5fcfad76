/**
 * Priorities and retry policies of the API as users know them: what is unset reads as undefined.
 *
 * @module
 */
import type { Priority, RetryPolicy } from "../common/options.ts";
import type {
  Priority as PriorityMessage,
  RetryPolicy as RetryPolicyMessage,
} from "../gen/temporal/api/common/v1/message_pb.ts";
import { durationMilliseconds } from "./time.ts";

/** A priority; one without fields where there is none. */
export function readPriority(priority: PriorityMessage | undefined): Priority {
  return {
    priorityKey: priority?.priorityKey || undefined,
    fairnessKey: priority?.fairnessKey || undefined,
    fairnessWeight: priority?.fairnessWeight || undefined,
  };
}

/** A retry policy, its intervals in milliseconds; undefined where there is none. */
export function readRetryPolicy(policy: RetryPolicyMessage | undefined): RetryPolicy | undefined {
  return policy && {
    initialInterval: durationMilliseconds(policy.initialInterval),
    backoffCoefficient: policy.backoffCoefficient || undefined,
    maximumInterval: durationMilliseconds(policy.maximumInterval),
    maximumAttempts: policy.maximumAttempts,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes,
  };
}
