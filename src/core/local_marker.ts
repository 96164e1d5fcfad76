/**
 * The markers that record how local activities ended: as bytes, and as what workflow code is told.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import type { RecordMarkerCommandAttributesSchema } from "../gen/temporal/api/command/v1/message_pb.ts";
import { RetryState } from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { HistoryEvent, MarkerRecordedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { LocalActivityResolution } from "../workflow/activation.ts";
import { HistoryError } from "./errors.ts";

/** The name of the markers of local activities. */
export const localMarkerName = "core_local_activity";

const dataKey = "data";
const resultKey = "result";

/** How a local activity ended. Times are milliseconds, as exact as the marker has them. */
export interface LocalMarker {
  readonly seq: number;
  readonly attempt: number;
  readonly activityId: string;
  readonly activityType: string;
  /** Workflow time at its end; unset where the code did not wait for that. */
  readonly completeTime?: number;
  /** How long to wait before the next attempt, where there is one. */
  readonly backoff?: number;
  readonly originalScheduleTime?: number;
  readonly result?: Payload;
  readonly failure?: Failure;
}

/** The JSON in a marker; names and order are those of the core SDKs. */
interface MarkerData {
  seq: number;
  attempt: number;
  activity_id: string;
  activity_type: string;
  complete_time: Time | null;
  backoff: Time | null;
  original_schedule_time: Time | null;
}

interface Time {
  seconds: number;
  nanos: number;
}

/** Milliseconds as a marker can hold them. */
export function roundTime(milliseconds: number): number {
  return toMilliseconds(toTime(milliseconds))!;
}

/** The attributes of the command that records a marker. */
export function localMarkerAttributes(
  marker: LocalMarker,
): MessageInitShape<typeof RecordMarkerCommandAttributesSchema> {
  const { result, failure } = marker;
  const data: MarkerData = {
    seq: marker.seq,
    attempt: marker.attempt,
    activity_id: marker.activityId,
    activity_type: marker.activityType,
    complete_time: toTime(marker.completeTime),
    backoff: toTime(marker.backoff),
    original_schedule_time: toTime(marker.originalScheduleTime),
  };
  const details = {
    [dataKey]: { payloads: [encode(data)] },
    ...(result && { [resultKey]: { payloads: [result] } }),
  };
  return { markerName: localMarkerName, details, failure } as MessageInitShape<
    typeof RecordMarkerCommandAttributesSchema
  >;
}

/**
 * The marker that an event records; undefined for other events.
 *
 * @throws {HistoryError} its data cannot be read
 */
export function readLocalMarker({ eventId, attributes }: HistoryEvent): LocalMarker | undefined {
  if (attributes.case !== "markerRecordedEventAttributes" || attributes.value.markerName !== localMarkerName) {
    return undefined;
  }
  const { details, failure } = attributes.value;
  const data = decode(details[dataKey]?.payloads[0]);
  if (!data) throw new HistoryError(`event ${eventId} is the marker of a local activity without its data`);
  return {
    seq: data.seq,
    attempt: data.attempt,
    activityId: data.activity_id,
    activityType: data.activity_type,
    completeTime: toMilliseconds(data.complete_time),
    backoff: toMilliseconds(data.backoff),
    originalScheduleTime: toMilliseconds(data.original_schedule_time),
    result: details[resultKey]?.payloads[0],
    failure,
  };
}

/** What a marker records, for people; undefined for markers of other kinds. */
export function describeLocalMarker({ markerName, details }: MarkerRecordedEventAttributes): string | undefined {
  const data = markerName === localMarkerName ? decode(details[dataKey]?.payloads[0]) : undefined;
  return data && `local activity "${data.activity_id}" of type ${data.activity_type}`;
}

/** What workflow code is told. A marker says nothing else in replay than it did live. */
export function resolutionOf(marker: LocalMarker): LocalActivityResolution {
  const { attempt, backoff, result, failure, completeTime = 0, originalScheduleTime = completeTime } = marker;
  if (backoff !== undefined) return { status: "backoff", attempt: attempt + 1, backoff, originalScheduleTime };
  if (!failure) return { status: "completed", result };
  const { case: kind } = failure.failureInfo ?? {};
  if (kind === "canceledFailureInfo") {
    return { status: "cancelled", failure: wrap(marker, "Local Activity cancelled", RetryState.CANCEL_REQUESTED) };
  }
  if (kind === "timeoutFailureInfo") {
    return { status: "failed", failure: wrap(marker, "Local Activity timed out", RetryState.TIMEOUT) };
  }
  const isCancelled = failure.cause?.failureInfo?.case === "canceledFailureInfo";
  return { status: isCancelled ? "cancelled" : "failed", failure };
}

/** A failure that does not come from the activity's code, in one that says of which activity it speaks. */
function wrap({ activityId, activityType, failure }: LocalMarker, message: string, retryState: RetryState): Failure {
  return {
    message,
    source: "",
    stackTrace: "",
    cause: failure,
    failureInfo: {
      case: "activityFailureInfo",
      value: {
        scheduledEventId: 0n,
        startedEventId: 0n,
        identity: "",
        activityType: { name: activityType },
        activityId,
        retryState,
      },
    },
  };
}

function encode(data: MarkerData): Payload {
  const encoder = new TextEncoder();
  return { metadata: { encoding: encoder.encode("json/plain") }, data: encoder.encode(JSON.stringify(data)) };
}

function decode(payload: Payload | undefined): MarkerData | undefined {
  try {
    const data = JSON.parse(new TextDecoder().decode(payload?.data)) as MarkerData | null;
    return typeof data?.seq === "number" ? data : undefined;
  } catch {
    return undefined;
  }
}

function toTime(milliseconds: number): Time;
function toTime(milliseconds: number | undefined): Time | null;
function toTime(milliseconds: number | undefined): Time | null {
  if (milliseconds === undefined) return null;
  const seconds = Math.floor(milliseconds / 1000);
  const nanos = Math.round((milliseconds - seconds * 1000) * 1e6);
  return nanos < 1e9 ? { seconds, nanos } : { seconds: seconds + 1, nanos: 0 };
}

function toMilliseconds(time: Time | null | undefined): number | undefined {
  return time ? time.seconds * 1000 + time.nanos / 1e6 : undefined;
}
