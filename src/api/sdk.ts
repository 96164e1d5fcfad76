/**
 * What SDKs exchange: user metadata, stack traces, workflow metadata, worker configuration, as one module:
 * the package `temporal.api.sdk.v1` spans several generated files.
 *
 * @module
 */
export * from "../gen/temporal/api/sdk/v1/enhanced_stack_trace_pb.ts";
export * from "../gen/temporal/api/sdk/v1/event_group_marker_pb.ts";
export * from "../gen/temporal/api/sdk/v1/external_storage_pb.ts";
export * from "../gen/temporal/api/sdk/v1/task_complete_metadata_pb.ts";
export * from "../gen/temporal/api/sdk/v1/user_metadata_pb.ts";
export * from "../gen/temporal/api/sdk/v1/worker_config_pb.ts";
export * from "../gen/temporal/api/sdk/v1/workflow_metadata_pb.ts";
