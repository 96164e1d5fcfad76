/**
 * What attempts of activities do, whoever asked for them and whoever hears how they end.
 *
 * @module
 */
import { ActivityContext, type Info } from "../activity/context.ts";
import { ApplicationError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import type { MetricMeter } from "../common/meter.ts";
import { type Payload, payloadsSize, RawValue } from "../common/payload.ts";
import { codePayloads, toPlainPayload } from "../converter/codec.ts";
import type { ActivitySerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";
import { bindConverter } from "../converter/payload.ts";
import { type ActivityRegistry, findActivity, type RegisteredActivity } from "./activity_registry.ts";
import { messageOf } from "./failures.ts";

/** What all attempts of a worker share. */
export interface ExecutionHost {
  registry: ActivityRegistry;
  dataConverter: DataConverter;
  logger: Logger;
  metricMeter: MetricMeter;
  /** The worker's client at the time of the call. */
  client: () => unknown;
  /** Aborts when the worker begins to shut down. */
  workerShutdown: AbortSignal;
  /** Bytes of payloads that the server takes in one field, undefined when unknown. */
  payloadLimit?: number;
}

const sizeAdvice = {
  result: "return less, or store it elsewhere and return a reference",
  failure: "shorten its message and its details",
  heartbeat: "report less, or store it elsewhere and report a reference",
  cancellation: "give it fewer details",
} as const;

/** What of an activity may be too large. */
export type SizedPart = keyof typeof sizeAdvice;

/** What stands before the fault of a converter that cannot tell why an activity failed. */
export const failureComplaint = "Failed building exception result";

/** The activity of a type. Throws ApplicationError, naming those that the worker has. */
export function requireActivity(registry: ActivityRegistry, type: string, taskQueue: string): RegisteredActivity {
  const found = findActivity(registry, type);
  if (found) return found;
  const known = [...registry.named.keys()].sort().join(", ") || "none";
  throw new ApplicationError(
    `Activity ${type} is not registered on the worker of task queue ${taskQueue}; registered: ${known}`,
    { type: "NotFoundError" },
  );
}

/** The arguments of an activity, decoded as it wants them. Rejects with ApplicationError. */
export async function readArguments(
  { dataConverter }: ExecutionHost,
  activity: RegisteredActivity,
  payloads: Payload[],
  context: ActivitySerializationContext,
): Promise<unknown[]> {
  try {
    if (!activity.dynamic) return await dataConverter.decode(payloads, { typeHints: activity.args, context });
    const decoded = await codePayloads(dataConverter.payloadCodec, "decode", payloads, context);
    return [decoded.map((payload) => new RawValue(toPlainPayload(payload)))];
  } catch (cause) {
    if (cause instanceof ApplicationError) throw cause;
    throw new ApplicationError(`Failed decoding arguments of activity ${context.activityType}`, { cause });
  }
}

/** The context in which an attempt runs. */
export function openContext(
  host: ExecutionHost,
  info: Info,
  values: ActivitySerializationContext,
  heartbeat: (details: unknown[]) => void,
): ActivityContext {
  const { logger, metricMeter, dataConverter, client, workerShutdown } = host;
  const payloadConverter = bindConverter(dataConverter.payloadConverter, values);
  return new ActivityContext({ info, logger, metricMeter, client, workerShutdown, payloadConverter, heartbeat });
}

/** The same payloads. Throws ApplicationError where the server would not take so much. */
export function checkSize(host: ExecutionHost, part: SizedPart, type: string, payloads: Payload[]): Payload[] {
  const size = payloadsSize(payloads);
  const limit = host.payloadLimit;
  if (limit === undefined || size <= limit) return payloads;
  throw tooLarge(part, type, `${size} bytes; the server takes at most ${limit}`);
}

/** The error for a part of an activity that the server does not take; `size` says how large it is. */
export function tooLarge(part: SizedPart, type: string, size: string): ApplicationError {
  const message = `[TMPRL1103] the ${part} of activity ${type} is too large: ${size}; ${sizeAdvice[part]}`;
  return new ApplicationError(message, { type: "PayloadsTooLarge" });
}

/** Tells why an attempt failed; failures that their author calls benign are for those who debug. */
export function logFailure(
  logger: Logger,
  { activityType, activityId, attempt }: { activityType: string; activityId: string; attempt: number },
  error: unknown,
): void {
  const benign = error instanceof ApplicationError && error.category === "BENIGN";
  const line = `activity ${activityType} (${activityId}) failed on attempt ${attempt}: ${messageOf(error)}`;
  if (benign) logger.debug(line, { error });
  else logger.warn(line, { error });
}
