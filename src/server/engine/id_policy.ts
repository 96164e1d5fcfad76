/**
 * Whether a workflow id may be used again.
 *
 * @module
 */

import { WorkflowExecutionStatus, WorkflowIdReusePolicy } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";

const FAILED_STATUSES = new Set<WorkflowExecutionStatus>([
  WorkflowExecutionStatus.FAILED,
  WorkflowExecutionStatus.CANCELED,
  WorkflowExecutionStatus.TERMINATED,
  WorkflowExecutionStatus.TIMED_OUT,
]);

/** Whether the policy lets the id of a workflow that closed with `status` be used again. */
export function isReusable(status: WorkflowExecutionStatus, policy: WorkflowIdReusePolicy): boolean {
  if (policy === WorkflowIdReusePolicy.REJECT_DUPLICATE) return false;
  return policy !== WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY || FAILED_STATUSES.has(status);
}
