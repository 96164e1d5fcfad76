/**
 * What a call of an activity asks for, checked.
 *
 * @module
 */
import { definitionName, findDefinition, readArgs, type TypeHint } from "../../../common/definition.ts";
import { optionalMilliseconds, toMilliseconds } from "../../../common/duration.ts";
import { ValueError } from "../../../common/errors.ts";
import { validatePriority } from "../../../common/options.ts";
import type { ActivitySerializationContext } from "../../../converter/context.ts";
import type { Initialize, ScheduleActivity, ScheduleLocalActivity } from "../../activation.ts";
import type { ActivityOptions, LocalActivityOptions } from "../../options.ts";
import { proxiedOptionsKey } from "../../symbols.ts";
import type { Values } from "../values.ts";
import { readChoice, readRetryPolicy } from "./options.ts";

/** What the command for an activity holds but for its number. */
export type ActivityRequest =
  & Omit<ScheduleActivity, "kind" | "seq" | "activityId">
  & Partial<Pick<ScheduleActivity, "activityId">>;

/** What the command for a local activity holds but for its number and attempt. */
export type LocalActivityRequest =
  & Omit<ScheduleLocalActivity, "kind" | "seq" | "activityId" | "attempt" | "originalScheduleTime">
  & Partial<Pick<ScheduleLocalActivity, "activityId">>;

/** The options of activities and local ones. */
export type AnyActivityOptions = ActivityOptions | LocalActivityOptions;

/** A call as user code makes it. */
export interface ActivityCall<O extends AnyActivityOptions = ActivityOptions> {
  readonly name: string;
  readonly options: O & { args?: unknown };
  /** Schema of the result. */
  readonly hint: TypeHint | undefined;
}

const cancellationTypes = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;

/** The options of a call: what it says itself, else what `proxyActivities` said where it made the activity. */
export function mergeOptions<O extends AnyActivityOptions>(
  activity: unknown,
  options: O & { args?: unknown },
): O & { args?: unknown } {
  const isProxied = typeof activity === "function" && proxiedOptionsKey in activity;
  return { ...(isProxied ? activity[proxiedOptionsKey] as O : undefined), ...options };
}

/** Reads a call. Throws ValueError for an activity without a name. */
export function readCall<O extends AnyActivityOptions>(
  activity: unknown,
  options: O & { args?: unknown },
): ActivityCall<O> {
  const name = definitionName(activity, "activity");
  return { name, options, hint: options.resultType ?? findDefinition(activity)?.result };
}

/** The context in which the values of a call are converted: that of the activity, as on its own side. */
export function makeContext(
  { name }: ActivityCall<AnyActivityOptions>,
  activityId: string,
  start: Initialize,
  place: { taskQueue?: string; isLocal: boolean },
): ActivitySerializationContext {
  return {
    kind: "activity",
    namespace: start.namespace,
    activityId,
    activityType: name,
    activityTaskQueue: place.taskQueue ?? start.taskQueue,
    workflowId: start.workflowId,
    workflowType: start.workflowType,
    isLocal: place.isLocal,
  };
}

/** Checks a call and encodes its arguments. Throws ValueError for bad options. */
export function makeRequest(
  call: ActivityCall,
  values: Values,
  context: ActivitySerializationContext,
): ActivityRequest {
  const { options } = call;
  return {
    ...makeCommonRequest(`activity ${call.name}`, call, values, context),
    taskQueue: context.activityTaskQueue!,
    heartbeatTimeout: optionalMilliseconds(options.heartbeatTimeout, "heartbeatTimeout"),
    disableEagerExecution: options.disableEagerExecution ?? false,
    versioningIntent: options.versioningIntent,
    priority: options.priority && validatePriority(options.priority),
  };
}

/** The same for a local activity. */
export function makeLocalRequest(
  call: ActivityCall<LocalActivityOptions>,
  values: Values,
  context: ActivitySerializationContext,
): LocalActivityRequest {
  const { localRetryThreshold = 60_000 } = call.options;
  return {
    ...makeCommonRequest(`local activity ${call.name}`, call, values, context),
    localRetryThreshold: toMilliseconds(localRetryThreshold, "localRetryThreshold"),
  };
}

type CommonRequest = Pick<ActivityRequest, keyof ActivityRequest & keyof LocalActivityRequest>;

function makeCommonRequest(
  what: string,
  { name, options }: ActivityCall<AnyActivityOptions>,
  values: Values,
  context: ActivitySerializationContext,
): CommonRequest {
  checkTimeouts(what, options);
  const summary = values.encodeText(options.summary);
  return {
    activityType: name,
    activityId: options.activityId,
    args: values.encode(readArgs(options.args, what), context),
    headers: {},
    scheduleToCloseTimeout: optionalMilliseconds(options.scheduleToCloseTimeout, "scheduleToCloseTimeout"),
    scheduleToStartTimeout: optionalMilliseconds(options.scheduleToStartTimeout, "scheduleToStartTimeout"),
    startToCloseTimeout: optionalMilliseconds(options.startToCloseTimeout, "startToCloseTimeout"),
    retryPolicy: readRetryPolicy(options.retryPolicy),
    cancellationType: readChoice(options.cancellationType ?? "TRY_CANCEL", cancellationTypes, "cancellationType"),
    metadata: summary && { summary },
  };
}

/** Throws ValueError where nothing limits the activity. */
export function checkTimeouts(what: string, options: AnyActivityOptions | undefined): void {
  if (options?.startToCloseTimeout !== undefined || options?.scheduleToCloseTimeout !== undefined) return;
  throw new ValueError(`${what} has no time-out; give startToCloseTimeout or scheduleToCloseTimeout`);
}
