/**
 * The inside of activities: `import * as activity from "@anywhen/temporal/activity"`.
 *
 * ```ts
 * import * as activity from "@anywhen/temporal/activity";
 *
 * export async function copyRows(from: number, to: number): Promise<number> {
 *   for (let row = from; row < to; row++) {
 *     activity.heartbeat(row);
 *     await activity.sleep("10ms"); // rejects when the activity is cancelled
 *   }
 *   return to - from;
 * }
 * ```
 *
 * @module
 */
export {
  cancellationDetails,
  cancellationSignal,
  client,
  heartbeat,
  inActivity,
  info,
  isCancelled,
  isWorkerShutdown,
  logger,
  metricMeter,
  payloadConverter,
  raiseCompleteAsync,
  sleep,
  waitForCancelled,
  waitForWorkerShutdown,
  workerShutdownSignal,
} from "./context.ts";
export type { Info } from "./context.ts";
export type { ActivityCancellationDetails } from "../common/options.ts";
export { define, defn } from "./definition.ts";
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
  CompleteAsyncError,
  FailureError,
  IllegalStateError,
  isCancelledException,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  ServerError,
  TemporalError,
  TerminatedError,
  TimeoutError,
  ValueError,
  WorkflowAlreadyStartedError,
} from "../common/errors.ts";
