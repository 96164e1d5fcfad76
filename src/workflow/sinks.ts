/**
 * Sinks: calls out of a workflow of which nothing comes back, for logs, metrics and traces of one's own.
 *
 * @module
 */
import { callRun } from "./current.ts";

/**
 * The sinks of the worker, by name. A call returns at once; the function runs in the worker when the workflow pauses, and
 * gets a copy of the arguments. It is not called in replay unless it has `callDuringReplay`.
 *
 * ```ts
 * const { audit } = workflow.proxySinks<{ audit: { record(entry: string): void } }>();
 * audit.record("order accepted");
 * ```
 */
export function proxySinks<T extends object>(): T {
  return makeProxy((sink) => makeProxy((fn) => (...args: unknown[]) => void callRun("callSink", sink, fn, args))) as T;
}

/**
 * Functions of the worker that are called at once and give a result. Nothing records what they return: in replay they
 * are called again, so that they must always answer the same to the same arguments. Arguments and results are copied.
 *
 * ```ts
 * const { featureOf } = workflow.externFunctions<{ featureOf(name: string): boolean }>();
 * if (featureOf("fast-path")) workflow.logger.info("on the fast path");
 * ```
 */
// deno-lint-ignore no-explicit-any
export function externFunctions<T extends object = Record<string, (...args: any[]) => unknown>>(): T {
  return makeProxy((name) => (...args: unknown[]) => callRun("callExtern", name, args)) as T;
}

function makeProxy(make: (name: string) => unknown): object {
  return new Proxy({}, {
    get: (_, name) => typeof name === "string" && name !== "then" ? make(name) : undefined,
  });
}
