/**
 * Requests, responses and the service of the workflow API, as one module:
 * the package `temporal.api.workflowservice.v1` spans several generated files.
 *
 * @module
 */
export * from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
export * from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
