/**
 * Which handlers a run has, and which of them are in progress.
 *
 * @module
 */
import type { Payload } from "../../../common/payload.ts";
import type { HandlerEntry } from "../../bridge.ts";
import { isReservedName } from "../../handlers.ts";
import type { HandlerKind } from "../../options.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";

/** The handler for a message. */
export interface FoundHandler {
  readonly entry: HandlerEntry;
  /** Whether it takes the messages of all names. */
  readonly isDynamic: boolean;
}

/** A handler in progress. */
export interface RunningHandler {
  readonly kind: "signal" | "update";
  readonly name: string;
  /** The id of an update. */
  readonly id?: string;
  readonly entry: HandlerEntry;
}

/** The handlers of a run, by kind and name. */
export class Handlers {
  readonly #state: RunState;
  readonly #entries: Partial<Record<HandlerKind, Map<string | undefined, HandlerEntry>>> = {};
  #running: Set<RunningHandler> | undefined;
  readonly #listeners: Partial<Record<HandlerKind, () => void>> = {};

  /** No handlers yet. */
  constructor(state: RunState) {
    this.#state = state;
  }

  /** Sets or clears a handler; the name `undefined` is that of the dynamic one. */
  set(kind: HandlerKind, name: string | undefined, entry: HandlerEntry | undefined): void {
    this.#state.assertWritable("setHandler");
    const entries = this.#entries[kind] ??= new Map();
    if (!entry) return void entries.delete(name);
    entries.set(name, entry);
    this.#listeners[kind]?.();
  }

  /** The handler that is set under this very name. */
  get(kind: HandlerKind, name: string | undefined): HandlerEntry | undefined {
    return this.#entries[kind]?.get(name);
  }

  /** Whether no signal or update handler is in progress. */
  get allFinished(): boolean {
    return !this.#running?.size;
  }

  /** Calls back whenever a handler of this kind was set. */
  onSet(kind: HandlerKind, listener: () => void): void {
    this.#listeners[kind] = listener;
  }

  /** The handler for a name: its own or, unless the name is kept for tools, the dynamic one. */
  find(kind: HandlerKind, name: string): FoundHandler | undefined {
    const own = this.get(kind, name);
    const entry = own ?? (isReservedName(name) ? undefined : this.get(kind, undefined));
    return entry && { entry, isDynamic: !own };
  }

  /** The names of the handlers of one kind, sorted. */
  names(kind: HandlerKind): string[] {
    return [...this.#entries[kind]?.keys() ?? []].filter((name) => name !== undefined).sort();
  }

  /** Names and descriptions of the handlers of one kind; the dynamic one has the name "". */
  describe(kind: HandlerKind): { name: string; description?: string }[] {
    const entries = [...this.#entries[kind] ?? []];
    return entries.map(([name = "", { description }]) => ({ name, ...(description && { description }) }));
  }

  /** Notes that a handler is in progress; returns how to note its end. */
  track(handler: RunningHandler): () => void {
    const running = this.#running ??= new Set();
    running.add(handler);
    return () => void running.delete(handler);
  }

  /** Handlers in progress whose end the user cares for. */
  unfinished(): RunningHandler[] {
    return [...this.#running ?? []].filter(({ entry }) => entry.unfinishedPolicy !== "ABANDON");
  }
}

/** What a handler is called with. Throws ValueError, or what the user's converter throws. */
export function readArguments(
  values: Values,
  { entry, isDynamic }: FoundHandler,
  { name, args }: { readonly name: string; readonly args: readonly Payload[] },
  kind: HandlerKind,
): unknown[] {
  if (isDynamic) return [name, values.decodeRaw(args)];
  return values.decodeArguments(args, entry.args, `${kind} "${name}"`);
}
