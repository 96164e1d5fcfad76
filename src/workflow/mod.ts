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
 * @module
 */
export { executeActivity, proxyActivities, startActivity } from "./activities.ts";
export type { ActivityHandle, ActivityProxy } from "./activities.ts";
export { continueAsNew } from "./continuation.ts";
export { payloadConverter } from "./conversion.ts";
export { defn, query, run, signal, update } from "./decorators.ts";
export type { HandlerDecorator, HandlerOptions } from "./decorators.ts";
export { define, defineQuery, defineSignal, defineUpdate } from "./definition.ts";
export type { DynamicWorkflowConfig, ErrorClass, WorkflowDefnOptions } from "./definition.ts";
export {
  allHandlersFinished,
  currentUpdateInfo,
  getDynamicHandler,
  getHandler,
  setDynamicHandler,
  setHandler,
} from "./handlers.ts";
export type { DynamicHandler } from "./handlers.ts";
export { info, instance, inWorkflow } from "./info.ts";
export type { Info } from "./info.ts";
export { logger } from "./logger.ts";
export type {
  ActivityCancellationType,
  ActivityOptions,
  CallOptions,
  CancellationScopeOptions,
  ContinueAsNewOptions,
  HandlerKind,
  HandlerUnfinishedPolicy,
  SleepOptions,
  UpdateHandlerOptions,
  WaitConditionOptions,
} from "./options.ts";
export { random, randomSeed, uuid4 } from "./random.ts";
export type { RandomStream } from "./random.ts";
export { cancellationReason, CancellationScope, cancellationSignal, shield } from "./scope.ts";
export { now, sleep, time, timeNs, waitCondition } from "./time.ts";
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
