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
  /** Whether the code is that of a signal or update handler: cancelling the workflow is for the main function to see. */
  readonly isHandler?: boolean;
  /** The update in whose handler or validator the code runs. */
  readonly update?: { readonly id: string; readonly name: string };
}

/** Keeps a context through promise jobs; an `AsyncLocalStorage`. */
export interface ContextStorage {
  getStore(): Context | undefined;
  run<T>(context: Context, work: () => T): T;
}

/**
 * One request to cancel a scope and what is in it. It is delivered once: to the waits that it finds, else to those that
 * are made next, in one turn. Code that has caught it may therefore wait again.
 */
export interface Cancellation {
  readonly error: Error;
  /** Whether the whole workflow was cancelled. */
  readonly ofWorkflow: boolean;
  isDelivered: boolean;
}

/** A member of a scope: a wait, or a scope within. */
export interface Cancellable {
  cancel(cancellation: Cancellation): void;
}

/** A cancellation scope. */
export class Scope implements ScopeNode, Cancellable {
  facade: object | undefined;
  /** Why the scope was cancelled first. */
  error: Error | undefined;
  readonly #parent: Scope | undefined;
  #last: Cancellation | undefined;
  #members: Set<Cancellable> | undefined;

  /** A scope that is a member of `parent`, if any; born cancelled where nothing has seen the parent's cancellation. */
  constructor(parent: Scope | undefined) {
    this.#parent = parent;
    this.#last = parent?.findUndelivered();
    this.error = this.#last?.error;
    parent?.add(this);
  }

  /** Takes a member in. */
  add(member: Cancellable): void {
    this.#members ??= new Set();
    if (this.#members.size === 0) this.#parent?.add(this);
    this.#members.add(member);
  }

  /** Takes a wait of running code in; gives the member to {@link delete} when it is over. */
  addWait(cancel: (error: Error) => void, { isHandler }: Context): Cancellable {
    const member = {
      cancel: (cancellation: Cancellation) => {
        if (!(isHandler && cancellation.ofWorkflow)) deliver(cancellation);
        cancel(cancellation.error);
      },
    };
    this.add(member);
    return member;
  }

  /** The error for a new wait to reject with: that of a cancellation which no wait has seen yet. */
  takeCancellation({ isHandler }: Context): Error | undefined {
    const cancellation = this.findUndelivered();
    if (!cancellation || (isHandler && cancellation.ofWorkflow)) return undefined;
    deliver(cancellation);
    return cancellation.error;
  }

  /** Forgets a member. */
  delete(member: Cancellable): void {
    this.#members?.delete(member);
  }

  cancel(cancellation: Cancellation): void {
    this.#last = cancellation;
    this.error ??= cancellation.error;
    const members = this.#members;
    this.#members = undefined;
    this.leave();
    for (const member of members ?? []) member.cancel(cancellation);
  }

  onCancel(callback: (error: Error) => void): () => void {
    if (this.error) {
      callback(this.error);
      return () => {};
    }
    const member = { cancel: ({ error }: Cancellation) => callback(error) };
    this.add(member);
    return () => this.delete(member);
  }

  leave(): void {
    if (!this.#members?.size) this.#parent?.delete(this);
  }

  /** The cancellation that no wait has seen yet. */
  findUndelivered(): Cancellation | undefined {
    return this.#last && !this.#last.isDelivered ? this.#last : this.#parent?.findUndelivered();
  }
}

/** What is made before anybody can have caught the error is cancelled too, all parts of a `Promise.all` for example. */
function deliver(cancellation: Cancellation): void {
  queueMicrotask(() => {
    cancellation.isDelivered = true;
  });
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

  /** Cancels a scope with an error of the realm. Only its first cancellation counts. */
  cancel(scope: Scope, message: string | undefined): void {
    this.cancelWith(scope, this.#values.adopt(new CancelledError(message)) as Error);
  }

  /** Cancels a scope with the error given. Only its first cancellation counts. */
  cancelWith(scope: Scope, error: Error): void {
    if (!scope.error) scope.cancel({ error, ofWorkflow: scope === this.root, isDelivered: false });
  }

  /** Cancels the root scope. Only the first request counts. */
  cancelRoot(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.cancel(this.root, reason || "Workflow cancelled");
  }
}
