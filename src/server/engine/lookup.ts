/**
 * Finding the run that a caller names.
 *
 * @module
 */

import type { Engine } from "./engine.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Namespace } from "./namespace.ts";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** The run of that id, the current one if no run id is given. Throws INVALID_ARGUMENT and NOT_FOUND. */
export function findRun(engine: Engine, namespace: Namespace, workflowId: string, runId: string): Execution {
  if (!workflowId) throw invalidArgument("WorkflowId is not set on request.");
  if (workflowId.length > engine.limits.idLength) throw invalidArgument("WorkflowId length exceeds limit.");
  if (runId && !UUID.test(runId)) throw invalidArgument("Invalid RunId.");
  const run = runId ? engine.store.find(namespace, workflowId, runId) : engine.store.findCurrent(namespace, workflowId);
  if (run) return run;
  throw notFound(
    runId
      ? `workflow execution not found for workflow ID "${workflowId}" and run ID "${runId}"`
      : `workflow not found for ID: ${workflowId}`,
  );
}

/** The same, and the run must still go on. */
export function findOpenRun(engine: Engine, namespace: Namespace, workflowId: string, runId: string): Execution {
  const run = findRun(engine, namespace, workflowId, runId);
  if (!isRunning(run)) throw notFound("workflow execution already completed");
  return run;
}

/** The current run of the chain that began with `firstRunId`; without that the run of `runId`. */
export function findChainRun(
  engine: Engine,
  namespace: Namespace,
  workflowId: string,
  runId: string,
  firstRunId: string,
): Execution {
  const run = findRun(engine, namespace, workflowId, firstRunId ? "" : runId);
  if (firstRunId && isRunning(run) && run.firstRunId !== firstRunId) throw notFound("workflow execution not found");
  return run;
}
