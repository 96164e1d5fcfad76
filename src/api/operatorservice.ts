/**
 * Requests, responses and the service of the operator API, as one module:
 * the package `temporal.api.operatorservice.v1` spans several generated files.
 *
 * @module
 */
export * from "../gen/temporal/api/operatorservice/v1/request_response_pb.ts";
export * from "../gen/temporal/api/operatorservice/v1/service_pb.ts";
