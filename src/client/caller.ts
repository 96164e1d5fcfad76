/**
 * Calls to the server with the defaults of one client: deadlines, signals, metadata, retries.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { ContextValues, Transport, UnaryResponse } from "@connectrpc/connect";
import { ConnectError } from "@connectrpc/connect";
import { toMilliseconds } from "../common/duration.ts";
import type { RPCError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import { CallControl } from "../transport/call_control.ts";
import { encodeMetadata } from "../transport/metadata.ts";
import { isRetryable } from "../transport/retry.ts";
import { toRpcError } from "../transport/rpc_error.ts";
import type { Caller, CallKind } from "./context.ts";
import { mergeMetadata } from "./context.ts";
import type { Link } from "./link.ts";
import type { ClientOptions } from "./options.ts";
import { createSizeWatch, type WatchSizes } from "./payload_sizes.ts";

const shortTimeout = 30_000;
const longTimeout = 70_000;

/** The calls of one client over a connection. */
export function createCaller(
  link: Link,
  defaults: RpcOptions & Pick<ClientOptions, "payloadLimits" | "telemetry">,
): Caller {
  return new LinkCaller(link, defaults, createSizeWatch(defaults.payloadLimits, defaults.telemetry?.logger));
}

/** A transport for raw services: the client's defaults, errors as RPCErrors, retries only where asked for. */
export function createRawTransport(link: Link, defaults: RpcOptions & { retryRawCalls?: boolean }): Transport {
  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeout: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
    contextValues?: ContextValues,
  ): Promise<UnaryResponse<I, O>> {
    const call = {
      method,
      request: input,
      contextValues,
      signal: signal ?? defaults.signal,
      timeout: timeout ?? readTimeout(defaults.rpcTimeout, method.name.startsWith("Poll")),
      header: defaults.rpcMetadata ? mergeHeaders(encodeMetadata(defaults.rpcMetadata), header) : header,
    };
    return await send(link, call, { retry: defaults.retryRawCalls === true });
  }
  return {
    unary,
    stream: (method, signal, timeout, header, input, contextValues) =>
      link.connection.transport.stream(method, signal, timeout, header, input, contextValues),
  };
}

/** One call as a transport takes it. */
interface RawCall<I extends DescMessage, O extends DescMessage> {
  method: DescMethodUnary<I, O>;
  request: MessageInitShape<I>;
  signal: AbortSignal | undefined;
  /** In milliseconds. */
  timeout: number;
  header: HeadersInit | undefined;
  /** For the interceptors of a transport that was passed in. */
  contextValues?: ContextValues;
}

class LinkCaller implements Caller {
  readonly #link: Link;
  readonly #defaults: RpcOptions;
  readonly #watchSizes: WatchSizes | undefined;

  constructor(link: Link, defaults: RpcOptions, watchSizes: WatchSizes | undefined) {
    this.#link = link;
    this.#defaults = defaults;
    this.#watchSizes = watchSizes;
  }

  hasOwnDeadline(options?: RpcOptions): boolean {
    return (options?.rpcTimeout ?? this.#defaults.rpcTimeout) !== undefined;
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: RpcOptions = {},
    kind: CallKind = {},
  ): Promise<MessageShape<O>> {
    const defaults = this.#defaults;
    this.#watchSizes?.(method.localName, request as object);
    const metadata = mergeMetadata(defaults.rpcMetadata, options.rpcMetadata);
    const call = {
      method,
      request,
      signal: options.signal ?? defaults.signal,
      timeout: readTimeout(options.rpcTimeout ?? defaults.rpcTimeout, kind.longPoll),
      header: metadata && encodeMetadata(metadata),
    };
    return (await send(this.#link, call, kind)).message;
  }
}

/** Whole milliseconds for a call; 0 means no limit to a transport, so the shortest is 1. */
function readTimeout(rpcTimeout: RpcOptions["rpcTimeout"], isLongPoll: boolean | undefined): number {
  if (rpcTimeout === undefined) return isLongPoll ? longTimeout : shortTimeout;
  return Math.max(Math.ceil(toMilliseconds(rpcTimeout, "rpcTimeout")), 1);
}

async function send<I extends DescMessage, O extends DescMessage>(
  link: Link,
  call: RawCall<I, O>,
  kind: CallKind,
): Promise<UnaryResponse<I, O>> {
  const { transport, retryingTransport } = link.connection;
  try {
    if (!link.isReady) await awaitReady(link, call);
    if (kind.retry === false) return await attempt(transport, call);
    return await (kind.longPoll ? attemptLongPoll(link, call) : attempt(retryingTransport, call));
  } catch (error) {
    throw explain(link, call, error);
  }
}

/** The call's own deadline and signal count while the first contact is made, which others may wait for too. */
async function awaitReady(
  link: Link,
  { method, signal, timeout }: { method: DescMethodUnary; signal: AbortSignal | undefined; timeout: number },
): Promise<void> {
  const control = new CallControl(`${method.name} to ${link.connection.address}`, signal, timeout);
  try {
    if (control.stopped) throw control.stopped;
    await control.race(link.ready());
  } finally {
    control.dispose();
  }
}

/** A long poll has its retries from its first failure on: the time that it waited before does not count against them. */
async function attemptLongPoll<I extends DescMessage, O extends DescMessage>(
  { connection: { transport, retryingTransport } }: Link,
  call: RawCall<I, O>,
): Promise<UnaryResponse<I, O>> {
  try {
    return await attempt(transport, call);
  } catch (error) {
    if (transport === retryingTransport || !(error instanceof ConnectError) || !isRetryable(error)) throw error;
    return await attempt(retryingTransport, call);
  }
}

function attempt<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  { method, signal, timeout, header, request, contextValues }: RawCall<I, O>,
): Promise<UnaryResponse<I, O>> {
  return transport.unary(method, signal, timeout, header, request, contextValues);
}

function explain(
  { connection }: Link,
  { method, request }: { method: DescMethodUnary; request: object },
  error: unknown,
): RPCError {
  const { namespace } = request as { namespace?: string };
  return toRpcError(error, { address: connection.address, operation: method.name, namespace });
}

function mergeHeaders(base: HeadersInit, changes: HeadersInit | undefined): HeadersInit {
  const merged = new Headers(base);
  new Headers(changes).forEach((value, name) => merged.set(name, value));
  return merged;
}
