/**
 * The raw API: its services, and the messages and enums of each proto package under the package's
 * name. Loads all generated code, the Cloud API too; nothing else in this package imports it.
 *
 * A proto package that spans several generated files is put together by a module beside this one, with `export *`:
 * its names are those of the protos, hundreds of them, and a list of them here would go stale with each new version.
 *
 * ```ts
 * import { create } from "@bufbuild/protobuf";
 * import { enums, workflowservice } from "@anywhen/temporal/api";
 *
 * const request = create(workflowservice.DescribeTaskQueueRequestSchema, {
 *   namespace: "default",
 *   taskQueue: { name: "greetings" },
 *   taskQueueType: enums.TaskQueueType.WORKFLOW,
 * });
 * console.log(request.taskQueue?.name);
 * ```
 *
 * @module
 */
export { CloudService } from "../gen/temporal/api/cloud/cloudservice/v1/service_pb.ts";
export { Health as HealthService } from "../gen/grpc/health/v1/health_pb.ts";
export { OperatorService } from "../gen/temporal/api/operatorservice/v1/service_pb.ts";
export { TestService } from "../gen/temporal/api/testservice/v1/service_pb.ts";
export { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";

export * as activity from "../gen/temporal/api/activity/v1/message_pb.ts";
export * as batch from "../gen/temporal/api/batch/v1/message_pb.ts";
export * as callback from "../gen/temporal/api/callback/v1/message_pb.ts";
export * as command from "../gen/temporal/api/command/v1/message_pb.ts";
export * as common from "../gen/temporal/api/common/v1/message_pb.ts";
export * as compute from "./compute.ts";
export * as deployment from "../gen/temporal/api/deployment/v1/message_pb.ts";
export * as enums from "./enums.ts";
export * as errordetails from "../gen/temporal/api/errordetails/v1/message_pb.ts";
export * as export from "../gen/temporal/api/export/v1/message_pb.ts";
export * as failure from "../gen/temporal/api/failure/v1/message_pb.ts";
export * as filter from "../gen/temporal/api/filter/v1/message_pb.ts";
export * as history from "../gen/temporal/api/history/v1/message_pb.ts";
export * as namespace from "../gen/temporal/api/namespace/v1/message_pb.ts";
export * as nexus from "../gen/temporal/api/nexus/v1/message_pb.ts";
export * as nexusservices from "../gen/temporal/api/nexusservices/workerservice/v1/request_response_pb.ts";
export * as operatorservice from "./operatorservice.ts";
export * as protocol from "../gen/temporal/api/protocol/v1/message_pb.ts";
export * as query from "../gen/temporal/api/query/v1/message_pb.ts";
export * as replication from "../gen/temporal/api/replication/v1/message_pb.ts";
export * as rules from "../gen/temporal/api/rules/v1/message_pb.ts";
export * as schedule from "../gen/temporal/api/schedule/v1/message_pb.ts";
export * as sdk from "./sdk.ts";
export * as taskqueue from "../gen/temporal/api/taskqueue/v1/message_pb.ts";
export * as update from "../gen/temporal/api/update/v1/message_pb.ts";
export * as version from "../gen/temporal/api/version/v1/message_pb.ts";
export * as worker from "../gen/temporal/api/worker/v1/message_pb.ts";
export * as workflow from "../gen/temporal/api/workflow/v1/message_pb.ts";
export * as workflowservice from "./workflowservice.ts";
