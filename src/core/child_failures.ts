/**
 * The failures of child workflows as code gets to see them: which child it was, around why it did not end well.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import { RetryState, TimeoutType } from "../gen/temporal/api/enums/v1/workflow_pb.ts";

/** Which child a failure is about. */
export interface ChildIdentity {
  readonly namespace: string;
  readonly workflowId: string;
  /** The run that was started first, "" before it was. */
  runId: string;
  readonly workflowType: string;
  initiatedEventId: bigint;
  startedEventId: bigint;
}

/** The failure of a child that was cancelled before the server heard of it. */
export function cancelledUnsent(child: ChildIdentity, reason: string): Failure {
  const message = "Child Workflow Execution cancelled before scheduled";
  return wrap(child, reason ? `${message}: ${reason}` : message, makeCause("", "canceledFailureInfo"));
}

/** The failure of a child that was cancelled. */
export function cancelledChild(child: ChildIdentity): Failure {
  return wrap(child, "Child Workflow execution cancelled", makeCause("", "canceledFailureInfo"));
}

/** The failure of a child that could not be asked to stop. */
export function refusedCancellation(child: ChildIdentity, cause: Failure): Failure {
  return wrap(child, "Child Workflow execution could not be cancelled", cause);
}

/** The failure of a child that failed. */
export function failedChild(child: ChildIdentity, ending: { failure?: Failure; retryState: RetryState }): Failure {
  return wrap(child, "Child Workflow execution failed", ending.failure, ending.retryState);
}

/** The failure of a child that ran out of time. */
export function timedOutChild(child: ChildIdentity, retryState: RetryState): Failure {
  const cause = makeCause("Timed out", "timeoutFailureInfo", { timeoutType: TimeoutType.START_TO_CLOSE });
  return wrap(child, "Child Workflow execution timed out", cause, retryState);
}

/** The failure of a child that was terminated. */
export function terminatedChild(child: ChildIdentity): Failure {
  const cause = makeCause("Terminated", "terminatedFailureInfo", { identity: "" });
  return wrap(child, "Child Workflow execution terminated", cause);
}

function makeCause(message: string, kind: string, value: Record<string, unknown> = { identity: "" }): Failure {
  return { message, source: "", stackTrace: "", failureInfo: { case: kind, value } };
}

function wrap(
  { namespace, workflowId, runId, workflowType, initiatedEventId, startedEventId }: ChildIdentity,
  message: string,
  cause: Failure | undefined,
  retryState: RetryState = RetryState.NON_RETRYABLE_FAILURE,
): Failure {
  return {
    message,
    source: "",
    stackTrace: "",
    cause,
    failureInfo: {
      case: "childWorkflowExecutionFailureInfo",
      value: {
        namespace,
        workflowExecution: { workflowId, runId },
        workflowType: { name: workflowType },
        initiatedEventId,
        startedEventId,
        retryState,
      },
    },
  };
}
