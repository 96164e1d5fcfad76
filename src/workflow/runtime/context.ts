/**
 * What follows asynchronous code of a run: its scope and its update.
 *
 * @module
 */
import type { Scope } from "./scopes.ts";

/** The context of running code. */
export interface Context {
  readonly scope: Scope;
  /** The update in whose handler or validator the code runs. */
  readonly update?: { readonly id: string; readonly name: string };
}

/** Keeps a context through promise jobs; an `AsyncLocalStorage`. */
export interface ContextStorage {
  getStore(): Context | undefined;
  run<T>(context: Context, work: () => T): T;
}
