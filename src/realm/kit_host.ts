/**
 * The host's side of the globals of one run.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";
import type { CallRun } from "../workflow/bridge.ts";
import type { AsyncStorage, KitHost } from "./kit/host.ts";
import { findAdvice } from "./restricted.ts";
import type { SourceMapReader } from "./source_map.ts";

type RefusalClass = new (
  message: string,
  options: { qualifiedName: string; replacement?: string; source?: string },
) => Error;

const encoder = new TextEncoder();

/** Makes the host's side of a run's globals. */
export class RunKitHost implements KitHost {
  readonly #call: CallRun;
  readonly #load: (part: string) => object;
  readonly #sources: SourceMapReader;
  /** Takes what nobody catches. */
  readonly report: (error: unknown) => void;

  /** `call` asks the run, `load` gives the parts of its realm's kit. */
  constructor(
    call: CallRun,
    load: (part: string) => object,
    sources: SourceMapReader,
    report: (error: unknown) => void,
  ) {
    this.#call = call;
    this.#load = load;
    this.#sources = sources;
    this.report = report;
  }

  now(): number {
    return Math.floor(this.#call("time"));
  }

  random(): number {
    return this.#call("random");
  }

  uuid4(): string {
    return this.#call("uuid4");
  }

  fill(bytes: Uint8Array): void {
    this.#call("fillRandom", bytes);
  }

  setTimer(milliseconds: number, callback: () => void): number {
    return this.#call("setTimer", milliseconds, callback);
  }

  clearTimer(id: number): void {
    this.#call("clearTimer", id);
  }

  print(level: "debug" | "info" | "warn" | "error", values: unknown[]): void {
    this.#call("log", level, nodeModule("node:util").format(...values), undefined);
  }

  makeURL(url: string, base: string | undefined): URL {
    return new URL(url, base);
  }

  makeSearchParams(init: string): URLSearchParams {
    return new URLSearchParams(init);
  }

  makeHeaders(): Headers {
    return new Headers();
  }

  encodeText(text: string): Uint8Array {
    return encoder.encode(text);
  }

  makeDecoder(label: string | undefined, options: { fatal?: boolean; ignoreBOM?: boolean } = {}): TextDecoder {
    return new TextDecoder(label, { fatal: options.fatal ?? false, ignoreBOM: options.ignoreBOM ?? false });
  }

  atob(text: string): string {
    return atob(text);
  }

  btoa(text: string): string {
    return btoa(text);
  }

  makeStorage(): AsyncStorage {
    const { AsyncLocalStorage } = nodeModule("node:async_hooks");
    return new AsyncLocalStorage<unknown>();
  }

  refuse(path: string): never {
    const source = this.#sources.locate(readStack());
    const replacement = findAdvice(path);
    const place = source ? ` (${source})` : "";
    const { RestrictedWorkflowAccessError } = this.#load("errors") as Record<string, RefusalClass>;
    throw new RestrictedWorkflowAccessError(`${path} is not available in workflow code${place}: ${replacement}`, {
      qualifiedName: path,
      replacement,
      source,
    });
  }
}

/** A stack deep enough to reach the user's code through ours. */
function readStack(): string {
  const type = Error as { stackTraceLimit?: number };
  const limit = type.stackTraceLimit;
  type.stackTraceLimit = 50;
  const { stack } = new Error();
  type.stackTraceLimit = limit;
  return stack ?? "";
}
