/**
 * The inside of workflows: `import * as workflow from "@anywhen/temporal/workflow"`.
 *
 * ```ts
 * import * as workflow from "@anywhen/temporal/workflow";
 *
 * export const approve = workflow.defineSignal<[by: string]>("approve");
 *
 * export async function approval(order: string): Promise<string> {
 *   let by: string | undefined;
 *   workflow.setHandler(approve, (who) => {
 *     by = who;
 *   });
 *   await workflow.waitCondition(() => by !== undefined, { timeout: "7 days" });
 *   return `${order}: ${by ?? "nobody"}`;
 * }
 * ```
 *
 * What starts, waits, cancels or changes something throws ReadOnlyContextError in queries and validators, at once even
 * where it returns a promise, and IllegalStateError while modules load.
 *
 * @module
 */
export { executeActivity, proxyActivities, startActivity } from "./activities.ts";
export type { ActivityHandle, ActivityProxy } from "./activities.ts";
export { executeChildWorkflow, startChildWorkflow } from "./children.ts";
export type { ChildWorkflowHandle } from "./children.ts";
export { continueAsNew } from "./continuation.ts";
export { payloadConverter } from "./conversion.ts";
export { asCompleted } from "./completed.ts";
export { defn, dynamicConfig, query, run, signal, update } from "./decorators.ts";
export type { HandlerDecorator, HandlerOptions } from "./decorators.ts";
export { getCurrentDetails, setCurrentDetails } from "./details.ts";
export { define, defineQuery, defineSignal, defineUpdate } from "./definition.ts";
export type { DynamicWorkflowConfig, ErrorClass, WorkflowDefnOptions } from "./definition.ts";
export { getExternalWorkflowHandle } from "./external.ts";
export type { ExternalWorkflowHandle, SignalTarget } from "./external.ts";
export {
  allHandlersFinished,
  currentUpdateInfo,
  getDynamicHandler,
  getHandler,
  isFailureException,
  setDynamicHandler,
  setHandler,
} from "./handlers.ts";
export type { DynamicHandler } from "./handlers.ts";
export { info, instance, inWorkflow } from "./info.ts";
export type { Info } from "./info.ts";
export { Lock, Semaphore } from "./locks.ts";
export type { AcquireOptions } from "./locks.ts";
export { executeLocalActivity, proxyLocalActivities, startLocalActivity } from "./local_activities.ts";
export { logger } from "./logger.ts";
export { memo, memoValue, upsertMemo } from "./memo.ts";
export { metricMeter } from "./metrics.ts";
export type {
  ActivityCancellationType,
  ActivityOptions,
  CallOptions,
  CancellationScopeOptions,
  ChildWorkflowCancellationType,
  ChildWorkflowOptions,
  ContinueAsNewOptions,
  HandlerKind,
  HandlerUnfinishedPolicy,
  LocalActivityOptions,
  ParentClosePolicy,
  SleepOptions,
  UpdateHandlerOptions,
  WaitConditionOptions,
} from "./options.ts";
export { getLastCompletionResult, getLastFailure, hasLastCompletionResult } from "./previous_run.ts";
export { deprecatePatch, patched } from "./patches.ts";
export { newRandom, random, randomSeed, registerRandomSeedCallback, uuid4, uuid7 } from "./random.ts";
export type { RandomStream } from "./random.ts";
export { cancellationReason, CancellationScope, cancellationSignal, shield } from "./scope.ts";
export { upsertSearchAttributes } from "./search_attributes.ts";
export { now, sleep, time, timeNs, waitCondition } from "./time.ts";
export { externFunctions, proxySinks } from "./sinks.ts";
export { unsafe } from "./unsafe.ts";
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  ContinueAsNewError,
  FailureError,
  IllegalStateError,
  isCancelledException,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  NondeterminismError,
  ReadOnlyContextError,
  RestrictedWorkflowAccessError,
  ServerError,
  TemporalError,
  TerminatedError,
  TimeoutError,
  ValueError,
  WorkflowAlreadyStartedError,
} from "../common/errors.ts";
