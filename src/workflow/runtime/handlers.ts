/**
 * Which handlers a run has, and which of them are in progress.
 *
 * @module
 */
import type { HandlerBridge, HandlerEntry, HandlerKind } from "../bridge.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";

/** A handler in progress. */
export interface RunningHandler {
  readonly kind: "signal" | "update";
  readonly name: string;
  /** The id of an update. */
  readonly id?: string;
  readonly entry: HandlerEntry;
}

/** The handlers of a run, by kind and name. */
export class Handlers implements HandlerBridge {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #entries: Record<HandlerKind, Map<string | undefined, HandlerEntry>> = {
    signal: new Map(),
    query: new Map(),
    update: new Map(),
  };
  readonly #running: Set<RunningHandler> = new Set();
  readonly #listeners: Partial<Record<HandlerKind, () => void>> = {};

  /** No handlers yet. */
  constructor(state: RunState, scopes: Scopes) {
    this.#state = state;
    this.#scopes = scopes;
  }

  set(kind: HandlerKind, name: string | undefined, entry: HandlerEntry | undefined): void {
    this.#state.assertWritable("setHandler");
    if (!entry) {
      this.#entries[kind].delete(name);
      return;
    }
    this.#entries[kind].set(name, entry);
    this.#listeners[kind]?.();
  }

  get(kind: HandlerKind, name: string | undefined): HandlerEntry | undefined {
    return this.#entries[kind].get(name);
  }

  get allFinished(): boolean {
    return this.#running.size === 0;
  }

  get currentUpdate(): { id: string; name: string } | undefined {
    return this.#scopes.context.update;
  }

  /** Calls back whenever a handler of this kind was set. */
  onSet(kind: HandlerKind, listener: () => void): void {
    this.#listeners[kind] = listener;
  }

  /** The handler for a name: its own or the dynamic one. */
  find(kind: HandlerKind, name: string): { entry: HandlerEntry; isDynamic: boolean } | undefined {
    const own = this.#entries[kind].get(name);
    const entry = own ?? this.#entries[kind].get(undefined);
    return entry && { entry, isDynamic: !own };
  }

  /** The names of the handlers of one kind, sorted. */
  names(kind: HandlerKind): string[] {
    return [...this.#entries[kind].keys()].filter((name) => name !== undefined).sort();
  }

  /** Notes that a handler is in progress; returns how to note its end. */
  track(handler: RunningHandler): () => void {
    this.#running.add(handler);
    return () => void this.#running.delete(handler);
  }

  /** Handlers in progress whose end the user cares for. */
  unfinished(): RunningHandler[] {
    return [...this.#running].filter(({ entry }) => entry.unfinishedPolicy !== "ABANDON");
  }
}
