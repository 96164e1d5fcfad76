/**
 * The host's side of the globals of one run.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";
import type { WorkflowRun } from "../workflow/runtime/run.ts";
import type { KitHost } from "./kit/host.ts";
import { findAdvice } from "./restricted.ts";
import type { SourceMapReader } from "./source_map.ts";
import type { RealmScript } from "./vm.ts";

type MakeRefusal = (
  message: string,
  options: { qualifiedName: string; replacement?: string; source?: string },
) => Error;

const encoder = new TextEncoder();

/** Makes the host's side of a run's globals. */
export class RunKitHost implements KitHost {
  readonly #run: WorkflowRun;
  readonly #script: RealmScript;
  readonly #sources: SourceMapReader;
  #makeRefusal: MakeRefusal | undefined;

  /** `script` is that of the run's realm. */
  constructor(run: WorkflowRun, script: RealmScript, sources: SourceMapReader) {
    this.#run = run;
    this.#script = script;
    this.#sources = sources;
  }

  now(): number {
    return Math.floor(this.#run.state.activation.time);
  }

  random(): number {
    return this.#run.random.next();
  }

  uuid4(): string {
    return this.#run.random.uuid4();
  }

  fill(bytes: Uint8Array): void {
    this.#run.random.fill(bytes);
  }

  setTimer(milliseconds: number, callback: () => void): number {
    return this.#run.timers.schedule(milliseconds, callback);
  }

  clearTimer(id: number): void {
    this.#run.timers.clear(id);
  }

  print(level: "debug" | "info" | "warn" | "error", values: unknown[]): void {
    this.#run.log.write(level, nodeModule("node:util").format(...values), undefined);
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

  refuse(path: string): never {
    const source = this.#sources.locate(readStack());
    const replacement = findAdvice(path);
    this.#makeRefusal ??= this.#script.kit("refusal").create as unknown as MakeRefusal;
    const place = source ? ` (${source})` : "";
    throw this.#makeRefusal(`${path} is not available in workflow code${place}: ${replacement}`, {
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
