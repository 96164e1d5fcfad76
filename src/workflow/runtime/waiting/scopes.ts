/**
 * The tree of cancellation scopes. Whatever can be cancelled is a member of the scope in which it was made; members are
 * cancelled in the order in which they came.
 *
 * @module
 */
import { CancelledError } from "../../../common/errors.ts";
import type { RandomStreamName, ScopeNode } from "../../bridge.ts";
import { type RunFlags, TypeScriptFlag } from "../flags.ts";
import type { Values } from "../values.ts";

/** The context of running code. */
export interface Context {
  readonly scope: Scope;
  /** Whether the code is that of a signal or update handler: cancelling the workflow is for the main function to see. */
  readonly isHandler?: boolean;
  /** The update in whose handler or validator the code runs. */
  readonly update?: { readonly id: string; readonly name: string };
  /** The stream that its random numbers come from, where it is not the main one. */
  readonly random?: RandomStreamName;
  /** What the code is part of where it may only read, a query for example; also in what it leaves behind. */
  readonly readOnly?: string;
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

/** A member of a scope: a wait, or a scope within; `depth` counts the scopes between it and the one that was cancelled. */
export interface Cancellable {
  cancel(cancellation: Cancellation, depth: number): void;
}

/** A cancellation scope. */
export class Scope implements ScopeNode, Cancellable {
  facade: object | undefined;
  /** Why the scope was cancelled first. */
  error: Error | undefined;
  readonly #parent: Scope | undefined;
  /** The scope in which a shielded one was opened. */
  readonly outer: Scope | undefined;
  #last: Cancellation | undefined;
  #members: Set<Cancellable> | undefined;

  /** A scope that is a member of `parent`, if any; born cancelled where nothing has seen the parent's cancellation. */
  constructor(parent: Scope | undefined, outer?: Scope) {
    this.#parent = parent;
    this.outer = outer;
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

  /** Forgets a member; false where it is forgotten already. */
  delete(member: Cancellable): boolean {
    return this.#members?.delete(member) ?? false;
  }

  /**
   * Tells listeners and the scopes within at once, waits a promise job later, one more for each scope around them: what
   * happens in between wins, and what the code asks for at once comes first. So it is in the official SDKs.
   */
  cancel(cancellation: Cancellation, depth: number = 0): void {
    this.#last = cancellation;
    this.error ??= cancellation.error;
    for (const member of [...this.#members ?? []]) {
      member.cancel(cancellation, member instanceof Scope ? depth + 1 : depth);
    }
  }

  onCancel(callback: (error: Error) => void): () => void {
    if (this.error) {
      callback(this.error);
      return () => {};
    }
    const member = {
      cancel: ({ error }: Cancellation) => {
        this.delete(member);
        this.leave();
        callback(error);
      },
    };
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

/** The scopes of a run, and which of them the running code is in. */
export class Scopes {
  readonly root: Scope = new Scope(undefined);
  /** Why the workflow was cancelled: undefined when it was not, "" without a text. */
  reason: string | undefined;
  readonly #storage: ContextStorage;
  readonly #values: Values;
  readonly #flags: RunFlags;
  readonly #rootContext: Context = { scope: this.root };

  /** A tree of one scope. */
  constructor(storage: ContextStorage, values: Values, flags: RunFlags) {
    this.#storage = storage;
    this.#values = values;
    this.#flags = flags;
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
    const { current } = this;
    if (isShielded) return new Scope(undefined, current);
    const scope = new Scope(current);
    if (this.#reachesThroughShields(current)) {
      current.outer.onCancel((error) => scope.cancel({ error, ofWorkflow: false, isDelivered: false }));
    }
    return scope;
  }

  /** The scope of a wait for a condition with a time-out: the current one. */
  openForTimeout(): Scope {
    const { current } = this;
    return this.#reachesThroughShields(current) ? this.open(false) : current;
  }

  /** Runs work in a scope, for the same update as the caller. */
  enter<T>(scope: Scope, work: () => T): T {
    return this.#storage.run({ ...this.context, scope }, work);
  }

  /** Runs work in the given context, the root's by default. */
  run<T>(work: () => T, context: Context = this.#rootContext): T {
    return this.#storage.run(context, work);
  }

  /** What the running code is part of where it may only read. */
  get readOnly(): string | undefined {
    return this.#storage.getStore()?.readOnly;
  }

  /** Runs work that may only read, now and in the promise jobs that come of it. */
  runReadOnly<T>(readOnly: string, work: () => T): T {
    return this.#storage.run({ ...this.context, readOnly }, work);
  }

  /** Cancels a scope with an error of the realm. Only its first cancellation counts. */
  cancel(scope: Scope, message: string | undefined): void {
    this.cancelWith(scope, this.#values.adopt(new CancelledError(message)) as Error);
  }

  /** Cancels a scope with the error given. Only its first cancellation counts. */
  cancelWith(scope: Scope, error: Error): void {
    if (!scope.error) scope.cancel({ error, ofWorkflow: scope === this.root, isDelivered: false });
  }

  /**
   * Until 1.10 the official TypeScript SDK cancelled scopes in a shielded one with what is around it; it has such a scope
   * for each condition with a time-out.
   */
  #reachesThroughShields(scope: Scope): scope is Scope & { outer: Scope } {
    return scope.outer !== undefined && !this.#flags.hasTypeScript(TypeScriptFlag.SHIELDED_FROM_PROPAGATION);
  }

  /** Cancels the root scope. Only the first request counts. */
  cancelRoot(reason: string): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.cancel(this.root, reason || "Workflow cancelled");
  }
}
