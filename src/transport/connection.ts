/**
 * A connection: one transport with its credentials, with and without retries.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import type { ContextValues, Transport, UnaryResponse } from "@connectrpc/connect";
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import type { RpcMetadata } from "../common/options.ts";
import { findNodeModule } from "../platform.ts";
import { longestTimer } from "./call_control.ts";
import type { KeepAlive } from "./channel.ts";
import { createFetchTransport } from "./fetch.ts";
import { createHttp2Transport } from "./http2.ts";
import { ConnectionHeaders, toHeaderRecord } from "./metadata.ts";
import type { ApiKey, KeepAliveConfig, TransportOptions } from "./options.ts";
import { createRetryingTransport } from "./retry.ts";
import { checkCredentials } from "./socket.ts";
import { resolveTarget, type Target } from "./target.ts";

/** What {@link openConnection} builds from. */
export interface ConnectionOptions extends TransportOptions {
  /** Carries the calls in place of one that is built from the other options; metadata and retries are added to it. */
  transport?: Transport;
}

/** Calls to one server. Nothing is opened before the first call; the next call reopens what was lost. */
export interface Connection {
  /** Each call is made once: for a first contact, long polls and raw calls. */
  readonly transport: Transport;
  /** Calls that failed in passing are made again, within the timeout of the call. */
  readonly retryingTransport: Transport;
  /** The server, as written in errors. */
  readonly address: string;
  /** Setting counts from the next call on. */
  apiKey: ApiKey | undefined;
  /** Setting replaces all of it, from the next call on. */
  rpcMetadata: RpcMetadata;
  /** Ends all calls and sockets; a second time does nothing. A transport that was passed in stays as it is. */
  close(): Promise<void>;
}

/**
 * Opens a connection.
 *
 * @throws {ValueError} options that cannot be, or that contradict each other
 */
export function openConnection(options: ConnectionOptions): Connection {
  const headers = new ConnectionHeaders(options.apiKey, options.rpcMetadata);
  const { transport, address, close } = options.transport
    ? { ...withHeaders(options.transport, headers), address: options.address ?? "the given transport" }
    : buildTransport(options, headers);
  const { retryConfig } = options;
  return {
    transport,
    retryingTransport: retryConfig === false ? transport : createRetryingTransport(transport, retryConfig),
    address,
    get apiKey(): ApiKey | undefined {
      return headers.apiKey;
    },
    set apiKey(apiKey: ApiKey | undefined) {
      headers.apiKey = apiKey;
    },
    get rpcMetadata(): RpcMetadata {
      return headers.rpcMetadata;
    },
    set rpcMetadata(metadata: RpcMetadata) {
      headers.rpcMetadata = metadata;
    },
    close(): Promise<void> {
      close();
      return Promise.resolve();
    },
  };
}

/**
 * A Connect `Transport` to a Temporal server, for `createClient` of `@connectrpc/connect`; its calls are made again
 * only where `retryConfig` is given. It closes with the process: an idle one does not hold it.
 *
 * @throws {ValueError} options that cannot be, or that contradict each other
 */
export function createTransport(options: TransportOptions): Transport {
  const { transport, retryingTransport } = openConnection(options);
  return options.retryConfig ? retryingTransport : transport;
}

interface BuiltTransport {
  transport: Transport;
  address: string;
  close(): void;
}

function buildTransport(options: TransportOptions, headers: ConnectionHeaders): BuiltTransport {
  const target = resolveTarget(options);
  if (options.dnsLoadBalancingConfig) {
    throw new ValueError("dnsLoadBalancingConfig is not supported yet; leave it out: one address of a name is used");
  }
  if (target.protocol !== "grpc") {
    const transport = createFetchTransport({ target, headers, fetch: options.fetch });
    return { transport, address: target.label, close: transport.close };
  }
  const transport = createHttp2Transport({
    target: checkNative(target),
    headers,
    proxy: options.httpConnectProxyConfig,
    keepAlive: readKeepAlive(options.keepAliveConfig),
    compression: options.grpcCompression ?? "GZIP",
  });
  return { transport, address: target.label, close: transport.close };
}

function checkNative(target: Target): Target {
  if (!findNodeModule("node:http2")) {
    throw new ValueError(
      `native gRPC to ${target.label} needs Bun, Deno or Node; here give an http(s):// address or fetch (createGateway makes one)`,
    );
  }
  if (target.tls) checkCredentials(target.tls);
  return target;
}

function readKeepAlive(config: KeepAliveConfig | false | undefined): KeepAlive | undefined {
  if (config === false) return undefined;
  const { interval = 30_000, timeout = 15_000 } = config ?? {};
  return {
    interval: readDelay(interval, "keepAliveConfig.interval"),
    timeout: readDelay(timeout, "keepAliveConfig.timeout"),
  };
}

/** Timers take 0 and what is too long for them as 1 ms. */
function readDelay(duration: Duration, what: string): number {
  const delay = toMilliseconds(duration, what);
  if (delay < 1) throw new ValueError(`${what} is ${delay} ms; give 1 ms or more, or keepAliveConfig: false`);
  return Math.min(delay, longestTimer);
}

function withHeaders(given: Transport, headers: ConnectionHeaders): Pick<BuiltTransport, "transport" | "close"> {
  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeout: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const all = { ...await headers.headersFor(input), ...toHeaderRecord(header) };
    return await given.unary(method, signal, timeout, all, input, contextValues);
  }
  const transport: Transport = {
    unary,
    stream: async (method, signal, timeout, header, input, contextValues) => {
      const all = { ...await headers.headersFor({}), ...toHeaderRecord(header) };
      return await given.stream(method, signal, timeout, all, input, contextValues);
    },
  };
  return { transport, close: () => {} };
}
