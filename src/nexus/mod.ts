/**
 * Nexus services and operations: `import * as nexus from "@anywhen/temporal/nexus"`.
 *
 * @module
 */
export { operation, service } from "./definition.ts";
export type {
  CancelOperationContext,
  Link,
  OperationDefinition,
  OperationHandler,
  OperationHandlerFor,
  OperationInput,
  OperationKey,
  OperationOf,
  OperationOutput,
  OperationResult,
  ServiceDefinition,
  StartOperationContext,
} from "./definition.ts";
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ApplicationError,
  CancelledError,
  ChildWorkflowError,
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
