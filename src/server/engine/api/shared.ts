/**
 * What the methods of the service have in common.
 *
 * @module
 */

import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { WorkflowService } from "../../../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { Engine } from "../engine.ts";
import { invalidArgument } from "../errors.ts";
import type { Namespace } from "../namespace.ts";
import type { Caller } from "../wait.ts";

/** Some of the service's methods. */
export type Methods = Partial<ServiceImpl<typeof WorkflowService>>;

/** Who calls. */
export function callerOf(context: HandlerContext): Caller {
  return { signal: context.signal, timeoutMs: context.timeoutMs() };
}

/** The namespace a request names; throws INVALID_ARGUMENT and NOT_FOUND. */
export function namespaceOf(engine: Engine, request: { namespace: string }): Namespace {
  if (!request.namespace) throw invalidArgument("Namespace is empty.");
  return engine.namespaces.get(request.namespace);
}

/** How a request names a workflow. */
export interface ExecutionAddress {
  workflowId: string;
  runId: string;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Throws INVALID_ARGUMENT unless the request names a workflow. */
export function checkExecution(execution: ExecutionAddress | undefined): ExecutionAddress {
  if (!execution) throw invalidArgument("Execution is not set on request.");
  if (!execution.workflowId) throw invalidArgument("WorkflowId is not set on request.");
  if (execution.runId && !UUID.test(execution.runId)) throw invalidArgument("Invalid RunId.");
  return execution;
}

/** Throws INVALID_ARGUMENT for a text longer than ids may be. */
export function checkLength(engine: Engine, text: string, what: string): void {
  if (text.length > engine.limits.idLength) throw invalidArgument(`${what} length exceeds limit.`);
}
