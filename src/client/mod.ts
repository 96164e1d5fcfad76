/**
 * The client: starts workflows, waits for them, talks to them.
 *
 * @example
 * ```ts
 * import { Client } from "@anywhen/temporal/client";
 *
 * await using client = await Client.connect("localhost:7233");
 * const handle = await client.workflow.start("greet", { id: "greet-1", taskQueue: "greetings", args: ["World"] });
 * console.log(await handle.result());
 * ```
 *
 * @module
 */
export {
  ActivityAlreadyStartedError,
  ActivityError,
  ActivityFailureError,
  ApplicationError,
  AsyncActivityCancelledError,
  CancelledError,
  ChildWorkflowError,
  FailureError,
  IllegalStateError,
  isCancelledException,
  NexusOperationAlreadyStartedError,
  NexusOperationError,
  NexusOperationFailureError,
  NotFoundError,
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
} from "../common/errors.ts";
export type { NewWorkflowOptions, WorkflowExecutionStatus } from "../common/options.ts";
export type {
  DnsLoadBalancingConfig,
  GrpcCompression,
  HttpConnectProxyConfig,
  KeepAliveConfig,
  RetryConfig,
  TLSConfig,
} from "../transport/options.ts";
export type { ActivityClient, AsyncActivityHandle } from "./async_activity.ts";
export { Client } from "./client.ts";
export type { ExecutionCount, MemoReader, WorkflowExecution, WorkflowExecutionDescription } from "./execution.ts";
export type { WorkflowHandle } from "./handle.ts";
export { WorkflowHistory } from "./history.ts";
export type { HistoryEvent } from "./history.ts";
export type { HistoryOptions } from "./history_calls.ts";
export type { ApiKey, ClientOptions, Connectable, ConnectOptions, RawClient } from "./options.ts";
export type { Paged } from "./paging.ts";
export type { StartSignalOptions, WorkflowStartOptions } from "./start_options.ts";
export type {
  ExecuteUpdate,
  StartUpdate,
  StartUpdateOptions,
  UpdateOptions,
  WorkflowUpdateHandle,
  WorkflowUpdateStage,
} from "./update.ts";
export { WithStartWorkflowOperation } from "./with_start.ts";
export type { ExecuteUpdateWithStart, StartUpdateWithStart, WithStart } from "./with_start.ts";
export type { WorkflowClient } from "./workflow_client.ts";
export type { ListOptions, WorkflowExecutionList } from "./workflow_list.ts";
