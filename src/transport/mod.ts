/**
 * How calls reach a Temporal server: native gRPC where the runtime has `node:http2`, gRPC-web and Connect over any
 * `fetch`, and a gateway between the two.
 *
 * @example
 * ```ts
 * import { createClient } from "@connectrpc/connect";
 * import { WorkflowService } from "@anywhen/temporal/api";
 * import { createTransport } from "@anywhen/temporal/transport";
 *
 * const service = createClient(WorkflowService, createTransport({ address: "localhost:7233" }));
 * console.log((await service.getSystemInfo({})).serverVersion);
 * ```
 *
 * @module
 */
export { createTransport } from "./connection.ts";
export { createGateway } from "./gateway.ts";
export type {
  DnsLoadBalancingConfig,
  GrpcCompression,
  HttpConnectProxyConfig,
  KeepAliveConfig,
  PayloadLimitsConfig,
  RetryConfig,
  TLSConfig,
  TransportOptions,
} from "./options.ts";
