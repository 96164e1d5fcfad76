/**
 * The vocabulary that all parts of this package share: errors, options, search attributes, references, loggers and
 * meters.
 *
 * @module
 */
export { createLogger } from "./console_logger.ts";
export type {
  ActivityArgs,
  ActivityDefinition,
  ActivityFunction,
  ActivityRef,
  ActivityResult,
  ArgsOption,
  HandlerArgs,
  HandlerName,
  HandlerResult,
  OptionsRest,
  Outputs,
  QueryDefinition,
  Schemas,
  SignalDefinition,
  StandardSchemaV1,
  TypeHint,
  UntypedActivity,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowArgs,
  WorkflowClass,
  WorkflowDefinition,
  WorkflowFunction,
  WorkflowRef,
  WorkflowResult,
} from "./definition.ts";
export type { Duration } from "./duration.ts";
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ActivityFailureError,
  ApplicationError,
  AsyncActivityCancelledError,
  CancelledError,
  ChildWorkflowError,
  CompleteAsyncError,
  ContinueAsNewError,
  FailureError,
  GracefulShutdownPeriodExpiredError,
  IllegalStateError,
  isCancelledException,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  NexusOperationFailureError,
  NondeterminismError,
  NotFoundError,
  ReadOnlyContextError,
  RestrictedWorkflowAccessError,
  RPCError,
  RPCTimeoutOrCancelledError,
  ScheduleAlreadyRunningError,
  ServerError,
  TemporalError,
  TerminatedError,
  TimeoutError,
  ValueError,
  WorkflowAlreadyStartedError,
  WorkflowContinuedAsNewError,
  WorkflowFailureError,
  WorkflowQueryFailedError,
  WorkflowQueryRejectedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "./errors.ts";
export type {
  AnyTemporalError,
  ApplicationErrorOptions,
  RetryState,
  RPCStatusCode,
  TemporalErrorCode,
  TimeoutType,
} from "./errors.ts";
export type { LogAttributes, Logger } from "./logger.ts";
export { noopMetricMeter } from "./meter.ts";
export type {
  MetricAttributes,
  MetricCommon,
  MetricCounter,
  MetricGauge,
  MetricHistogram,
  MetricMeter,
  MetricOptions,
} from "./meter.ts";
export { fromCanonicalString, toCanonicalString } from "./options.ts";
export type {
  ActivityIDConflictPolicy,
  ActivityIDReusePolicy,
  HeaderCodecBehavior,
  Memo,
  NexusOperationIDConflictPolicy,
  NexusOperationIDReusePolicy,
  Priority,
  QueryRejectCondition,
  RetryPolicy,
  RpcMetadata,
  RpcOptions,
  VersioningBehavior,
  VersioningIntent,
  VersioningOverride,
  WorkerDeploymentVersion,
  WorkflowIDConflictPolicy,
  WorkflowIDReusePolicy,
} from "./options.ts";
export { RawValue } from "./payload.ts";
export type { Payload } from "./payload.ts";
export { SearchAttributeKey, TypedSearchAttributes } from "./search.ts";
export type {
  SearchAttributeIndexedValueType,
  SearchAttributePair,
  SearchAttributes,
  SearchAttributeUpdate,
  SearchAttributeValue,
} from "./search.ts";
export type { TelemetryOptions } from "./telemetry.ts";
