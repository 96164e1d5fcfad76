/**
 * Calls of activities.
 *
 * @module
 */
import type { ActivityArgs, ActivityRef, ActivityResult, ArgsOption, UntypedActivity } from "../common/definition.ts";
import type { StartedActivity } from "./bridge.ts";
import { callRun, inRealm } from "./current.ts";
import type { ActivityOptions, LocalActivityOptions } from "./options.ts";
import { proxiedOptionsKey } from "./symbols.ts";

/** An activity that was started. */
export interface ActivityHandle<R> {
  /** The one given, or the number of the call; "" where the call was not made, its signal being aborted. */
  activityId: string;
  /**
   * Its result; rejects with ActivityError. Unless it is asked for, a failure is no fault, and a cancellation is left to
   * the next wait.
   */
  result(): Promise<R>;
  /** Cancels it, the first time. */
  cancel(reason?: string): void;
}

/** The activities of a module, record or class as functions. */
export type ActivityProxy<T> = {
  [K in keyof T as T[K] extends ActivityRef ? K : never]: (
    ...args: ActivityArgs<T[K]>
  ) => Promise<ActivityResult<T[K]>>;
};

/**
 * Activities as functions: `const { greet } = proxyActivities<typeof activities>({ startToCloseTimeout: "10s" })`.
 *
 * Throws ValueError for options that no call could be made with.
 */
export function proxyActivities<T extends object>(options: ActivityOptions): ActivityProxy<T> {
  return createProxy("executeActivity", "proxyActivities", options) as ActivityProxy<T>;
}

/** Runs an activity and waits for its result. Rejects with ActivityError, CancelledError, or ValueError for bad options. */
export function executeActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: ActivityOptions & ArgsOption<ActivityArgs<T>>,
): Promise<ActivityResult<T>> {
  return callRun("executeActivity", activity, options) as Promise<ActivityResult<T>>;
}

/** Starts an activity. Throws ValueError for bad options. */
export function startActivity<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: ActivityOptions & ArgsOption<ActivityArgs<T>>,
): ActivityHandle<ActivityResult<T>> {
  return toHandle(callRun("startActivity", activity, options));
}

/** The handle of an activity that was started. */
export function toHandle<R>(activity: StartedActivity): ActivityHandle<R> {
  return {
    activityId: activity.activityId,
    result: () => activity.result() as Promise<R>,
    cancel: (reason) => callRun("cancelCall", activity, reason),
  };
}

/** Functions that run activities by an operation, under any name. Throws ValueError for options without a time-out. */
export function createProxy(
  operation: "executeActivity" | "executeLocalActivity",
  what: string,
  options: ActivityOptions | LocalActivityOptions,
): object {
  // Clients and workers import modules with workflows too.
  if (inRealm()) callRun("checkActivityOptions", what, options);
  return new Proxy({}, {
    get(target: Record<PropertyKey, unknown>, name) {
      if (typeof name === "symbol" || name === "then") return undefined;
      return target[name] ??= proxyActivity(operation, name, options);
    },
  });
}

function proxyActivity(
  operation: "executeActivity" | "executeLocalActivity",
  name: string,
  options: ActivityOptions | LocalActivityOptions,
): unknown {
  const call = (...args: unknown[]) => callRun(operation, name, { ...options, args });
  return Object.defineProperties(call, { name: { value: name }, [proxiedOptionsKey]: { value: options } });
}
