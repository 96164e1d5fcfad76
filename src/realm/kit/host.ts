/**
 * What the globals of a realm ask of the host, types only. The kit's parts are evaluated in realms, each when a global
 * of it is first used; they share nothing with the host but these callables.
 *
 * @module
 */

/** The host's side of a realm's globals. */
export interface KitHost {
  /** Workflow time in whole milliseconds. */
  now(): number;
  random(): number;
  uuid4(): string;
  fill(bytes: Uint8Array): void;
  /** Starts a durable timer; returns its id. */
  setTimer(milliseconds: number, callback: () => void): number;
  clearTimer(id: number): void;
  /** Writes what `console` was given. */
  print(level: "debug" | "info" | "warn" | "error", values: unknown[]): void;
  /** Makes the host's objects behind URL, Headers and the like; throws what the host throws. */
  makeURL(url: string, base: string | undefined): URL;
  makeSearchParams(init: string): URLSearchParams;
  makeHeaders(): Headers;
  encodeText(text: string): Uint8Array;
  makeDecoder(label: string | undefined, options: { fatal?: boolean; ignoreBOM?: boolean } | undefined): TextDecoder;
  atob(text: string): string;
  btoa(text: string): string;
  makeStorage(): AsyncStorage;
  /** Takes what a listener threw, which nobody can catch: it counts as an unhandled rejection. */
  report(error: unknown): void;
  /** Throws RestrictedWorkflowAccessError for an API, named as it was used. */
  refuse(path: string): never;
}

/** An `AsyncLocalStorage` of the host. */
export interface AsyncStorage {
  getStore(): unknown;
  run<T>(store: unknown, work: () => T): T;
  enterWith(store: unknown): void;
  disable(): void;
}

/** A part of the kit: makes globals by name. */
export type KitPart = (host: KitHost, name: string) => Record<string, unknown>;
