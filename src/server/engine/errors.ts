/**
 * The errors of the service: status codes, messages and details as the real server sends them.
 *
 * @module
 */

import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Failure } from "../../gen/temporal/api/failure/v1/message_pb.ts";
import type { ResourceExhaustedCause } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import { ResourceExhaustedScope } from "../../gen/temporal/api/enums/v1/failed_cause_pb.ts";
import {
  NamespaceAlreadyExistsFailureSchema,
  NamespaceNotFoundFailureSchema,
  NotFoundFailureSchema,
  QueryFailedFailureSchema,
  ResourceExhaustedFailureSchema,
  WorkflowExecutionAlreadyStartedFailureSchema,
  WorkflowNotReadyFailureSchema,
} from "../../gen/temporal/api/errordetails/v1/message_pb.ts";

/** The name of the one cluster this server is, as the official dev server calls itself. */
export const CLUSTER_NAME = "active";

/** INVALID_ARGUMENT. */
export function invalidArgument(message: string): ConnectError {
  return new ConnectError(message, Code.InvalidArgument);
}

/** FAILED_PRECONDITION. */
export function failedPrecondition(message: string): ConnectError {
  return new ConnectError(message, Code.FailedPrecondition);
}

/** UNIMPLEMENTED. */
export function unimplemented(message: string): ConnectError {
  return new ConnectError(message, Code.Unimplemented);
}

/** ABORTED. */
export function aborted(message: string): ConnectError {
  return new ConnectError(message, Code.Aborted);
}

/** UNAVAILABLE. */
export function unavailable(message: string): ConnectError {
  return new ConnectError(message, Code.Unavailable);
}

/** DEADLINE_EXCEEDED. */
export function deadlineExceeded(message: string): ConnectError {
  return new ConnectError(message, Code.DeadlineExceeded);
}

/** NOT_FOUND with NotFoundFailure. */
export function notFound(message: string): ConnectError {
  return detailed(message, Code.NotFound, NotFoundFailureSchema, {});
}

/** NOT_FOUND for a namespace. */
export function namespaceNotFound(namespace: string): ConnectError {
  return detailed(`Namespace ${namespace} is not found.`, Code.NotFound, NamespaceNotFoundFailureSchema, {
    namespace,
  });
}

/** ALREADY_EXISTS for a namespace. */
export function namespaceAlreadyExists(name: string): ConnectError {
  return detailed(
    `Namespace ${JSON.stringify(name)} already exists`,
    Code.AlreadyExists,
    NamespaceAlreadyExistsFailureSchema,
    {},
  );
}

/** ALREADY_EXISTS for a workflow id. */
export function workflowAlreadyStarted(message: string, startRequestId: string, runId: string): ConnectError {
  return detailed(message, Code.AlreadyExists, WorkflowExecutionAlreadyStartedFailureSchema, {
    startRequestId,
    runId,
  });
}

/** INVALID_ARGUMENT for a query that the worker failed. */
export function queryFailed(message: string, failure: Failure | undefined): ConnectError {
  return detailed(message, Code.InvalidArgument, QueryFailedFailureSchema, { failure });
}

/** FAILED_PRECONDITION for a workflow that cannot answer yet. */
export function workflowNotReady(message: string): ConnectError {
  return detailed(message, Code.FailedPrecondition, WorkflowNotReadyFailureSchema, {});
}

/** RESOURCE_EXHAUSTED. */
export function resourceExhausted(message: string, cause: ResourceExhaustedCause): ConnectError {
  return detailed(message, Code.ResourceExhausted, ResourceExhaustedFailureSchema, {
    cause,
    scope: ResourceExhaustedScope.NAMESPACE,
  });
}

function detailed<D extends DescMessage>(
  message: string,
  code: Code,
  desc: D,
  value: MessageInitShape<D>,
): ConnectError {
  return new ConnectError(message, code, undefined, [{ desc, value }]);
}

/** PERMISSION_DENIED. */
export function permissionDenied(message: string): ConnectError {
  return new ConnectError(message, Code.PermissionDenied);
}
