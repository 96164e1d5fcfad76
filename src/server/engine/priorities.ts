/**
 * Priorities: what work has from whoever asked for it.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import { type Priority, PrioritySchema } from "../../gen/temporal/api/common/v1/message_pb.ts";

/** The priority of work that was given `own`: what that leaves unset is as in `inherited`. */
export function mergePriority(inherited: Priority | undefined, own: Priority | undefined): Priority | undefined {
  if (!inherited || !own) return own ?? inherited;
  return create(PrioritySchema, {
    priorityKey: own.priorityKey || inherited.priorityKey,
    fairnessKey: own.fairnessKey || inherited.fairnessKey,
    fairnessWeight: own.fairnessWeight || inherited.fairnessWeight,
  });
}
