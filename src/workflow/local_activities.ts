/**
 * Calls of activities that run in the worker of the workflow, without a task of their own: for what takes less than
 * some seconds. The history has one event for each, a marker.
 *
 * @module
 */
import type { ActivityArgs, ActivityRef, ActivityResult, ArgsOption, UntypedActivity } from "../common/definition.ts";
import { type ActivityHandle, type ActivityProxy, createProxy, toHandle } from "./activities.ts";
import { callRun } from "./current.ts";
import type { LocalActivityOptions } from "./options.ts";

/**
 * Activities as functions that run in this worker: `const { greet } = proxyLocalActivities<typeof activities>({
 * startToCloseTimeout: "2s" })`.
 *
 * Throws ValueError for options that no call could be made with.
 */
export function proxyLocalActivities<T extends object>(options: LocalActivityOptions): ActivityProxy<T> {
  return createProxy("executeLocalActivity", "proxyLocalActivities", options) as ActivityProxy<T>;
}

/**
 * Runs an activity in this worker and waits for its result.
 *
 * Rejects with what the activity threw; with ActivityError when it timed out or was cancelled, CancelledError when it
 * was cancelled between two attempts, ValueError for bad options. For an activity that the worker does not have the task
 * fails, even if the code catches the ValueError.
 */
export function executeLocalActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: LocalActivityOptions & ArgsOption<ActivityArgs<T>>,
): Promise<ActivityResult<T>> {
  return callRun("executeLocalActivity", activity, options) as Promise<ActivityResult<T>>;
}

/** Starts an activity in this worker. Throws ValueError, like {@link executeLocalActivity}. */
export function startLocalActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: LocalActivityOptions & ArgsOption<ActivityArgs<T>>,
): ActivityHandle<ActivityResult<T>> {
  return toHandle(callRun("startLocalActivity", activity, options));
}
