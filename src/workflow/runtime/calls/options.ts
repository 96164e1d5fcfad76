/**
 * Options that calls of several kinds have, checked.
 *
 * @module
 */
import { type Duration, optionalMilliseconds } from "../../../common/duration.ts";
import { ValueError } from "../../../common/errors.ts";
import { type RetryPolicy, validateRetryPolicy } from "../../../common/options.ts";

/** A value that is one of the choices, or undefined. Throws ValueError for any other. */
export function readChoice<T extends string>(value: T, choices: readonly T[], name: string): T;
export function readChoice<T extends string>(value: T | undefined, choices: readonly T[], name: string): T | undefined;
export function readChoice<T extends string>(value: T | undefined, choices: readonly T[], name: string): T | undefined {
  if (value === undefined || choices.includes(value)) return value;
  throw new ValueError(`${name} is ${JSON.stringify(value)}; give one of ${choices.join(", ")}`);
}

/** A retry policy, its durations in milliseconds. Throws ValueError for one that cannot be. */
export function readRetryPolicy(policy: RetryPolicy | undefined): RetryPolicy | undefined {
  if (policy === undefined) return undefined;
  validateRetryPolicy(policy);
  const milliseconds = (duration: Duration | undefined, name: string) =>
    optionalMilliseconds(duration, `retryPolicy.${name}`);
  return {
    ...policy,
    initialInterval: milliseconds(policy.initialInterval, "initialInterval"),
    maximumInterval: milliseconds(policy.maximumInterval, "maximumInterval"),
  };
}
