/**
 * Failures that the server makes itself.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import type { Payloads } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { TimeoutType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { FailureSchema } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import { timeoutName } from "./retry.ts";

const SOURCE = "Server";
const ACTIVITY_FAILURE_LIMIT = 4 * 1024;

/** A failure of the server's own. */
export function serverFailure(message: string, nonRetryable: boolean, cause?: Failure): Failure {
  return create(FailureSchema, {
    message,
    cause,
    failureInfo: { case: "serverFailureInfo", value: { nonRetryable } },
  });
}

/** The failure of an activity that timed out. */
export function activityTimeoutFailure(
  timeoutType: TimeoutType,
  lastHeartbeatDetails: Payloads | undefined,
  cause: Failure | undefined,
): Failure {
  return create(FailureSchema, {
    message: `activity ${timeoutName(timeoutType)} timeout`,
    source: SOURCE,
    cause,
    failureInfo: { case: "timeoutFailureInfo", value: { timeoutType, lastHeartbeatDetails } },
  });
}

/** The failure as it is kept between attempts: cut short if it is very large. */
export function keepFailure(failure: Failure | undefined): Failure | undefined {
  if (!failure || toBinary(FailureSchema, failure).length <= ACTIVITY_FAILURE_LIMIT) return failure;
  return serverFailure("Failure exceeds size limit.", false, cutFailure(failure, ACTIVITY_FAILURE_LIMIT, 20));
}

/** A failure cut to a size: its kind and type stay, texts are shortened, deep causes dropped. */
function cutFailure(failure: Failure, size: number, depth: number): Failure {
  let rest = size;
  function cut(text: string): string {
    const kept = text.slice(0, Math.max(rest, 0));
    rest -= kept.length + 4;
    return kept;
  }
  const info = failure.failureInfo;
  const short = create(FailureSchema, {});
  if (info.case === "applicationFailureInfo") {
    const { nonRetryable, type } = info.value;
    short.failureInfo = create(FailureSchema, {
      failureInfo: { case: "applicationFailureInfo", value: { nonRetryable, type: cut(type) } },
    }).failureInfo;
  } else if (info.case === "serverFailureInfo") {
    short.failureInfo = { case: "serverFailureInfo", value: info.value };
  }
  short.source = cut(failure.source);
  short.message = cut(failure.message);
  short.stackTrace = cut(failure.stackTrace);
  if (failure.cause && depth > 0 && rest > 4) short.cause = cutFailure(failure.cause, rest - 4, depth - 1);
  return short;
}
