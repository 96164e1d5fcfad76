/**
 * The tree of cancellation scopes. Whatever can be cancelled is a member of the scope in which it was made; members are
 * cancelled in the order in which they came.
 *
 * @module
 */
import type { Payload } from "../../common/payload.ts";
import type { ScopeBridge, ScopeNode } from "../bridge.ts";
import type { Context, ContextStorage } from "./context.ts";
import type { RunState } from "./state.ts";
import type { Timers } from "./timers.ts";

/** A member of a scope: a wait, or a scope within. */
export interface Cancellable {
  cancel(error: Error): void;
}

/** A cancellation scope. */
export class Scope implements ScopeNode, Cancellable {
  facade: object | undefined;
  error: Error | undefined;
  readonly #scopes: Scopes;
  readonly #parent: Scope | undefined;
  #members: Set<Cancellable> | undefined;

  /** A scope that is a member of `parent`, if any; born cancelled where the parent is. */
  constructor(scopes: Scopes, parent: Scope | undefined) {
    this.#scopes = scopes;
    this.#parent = parent;
    parent?.add(this);
  }

  /** Takes a member in; cancels it at once where the scope is cancelled. */
  add(member: Cancellable): void {
    if (this.error) return member.cancel(this.error);
    this.#members ??= new Set();
    if (this.#members.size === 0) this.#parent?.add(this);
    // The parent may have been cancelled meanwhile, and this scope with it.
    if (this.error) return member.cancel(this.error);
    this.#members.add(member);
  }

  /** Forgets a member. */
  delete(member: Cancellable): void {
    this.#members?.delete(member);
  }

  cancel(error: Error): void {
    if (this.error) return;
    this.error = error;
    const members = this.#members;
    this.#members = undefined;
    this.leave();
    for (const member of members ?? []) member.cancel(error);
  }

  onCancel(callback: (error: Error) => void): () => void {
    const member = { cancel: callback };
    this.add(member);
    return () => this.delete(member);
  }

  enter<T>(work: () => T): T {
    return this.#scopes.enter(this, work);
  }

  leave(): void {
    if (!this.#members?.size) this.#parent?.delete(this);
  }

  startTimer(duration: number, summary: Payload | undefined, callback: () => void): () => void {
    return this.#scopes.startTimer(duration, summary, callback);
  }
}

/** The scopes of a run, and which of them the running code is in. */
export class Scopes implements ScopeBridge {
  readonly root: Scope;
  reason: string | undefined;
  readonly #storage: ContextStorage;
  readonly #state: RunState;
  readonly #rootContext: Context;
  #timers: Timers | undefined;

  /** A tree of one scope. */
  constructor(storage: ContextStorage, state: RunState) {
    this.#storage = storage;
    this.#state = state;
    this.root = new Scope(this, undefined);
    this.#rootContext = { scope: this.root };
  }

  /** Timers need scopes and scopes have time-outs. */
  connect(timers: Timers): void {
    this.#timers = timers;
  }

  /** The context of the running code; the root's where it has none. */
  get context(): Context {
    return this.#storage.getStore() ?? this.#rootContext;
  }

  get current(): Scope {
    return this.context.scope;
  }

  open(options: { shielded: boolean }): Scope {
    return new Scope(this, options.shielded ? undefined : this.current);
  }

  /** Runs work in a scope, for the same update as the caller. */
  enter<T>(scope: Scope, work: () => T): T {
    return this.#storage.run({ ...this.context, scope }, work);
  }

  /** Runs work in the given context, the root's by default. */
  run<T>(work: () => T, context: Context = this.#rootContext): T {
    return this.#storage.run(context, work);
  }

  /** Cancels the root scope. Only the first request counts. */
  cancelRoot(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.root.cancel(this.#state.makeError("CancelledError", reason || "Workflow cancelled"));
  }

  /** Starts a timer that belongs to no scope; returns how to stop it. */
  startTimer(duration: number, summary: Payload | undefined, callback: () => void): () => void {
    const timers = this.#timers!;
    const id = timers.schedule(duration, callback, summary);
    return () => timers.clear(id);
  }
}
