/**
 * Plain values as their protobuf forms and back.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Duration as ProtoDuration, Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Duration } from "../common/duration.ts";
import { splitMilliseconds, toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { FailureSchema } from "../gen/temporal/api/failure/v1/message_pb.ts";

/** What initialises a protobuf Duration. */
export type DurationInit = Pick<ProtoDuration, "seconds" | "nanos"> & { $typeName?: never };

/** A duration as protobuf has it, to the nanosecond; undefined stays undefined. Throws ValueError naming `what`. */
export function toProtoDuration(duration: Duration | undefined, what: string): DurationInit | undefined {
  return duration === undefined ? undefined : splitMilliseconds(toMilliseconds(duration, what));
}

/** A plain failure as what initialises the API's message, which has the same shape. */
export function toProtoFailure(failure: Failure): MessageInitShape<typeof FailureSchema> {
  return failure as MessageInitShape<typeof FailureSchema>;
}

/** A timestamp as a Date; unset stays undefined. */
export function toDate(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && new Date(timestampMs(timestamp));
}

/** The number of an enum's name; undefined stays undefined. Throws ValueError naming `what` and the choices. */
export function enumNumber<N extends number>(
  names: Readonly<Record<string, N>>,
  name: string | undefined,
  what: string,
): N | undefined {
  if (name === undefined) return undefined;
  const number = Object.hasOwn(names, name) ? names[name] : undefined;
  if (number !== undefined && number !== 0) return number;
  const choices = Object.keys(names).filter((key) => names[key] !== 0).join(", ");
  throw new ValueError(`${what}: unknown value ${JSON.stringify(name)}; choose one of ${choices}`);
}

/** The names of an enum by number; what is unspecified or newer than this table reads as undefined. */
export function enumNames<T extends string>(names: Readonly<Record<string, number>>): ReadonlyMap<number, T> {
  return new Map(
    Object.entries(names).filter(([, number]) => number !== 0).map(([name, number]) => [number, name as T]),
  );
}
