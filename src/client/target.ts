/**
 * The forms that a connection's target comes in, as one {@link ConnectOptions}.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import { readEnvironment } from "./environment.ts";
import type { ClientOptions, Connectable, ConnectOptions } from "./options.ts";

/**
 * The options that a target and further options amount to; the further options win.
 *
 * Without a target the environment gives the address. Throws ValueError for a target of another type.
 */
export function resolveTarget(
  target: string | URL | Connectable | ConnectOptions | undefined,
  options: ConnectOptions = {},
): ConnectOptions {
  return override(targetOptions(target), options);
}

/** A copy of `base` in which everything that `changes` sets is changed; what it leaves undefined is kept. */
export function override<T extends object>(base: T, changes: Partial<T>): T {
  const result = { ...base };
  for (const key of Object.keys(changes) as (keyof T)[]) {
    if (changes[key] !== undefined) result[key] = changes[key] as T[keyof T];
  }
  return result;
}

/** The part of the options that `with` can change; the metadata given at connect belongs to the connection. */
export function pickClientOptions(options: ConnectOptions): ClientOptions {
  const { namespace, identity, dataConverter, defaultWorkflowQueryRejectCondition } = options;
  const { headerCodecBehavior, payloadLimits, retryRawCalls, telemetry, signal, rpcTimeout } = options;
  const picked: ClientOptions = {
    namespace,
    identity,
    dataConverter,
    defaultWorkflowQueryRejectCondition,
    headerCodecBehavior,
    payloadLimits,
    retryRawCalls,
    telemetry,
    signal,
    rpcTimeout,
  };
  return override({}, picked);
}

function targetOptions(target: string | URL | Connectable | ConnectOptions | undefined): ConnectOptions {
  if (target === undefined) return readEnvironment();
  if (typeof target === "string") return { address: target };
  if (target instanceof URL) return { address: target.href };
  if (typeof target !== "object" || target === null) {
    throw new ValueError(
      `Client.connect: the target is ${describe(target)}; give "host:port", a URL, a DevServer or options`,
    );
  }
  return isPlain(target) ? target : connectableOptions(target);
}

function describe(value: unknown): string {
  return value === null ? "null" : `a ${typeof value}`;
}

function isPlain(value: object): value is ConnectOptions {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function connectableOptions(target: Connectable): ConnectOptions {
  const { fetch, address, namespace } = target;
  if (!fetch && !address) {
    throw new ValueError("Client.connect: the target has neither `fetch` nor `address`; has the server been started?");
  }
  return { namespace, ...(fetch ? { fetch: (request) => fetch.call(target, request) } : { address }) };
}
