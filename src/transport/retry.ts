/**
 * Calls that failed in passing are made again.
 *
 * @module
 */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import { connectTimeout, createAbortError, readLimit } from "./call_control.ts";
import type { RetryConfig } from "./options.ts";

/** A RetryConfig with all values set, in milliseconds. */
export interface RetryPlan {
  initialInterval: number;
  randomizationFactor: number;
  multiplier: number;
  maxInterval: number;
  /** Infinity is no limit. */
  maxElapsedTime: number;
  /** Infinity is no limit. */
  maxTries: number;
}

const retryable: ReadonlySet<Code> = new Set([
  Code.Unknown,
  Code.ResourceExhausted,
  Code.Aborted,
  Code.OutOfRange,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/**
 * A try that fails after more milliseconds than this had reached the server, as a long poll that is cut off: the server
 * is not away, and the plan begins anew.
 */
const reached = connectTimeout + 1_000;

/** What no retry can mend, although its status is RESOURCE_EXHAUSTED. */
const isTooLarge = /larger than max/;

/** A server that asks for less is given more time. */
const throttled = { initialInterval: 1_000, multiplier: 2, maxInterval: 10_000 };

/**
 * The plan of a RetryConfig.
 *
 * @throws {ValueError} a value out of its range
 */
export function planRetries(config: RetryConfig = {}): RetryPlan {
  const { initialInterval = 100, maxInterval = 5_000, maxElapsedTime = 10_000, maxRetries = 10 } = config;
  const { randomizationFactor = 0.2, multiplier = 1.5 } = config;
  check(randomizationFactor >= 0 && randomizationFactor <= 1, "randomizationFactor", "between 0 and 1");
  check(multiplier >= 1, "multiplier", "1 or more");
  check(Number.isInteger(maxRetries) && maxRetries >= 0, "maxRetries", "whole and 0 or more");
  return {
    initialInterval: toMilliseconds(initialInterval, "retryConfig.initialInterval"),
    randomizationFactor,
    multiplier,
    maxInterval: toMilliseconds(maxInterval, "retryConfig.maxInterval"),
    maxElapsedTime: maxElapsedTime === false ? Infinity : toMilliseconds(maxElapsedTime, "retryConfig.maxElapsedTime"),
    maxTries: maxRetries || Infinity,
  };
}

function check(holds: boolean, name: string, rule: string): void {
  if (!holds) throw new ValueError(`retryConfig.${name} must be ${rule}`);
}

/** Whether a call that failed so may be made again. */
export function isRetryable(error: ConnectError): boolean {
  return retryable.has(error.code) && !(error.code === Code.ResourceExhausted && isTooLarge.test(error.rawMessage));
}

/**
 * Milliseconds to wait after a failed try.
 *
 * @param tries that have failed, from 1
 * @param random between 0 and 1
 */
export function computeDelay(plan: RetryPlan, tries: number, code: Code, random: number): number {
  const normal = spread(plan, plan, tries, random);
  return code === Code.ResourceExhausted ? Math.max(normal, spread(throttled, plan, tries, random)) : normal;
}

function spread(
  { initialInterval, multiplier, maxInterval }: { initialInterval: number; multiplier: number; maxInterval: number },
  { randomizationFactor }: RetryPlan,
  tries: number,
  random: number,
): number {
  const base = Math.min(initialInterval * multiplier ** (tries - 1), maxInterval);
  return base * (1 + randomizationFactor * (2 * random - 1));
}

/**
 * A transport that makes unary calls again when they failed in passing; the timeout of a call covers all its tries.
 *
 * @throws {ValueError} a value of the config out of its range
 */
export function createRetryingTransport(transport: Transport, config: RetryConfig | undefined): Transport {
  const plan = planRetries(config);
  return {
    unary: (method, signal, timeout, header, input, contextValues) =>
      retry(
        plan,
        method.name,
        signal,
        timeout,
        (left) => transport.unary(method, signal, left, header, input, contextValues),
      ),
    stream: (method, signal, timeout, header, input, contextValues) =>
      transport.stream(method, signal, timeout, header, input, contextValues),
  };
}

async function retry<T>(
  plan: RetryPlan,
  what: string,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
  attempt: (timeout: number) => Promise<T>,
): Promise<T> {
  const limit = readLimit(timeout);
  let start = performance.now();
  const end = start + (limit ?? Infinity);
  let left = limit ?? 0;
  for (let tries = 1;; tries++) {
    const began = performance.now();
    try {
      return await attempt(left);
    } catch (error) {
      if (!(error instanceof ConnectError) || !isRetryable(error)) throw error;
      const now = performance.now();
      if (now - began > reached) {
        start = now;
        tries = 1;
      }
      if (tries >= plan.maxTries) throw error;
      const delay = computeDelay(plan, tries, error.code, Math.random());
      if (now + delay - start > plan.maxElapsedTime || now + delay >= end) throw error;
      await sleep(delay, what, signal);
      // The wait may have ended late, with nothing left; 0 would be no limit.
      if (end !== Infinity) left = Math.max(Math.ceil(end - performance.now()), 1);
    }
  }
}

function sleep(milliseconds: number, what: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(createAbortError(what, signal));
    const onAbort = () => {
      clearTimeout(timer);
      reject(createAbortError(what, signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
