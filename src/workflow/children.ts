/**
 * Child workflows.
 *
 * @module
 */
import type { OptionsRest, UntypedWorkflow, WorkflowRef, WorkflowResult } from "../common/definition.ts";
import type { StartedChild } from "./bridge.ts";
import { callRun } from "./current.ts";
import { makeSignal, type SignalTarget } from "./external.ts";
import type { ChildWorkflowOptions } from "./options.ts";

/** A child workflow that has started. */
export interface ChildWorkflowHandle<W = UntypedWorkflow> extends SignalTarget<W> {
  /** Id of the first run of its chain. */
  firstExecutionRunId: string;
  /**
   * Its result; rejects with ChildWorkflowError. Unless it is asked for, a failure is no fault, and a cancellation is left
   * to the next wait.
   */
  result(): Promise<WorkflowResult<W>>;
  /** Cancels it, the first time; the child reads the reason. */
  cancel(reason?: string): void;
}

/**
 * Starts a child workflow and waits until it has started, not until it ends.
 *
 * ```ts
 * const child = await workflow.startChildWorkflow(greet, { args: ["World"], id: "greeting" });
 * await child.result();
 * ```
 *
 * Rejects with WorkflowAlreadyStartedError where the id is taken, with ValueError for bad options, with
 * ChildWorkflowError or CancelledError where it is cancelled before it has started.
 */
export function startChildWorkflow<W extends WorkflowRef = UntypedWorkflow>(
  workflow: W | string,
  ...options: OptionsRest<ChildWorkflowOptions<W>>
): Promise<ChildWorkflowHandle<W>> {
  return callRun("startChild", workflow, options[0]).then(toHandle<W>);
}

/**
 * Starts a child workflow and waits for its result. Rejects with ChildWorkflowError, WorkflowAlreadyStartedError where
 * the id is taken, CancelledError, or ValueError for bad options.
 */
export function executeChildWorkflow<W extends WorkflowRef = UntypedWorkflow>(
  workflow: W | string,
  ...options: OptionsRest<ChildWorkflowOptions<W>>
): Promise<WorkflowResult<W>> {
  return callRun("executeChild", workflow, options[0]) as Promise<WorkflowResult<W>>;
}

function toHandle<W>(child: StartedChild): ChildWorkflowHandle<W> {
  const { id, firstExecutionRunId } = child;
  return {
    id,
    firstExecutionRunId,
    result: () => awaitResult(child.result() as Promise<WorkflowResult<W>>),
    cancel: (reason) => callRun("cancelCall", child, reason),
    signal: makeSignal({ workflowId: id, childOnly: true }),
  };
}

/** One promise job later than the result, as with the official TypeScript SDK; that nobody awaits a failure is no fault. */
function awaitResult<R>(result: Promise<R>): Promise<R> {
  const awaited = (async () => await result)();
  awaited.then(undefined, () => {});
  return awaited;
}
