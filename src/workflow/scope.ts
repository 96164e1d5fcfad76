/**
 * Cancellation: a tree of scopes, each with an AbortSignal.
 *
 * @module
 */
import { type Duration, optionalMilliseconds } from "../common/duration.ts";
import { CancelledError, isCancelledException, TimeoutError } from "../common/errors.ts";
import type { ScopeNode } from "./bridge.ts";
import { encodeText } from "./conversion.ts";
import { currentRun } from "./current.ts";
import { toCancelledError } from "./waits.ts";

/** Options of {@link CancellationScope}. */
export interface CancellationScopeOptions {
  /** Whether cancellation of the scope around it stops here; default false. */
  shielded?: boolean;
  /** Cancels the content after this time; `run` then rejects with TimeoutError. */
  timeout?: Duration;
  /** One line for the UI, beside the timer. */
  timeoutSummary?: string;
  /** Cancels the scope too. */
  signal?: AbortSignal;
}

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
    optionalMilliseconds(options.timeout, "timeout");
    const node = currentRun("CancellationScope").scopes.open({ shielded: options.shielded ?? false });
    node.facade = this;
    insides.set(this, { node, options });
    const { signal } = options;
    if (signal?.aborted) node.cancel(toCancelledError(signal));
    else signal?.addEventListener("abort", () => node.cancel(toCancelledError(signal)), { once: true });
  }

  /** The scope of the running code. */
  static current(): CancellationScope {
    const node = currentRun("CancellationScope.current").scopes.current;
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
    insides.get(this)!.node.cancel(new CancelledError(reason));
  }

  /** Runs `work` in this scope; rejects with TimeoutError when the scope's time was over. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const { node, options } = insides.get(this)!;
    const timeout = optionalMilliseconds(options.timeout, "timeout");
    if (timeout === undefined) return inside(node, work);
    return insideFor(timeout, options.timeoutSummary, node, work);
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
  return currentRun("cancellationReason").scopes.reason;
}

async function insideFor<T>(
  timeout: number,
  summary: string | undefined,
  node: ScopeNode,
  work: () => Promise<T>,
): Promise<T> {
  let error: TimeoutError | undefined;
  const stop = node.startTimer(timeout, encodeText(summary), () => {
    error = new TimeoutError(`the scope timed out after ${timeout} ms`);
    node.cancel(new CancelledError(error.message));
  });
  const unlisten = node.onCancel(stop);
  try {
    const value = await inside(node, work);
    if (error) throw error;
    return value;
  } catch (thrown) {
    throw error && isCancelledException(thrown) ? error : thrown;
  } finally {
    unlisten();
    stop();
    node.leave();
  }
}

async function inside<T>(node: ScopeNode, work: () => Promise<T>): Promise<T> {
  try {
    return await node.enter(work);
  } finally {
    node.leave();
  }
}

function makeSignal(node: ScopeNode): AbortSignal {
  const controller = new AbortController();
  node.onCancel((error) => controller.abort(error));
  return controller.signal;
}
