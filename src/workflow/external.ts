/**
 * Other workflows, known by their id.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference of arguments
import type { HandlerArgs, HandlerName, SignalDefinition, UntypedWorkflow, WorkflowRef } from "../common/definition.ts";
import type { WorkflowTarget } from "./bridge.ts";
import { callRun } from "./current.ts";

/** A workflow that takes signals. */
export interface SignalTarget<W = UntypedWorkflow> {
  /** The workflow's id. */
  id: string;
  /**
   * Sends a signal and waits until it is delivered. Rejects with ApplicationError where the workflow is not found or has
   * ended, with CancelledError where it was cancelled before it was sent.
   */
  signal<A extends any[]>(signal: SignalDefinition<A>, ...args: A): Promise<void>;
  /** Sends a signal by the name of its handler. */
  signal<N extends HandlerName<W>>(signal: N, ...args: HandlerArgs<W, N>): Promise<void>;
}

/** A workflow of the same namespace that this one has not started. */
export interface ExternalWorkflowHandle<W = UntypedWorkflow> extends SignalTarget<W> {
  /** The run that is meant; the current one where unset. */
  runId?: string;
  /**
   * Asks that it be cancelled and waits until the request is delivered. Rejects with ApplicationError where the workflow
   * is not found. Cancelling the wait does not take the request back.
   */
  cancel(reason?: string): Promise<void>;
}

/**
 * A handle of a workflow by its id: `await getExternalWorkflowHandle("order-7").signal("approve", "Ada")`. Whether there
 * is such a workflow only its calls tell. `workflow` is for types alone.
 */
export function getExternalWorkflowHandle<W extends WorkflowRef = UntypedWorkflow>(
  id: string,
  options: { runId?: string; workflow?: W } = {},
): ExternalWorkflowHandle<W> {
  const target = { workflowId: id, runId: options.runId };
  return {
    id,
    runId: options.runId,
    signal: makeSignal(target),
    cancel: (reason) => callRun("cancelExternal", target, reason),
  };
}

/** How a target is signalled. */
export function makeSignal(target: WorkflowTarget): SignalTarget<any>["signal"] {
  return (signal: SignalDefinition | string, ...args: unknown[]) => callRun("signalExternal", target, signal, args);
}
