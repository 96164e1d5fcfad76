/**
 * What `@anywhen/temporal/activity` is in workflow code: definitions work, the context of an activity is not there.
 *
 * @module
 */
import { IllegalStateError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";

export { define, defn } from "../activity/definition.ts";
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

/** False: this is a workflow. */
export function inActivity(): boolean {
  return false;
}

const absent = (name: string) => (): never => {
  throw new IllegalStateError(`activity.${name}: Not in activity context; call it in an activity, not in a workflow`);
};

/** Throws IllegalStateError, as all of these do. */
export const cancellationDetails: () => never = /* @__PURE__ */ absent("cancellationDetails");
/** Throws IllegalStateError. */
export const cancellationSignal: () => never = /* @__PURE__ */ absent("cancellationSignal");
/** Throws IllegalStateError. */
export const client: () => never = /* @__PURE__ */ absent("client");
/** Throws IllegalStateError. */
export const heartbeat: () => never = /* @__PURE__ */ absent("heartbeat");
/** Throws IllegalStateError. */
export const info: () => never = /* @__PURE__ */ absent("info");
/** Throws IllegalStateError. */
export const isCancelled: () => never = /* @__PURE__ */ absent("isCancelled");
/** Throws IllegalStateError. */
export const isWorkerShutdown: () => never = /* @__PURE__ */ absent("isWorkerShutdown");
/** Throws IllegalStateError. */
export const metricMeter: () => never = /* @__PURE__ */ absent("metricMeter");
/** Throws IllegalStateError. */
export const payloadConverter: () => never = /* @__PURE__ */ absent("payloadConverter");
/** Throws IllegalStateError. */
export const raiseCompleteAsync: () => never = /* @__PURE__ */ absent("raiseCompleteAsync");
/** Throws IllegalStateError. */
export const sleep: () => never = /* @__PURE__ */ absent("sleep");
/** Throws IllegalStateError. */
export const threadPool: () => never = /* @__PURE__ */ absent("threadPool");
/** Throws IllegalStateError. */
export const waitForCancelled: () => never = /* @__PURE__ */ absent("waitForCancelled");
/** Throws IllegalStateError. */
export const waitForWorkerShutdown: () => never = /* @__PURE__ */ absent("waitForWorkerShutdown");
/** Throws IllegalStateError. */
export const workerShutdownSignal: () => never = /* @__PURE__ */ absent("workerShutdownSignal");

/** Throws IllegalStateError when it logs. */
export const logger: Logger = {
  debug: /* @__PURE__ */ absent("logger"),
  info: /* @__PURE__ */ absent("logger"),
  warn: /* @__PURE__ */ absent("logger"),
  error: /* @__PURE__ */ absent("logger"),
};
