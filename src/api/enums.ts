/**
 * Every enum of the API, as one module: the package `temporal.api.enums.v1` spans several generated files.
 *
 * @module
 */
export * from "../gen/temporal/api/enums/v1/activity_pb.ts";
export * from "../gen/temporal/api/enums/v1/batch_operation_pb.ts";
export * from "../gen/temporal/api/enums/v1/command_type_pb.ts";
export * from "../gen/temporal/api/enums/v1/common_pb.ts";
export * from "../gen/temporal/api/enums/v1/deployment_pb.ts";
export * from "../gen/temporal/api/enums/v1/event_type_pb.ts";
export * from "../gen/temporal/api/enums/v1/failed_cause_pb.ts";
export * from "../gen/temporal/api/enums/v1/namespace_pb.ts";
export * from "../gen/temporal/api/enums/v1/nexus_pb.ts";
export * from "../gen/temporal/api/enums/v1/query_pb.ts";
export * from "../gen/temporal/api/enums/v1/reset_pb.ts";
export * from "../gen/temporal/api/enums/v1/schedule_pb.ts";
export * from "../gen/temporal/api/enums/v1/task_queue_pb.ts";
export * from "../gen/temporal/api/enums/v1/time_skipping_pb.ts";
export * from "../gen/temporal/api/enums/v1/update_pb.ts";
export * from "../gen/temporal/api/enums/v1/workflow_pb.ts";
