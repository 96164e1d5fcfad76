/**
 * Calls to the server with the defaults of one client: deadlines, signals, metadata, retries.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Transport, UnaryResponse } from "@connectrpc/connect";
import { ConnectError } from "@connectrpc/connect";
import { toMilliseconds } from "../common/duration.ts";
import type { RPCError } from "../common/errors.ts";
import type { RpcOptions } from "../common/options.ts";
import { encodeMetadata } from "../transport/metadata.ts";
import { isRetryable } from "../transport/retry.ts";
import { toRpcError } from "../transport/rpc_error.ts";
import type { CallControl, Caller } from "./context.ts";
import { mergeMetadata } from "./context.ts";
import type { Link } from "./link.ts";

const shortTimeout = 30_000;
const longTimeout = 70_000;

/** The calls of one client over a connection. */
export function createCaller(link: Link, defaults: RpcOptions): Caller {
  return new LinkCaller(link, defaults);
}

/** A transport for raw services: the client's defaults, errors as RPCErrors, retries only where asked for. */
export function createRawTransport(link: Link, defaults: RpcOptions & { retryRawCalls?: boolean }): Transport {
  async function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeout: number | undefined,
    header: HeadersInit | undefined,
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> {
    const call = {
      method,
      request: input,
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
  timeout: number;
  header: HeadersInit | undefined;
}

class LinkCaller implements Caller {
  readonly #link: Link;
  readonly #defaults: RpcOptions;

  constructor(link: Link, defaults: RpcOptions) {
    this.#link = link;
    this.#defaults = defaults;
  }

  hasOwnDeadline(options?: RpcOptions): boolean {
    return (options?.rpcTimeout ?? this.#defaults.rpcTimeout) !== undefined;
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: RpcOptions = {},
    control: CallControl = {},
  ): Promise<MessageShape<O>> {
    const defaults = this.#defaults;
    const metadata = mergeMetadata(defaults.rpcMetadata, options.rpcMetadata);
    const call = {
      method,
      request,
      signal: options.signal ?? defaults.signal,
      timeout: readTimeout(options.rpcTimeout ?? defaults.rpcTimeout, control.longPoll),
      header: metadata && encodeMetadata(metadata),
    };
    return (await send(this.#link, call, control)).message;
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
  control: CallControl,
): Promise<UnaryResponse<I, O>> {
  if (!link.isReady) await link.ready();
  const { transport, retryingTransport } = link.connection;
  try {
    if (!control.longPoll || control.retry === false) {
      return await attempt(control.retry === false ? transport : retryingTransport, call);
    }
    return await attemptLongPoll(link, call);
  } catch (error) {
    throw explain(link, call, error);
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
  { method, signal, timeout, header, request }: RawCall<I, O>,
): Promise<UnaryResponse<I, O>> {
  return transport.unary(method, signal, timeout, header, request);
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
