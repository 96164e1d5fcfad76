/**
 * What a call of an activity asks for, checked.
 *
 * @module
 */
import { definitionName, findDefinition, readArgs, type TypeHint } from "../../common/definition.ts";
import { type Duration, optionalMilliseconds } from "../../common/duration.ts";
import { ValueError } from "../../common/errors.ts";
import { type RetryPolicy, validateRetryPolicy } from "../../common/options.ts";
import type { ActivitySerializationContext } from "../../converter/context.ts";
import type { Initialize, ScheduleActivity } from "../activation.ts";
import type { ActivityCancellationType, ActivityOptions } from "../options.ts";
import { proxiedOptionsKey } from "../symbols.ts";
import type { Values } from "./values.ts";

/** What the command for an activity holds but for its number. */
export type ActivityRequest =
  & Omit<ScheduleActivity, "kind" | "seq" | "activityId">
  & Partial<Pick<ScheduleActivity, "activityId">>;

/** A call as user code makes it. */
export interface ActivityCall {
  readonly name: string;
  readonly options: ActivityOptions & { args?: unknown };
  /** Schema of the result. */
  readonly hint: TypeHint | undefined;
}

/** Reads a call. Throws ValueError for an activity without a name. */
export function readCall(activity: unknown, options: ActivityOptions & { args?: unknown }): ActivityCall {
  const name = definitionName(activity, "activity");
  const proxied = typeof activity === "function"
    ? (activity as { [proxiedOptionsKey]?: ActivityOptions })[proxiedOptionsKey]
    : undefined;
  const merged = proxied ? { ...proxied, ...options } : options;
  return { name, options: merged, hint: merged.resultType ?? findDefinition(activity)?.result };
}

/** The context in which the values of a call are converted. */
export function makeContext({ name, options }: ActivityCall, start: Initialize): ActivitySerializationContext {
  return {
    kind: "activity",
    namespace: start.namespace,
    activityId: options.activityId,
    activityType: name,
    activityTaskQueue: options.taskQueue ?? start.taskQueue,
    workflowId: start.workflowId,
    workflowType: start.workflowType,
    isLocal: false,
  };
}

/** Checks a call and encodes its arguments. Throws ValueError for bad options. */
export function makeRequest(
  call: ActivityCall,
  values: Values,
  context: ActivitySerializationContext,
): ActivityRequest {
  const { name, options } = call;
  checkTimeouts(`activity ${name}`, options);
  const summary = values.encodeText(options.summary);
  return {
    activityType: name,
    activityId: options.activityId,
    taskQueue: context.activityTaskQueue!,
    args: values.encode(readArgs(options.args, `activity ${name}`), context),
    headers: {},
    scheduleToCloseTimeout: optionalMilliseconds(options.scheduleToCloseTimeout, "scheduleToCloseTimeout"),
    scheduleToStartTimeout: optionalMilliseconds(options.scheduleToStartTimeout, "scheduleToStartTimeout"),
    startToCloseTimeout: optionalMilliseconds(options.startToCloseTimeout, "startToCloseTimeout"),
    heartbeatTimeout: optionalMilliseconds(options.heartbeatTimeout, "heartbeatTimeout"),
    retryPolicy: options.retryPolicy && readRetryPolicy(options.retryPolicy),
    cancellationType: readCancellationType(options.cancellationType),
    disableEagerExecution: options.disableEagerExecution ?? false,
    versioningIntent: options.versioningIntent,
    priority: options.priority,
    metadata: summary && { summary },
  };
}

/** Throws ValueError where nothing limits the activity. */
export function checkTimeouts(what: string, options: ActivityOptions | undefined): void {
  if (options?.startToCloseTimeout !== undefined || options?.scheduleToCloseTimeout !== undefined) return;
  throw new ValueError(`${what} has no time-out; give startToCloseTimeout or scheduleToCloseTimeout`);
}

/** A checked retry policy, its durations in milliseconds. */
export function readRetryPolicy(policy: RetryPolicy): RetryPolicy {
  validateRetryPolicy(policy);
  const milliseconds = (duration: Duration | undefined, name: string) =>
    optionalMilliseconds(duration, `retryPolicy.${name}`);
  return {
    ...policy,
    initialInterval: milliseconds(policy.initialInterval, "initialInterval"),
    maximumInterval: milliseconds(policy.maximumInterval, "maximumInterval"),
  };
}

function readCancellationType(type: ActivityCancellationType = "TRY_CANCEL"): ActivityCancellationType {
  if (type === "TRY_CANCEL" || type === "WAIT_CANCELLATION_COMPLETED" || type === "ABANDON") return type;
  throw new ValueError(
    `cancellationType is ${JSON.stringify(type)}; give TRY_CANCEL, WAIT_CANCELLATION_COMPLETED or ABANDON`,
  );
}
