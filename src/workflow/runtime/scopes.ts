/**
 * The tree of cancellation scopes. Whatever can be cancelled is a member of the scope in which it was made; members are
 * cancelled in the order in which they came.
 *
 * @module
 */
import { CancelledError } from "../../common/errors.ts";
import type { ScopeNode } from "../bridge.ts";
import type { Values } from "./values.ts";

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

/** A member of a scope: a wait, or a scope within. */
export interface Cancellable {
  cancel(error: Error): void;
}

/** A cancellation scope. */
export class Scope implements ScopeNode, Cancellable {
  facade: object | undefined;
  error: Error | undefined;
  readonly #parent: Scope | undefined;
  #members: Set<Cancellable> | undefined;

  /** A scope that is a member of `parent`, if any; born cancelled where the parent is. */
  constructor(parent: Scope | undefined) {
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

  leave(): void {
    if (!this.#members?.size) this.#parent?.delete(this);
  }
}

/** The scopes of a run, and which of them the running code is in. */
export class Scopes {
  readonly root: Scope = new Scope(undefined);
  /** Why the workflow was cancelled: undefined when it was not, "" without a text. */
  reason: string | undefined;
  readonly #storage: ContextStorage;
  readonly #values: Values;
  readonly #rootContext: Context = { scope: this.root };

  /** A tree of one scope. */
  constructor(storage: ContextStorage, values: Values) {
    this.#storage = storage;
    this.#values = values;
  }

  /** The context of the running code; the root's where it has none. */
  get context(): Context {
    return this.#storage.getStore() ?? this.#rootContext;
  }

  /** The scope of the running code. */
  get current(): Scope {
    return this.context.scope;
  }

  /** A scope in the current one; a shielded one is not cancelled with it. */
  open(isShielded: boolean): Scope {
    return new Scope(isShielded ? undefined : this.current);
  }

  /** Runs work in a scope, for the same update as the caller. */
  enter<T>(scope: Scope, work: () => T): T {
    return this.#storage.run({ ...this.context, scope }, work);
  }

  /** Runs work in the given context, the root's by default. */
  run<T>(work: () => T, context: Context = this.#rootContext): T {
    return this.#storage.run(context, work);
  }

  /** Cancels a scope with an error of the realm. */
  cancel(scope: Scope, message: string | undefined): void {
    if (!scope.error) scope.cancel(this.#values.adopt(new CancelledError(message)) as Error);
  }

  /** Cancels the root scope. Only the first request counts. */
  cancelRoot(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.cancel(this.root, reason || "Workflow cancelled");
  }
}
