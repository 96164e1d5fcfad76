/**
 * Cancellation: a tree of scopes, each with an AbortSignal.
 *
 * @module
 */
import { isCancelledException, TimeoutError } from "../common/errors.ts";
import type { ScopeNode } from "./bridge.ts";
import { callRun } from "./current.ts";
import type { CancellationScopeOptions } from "./options.ts";

interface Inside {
  readonly node: ScopeNode;
  readonly options: CancellationScopeOptions;
  signal?: AbortSignal;
}

/** What is behind the objects: the root scope has one too, though nobody constructed it. */
const insides: WeakMap<CancellationScope, Inside> = /* @__PURE__ */ new WeakMap();

/** Cancels together what is started in it. Scopes form a tree; that of the workflow is the root. */
export class CancellationScope {
  /** A scope within the current one. Throws ValueError for a bad time-out. */
  constructor(options: CancellationScopeOptions = {}) {
    const node = callRun("openScope", options);
    node.facade = this;
    insides.set(this, { node, options });
  }

  /** The scope of the running code. */
  static current(): CancellationScope {
    const node = callRun("currentScope");
    if (!node.facade) {
      node.facade = Object.create(CancellationScope.prototype) as CancellationScope;
      insides.set(node.facade as CancellationScope, { node, options: {} });
    }
    return node.facade as CancellationScope;
  }

  /** Aborted when the scope is cancelled, with the CancelledError as reason. */
  get signal(): AbortSignal {
    const inside = insides.get(this)!;
    return inside.signal ??= makeSignal(inside.node);
  }

  /** Cancels what is in the scope; waits reject with CancelledError. Only the first call counts. */
  cancel(reason?: string): void {
    callRun("cancelScope", insides.get(this)!.node, reason);
  }

  /** Runs `work` in this scope; rejects with TimeoutError when the scope's time was over. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const { node, options } = insides.get(this)!;
    return options.timeout === undefined ? runInside(node, work) : runTimed(node, options, work);
  }
}

/** Runs `work` out of reach of cancellation, for example to clean up. */
export function shield<T>(work: () => Promise<T>): Promise<T> {
  return new CancellationScope({ shielded: true }).run(work);
}

/** The signal of the current scope. */
export function cancellationSignal(): AbortSignal {
  return CancellationScope.current().signal;
}

/** Why the workflow was cancelled: undefined when it was not, "" when no text was given. */
export function cancellationReason(): string | undefined {
  return callRun("cancellationReason");
}

async function runInside<T>(node: ScopeNode, work: () => Promise<T>): Promise<T> {
  try {
    return await callRun("enterScope", node, work) as T;
  } finally {
    node.leave();
  }
}

async function runTimed<T>(node: ScopeNode, options: CancellationScopeOptions, work: () => Promise<T>): Promise<T> {
  const timer = callRun("startScopeTimer", node, options);
  const makeError = () => new TimeoutError(`the scope timed out after ${JSON.stringify(options.timeout)}`);
  try {
    const value = await callRun("enterScope", node, work) as T;
    if (timer.hasFired()) throw makeError();
    return value;
  } catch (error) {
    throw timer.hasFired() && isCancelledException(error) ? makeError() : error;
  } finally {
    timer.stop();
    node.leave();
  }
}

function makeSignal(node: ScopeNode): AbortSignal {
  const controller = new AbortController();
  node.onCancel((error) => controller.abort(error));
  return controller.signal;
}
