/**
 * Compute providers and scalers of worker deployments, as one module:
 * the package `temporal.api.compute.v1` spans several generated files.
 *
 * @module
 */
export * from "../gen/temporal/api/compute/v1/config_pb.ts";
export * from "../gen/temporal/api/compute/v1/provider_pb.ts";
export * from "../gen/temporal/api/compute/v1/scaler_pb.ts";
