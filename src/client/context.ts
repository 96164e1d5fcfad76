/**
 * What the parts of one client share.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HeaderCodecBehavior, QueryRejectCondition, RpcMetadata, RpcOptions } from "../common/options.ts";
import type { DataConverter } from "../converter/data.ts";
import type { EagerStarts } from "./eager_starts.ts";

/** What kind of call it is. */
export interface CallKind {
  /** A long poll: it may take 70 s where others take 30 s, unless the options say otherwise. */
  longPoll?: boolean;
  /** Whether transient errors are retried; true when unset. */
  retry?: boolean;
}

/** Makes the calls of one client: its defaults, deadlines and credentials are in every one. */
export interface Caller {
  /** Calls one method; rejects with RPCError, and with ValueError for options that cannot be. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: RpcOptions,
    kind?: CallKind,
  ): Promise<MessageShape<O>>;
  /** Whether a deadline comes from the user's `rpcTimeout`, so that its end is the user's business. */
  hasOwnDeadline(options?: RpcOptions): boolean;
}

/** A long poll. */
export const longPoll: CallKind = { longPoll: true };

/** Namespace, identity, converter and calls of one client. */
export interface ClientContext {
  readonly namespace: string;
  readonly identity: string;
  readonly dataConverter: DataConverter;
  readonly headerCodecBehavior: HeaderCodecBehavior;
  readonly rejectCondition: QueryRejectCondition | undefined;
  readonly caller: Caller;
  /** The workers on the connection of this client. */
  readonly eagerStarts: EagerStarts;
}

/** `options` over `defaults`; metadata key by key. */
export function mergeRpcOptions<T extends RpcOptions>(defaults: RpcOptions | undefined, options: T | undefined): T {
  if (!defaults) return options ?? ({} as T);
  if (!options) return defaults as T;
  return {
    ...options,
    signal: options.signal ?? defaults.signal,
    rpcTimeout: options.rpcTimeout ?? defaults.rpcTimeout,
    rpcMetadata: mergeMetadata(defaults.rpcMetadata, options.rpcMetadata),
  };
}

/** The keys of both; where both have one, the value of `changes`. */
export function mergeMetadata(
  base: RpcMetadata | undefined,
  changes: RpcMetadata | undefined,
): RpcMetadata | undefined {
  return base && changes ? { ...base, ...changes } : changes ?? base;
}
