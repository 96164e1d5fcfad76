/**
 * What a client is made from: the options of a connection, and those that each client on it has of its own.
 *
 * @module
 */
import type { DescService } from "@bufbuild/protobuf";
import type { Client as ConnectClient, Transport } from "@connectrpc/connect";
import type { HeaderCodecBehavior, QueryRejectCondition, RpcOptions } from "../common/options.ts";
import type { TelemetryOptions } from "../common/telemetry.ts";
import type { DataConverterOptions } from "../converter/data.ts";
import type { ApiKey, PayloadLimitsConfig, TransportOptions } from "../transport/options.ts";

export type { ApiKey };

/** The raw client of a service: every RPC under its name. */
export type RawClient<S extends DescService> = ConnectClient<S>;

/** What each client has of its own; `signal`, `rpcTimeout` and `rpcMetadata` become the defaults of every call. */
export interface ClientOptions extends RpcOptions {
  /** Namespace of every call, "default" when unset. */
  namespace?: string;
  /** Who asks, as the server records it; `pid@host` when unset. */
  identity?: string;
  /** How values become payloads; the default converter when unset. */
  dataConverter?: DataConverterOptions;
  /** When queries are refused because of the workflow's status; never when unset. */
  defaultWorkflowQueryRejectCondition?: QueryRejectCondition;
  /** Where headers pass through the payload codec: nowhere ("NO_CODEC") when unset, everywhere, or in workflows only. */
  headerCodecBehavior?: HeaderCodecBehavior;
  /** Sizes above which payloads are logged. */
  payloadLimits?: PayloadLimitsConfig;
  /** Whether calls of the raw services are retried as all others are; false when unset. */
  retryRawCalls?: boolean;
  /** Where workers on this client log and measure. */
  telemetry?: TelemetryOptions;
}

/** Where and how to connect, and the options of the first client on that connection. */
export interface ConnectOptions extends ClientOptions, TransportOptions {
  /** A transport to use as it is; nothing of it is opened or closed. */
  transport?: Transport;
  /** Whether to connect on the first call only; false when unset. */
  lazy?: boolean;
}

/** Something with a door of its own: a DevServer, a gateway. */
export interface Connectable {
  readonly fetch?: (request: Request) => Promise<Response>;
  readonly address?: string;
  readonly namespace?: string;
}
