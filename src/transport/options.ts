/**
 * What a connection can be told: where the server is, how to speak to it, as whom.
 *
 * @module
 */
import type { Duration } from "../common/duration.ts";
import type { RpcMetadata } from "../common/options.ts";

/** An API key, or a function that is asked for it on each call. */
export type ApiKey = string | (() => string | Promise<string>);

/** The part of `fetch` that a connection needs: your own function, a gateway, the embedded server. */
export type FetchFunction = (request: Request) => Promise<Response>;

/** Which wire protocol a connection speaks. */
export type TransportProtocol = "grpc" | "grpc-web" | "connect";

/** TLS beyond the defaults of the runtime; certificates and keys are PEM. */
export interface TLSConfig {
  /** Authorities to trust in place of the system's. */
  serverRootCaCert?: string | Uint8Array;
  /** Server name in place of the address's host: for SNI, the HTTP/2 authority and the check of the certificate. */
  domain?: string;
  /** Certificate of this client (mTLS), with `clientPrivateKey`. */
  clientCert?: string | Uint8Array;
  /** Key of this client (mTLS), with `clientCert`. */
  clientPrivateKey?: string | Uint8Array;
  /** Name the server's certificate is checked against, SNI and authority unchanged; needs `serverRootCaCert`. */
  verificationServerName?: string;
}

/** How calls that failed in passing are repeated. */
export interface RetryConfig {
  /** Wait before the first retry; 100 ms. */
  initialInterval?: Duration;
  /** Share by which each wait may be shorter or longer; 0.2. */
  randomizationFactor?: number;
  /** Factor from one wait to the next; 1.5. */
  multiplier?: number;
  /** Longest wait; 5 s. */
  maxInterval?: Duration;
  /** No retry starts later than this after the call began, or a try that had reached the server failed; 10 s, `false` is no limit. */
  maxElapsedTime?: Duration | false;
  /** Tries in all, the first one counted; 10, and 0 is no limit. */
  maxRetries?: number;
}

/** HTTP/2 pings that notice a dead connection, also while no call is open. */
export interface KeepAliveConfig {
  /** Time between two pings; 30 s. */
  interval?: Duration;
  /** Time without an answer after which the connection is given up; 15 s. */
  timeout?: Duration;
}

/** Compression of requests. */
export type GrpcCompression = "GZIP" | "NONE";

/** An HTTP proxy that opens a tunnel by CONNECT. */
export interface HttpConnectProxyConfig {
  /** The proxy, `host:port`. */
  targetHost: string;
  /** User and password of basic authentication. */
  basicAuth?: [user: string, password: string];
}

/** Spreading calls over all addresses of a name. */
export interface DnsLoadBalancingConfig {
  /** Time between two resolutions; 30 s. */
  resolutionInterval?: Duration;
}

/** Sizes above which a request is logged with `[TMPRL1103]` and sent all the same; 0 is never. */
export interface PayloadLimitsConfig {
  /** All payloads of one field, in bytes; 512 KiB. */
  payloadsWarnSize?: number;
  /** A memo, in bytes; 2 KiB. */
  memoWarnSize?: number;
}

/** What {@link createTransport} builds from. */
export interface TransportOptions {
  /** `host[:port]` or `[ipv6]:port` for native gRPC, `http(s)://…` for gRPC-web; `localhost:7233`. */
  address?: string;
  /** Sends the requests; with it gRPC-web is spoken. */
  fetch?: FetchFunction;
  /** In place of what the address suggests. */
  protocol?: TransportProtocol;
  /** On with an API key or `https://`, else off; `false` forces plaintext. */
  tls?: boolean | TLSConfig;
  /** Sent as `Authorization: Bearer …`. */
  apiKey?: ApiKey;
  /** Sent with each call. */
  rpcMetadata?: RpcMetadata;
  /** `false` never retries. */
  retryConfig?: RetryConfig | false;
  /** Native gRPC only; `false` never pings. */
  keepAliveConfig?: KeepAliveConfig | false;
  /** Native gRPC only; `"GZIP"`, which falls back to `"NONE"` when the server refuses it. */
  grpcCompression?: GrpcCompression;
  /** Native gRPC only. */
  httpConnectProxyConfig?: HttpConnectProxyConfig;
  /** Not supported yet: setting it is a ValueError. */
  dnsLoadBalancingConfig?: DnsLoadBalancingConfig;
}
